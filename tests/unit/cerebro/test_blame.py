from types import SimpleNamespace

import backtrader as bt
import pytest

from cracktrader.cerebro.blame import describe_bar, find_user_call


class Careless(bt.Analyzer):
    def __init__(self):  # not run by Backtrader here
        pass

    def stop(self):
        raise ValueError("no")


def traceback_of(call):
    with pytest.raises(ValueError, match="no") as caught:
        call()
    return caught.value.__traceback__


def test_the_users_own_method_is_named():
    analyzer = object.__new__(Careless)
    assert find_user_call(traceback_of(analyzer.stop)) == "Careless.stop"


def test_code_that_is_no_part_of_a_strategy_is_nobodys():
    def plain():
        raise ValueError("no")

    assert find_user_call(traceback_of(plain)) is None
    assert find_user_call(None) is None


class Feed(SimpleNamespace):
    def __len__(self):
        return self.length


def test_the_bar_is_the_latest_of_all_feeds():
    feeds = [
        Feed(length=0, datetime=[9e9], _name="later"),
        Feed(length=3, datetime=[738886.0], _name="BTC/USDT"),
        Feed(length=9, datetime=[738886.25], _name=""),
    ]
    assert describe_bar(feeds) == 'at 2024-01-01 06:00:00 UTC, feed "data2", bar 9'
    assert describe_bar(feeds[:2]) == 'at 2024-01-01 00:00:00 UTC, feed "BTC/USDT", bar 3'
    assert describe_bar(feeds[:1]) == "before the first bar"
    assert describe_bar([Feed(length=1, datetime=[float("nan")])]) == "before the first bar"
