"""The stage with a fast broker on it."""

import backtrader as bt
from tests.parity.fast_orders import Attached
from tests.unit.brokers.stage import FLAT, play

RISING = [(100.0 + i, 101.5 + i, 99.0 + i, 100.5 + i) for i in range(40)]


def both(make_broker, script, *, engine=None, **staging):
    """Play *script* with Backtrader's broker and with the fast one; return what both heard."""
    engines = [cls(stdstats=False, **(engine or {})) for cls in (bt.Cerebro, Attached)]
    return [play(make_broker(), script, **staging, cerebro=cerebro) for cerebro in engines]


def account(heard):
    """Return what can be seen of a run's money and orders."""
    return (
        heard.account,
        [(o.getstatusname(), o.size, o.executed.price, o.executed.comm) for o in heard.orders],
        [(t.status, t.size, t.price, t.pnl, t.pnlcomm) for t in heard.trades],
    )


def same(make_broker, script, **staging):
    """Play *script* twice and require that nothing differs; return what the fast run heard."""
    plain, fast = both(make_broker, script, **{"bars": RISING, **staging})
    assert account(fast) == account(plain)
    assert type(fast.broker) is type(plain.broker)
    return fast


def plain_broker(**params):
    return bt.brokers.BackBroker(**params)


__all__ = ["FLAT", "RISING", "account", "both", "plain_broker", "play", "same"]
