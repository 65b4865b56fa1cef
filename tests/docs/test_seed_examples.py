"""The examples of the architecture's own text run as they stand, against a local exchange.

What they leave out (where the exchange is, where the archive is) is filled in by patching
nothing but the arguments: the same calls, with `config=` and `cache_dir=` added.
"""

import asyncio
import datetime as dt

import backtrader as bt
import pytest

import cracktrader as ct
from cracktrader import BrokerFactory, CCXTDataFeed, CCXTStore, Cerebro
from cracktrader.candles.samples import sample_candles
from cracktrader.simulator.exchange import LocalExchange
from cracktrader.store import CCXTStore as StoreOfTheModule

SAMPLE = sample_candles()
START = int(SAMPLE.timestamp[0])
ENGINES = pytest.mark.parametrize("engine", [bt.Cerebro, Cerebro], ids=["backtrader", "ours"])
MARCH = {"fromdate": "2023-03-01", "todate": "2023-03-15"}


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange() as exchange:
        yield exchange


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory):
    """One archive for all examples, as a user has one for all projects."""
    return tmp_path_factory.mktemp("archive")


@pytest.fixture
def local(exchange, cache_dir):
    """What an example does not say: where its exchange and its archive are."""
    yield {"config": exchange.config, "cache_dir": cache_dir}
    CCXTStore.reset_registry()


class MyStrategy(bt.Strategy):
    """The strategy of the architecture page, word for word, and a count of its orders."""

    def __init__(self):
        self.sma = bt.indicators.SMA(period=20)
        self.done = []

    def next(self):
        if self.data.close > self.sma:
            self.buy(size=0.1)

    def notify_order(self, order):
        if order.status == order.Completed:
            self.done.append(order)


@ENGINES
def test_the_architecture_pages_components(engine, local):
    store = CCXTStore(exchange="binance", **local)
    data_feed = CCXTDataFeed(store=store, symbol="BTC/USDT", ccxt_timeframe="1h", **MARCH)
    broker = BrokerFactory.create(mode="backtest", store=store, cash=10_000)

    cerebro = engine()
    cerebro.adddata(data_feed)
    cerebro.addstrategy(MyStrategy)
    cerebro.setbroker(broker)
    strategy = cerebro.run()[0]

    assert len(strategy.data) == 14 * 24
    assert strategy.done
    assert broker.getvalue() != 10_000


def test_the_architecture_pages_store(local):
    async def example():
        store = CCXTStore(exchange="binance", **local)
        await store.initialize()  # Async initialization
        connected = store.is_connected()
        await asyncio.to_thread(store.close)
        return connected

    with asyncio.Runner() as runner:
        assert runner.run(example())


class Latest(bt.Strategy):
    """Reads the latest price in the main thread, as the page shows."""

    def next(self):
        # This runs in main thread
        self.latest_price = self.data.close[0]


@ENGINES
def test_the_architecture_pages_synchronous_access(engine, local):
    store = CCXTStore(exchange="binance", **local)
    cerebro = engine()
    cerebro.adddata(CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1h", **MARCH))
    cerebro.addstrategy(Latest)
    before = SAMPLE.between(None, START + 14 * 86_400_000)
    assert cerebro.run()[0].latest_price == before.close[-1]


def test_the_architecture_pages_exchange_settings(local):
    config = {
        "binance": {
            "sandbox": True,
            "rate_limit": 1200,  # requests per minute
            "timeout": 30000,  # milliseconds
        }
    }
    store = CCXTStore("binance", config=config, cache_dir=local["cache_dir"])
    assert store.sandbox
    assert repr(store) == "<CCXTStore binance/default (sandbox, spot)>"


class SmaCross(bt.Strategy):
    """The strategy author's first file."""

    params = dict(fast=10, slow=30)  # noqa: C408, RUF012  (as it is printed)

    def __init__(self):
        self.cross = bt.ind.CrossOver(
            bt.ind.SMA(period=self.p.fast), bt.ind.SMA(period=self.p.slow)
        )
        self.trades = []

    def next(self):
        if self.cross > 0:
            self.order_target_percent(target=0.95)
        elif self.cross < 0:
            self.close()

    def notify_trade(self, trade):
        if trade.isclosed:
            self.trades.append(trade)


@ENGINES
def test_a_strategy_authors_first_file(engine, local):
    store = CCXTStore(exchange="binance", **local)
    cerebro = engine()
    cerebro.adddata(CCXTDataFeed(store=store, symbol="BTC/USDT", ccxt_timeframe="1h", **MARCH))
    cerebro.setbroker(BrokerFactory.create(mode="backtest", store=store, cash=10_000))
    cerebro.addstrategy(SmaCross)
    result = cerebro.run()[0]
    assert result.trades
    assert 5_000 < cerebro.broker.getvalue() < 20_000


def test_both_engines_agree(local):
    values = []
    for engine in (bt.Cerebro, Cerebro):
        test_a_strategy_authors_first_file(engine, local)
        store = CCXTStore("binance", **local)
        cerebro = engine()
        cerebro.adddata(CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1h", **MARCH))
        cerebro.setbroker(BrokerFactory.create(mode="backtest", store=store, cash=10_000))
        cerebro.addstrategy(SmaCross)
        cerebro.run()
        values.append(cerebro.broker.getvalue())
    assert values[0] == values[1]


# The forms of the pages that went with the architecture page.

STORES = {
    "by id": lambda local: CCXTStore("binance", **local),
    "by its older name": lambda local: CCXTStore(exchange_id="binance", **local),
    "from its module": lambda local: StoreOfTheModule(exchange="binance", **local),
    "from the package": lambda local: ct.CCXTStore(exchange="binance", **local),
    "by config": lambda local: CCXTStore(
        {"exchange": "binance", **local["config"]},
        cache_enabled=True,
        cache_dir=local["cache_dir"],
    ),
    "with everything": lambda local: CCXTStore(
        exchange="binance",
        sandbox=False,
        config=local["config"],
        instrument_type="spot",
        cache_enabled=True,
        cache_dir=local["cache_dir"],
        cache_ttl=None,
        connection_pool_size=10,
        streaming=True,
    ),
}


@pytest.mark.parametrize("form", STORES)
def test_stores_of_every_form(form, local):
    with STORES[form](local) as store:
        assert store.is_connected()
        assert store.get_ticker("BTC/USDT")["last"]
        assert store.get_ohlcv("BTC/USDT", "1h", START, 5)
        assert store.get_order_book("BTC/USDT", 5)["asks"]
    store.disconnect()
    assert store.connect()
    store.disconnect()


FEEDS = {
    "positional": lambda s: CCXTDataFeed(s, "BTC/USDT", ccxt_timeframe="1h", **MARCH),
    "named": lambda s: CCXTDataFeed(store=s, symbol="BTC/USDT", ccxt_timeframe="1h", **MARCH),
    "half": lambda s: CCXTDataFeed(s, symbol="BTC/USDT", ccxt_timeframe="1h", **MARCH),
    "datetimes": lambda s: CCXTDataFeed(
        store=s,
        symbol="BTC/USDT",
        ccxt_timeframe="1h",
        fromdate=dt.datetime(2023, 3, 1),  # noqa: DTZ001
        todate=dt.datetime(2023, 3, 15),  # noqa: DTZ001
        historical_limit=2000,
        reorder_buffer_size=0,
        reorder_buffer_timeout=1.0,
    ),
    "start and end": lambda s: CCXTDataFeed(
        store=s,
        symbol="BTC/USDT",
        timeframe="1h",
        start_date="2023-03-01T00:00:00Z",
        end_date="2023-03-15T00:00:00Z",
    ),
    "backtrader's timeframe": lambda s: CCXTDataFeed(
        store=s, symbol="BTC/USDT", timeframe=bt.TimeFrame.Minutes, compression=60, **MARCH
    ),
}


@ENGINES
@pytest.mark.parametrize("form", FEEDS)
def test_feeds_of_every_form(form, engine, local):
    with CCXTStore("binance", **local) as store:
        feed = FEEDS[form](store)
        cerebro = engine()
        cerebro.adddata(feed, name="BTC_1h")
        cerebro.addstrategy(Latest)
        strategy = cerebro.run()[0]
    assert len(strategy.data) == 14 * 24
    assert strategy.getdatabyname("BTC_1h") is feed


BROKERS = {
    "factory": lambda store: BrokerFactory.create(mode="backtest", store=store),
    "factory with costs": lambda _: BrokerFactory.create(
        mode="back", cash=10_000, commission=0.001, slip_perc=0.0005
    ),
    "by class": lambda _: ct.CCXTBackBroker(cash=10_000, commission=0.001),
    "of the store": lambda store: store.getbroker(cash=10_000),
}


@ENGINES
@pytest.mark.parametrize("form", BROKERS)
@pytest.mark.parametrize("attach", ["setbroker", "property"])
def test_brokers_of_every_form(form, attach, engine, local):
    with CCXTStore("binance", **local) as store:
        broker = BROKERS[form](store)
        cerebro = engine()
        if attach == "setbroker":
            cerebro.setbroker(broker)
        else:
            cerebro.broker = broker
        cerebro.adddata(CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1h", **MARCH))
        cerebro.addstrategy(SmaCross)
        strategy = cerebro.run()[0]
    assert strategy.broker is broker
    assert broker.getvalue() > 0


@ENGINES
def test_a_feed_needs_no_broker_of_ours(engine, local):
    with CCXTStore("binance", **local) as store:
        cerebro = engine()
        cerebro.broker.setcash(100_000)
        cerebro.broker.setcommission(commission=0.001)
        cerebro.adddata(CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1h", **MARCH))
        cerebro.addstrategy(MyStrategy)
        assert cerebro.run()[0].done
