"""Numbers and times read well, small and large, and never as NaN."""

import pytest
from tests.unit.reports.runs import DAY, HOUR, MINUTE, START

from cracktrader.reports import wording

MINUS, NBSP = "\u2212", "\u00a0"


@pytest.mark.parametrize(
    ("value", "known", "text"),
    [
        (0.1234, {}, f"12.34{NBSP}%"),
        (-0.1234, {}, f"{MINUS}12.34{NBSP}%"),
        (0.05, {"signed": True, "digits": 1}, f"+5.0{NBSP}%"),
        (0.0, {"signed": True}, f"0.00{NBSP}%"),
        (-0.000001, {}, f"0.00{NBSP}%"),
        (1234.5, {}, f"123,450{NBSP}%"),
        (None, {}, wording.NOTHING),
    ],
)
def test_percent(value, known, text):
    assert wording.percent(value, **known) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.005, "1.00"), (-1234.5, f"{MINUS}1,234.50"), (None, wording.NOTHING)]
)
def test_ratio(value, text):
    assert wording.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "known", "text"),
    [
        (12345.678, {"currency": "USDT"}, "12,345.68 USDT"),
        (5.0, {"signed": True}, "+5.00"),
        (0.0, {}, "0.00"),
        (0.5, {}, "0.50"),
        (0.00012, {"currency": "BTC"}, "0.00012 BTC"),
        (-0.00012, {}, f"{MINUS}0.00012"),
        (1e-15, {}, "0.000000000000"),
        (None, {"currency": "USDT"}, wording.NOTHING),
    ],
)
def test_money(value, known, text):
    assert wording.money(value, **known) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, wording.NOTHING),
        (0, "0 s"),
        (59_999, "59 s"),
        (90_000, "1 min 30 s"),
        (2 * HOUR, "2 h"),
        (3 * DAY + 4 * HOUR + 5 * MINUTE, "3 d 4 h"),
        (1200 * DAY, "1,200 d"),
    ],
)
def test_duration(milliseconds, text):
    assert wording.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (START, "2023-03-01 00:00"),
        (START + 1500, "2023-03-01 00:00:01"),
        (None, wording.NOTHING),
    ],
)
def test_moment(timestamp, text):
    assert wording.moment(timestamp) == text
