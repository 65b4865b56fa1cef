import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from ccxt.base import errors as theirs

from cracktrader import errors as ours
from cracktrader.exchange.call import HostPaused, ResendRefused
from cracktrader.exchange.errors import describe, is_maintenance, our_class, translate
from cracktrader.observability.redact import register_secret

# What aiohttp's errors say they tried to reach.
KEY = ConnectionKey(
    "x", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)


def caused(exc, cause):
    exc.__cause__ = cause
    return exc


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (theirs.RequestTimeout("t"), ours.UnavailableError),
        (theirs.RateLimitExceeded("r"), ours.RateLimitedError),
        (theirs.DDoSProtection("d"), ours.RateLimitedError),
        (theirs.OnMaintenance("m"), ours.UnavailableError),
        (theirs.BadSymbol("s"), ours.BadRequestError),
        (theirs.ExchangeError("e"), ours.ExchangeError),
        (theirs.NotSupported("n"), ours.UnsupportedError),
        (theirs.PermissionDenied("p"), ours.AuthenticationError),
        (theirs.InvalidProxySettings("p"), ours.ConfigError),
        (caused(theirs.ExchangeError("cut"), aiohttp.ClientPayloadError()), ours.UnavailableError),
        (aiohttp.ServerDisconnectedError(), ours.UnavailableError),
        (TimeoutError(), ours.UnavailableError),
        (ConnectionResetError(), ours.UnavailableError),
        (ResendRefused("twice"), ours.UnavailableError),
        (HostPaused("h", 3), ours.RateLimitedError),
        (TypeError("'str' object"), ours.UnavailableError),
        (KeyError("symbol"), ours.UnavailableError),
        (ours.UnavailableError("HTML"), ours.UnavailableError),
    ],
)
def test_each_error_becomes_ours(raised, expected, make_call):
    found = translate(raised, make_call(), where="binance fetchTicker BTC/USDT")
    assert type(found) is expected
    assert str(found).startswith("binance fetchTicker BTC/USDT: ")


def test_the_nearest_ancestor_wins():
    class Strange(theirs.OnMaintenance):
        pass

    assert our_class(Strange) is ours.UnavailableError
    with pytest.raises(TypeError, match="not one of CCXT's"):
        our_class(ValueError)


def test_a_reply_that_could_not_be_read_says_so_with_its_status(make_call):
    found = translate(TypeError("no"), make_call(status=200), where="w")
    assert str(found) == "w: the answer (HTTP 200) could not be understood (TypeError: no)"


def test_a_wrong_clock_and_a_wrong_place_get_a_hint(make_call):
    where = {"where": "w"}
    assert "clock right?" in str(translate(theirs.InvalidNonce("n"), make_call(), **where))
    assert "clock" not in str(translate(theirs.ChecksumError("c"), make_call(), **where))
    assert "`proxy`" in str(translate(theirs.RestrictedLocation("l"), make_call(), **where))


@pytest.mark.parametrize(
    ("cause", "hint"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, OSError(1, "x")), "is there a network?"),
        (aiohttp.ClientConnectorError(KEY, OSError(1, "x")), "Nobody can be reached there"),
        (aiohttp.ClientConnectorCertificateError(KEY, ValueError("x")), "is not trusted here"),
        (TimeoutError(), "no answer in time"),
        (aiohttp.ServerDisconnectedError(), ""),
    ],
)
def test_what_went_wrong_on_the_wire_is_said_in_plain_words(make_call, cause, hint):
    found = translate(caused(theirs.ExchangeNotAvailable("x GET y"), cause), make_call(), where="w")
    where, _, said = str(found).partition(f"({type(cause).__name__})")
    assert where == "w: ExchangeNotAvailable: x GET y "
    assert hint in said
    assert bool(said) is bool(hint)


def test_maintenance_is_known_by_its_cause():
    assert is_maintenance(caused(ours.UnavailableError(), theirs.OnMaintenance("m")))
    assert not is_maintenance(caused(ours.UnavailableError(), theirs.ExchangeNotAvailable("m")))
    assert not is_maintenance(ours.UnavailableError())


def test_signed_queries_are_cut_off():
    text = "binance GET https://api.x.com/order?symbol=A&signature=abc&apiKey=k 400 Bad {}"
    assert describe(theirs.BadRequest(text)) == (
        "BadRequest: binance GET https://api.x.com/order 400 Bad {}"
    )


def test_secrets_are_hidden():
    register_secret("a-very-secret-thing")
    assert "very-secret" not in describe(ValueError("key a-very-secret-thing refused"))


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<html><head><title> Just a\nmoment </title>...", 'an HTML page "Just a moment"'),
        ("<!DOCTYPE html>\n<p>...", "an HTML page"),
    ],
)
def test_pages_are_named_not_shown(page, shown):
    assert describe(ValueError(f"503 {page}")) == f"ValueError: 503 {shown}"


def test_long_texts_are_cut():
    text = describe(ValueError("x" * 5000))
    assert len(text) < 320
    assert text.endswith("…")


def test_an_error_without_words_is_its_name_and_cause():
    assert describe(TimeoutError()) == "TimeoutError"
    assert describe(caused(TimeoutError(), OSError())) == "TimeoutError (OSError)"
