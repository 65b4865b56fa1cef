"""The white list: what proves that an order was not placed, and nothing else does."""

import aiohttp
import pytest
from ccxt.base import errors as theirs

from cracktrader import errors as ours
from cracktrader.exchange.call import HostPaused, Priority, ResendRefused
from cracktrader.exchange.outcome import outcome_of

UNKNOWN = ours.OutcomeUnknown
JSON, NO_JSON = True, False

# Raised, HTTP status of the reply (None: no reply), was it JSON → what a create becomes.
CREATES = [
    (theirs.InsufficientFunds("no"), 400, JSON, ours.InsufficientFunds),
    (theirs.InvalidOrder("price"), 400, JSON, ours.OrderRejected),
    (theirs.OrderImmediatelyFillable("post only"), 200, JSON, ours.OrderRejected),
    (theirs.OrderNotFillable("fok"), 200, JSON, ours.OrderRejected),
    (theirs.ContractUnavailable("gone"), 200, JSON, ours.OrderRejected),
    (theirs.AuthenticationError("key"), 401, JSON, ours.AuthenticationError),
    (theirs.PermissionDenied("ip"), 200, JSON, ours.AuthenticationError),
    (theirs.AccountSuspended("sorry"), 200, JSON, ours.AuthenticationError),
    (theirs.MarketClosed("night"), 200, JSON, ours.OrderRejected),
    (theirs.RestrictedLocation("here"), 451, NO_JSON, ours.AuthenticationError),
    (theirs.RateLimitExceeded("slow"), 429, JSON, ours.RateLimitedError),
    (theirs.DDoSProtection("ban"), 418, NO_JSON, ours.RateLimitedError),
    (theirs.InvalidNonce("clock"), 400, JSON, ours.UnavailableError),
    (theirs.OnMaintenance("code 5"), 200, JSON, ours.UnavailableError),
    (theirs.BadRequest("notional"), 400, JSON, ours.OrderRejected),
    (theirs.BadSymbol("what"), 400, JSON, ours.OrderRejected),
    (theirs.OperationRejected("no"), 200, JSON, ours.OrderRejected),
    (theirs.ManualInteractionNeeded("sign"), 200, JSON, ours.AuthenticationError),
    # And everything else may have gone through.
    (theirs.RateLimitExceeded("slow"), 200, JSON, UNKNOWN),
    (theirs.DDoSProtection("cloudflare"), 503, NO_JSON, UNKNOWN),
    (theirs.OnMaintenance("gateway"), 503, JSON, UNKNOWN),
    (theirs.OnMaintenance("page"), 200, NO_JSON, UNKNOWN),
    (theirs.BadRequest("page"), 400, NO_JSON, UNKNOWN),
    (theirs.BadRequest("late"), 408, JSON, UNKNOWN),
    (theirs.BadRequest("odd"), 500, JSON, UNKNOWN),
    (theirs.BadRequest("no reply"), None, NO_JSON, UNKNOWN),
    (theirs.RequestTimeout("t"), None, NO_JSON, UNKNOWN),
    (theirs.RequestTimeout("-1007"), 400, JSON, UNKNOWN),
    (theirs.NetworkError("n"), None, NO_JSON, UNKNOWN),
    (theirs.ExchangeNotAvailable("reset"), None, NO_JSON, UNKNOWN),
    (theirs.ExchangeNotAvailable("500"), 500, JSON, UNKNOWN),
    (theirs.OperationFailed("-1006"), 400, JSON, UNKNOWN),
    (theirs.BadResponse("b"), 200, JSON, UNKNOWN),
    (theirs.NullResponse("n"), 200, NO_JSON, UNKNOWN),
    (theirs.ChecksumError("c"), 200, JSON, UNKNOWN),
    (theirs.ExchangeError("e"), 400, JSON, UNKNOWN),
    (theirs.CancelPending("c"), 400, JSON, UNKNOWN),
    (theirs.ExchangeClosedByUser("c"), None, NO_JSON, UNKNOWN),
    (theirs.NotSupported("n"), 200, JSON, UNKNOWN),
    (theirs.ArgumentsRequired("n"), 200, JSON, UNKNOWN),
    (theirs.BaseError("b"), 200, JSON, UNKNOWN),
    (theirs.OrderNotFound("unknown order"), 400, JSON, UNKNOWN),
    (theirs.OrderNotCached("o"), 400, JSON, UNKNOWN),
    # Our id is there already: so is an order of ours.
    (theirs.DuplicateOrderId("d"), 400, JSON, UNKNOWN),
    (theirs.InvalidOrder('{"code":-4116,"msg":"clientOrderId"}'), 400, JSON, UNKNOWN),
    (theirs.InvalidOrder("Duplicate order sent."), 400, JSON, UNKNOWN),
    (ResendRefused("twice"), None, NO_JSON, UNKNOWN),
    (ours.UnavailableError("HTML"), 200, NO_JSON, UNKNOWN),
    (TypeError("'str' object is not subscriptable"), 200, NO_JSON, UNKNOWN),
    (KeyError("result"), 200, JSON, UNKNOWN),
    (aiohttp.ServerDisconnectedError(), None, NO_JSON, UNKNOWN),
    (TimeoutError(), None, NO_JSON, UNKNOWN),
    (RuntimeError("?"), 200, JSON, UNKNOWN),
]


def outcome(raised, make_call, priority=Priority.CREATE, **fields):
    call = make_call(priority, **{"sent": 1, **fields})
    return outcome_of(raised, call, where="binance createOrder BTC/USDT")


@pytest.mark.parametrize(("raised", "status", "is_json", "expected"), CREATES)
def test_what_is_known_of_a_create_that_was_sent(raised, status, is_json, expected, make_call):
    found = outcome(raised, make_call, status=status, is_json=is_json)
    assert type(found) is expected
    assert "binance createOrder BTC/USDT" in str(found)


def every_error():
    return [
        each
        for each in vars(theirs).values()
        if isinstance(each, type) and issubclass(each, theirs.BaseError)
    ]


@pytest.mark.parametrize("cls", every_error(), ids=lambda each: each.__name__)
def test_without_a_reply_every_error_is_unknown(cls, make_call):
    assert type(outcome(cls("x"), make_call)) is UNKNOWN


@pytest.mark.parametrize("cls", every_error(), ids=lambda each: each.__name__)
def test_what_never_left_was_not_placed(cls, make_call):
    assert type(outcome(cls("x"), make_call, sent=0)) is not UNKNOWN


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (theirs.InvalidOrder("precision"), ours.OrderRejected),
        (theirs.BadSymbol("x"), ours.BadRequestError),
        (theirs.ExchangeNotAvailable("refused"), ours.UnavailableError),
        (ours.UnsupportedError("sandbox"), ours.UnsupportedError),
        (HostPaused("h", 60), ours.RateLimitedError),
        (TypeError("amount"), ours.BadRequestError),
        (OSError("no route"), ours.UnavailableError),
    ],
)
def test_what_never_left_says_why(raised, expected, make_call):
    assert type(outcome(raised, make_call, sent=0)) is expected


def test_a_paused_host_heard_nothing_even_after_an_earlier_request(make_call):
    # The order itself is the request that was held back.
    found = outcome(HostPaused("h", 60), make_call, sent=1)
    assert type(found) is ours.RateLimitedError


@pytest.mark.parametrize("raised", [theirs.OrderNotFound("gone"), theirs.OrderNotCached("gone")])
def test_a_cancel_of_nothing_is_an_answer(raised, make_call):
    found = outcome(raised, make_call, Priority.CANCEL, status=400, is_json=True)
    assert type(found) is ours.OrderNotFound


def test_a_cancel_without_an_answer_is_unknown(make_call):
    assert type(outcome(theirs.RequestTimeout("t"), make_call, Priority.CANCEL)) is UNKNOWN


def test_unknown_says_what_to_do(make_call):
    found = outcome(theirs.RequestTimeout("t"), make_call)
    assert "Look it up by its client order id; do not send it again." in str(found)
