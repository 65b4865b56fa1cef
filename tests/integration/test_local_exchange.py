"""Unmodified ccxt clients talk to the local exchange as they talk to Binance."""

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.candles.samples import sample_candles
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.exchange import LocalExchange
from cracktrader.simulator.walk import walk_candles

SYMBOL = "BTC/USDT"
SAMPLE = sample_candles()
START, MINUTE = int(SAMPLE.timestamp[0]), 60_000
HALF = START + 10 * 86_400_000


def connect(exchange, **config):
    return ccxt.binance({**exchange.config, "enableRateLimit": False, **config})


@pytest.fixture(scope="module")
def archive():
    """An exchange where all of the shipped candles are history."""
    with LocalExchange(is_paused=True) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def client(archive):
    return connect(archive)


@pytest.fixture
def rehearsal():
    """An exchange in the middle of the shipped candles; time stands still."""
    with LocalExchange(start=HALF, is_paused=True) as exchange:
        yield exchange


def page(client, since, **options):
    return client.fetch_ohlcv(SYMBOL, "1m", since=since, limit=1000, **options)


def test_every_candle_arrives_bit_for_bit(client):
    rows, since = [], START
    while batch := page(client, since):
        rows += batch
        since = batch[-1][0] + MINUTE
    assert len(rows) == 30_240
    assert Candles.from_rows(rows).equals(SAMPLE)


async def test_every_candle_arrives_at_an_async_client_too(archive):
    async with ccxt.async_support.binance({**archive.config, "enableRateLimit": False}) as client:
        rows, since = [], START
        while batch := await client.fetch_ohlcv(SYMBOL, "1m", since=since, limit=1000):
            rows += batch
            since = batch[-1][0] + MINUTE
    assert Candles.from_rows(rows).equals(SAMPLE)


def test_markets_have_precision_limits_and_fees(client):
    market = client.load_markets()[SYMBOL]
    assert (market["base"], market["quote"], market["spot"], market["active"]) == (
        *("BTC", "USDT", True, True),
    )
    assert market["precision"]["price"] == 0.01
    assert market["precision"]["amount"] == 1e-6
    assert market["limits"]["amount"] == {"min": 1e-6, "max": 9_000_000}
    assert market["limits"]["cost"]["min"] == 5
    assert market["taker"] == 0.001
    assert client.amount_to_precision(SYMBOL, 0.12345678) == "0.123456"


@pytest.mark.parametrize("timeframe", ["3m", "1h", "4h", "1d", "3d", "1w", "1M"])
def test_longer_candles_are_those_of_the_archive(client, timeframe):
    target = Timeframe.parse(timeframe)
    whole = aggregate_candles(SAMPLE, Timeframe.parse("1m"), target)
    first, after = int(whole.timestamp[0]) if len(whole) else START, START + 21 * 86_400_000
    served = Candles.from_rows(
        client.fetch_ohlcv(SYMBOL, timeframe, since=first, limit=1000, params={"until": after})
    ).take(slice(0, len(whole)))
    expected = whole.take(slice(0, len(served)))
    assert served.timestamp.tolist() == expected.timestamp.tolist()
    assert served.close.tolist() == expected.close.tolist()
    assert served.volume.tolist() == pytest.approx(expected.volume.tolist(), abs=1e-8)


def test_pages_end_where_they_are_told_to(client):
    until = START + 9 * MINUTE
    rows = page(client, START, params={"until": until})
    assert [row[0] for row in rows] == [START + n * MINUTE for n in range(10)]
    assert client.fetch_ohlcv(SYMBOL, "1m", limit=3) == SAMPLE.to_rows()[-3:]
    assert len(client.fetch_ohlcv(SYMBOL, "1m")) == 500
    assert page(client, START + 40 * 86_400_000) == []


def test_tickers_books_and_trades(client, archive):
    ticker = client.fetch_ticker(SYMBOL)
    assert ticker["last"] == SAMPLE.close[-1]
    day = SAMPLE.take(slice(-1439, None))  # the exchange is a minute past the last candle
    assert (ticker["high"], ticker["low"]) == (day.high.max(), day.low.min())
    assert ticker["baseVolume"] == pytest.approx(day.volume.sum())
    book = client.fetch_order_book(SYMBOL, limit=20)
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert ticker["last"] in {book["bids"][0][0], book["asks"][0][0]}
    assert client.fetch_bids_asks([SYMBOL])[SYMBOL]["bid"] == book["bids"][0][0]
    assert client.fetch_last_prices([SYMBOL])[SYMBOL]["price"] == ticker["last"]
    assert client.fetch_tickers([SYMBOL])[SYMBOL]["last"] == ticker["last"]
    assert client.fetch_ticker(SYMBOL, {"rolling": True})["last"] == ticker["last"]
    assert client.fetch_trades(SYMBOL, limit=5)[-1]["price"] == ticker["last"]
    assert client.fetch_time() == archive.clock.time_ms()
    assert client.fetch_status()["status"] == "ok"


def test_trades_rebuild_the_candle_they_belong_to(client):
    since = START + 5 * MINUTE
    trades = client.fetch_trades(SYMBOL, since=since, params={"until": since + MINUTE - 1})
    prices = [trade["price"] for trade in trades]
    candle = SAMPLE.to_rows()[5]
    assert [prices[0], max(prices), min(prices), prices[-1]] == candle[1:5]
    assert sum(trade["amount"] for trade in trades) == pytest.approx(candle[5])
    by_id = client.fetch_trades(SYMBOL, limit=3, params={"fromId": int(trades[0]["id"])})
    assert [trade["id"] for trade in by_id] == [trade["id"] for trade in trades[:3]]


def test_a_forming_candle_changes_and_then_closes_as_archived(rehearsal):
    client = connect(rehearsal)
    seen = []
    for _ in range(60):
        forming = client.fetch_ohlcv(SYMBOL, "1m", limit=1)[0]
        assert forming[0] == HALF
        seen.append(tuple(forming))
        rehearsal.clock.step(1_000)
    closed, fresh = client.fetch_ohlcv(SYMBOL, "1m", limit=2)
    expected = SAMPLE.between(HALF, HALF + 1).to_rows()[0]
    assert len(set(seen)) > 3
    assert [candle[5] for candle in seen] == sorted(candle[5] for candle in seen)
    assert closed == expected
    assert fresh[0] == HALF + MINUTE


def test_the_future_does_not_show(rehearsal):
    client = connect(rehearsal)
    assert page(client, HALF + MINUTE) == []
    rehearsal.clock.step(2 * MINUTE)
    assert page(client, HALF)[:2] == SAMPLE.between(HALF, HALF + 2 * MINUTE).to_rows()
    rehearsal.clock.jump(int(SAMPLE.timestamp[-1]) + MINUTE)
    assert len(page(client, HALF)) == 1000


def test_time_runs_as_fast_as_asked():
    with LocalExchange(start=HALF, speed=10_000) as exchange:
        client = connect(exchange)
        before = client.fetch_time()
        while client.fetch_time() < before + 10 * MINUTE:
            pass
        assert len(page(client, HALF)) > 10


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c: c.public_get_klines({"symbol": "NOPE", "interval": "1m"}), ccxt.BadSymbol),
        (lambda c: c.fetch_ohlcv(SYMBOL, "7m"), ccxt.BadRequest),
        (lambda c: c.public_get_klines({"symbol": "BTCUSDT"}), ccxt.BadRequest),
        (lambda c: c.public_get_klines({"symbol": "BTC/USDT"}), ccxt.BadRequest),
        (lambda c: c.fetch_ohlcv("ETH/USDT"), ccxt.BadSymbol),
        (lambda c: c.fetch_balance(), ccxt.AuthenticationError),
        (lambda c: c.fapipublic_get_time(), ccxt.ExchangeNotAvailable),
    ],
)
def test_errors_are_what_binances_would_be(client, call, error):
    with pytest.raises(error):
        call(client)


def test_a_client_with_keys_learns_of_coins_and_fees(archive):
    client = connect(archive, apiKey="key", secret="secret")  # noqa: S106
    client.load_markets()
    assert client.currencies["BTC"]["code"] == "BTC"
    assert client.fetch_trading_fees()[SYMBOL]["taker"] == 0.001


def test_sandbox_and_demo_modes_stay_on_this_machine(archive):
    sandbox, demo = connect(archive), connect(archive)
    sandbox.set_sandbox_mode(enable=True)
    demo.enable_demo_trading(enable=True)
    assert sandbox.fetch_time() == demo.fetch_time() == archive.clock.time_ms()


def test_no_address_of_the_client_leads_out(archive):
    def leaves(tree):
        for value in tree.values():
            yield from leaves(value) if isinstance(value, dict) else [value]

    urls = ccxt.pro.binance(archive.config).urls
    for group in ("api", "test", "demo"):
        strangers = [url for url in leaves(urls[group]) if archive.url[4:] not in url]
        assert not strangers


def test_several_markets_at_once():
    with LocalExchange(walk_candles(seed=7, days=2), seed=7, is_paused=True) as exchange:
        client = connect(exchange)
        assert sorted(client.fetch_tickers()) == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
        assert set(client.fetch_bids_asks()) == {"BTC/USDT", "ETH/USDT", "SOL/USDT"}


def test_two_exchanges_of_one_seed_tell_the_same():
    def told():
        with LocalExchange(start=HALF, seed=9, is_paused=True) as exchange:
            client = connect(exchange)
            return [
                client.fetch_order_book(SYMBOL),
                client.fetch_trades(SYMBOL, limit=50),
                client.fetch_ohlcv(SYMBOL, "1h", limit=5),
            ]

    assert told() == told()


def test_it_opens_and_closes_again_and_again():
    exchange = LocalExchange(is_paused=True)
    for _ in range(20):
        with exchange:
            assert connect(exchange).fetch_time() == exchange.clock.time_ms()
