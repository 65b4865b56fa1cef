import pytest
from multidict import CIMultiDict

from cracktrader.exchange.hosts import HostGate, date_ms

HOST = "api.example.com"
NOW_MS = 1_700_000_000_000
NOW = "Tue, 14 Nov 2023 22:13:20 GMT"


def observe(gate, status, headers=None, body=""):
    return gate.observe(HOST, status, CIMultiDict(headers or {}), body)


@pytest.fixture
def gate(timeline):
    return HostGate(timeline)


def test_no_host_is_paused_at_first(gate):
    assert gate.remaining_s(HOST) == 0


def test_a_pause_ends_by_itself_and_is_per_host(gate, timeline):
    gate.pause(HOST, 10)
    assert gate.remaining_s(HOST) == 10
    assert gate.remaining_s("other") == 0
    timeline.advance(9_999)
    assert gate.remaining_s(HOST) == pytest.approx(0.001)
    timeline.advance(1)
    assert gate.remaining_s(HOST) == 0


def test_a_pause_is_never_shortened(gate):
    gate.pause(HOST, 60)
    gate.pause(HOST, 5)
    assert gate.remaining_s(HOST) == 60


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected_s"),
    [
        (200, {}, "", 0),
        (404, {}, "", 0),
        (500, {}, "", 0),
        (200, {"Retry-After": "9"}, "", 0),
        (429, {}, "", 1),
        (418, {}, "", 120),
        (429, {"Retry-After": "7"}, "", 7),
        (429, {"retry-after": "0"}, "", 1),
        (418, {"Retry-After": "300"}, "", 300),
        (503, {"Retry-After": "30"}, "", 30),
        (403, {"Retry-After": "86400"}, "", 600),
        (429, {"Retry-After": "86400"}, "", 86_400),
        (429, {"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT"}, "", 60),
        (429, {"Retry-After": "soon"}, "", 1),
        (418, {}, f'{{"code":-1003,"msg":"IP banned until {NOW_MS + 90_000}. Use"}}', 90),
        (418, {"Retry-After": "5"}, f"IP banned until {NOW_MS + 90_000}", 90),
        (418, {}, f"IP banned until {NOW_MS - 90_000}", 1),
        # By the exchange's own clock, an hour ahead of ours.
        (418, {"Date": "Tue, 14 Nov 2023 23:13:20 GMT"}, f"until {NOW_MS + 3_690_000}", 90),
    ],
)
def test_what_a_reply_asks_for_is_obeyed(gate, status, headers, body, expected_s):
    assert observe(gate, status, headers, body) == pytest.approx(expected_s)
    assert gate.remaining_s(HOST) == pytest.approx(expected_s)


def test_without_a_word_the_pauses_grow_until_the_host_answers_again(gate):
    assert [observe(gate, 429) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    observe(gate, 200)
    assert observe(gate, 429) == 1


def test_http_dates_are_read_and_nonsense_is_not():
    assert date_ms(NOW) == NOW_MS
    assert date_ms("") is None
    assert date_ms("yesterday") is None
