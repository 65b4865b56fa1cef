import asyncio
import socket

import aiohttp
import pytest

from cracktrader.simulator.faults import KINDS, Fault, FaultScript
from cracktrader.simulator.server import Server, reset
from cracktrader.simulator.wire import Answer
from cracktrader.testing.clock import ManualClock


def echo(request):
    """Answers a page that says how it was asked; anything but GET is refused."""
    if request.method != "GET":
        return Answer(status=404, body=b"{}")
    body = f'["{request.path}","{request.query}","{request.headers.get("x-mbx-apikey", "")}"]'
    return Answer(status=200, body=body.encode(), headers={"x-used": "1"})


class Running:
    """A server on a free port, and a client of it."""

    def __init__(self, *faults):
        self.faults = FaultScript(faults)
        self.asked = asyncio.Semaphore(0)

    async def __aenter__(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.server = Server(self.answer, self.faults, ManualClock())
        await self.server.start(listener)
        self.client = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_):
        await self.client.close()
        await self.server.close()
        await self.server.close()

    def answer(self, request):
        self.asked.release()
        return echo(request)

    async def get(self, path="/klines", **options):
        async with self.client.get(self.url + path, **options) as response:
            return response.status, await response.text()


async def test_requests_reach_the_protocol_and_answers_the_client():
    async with Running() as running:
        headers = {"X-MBX-APIKEY": "key"}
        async with running.client.get(f"{running.url}/a?b=%22c", headers=headers) as response:
            assert await response.json() == ["/a", "b=%22c", "key"]
            assert response.headers["x-used"] == "1"
            assert response.content_type == "application/json"


async def test_requests_are_counted_by_path():
    async with Running() as running:
        for path in ("/a", "/b?x=1", "/a"):
            await running.get(path)
        assert running.server.requests == {"/a": 2, "/b": 1}


async def test_a_reset_drops_the_connection():
    async with Running(Fault(kind="reset", times=2)) as running:
        with pytest.raises(aiohttp.ClientError):
            await running.get()
        assert (await running.get())[0] == 200


async def test_a_hanging_request_ends_with_its_client_or_the_server():
    async with Running(Fault(kind="hang", times=None)) as running:
        with pytest.raises(asyncio.TimeoutError):
            await running.get(timeout=aiohttp.ClientTimeout(total=0.05))
        waiting = asyncio.ensure_future(running.get())
        for _ in range(2):
            await running.asked.acquire()
        await running.server.close()
        with pytest.raises(aiohttp.ClientError):
            await waiting


async def test_an_old_page_is_the_last_good_one_of_its_path():
    async with Running(Fault(kind="old_page", after=2)) as running:
        await running.get("/a?page=1")
        await running.get("/a?page=2")
        assert await running.get("/a?page=3") == (200, '["/a","page=2",""]')
        assert await running.get("/a?page=4") == (200, '["/a","page=4",""]')


async def test_a_refusal_is_no_good_page():
    async with Running(Fault(kind="old_page", after=1)) as running:
        async with running.client.post(f"{running.url}/a") as refused:
            assert refused.status == 404
        assert await running.get("/a?page=2") == (200, '["/a","page=2",""]')


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"hang", "reset"}))
async def test_after_a_fault_all_is_well_again(kind):
    async with Running(Fault(kind=kind)) as running:
        await running.get()
        assert await running.get() == (200, '["/klines","",""]')


async def test_it_may_be_started_again():
    async with Running(Fault(kind="hang")) as running:
        await running.server.close()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            await running.server.start(listener)
            running.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with pytest.raises(asyncio.TimeoutError):
                await running.get(timeout=aiohttp.ClientTimeout(total=0.05))
            assert (await running.get())[0] == 200
            await running.server.close()


async def test_a_server_that_was_never_started_can_be_closed():
    await Server(echo, FaultScript(), ManualClock()).close()


def test_a_client_that_is_gone_needs_no_reset():
    reset(None)
