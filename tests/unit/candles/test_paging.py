import numpy as np
import pytest

from cracktrader.candles.paging import ABSENCE_SETTLES_MS, PageRequest, close_of, read_page
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.testing.candles import random_walk

MINUTE = Timeframe.parse("1m")
CANDLES = random_walk(1000, start=0)
LATER = 10**9
NAN = float("nan")


def at(minute):
    return minute * 60_000


def ask(since=0, end=500, *, limit=100, now_ms=LATER, grace_ms=0, timeframe=MINUTE):
    return PageRequest(
        timeframe=timeframe,
        since=at(since),
        end=at(end),
        limit=limit,
        now_ms=now_ms,
        grace_ms=grace_ms,
    )


def minutes(*numbers):
    return CANDLES.take(np.array(numbers, dtype=np.int64))


def opens(page):
    return (page.candles.timestamp // 60_000).tolist()


def claimed(page):
    return page.claim[0] / 60_000, page.claim[1] / 60_000


def test_a_full_page_claims_what_it_covers():
    page = read_page(ask(), CANDLES.take(slice(0, 100)))
    assert len(page.candles) == 100
    assert claimed(page) == (0, 100)
    assert page.next_since == at(100)
    assert page.unconfirmed is None


def test_a_short_page_claims_no_more_than_it_covers():
    page = read_page(ask(), CANDLES.take(slice(0, 7)))
    assert claimed(page) == (0, 7)
    assert page.next_since == at(7)


def test_rows_may_be_doubled_disordered_and_outside():
    page = read_page(ask(10, 14), minutes(13, 9, 11, 11, 12, 10, 20, 13))
    assert opens(page) == [10, 11, 12, 13]
    assert claimed(page) == (10, 14)
    assert page.next_since == at(14)


def test_holes_within_a_page_are_candles_without_trades():
    page = read_page(ask(), minutes(3, 4, 9))
    assert opens(page) == [3, 4, 9]
    assert claimed(page) == (0, 10)


def test_a_later_candle_proves_the_rest_of_the_range_empty():
    page = read_page(ask(0, 50), minutes(3, 80))
    assert opens(page) == [3]
    assert claimed(page) == (0, 50)
    assert page.next_since == at(50)


def test_rows_without_a_price_count_as_no_trades():
    rows = Candles.from_rows([[at(1), NAN, NAN, NAN, NAN, 0], [at(2), 1, 1, 1, 1, NAN]])
    page = read_page(ask(), rows)
    assert opens(page) == [2]
    assert page.without_price == 1
    assert claimed(page) == (0, 3)


def test_an_empty_page_claims_one_page():
    page = read_page(ask(5, 500), Candles())
    assert page.is_empty
    assert claimed(page) == (5, 105)
    assert page.next_since == at(105)
    assert claimed(read_page(ask(450, 500), Candles())) == (450, 500)


def test_an_old_page_claims_nothing_and_does_not_advance():
    page = read_page(ask(10, 500), minutes(1, 2, 3))
    assert page.is_stale
    assert page.claim[0] == page.claim[1]
    assert page.next_since == at(10)


@pytest.mark.parametrize(
    ("now", "grace_s", "last"),
    [
        (at(10), 0, 9),  # closed this very moment
        (at(10) - 1, 0, 8),  # still forming, so the range ends before it
        (at(10) + 4_999, 5, 8),  # may still change
        (at(10) + 5_000, 5, 9),
        (at(10) + 30_000, 3600, 9),  # no more than half a candle is waited
        (at(10) + 29_999, 3600, 8),
    ],
)
def test_a_candle_is_final_when_it_closed_and_its_grace_is_over(now, grace_s, last):
    request = ask(0, now // 60_000, now_ms=now, grace_ms=grace_s * 1000)
    page = read_page(request, minutes(*range(min(10, request.end // 60_000))))
    assert opens(page)[-1] == last
    assert claimed(page)[1] <= last + 1


def test_a_newer_candle_ends_the_grace():
    request = ask(0, 10, now_ms=at(10) + 1, grace_ms=5_000)
    assert opens(read_page(request, minutes(8, 9))) == [8]
    assert opens(read_page(request, minutes(8, 9, 10))) == [8, 9]


def test_the_forming_candle_is_left_out_wherever_it_stands():
    request = ask(0, 10, now_ms=at(10) + 30_000)
    assert opens(read_page(request, minutes(10, 8, 9))) == [8, 9]
    assert opens(read_page(request, minutes(8, 9))) == [8, 9]


def test_what_is_absent_just_now_may_still_come():
    now = at(10) + 30_000
    page = read_page(ask(0, 10, now_ms=now), minutes(3))
    assert claimed(page) == (0, 4)
    empty = read_page(ask(4, 10, now_ms=now), Candles())
    assert empty.claim[1] == MINUTE.floor(now - ABSENCE_SETTLES_MS) == at(8)
    assert empty.next_since == at(10)
    fresh = read_page(ask(9, 10, now_ms=now), Candles())
    assert claimed(fresh) == (9, 9)


def test_who_gives_only_the_newest_proves_nothing_about_before():
    now = at(1000)
    page = read_page(ask(0, 1000, now_ms=now), CANDLES.take(slice(900, 1000)))
    assert claimed(page) == (900, 1000)
    assert page.unconfirmed == (0, at(900))
    past = read_page(ask(0, 500, now_ms=now), CANDLES.take(slice(900, 1000)))
    assert past.unconfirmed == (0, at(500))
    assert claimed(past) == (500, 500)
    assert len(past.candles) == 0


def test_a_young_market_may_have_few_candles():
    now = at(1000)
    page = read_page(ask(950, 1000, now_ms=now), CANDLES.take(slice(980, 1000)))
    assert claimed(page) == (950, 1000)
    far = read_page(ask(0, 1000, now_ms=now), CANDLES.take(slice(980, 1000)))
    assert far.unconfirmed == (0, at(980))


def test_days_that_open_at_another_hour_are_taken_as_they_are():
    day = Timeframe.parse("1d")
    eastern = Candles.from_rows([[86_400_000 * n + 57_600_000, *[1.0] * 5] for n in range(5)])
    request = PageRequest(timeframe=day, since=0, end=86_400_000 * 9, limit=5, now_ms=LATER * 10)
    page = read_page(request, eastern)
    assert len(page.candles) == 5
    assert page.claim == (0, 86_400_000 * 5)
    assert page.next_since == 86_400_000 * 5 + 57_600_000
    after = read_page(
        PageRequest(
            timeframe=day, since=page.next_since, end=86_400_000 * 9, limit=5, now_ms=LATER
        ),
        Candles(),
    )
    assert after.claim[0] == page.claim[1]


def test_a_month_that_opens_early_closes_no_earlier_than_the_real_one():
    month = Timeframe.parse("1M")
    january_31_at_16 = 1_580_486_400_000
    assert close_of(month, january_31_at_16) == 1_583_020_800_000
    assert close_of(month, 1_580_515_200_000) == 1_583_020_800_000


def test_only_the_last_page_reaches_the_live_edge():
    assert ask(950, 1000, now_ms=at(1000) + 1).reaches_live_edge
    assert not ask(0, 1000, now_ms=at(1000) + 1).reaches_live_edge
    assert not ask(950, 1000, now_ms=at(1001)).reaches_live_edge
