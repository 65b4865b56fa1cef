import backtrader as bt
from tests.parity.fast_orders import Attached
from tests.unit.brokers.fast_stage import RISING, plain_broker, play, same

from cracktrader.brokers.fast_notes import add_notification, clone_trade, notification_way


def test_a_strategy_that_takes_notifications_itself_gets_them():
    class Own(bt.Strategy):
        def _addnotification(self, order, quicknotify):
            """Take nothing."""

    strategy = object.__new__(Own)
    assert notification_way(strategy) == strategy._addnotification
    usual = object.__new__(bt.Strategy)
    assert notification_way(usual).func is add_notification


def test_trades_are_opened_grown_reversed_and_closed():
    script = {
        2: lambda s: s.buy(size=1),
        5: lambda s: s.buy(size=2),
        8: lambda s: s.sell(size=1),
        11: lambda s: s.sell(size=5),
        14: lambda s: s.close(),
        17: lambda s: s.buy(size=1, tradeid=1),
        20: lambda s: s.sell(size=1, tradeid=2),
    }
    heard = same(plain_broker, script)
    assert len(heard.trades) == 6


def test_the_history_of_trades_is_kept():
    heard = []
    for cerebro in (bt.Cerebro, Attached):
        run = play(
            plain_broker(),
            {2: lambda s: s.buy(size=1), 5: lambda s: s.close()},
            bars=RISING,
            cerebro=cerebro(stdstats=False, tradehistory=True),
        )
        heard.append([[(h.status, h.event.size) for h in t.history] for t in run.trades])
    assert heard[0] == heard[1]
    assert len(heard[1][-1]) == 2


def test_a_copy_of_a_trade_stays_as_it_is():
    trade = bt.Trade(tradeid=3)
    clone = clone_trade(trade)
    trade.size = 5
    assert (clone.tradeid, clone.size, type(clone)) == (3, 0, bt.Trade)
