import pytest

from cracktrader.cli.exits import UsageError
from cracktrader.cli.moments import iso_moment, parse_moment, parse_range, show_moment

NOW = 1_700_000_000_000  # 2023-11-14 22:13:20
DAY = 86_400_000


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("1970-01-02", DAY),
        ("1970-01-02T00:00", DAY),
        ("1970-01-02 00:00:00", DAY),
        ("1970-01-02T00:00Z", DAY),
        ("1970-01-02T02:00+02:00", DAY),
        ("1970-01-02T00:00:00.001", DAY + 1),
        ("now", NOW),
        ("90d", NOW - 90 * DAY),
        (" 2w ", NOW - 14 * DAY),
        ("12h", NOW - DAY // 2),
        ("30m", NOW - 1_800_000),
        ("5s", NOW - 5_000),
    ],
)
def test_dates_and_ages_are_read_as_utc(text, timestamp):
    assert parse_moment(text, now_ms=NOW) == timestamp


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01", "90", "90x", "-5d"])
def test_other_words_are_refused_with_the_possible_forms(text):
    with pytest.raises(UsageError, match="use a form like"):
        parse_moment(text, now_ms=NOW)


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31", "99999999999999d", "60y"])
def test_there_were_no_exchanges_before_1970(text):
    with pytest.raises(UsageError, match=r"before 1970|use a form like"):
        parse_moment(text, now_ms=NOW)


def test_a_range_ends_now_unless_said():
    assert parse_range("1d", None, now_ms=NOW) == (NOW - DAY, NOW)
    assert parse_range(None, "1970-01-02", now_ms=NOW) == (None, DAY)


def test_an_empty_range_is_refused():
    with pytest.raises(UsageError, match="is not before the end 2023-01-01 00:00"):
        parse_range("2023-01-01", "2023-01-01", now_ms=NOW)


def test_moments_are_shown_short_for_people_and_in_full_for_programs():
    assert show_moment(DAY) == "1970-01-02 00:00"
    assert show_moment(NOW) == "2023-11-14 22:13:20"
    assert iso_moment(DAY) == "1970-01-02T00:00:00+00:00"
    assert show_moment(None) == ""
    assert iso_moment(None) is None
