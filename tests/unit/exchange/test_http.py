import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cracktrader.errors import UnsupportedError
from cracktrader.exchange.call import HostPaused, Priority, ResendRefused, current_call
from cracktrader.exchange.hosts import HostGate
from cracktrader.exchange.http import Wire

DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
DATE_MS = 1_700_000_000_000


@pytest.fixture
async def server():
    seen = []

    async def answer(request):
        seen.append(request.path)
        if request.path == "/drop" and seen.count("/drop") == 1:
            request.transport.close()
        if request.path == "/moved":
            raise web.HTTPTemporaryRedirect("/new")
        status = int(request.query.get("status", "200"))
        return web.json_response(
            {"ok": True}, status=status, headers={"Date": DATE, "Retry-After": "60"}
        )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as running:
        running.seen = seen
        yield running


@pytest.fixture
async def wire(timeline):
    made = Wire(hosts=HostGate(timeline), clock=timeline)
    yield made
    await made.close()


@pytest.fixture
def send(wire, server, make_call):
    async def send(method, path, priority=Priority.PUBLIC, **fields):
        call = make_call(priority, is_armed=True, **fields)
        token = current_call.set(call)
        try:
            async with wire.session().request(method, server.make_url(path)) as reply:
                await reply.text()
        finally:
            current_call.reset(token)
        return call

    return send


async def test_a_request_is_counted_when_it_leaves(send):
    assert (await send("GET", "/")).sent == 1


async def test_nothing_leaves_outside_of_a_call(wire, server):
    with pytest.raises(LookupError):
        await wire.session().get(server.make_url("/"))
    assert server.seen == []


async def test_a_read_is_repeated_on_a_dead_connection(send, server):
    await send("GET", "/")
    call = await send("GET", "/drop")
    assert server.seen == ["/", "/drop", "/drop"]
    assert call.sent == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_trading_request_is_not(method, send, server):
    await send("GET", "/")
    with pytest.raises(ResendRefused):
        await send(method, "/drop", Priority.CANCEL)
    assert server.seen == ["/", "/drop"]


async def test_a_trading_request_follows_no_redirect(send, server):
    with pytest.raises(ResendRefused):
        await send("POST", "/moved", Priority.CREATE)
    assert server.seen == ["/moved"]


async def test_a_paused_host_hears_nothing_until_the_pause_is_over(send, server, timeline):
    await send("GET", "/?status=429")
    for priority in Priority:
        with pytest.raises(HostPaused, match=r"pause of 60\.0 s"):
            await send("GET", "/", priority)
    timeline.advance(59_999)
    with pytest.raises(HostPaused):
        await send("GET", "/")
    assert len(server.seen) == 1
    timeline.advance(1)
    await send("GET", "/")
    assert len(server.seen) == 2


async def test_without_a_connection_nothing_was_sent(wire, server, make_call):
    url = server.make_url("/")
    await server.close()
    call = make_call(Priority.CREATE, is_armed=True)
    token = current_call.set(call)
    with pytest.raises(aiohttp.ClientConnectorError):
        await wire.session().post(url)
    current_call.reset(token)
    assert call.sent == 0


async def test_what_is_not_permitted_does_not_leave(send, server):
    def refuse(method, url, _headers):
        raise UnsupportedError(f"{method} {url}")

    with pytest.raises(UnsupportedError, match="POST http"):
        await send("POST", "/order", permit=refuse)
    assert server.seen == []


async def test_the_servers_time_goes_on_between_replies(send, wire, timeline):
    assert wire.server_time_ms() is None
    await send("GET", "/")
    timeline.advance(2_500)
    assert wire.server_time_ms() == DATE_MS + 2_500


async def test_a_session_is_shared_until_it_is_closed(wire):
    session = wire.session()
    assert wire.session() is session
    await wire.close()
    assert session.closed
    assert wire.session() is not session
    await wire.close()
    await wire.close()
    await asyncio.sleep(0)
