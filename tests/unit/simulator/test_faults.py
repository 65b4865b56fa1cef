import pytest

from cracktrader.errors import ConfigError
from cracktrader.simulator.faults import KINDS, Fault, FaultScript, spoiled
from cracktrader.simulator.wire import Answer

KLINES = "/api/v3/klines"
GOOD = Answer(status=200, body=b"[[1],[2],[3]]", headers={"x-mbx-used-weight-1m": "4"})
OLD = Answer(status=200, body=b"[[0]]")


def kinds(script, *paths):
    return [fault.kind if (fault := script.next_for(path)) else None for path in paths]


def test_the_first_requests_go_through_and_the_next_go_wrong():
    script = FaultScript([Fault(kind="html", path=KLINES, after=1, times=2)])
    assert kinds(script, *[KLINES] * 5) == [None, "html", "html", None, None]
    assert script.pending == ()


def test_only_matching_requests_count():
    script = FaultScript([Fault(kind="reset", path="klines", after=1)])
    assert kinds(script, "/api/v3/time", KLINES, "/api/v3/uiKlines", KLINES) == [
        *(None, None, None, "reset")
    ]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", KLINES, True),
        ("/api/v3/*", KLINES, True),
        ("klines", KLINES, True),
        ("v3/klines", KLINES, True),
        ("klines", "/api/v3/uiKlines", False),
        ("ticker/*", "/api/v3/ticker/price", False),
        ("*/ticker/*", "/api/v3/ticker/price", True),
    ],
)
def test_paths_match_as_in_a_shell_or_by_their_last_part(pattern, path, matches):
    assert Fault(kind="html", path=pattern).concerns(path) is matches


def test_faults_happen_one_after_the_other():
    script = FaultScript([Fault(kind="html"), Fault(kind="reset"), Fault(kind="hang", after=1)])
    assert kinds(script, *["/x"] * 4) == ["html", "reset", "hang", None]


def test_a_fault_may_go_on_until_it_is_cleared():
    script = FaultScript()
    script.add(Fault(kind="server_error", times=None))
    assert kinds(script, *["/x"] * 50) == ["server_error"] * 50
    script.clear()
    assert kinds(script, "/x") == [None]


def test_an_unknown_kind_names_those_there_are():
    with pytest.raises(ConfigError, match=r'"explode"; use one of server_error, .*banned'):
        Fault(kind="explode")


@pytest.mark.parametrize("numbers", [{"after": -1}, {"times": 0}])
def test_nonsense_counts_are_refused(numbers):
    with pytest.raises(ConfigError, match="after >= 0 and times >= 1"):
        Fault(kind="html", **numbers)


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("server_error", 503, b"{}"),
        ("truncated", 200, b"[[1],["),
        ("empty_body", 200, b""),
        ("empty_page", 200, b"[]"),
        ("out_of_order", 200, b"[[3],[2],[1]]"),
        ("old_page", 200, b"[[0]]"),
        ("hang", 200, GOOD.body),
        ("reset", 200, GOOD.body),
    ],
)
def test_what_each_fault_makes_of_an_answer(kind, status, body):
    answer = spoiled(GOOD, Fault(kind=kind), previous=OLD, now_ms=1_000)
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(("kind", "status"), [("rate_limited", 429), ("banned", 418)])
def test_refusals_say_when_to_come_back(kind, status):
    answer = spoiled(GOOD, Fault(kind=kind, retry_after_s=7), previous=None, now_ms=1_000)
    assert answer.status == status
    assert answer.headers["Retry-After"] == "7"
    assert b"-1003" in answer.body
    assert (b"IP banned until 8000." in answer.body) is (kind == "banned")


def test_a_web_page_is_no_json():
    answer = spoiled(GOOD, Fault(kind="html"), previous=None, now_ms=1_000)
    assert answer.body.startswith(b"<html>")
    assert answer.content_type == "text/html"


def test_where_nothing_can_be_spoiled_the_answer_stays():
    single = Answer(status=200, body=b'{"serverTime":1}')
    assert spoiled(single, Fault(kind="out_of_order"), previous=None, now_ms=1_000) == single
    assert spoiled(GOOD, Fault(kind="old_page"), previous=None, now_ms=1_000) == GOOD


def test_a_server_error_may_have_any_status():
    assert (
        spoiled(GOOD, Fault(kind="server_error", status=502), previous=None, now_ms=1_000).status
        == 502
    )


def test_every_kind_can_be_applied():
    for kind in KINDS:
        assert isinstance(spoiled(GOOD, Fault(kind=kind), previous=OLD, now_ms=1_000), Answer)
