import asyncio
import logging

import ccxt
import pytest

from cracktrader import errors as ours
from cracktrader.exchange.account import AccountLane
from cracktrader.exchange.call import HostPaused, Priority, current_call
from cracktrader.exchange.caller import Caller
from cracktrader.exchange.hosts import HostGate
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.retry import log_retries
from cracktrader.exchange.sandbox import permit_all
from cracktrader.exchange.translate import to_dict

KEY = ConnectionKey(exchange="fake")


class FakeClient:
    """CCXT's face; each call takes the next step of the script, and every step is 'sent'."""

    def __init__(self, *script):
        self.script = list(script)
        self.args = []
        self.calls = []
        self.closed = 0
        self.has = {"fetchTicker": True, "createOrder": True, "cancelOrder": True, "fetchX": None}
        self.requiredCredentials = {"apiKey": True}
        self.apiKey = "k"
        self.handle_errors = lambda *_: None

    async def close(self):
        self.closed += 1

    async def step(self, *args):
        call = current_call.get()
        self.calls.append(call)
        self.args.append(args)
        step = self.script.pop(0) if self.script else {}
        if isinstance(step, HostPaused):
            raise step
        call.permit("GET", "https://fake/x", {})
        call.arm()
        call.leave()
        if isinstance(step, asyncio.Event):
            await step.wait()
            return {}
        if isinstance(step, tuple):
            call.answered(step[0], {})
            raise step[1]
        if isinstance(step, BaseException):
            raise step
        return step

    fetchTicker = createOrder = cancelOrder = loadMarkets = step  # noqa: N815


@pytest.fixture
def make(timeline):
    def make(*script, attempts=4, permit=permit_all, **fields):
        client = FakeClient(*script)
        for name, value in fields.items():
            setattr(client, name, value)
        lane = AccountLane(
            "fake",
            rate_per_s=10,
            hosts=HostGate(timeline),
            clock=timeline,
            sleep=timeline.sleep,
        )
        lane.wire.session = lambda: None
        caller = Caller(client, key=KEY, lane=lane, permit=permit, attempts=attempts)
        return client, caller

    return make


def read(caller, *args, **more):
    return caller.read("fetchTicker", *args, **{"convert": to_dict, "symbol": "BTC/USDT", **more})


def create(caller, *args):
    return caller.trade(
        "createOrder", *args, priority=Priority.CREATE, symbol="BTC/USDT", convert=to_dict
    )


def cancel(caller):
    return caller.trade("cancelOrder", priority=Priority.CANCEL, symbol=None, convert=to_dict)


async def test_a_read_is_passed_on_with_its_priority(make):
    client, caller = make({"last": 1})
    assert await read(caller, "BTC/USDT", priority=Priority.DOWNLOAD) == {"last": 1}
    assert client.args == [("BTC/USDT",)]
    assert client.calls[0].priority is Priority.DOWNLOAD


@pytest.mark.parametrize(
    "trouble",
    [
        ccxt.RequestTimeout("t"),
        ccxt.ExchangeNotAvailable("502"),
        KeyError("symbol"),
        ours.UnavailableError("HTML"),
        "<html>",
    ],
)
async def test_a_read_is_repeated_each_time_as_a_call_of_its_own(trouble, make):
    client, caller = make(trouble, trouble, {"last": 1})
    assert await read(caller) == {"last": 1}
    assert [call.sent for call in client.calls] == [1, 1, 1]


async def test_a_read_gives_up_with_the_reason(make):
    client, caller = make(*[ccxt.RequestTimeout("t")] * 9, attempts=3)
    with pytest.raises(ours.UnavailableError, match="fake fetchTicker BTC/USDT: RequestTimeout"):
        await read(caller)
    assert len(client.calls) == 3


async def test_a_read_that_is_refused_is_not_repeated(make):
    client, caller = make(ccxt.BadSymbol("x"))
    with pytest.raises(ours.BadRequestError):
        await read(caller)
    assert len(client.calls) == 1


async def test_a_read_waits_out_a_pause(make, timeline):
    client, caller = make(HostPaused("h", 90), HostPaused("h", 5), {"last": 1})
    assert await read(caller) == {"last": 1}
    assert timeline.slept == [90, 5]
    assert len(client.calls) == 3


@pytest.mark.parametrize(
    ("priority", "patience_s"), [(Priority.PUBLIC, 300), (Priority.PRIVATE, 300)]
)
async def test_a_read_does_not_wait_for_ever(make, priority, patience_s, timeline):
    client, caller = make(HostPaused("h", patience_s + 1))
    with pytest.raises(ours.RateLimitedError, match="not sent"):
        await read(caller, priority=priority)
    assert timeline.slept == []
    assert len(client.calls) == 1


async def test_a_download_does(make, timeline):
    _, caller = make(HostPaused("h", 100_000), {})
    await read(caller, priority=Priority.DOWNLOAD)
    assert timeline.slept == [100_000]


async def test_enough_failures_hold_reads_back_but_no_cancel(make):
    client, caller = make(*[ccxt.RequestTimeout("t")] * 5, attempts=1)
    for _ in range(5):
        with pytest.raises(ours.UnavailableError):
            await read(caller)
    with pytest.raises(ours.CircuitOpenError):
        await read(caller)
    assert len(client.calls) == 5
    await cancel(caller)
    await create(caller)


@pytest.mark.parametrize("trade", [create, cancel])
@pytest.mark.parametrize(
    "trouble", [ccxt.RequestTimeout("t"), KeyError("id"), "<html>", RuntimeError(), OSError()]
)
async def test_a_trade_is_sent_once_and_then_unknown(make, trade, trouble):
    client, caller = make(trouble)
    with pytest.raises(ours.OutcomeUnknown) as caught:
        await trade(caller)
    assert len(client.calls) == 1
    assert caught.value.__cause__ is not None


async def test_a_refused_create_is_a_refusal(make):
    _, caller = make((400, ccxt.InsufficientFunds("poor")))
    with pytest.raises(ours.InsufficientFunds, match="fake createOrder BTC/USDT"):
        await create(caller)


async def test_a_create_does_not_wait_for_a_pause(make, timeline):
    _, caller = make(HostPaused("h", 1))
    with pytest.raises(ours.RateLimitedError, match="not sent"):
        await create(caller)
    assert timeline.slept == []


async def test_a_cancel_waits_for_a_short_pause(make, timeline):
    client, caller = make(HostPaused("h", 30), {"id": "1"})
    assert await cancel(caller) == {"id": "1"}
    assert timeline.slept == [30]
    assert len(client.calls) == 2


async def test_a_cancel_that_began_to_speak_is_not_begun_again(make):
    client, caller = make()

    async def two_requests():
        call = current_call.get()
        client.calls.append(call)
        call.arm()
        call.leave()
        raise HostPaused("h", 1)

    client.cancelOrder = two_requests
    with pytest.raises(ours.RateLimitedError):
        await cancel(caller)
    assert len(client.calls) == 1


async def test_a_cancelled_task_stays_cancelled(make):
    _, caller = make(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await create(caller)


async def test_an_order_whose_waiting_is_cancelled_leaves_a_trace(make, caplog):
    client, caller = make()

    async def hang(*_args):
        call = current_call.get()
        call.arm()
        call.leave()
        await asyncio.Event().wait()

    client.createOrder = hang
    with caplog.at_level(logging.WARNING), pytest.raises(TimeoutError):
        await asyncio.wait_for(create(caller), 0.01)
    assert "order.abandoned" in caplog.text


async def test_an_order_cancelled_before_it_left_needs_no_trace(make, caplog):
    client, caller = make()

    async def hang(*_args):
        await asyncio.Event().wait()

    client.createOrder = hang
    with caplog.at_level(logging.WARNING), pytest.raises(TimeoutError):
        await asyncio.wait_for(create(caller), 0.01)
    assert "order.abandoned" not in caplog.text


async def test_sending_again_cannot_be_asked_for(make):
    client, caller = make()
    with pytest.raises(ours.BadRequestError, match="would send the order again"):
        await create(caller, "BTC/USDT", {"maxRetriesOnFailure": 2})
    assert client.calls == []


async def test_a_method_that_is_not_there_is_said_before_anything_is_sent(make):
    client, caller = make()
    for name in ("fetchX", "fetchNothing"):
        with pytest.raises(ours.UnsupportedError, match=f"fake does not offer {name}"):
            await caller.read(name, convert=to_dict)
    assert client.calls == []


async def test_a_private_call_needs_credentials(make):
    client, caller = make(apiKey="")
    with pytest.raises(ours.AuthenticationError, match="needs api_key"):
        await read(caller, priority=Priority.PRIVATE)
    with pytest.raises(ours.AuthenticationError):
        await create(caller)
    assert client.calls == []
    await read(caller)


async def test_only_a_list_of_markets_may_come_as_a_web_page(make):
    client, caller = make({}, {})
    await caller.read("loadMarkets", convert=to_dict)
    await read(caller)
    assert [call.must_be_json for call in client.calls] == [False, True]


async def test_what_is_not_permitted_is_not_sent(make):
    def refuse(*_):
        raise ours.UnsupportedError("production")

    client, caller = make(permit=refuse)
    with pytest.raises(ours.UnsupportedError, match="fake createOrder BTC/USDT: production"):
        await create(caller)
    assert client.calls[0].sent == 0


async def test_after_closing_nothing_is_sent(make):
    client, caller = make()
    await caller.close()
    await caller.close()
    assert caller.is_closed
    for call in (read(caller), create(caller), cancel(caller)):
        with pytest.raises(ours.ExchangeError, match="is closed"):
            await call
    assert client.calls == []


async def test_closing_lets_an_order_under_way_end(make):
    answer = asyncio.Event()
    client, caller = make(answer)
    order = asyncio.create_task(create(caller))
    await asyncio.sleep(0)
    closing = asyncio.create_task(caller.close())
    await asyncio.sleep(0)
    assert client.closed == 0
    answer.set()
    assert await order == {}
    await closing
    assert client.closed == 1


async def test_a_read_that_waits_while_the_connection_closes_is_not_sent(make, timeline):
    client, caller = make(HostPaused("h", 5))

    async def close_meanwhile(seconds):
        await caller.close()
        await timeline.sleep(seconds)

    caller._lane.sleep = close_meanwhile
    with pytest.raises(ours.ExchangeError, match="is closed"):
        await read(caller)
    assert len(client.calls) == 1


async def test_logs_know_exchange_account_and_symbol(make, caplog):
    log_retries()
    _, caller = make(ccxt.RequestTimeout("t"), {})
    await read(caller)
    line = next(each.msg for each in caplog.records if each.msg["event"] == "call.retried")
    assert (line["exchange"], line["account"], line["symbol"]) == ("fake", "default", "BTC/USDT")
