"""Candles come from the archive if they are there, else from the exchange, and stay."""

import pytest

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.candles.archive import Archive
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import BadRequestError, DataError, UnsupportedError
from cracktrader.feeds.history import CandleHistory, HistoryRequest
from cracktrader.loop import LoopThread
from cracktrader.testing.candles import FakeCandleSource, random_walk

START = 1_704_067_200_000
MINUTE = 60_000
M1, H1 = Timeframe.parse("1m"), Timeframe.parse("1h")
CANDLES = random_walk(600, start=START)
END = START + 600 * MINUTE
NOW = END + 10_000  # the last candle is final a few seconds after its close


class Source(FakeCandleSource):
    """Also says which timeframes it has."""

    def __init__(self, candles=CANDLES, *, timeframes=("1m",), now_ms=NOW):
        super().__init__(candles, now_ms=now_ms)
        self.timeframes = timeframes


class Bench:
    """A history over an empty archive, and how often it went to the exchange."""

    def __init__(self, folder, loop, source=None):
        self.archive = Archive(folder)
        self.source = source or Source()
        self.connected = []
        self.history = CandleHistory(
            self.archive,
            exchange="fake",
            instrument_type="spot",
            connect=self.connect,
            wait=lambda coroutine: loop.call(coroutine, timeout_s=10),
        )

    def connect(self, symbol):
        self.connected.append(symbol)
        return self.source

    def load(self, timeframe=M1, symbol="BTC/USDT", **request):
        return self.history.load(HistoryRequest(symbol=symbol, timeframe=timeframe, **request))


@pytest.fixture(scope="module")
def loop():
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def bench(tmp_path, loop):
    return Bench(tmp_path, loop)


def test_what_is_missing_is_downloaded_and_kept(bench):
    first = bench.load(start=START, end=START + 100 * MINUTE)
    again = bench.load(start=START, end=START + 100 * MINUTE)
    assert first.candles.equals(CANDLES.take(slice(0, 100)))
    assert again.candles.equals(first.candles)
    assert (first.downloaded, again.downloaded) == (100, 0)
    assert bench.connected == ["BTC/USDT"]


def test_only_what_is_missing_is_asked_for(bench):
    bench.load(start=START, end=START + 100 * MINUTE)
    bench.load(start=START, end=START + 150 * MINUTE)
    assert bench.source.requests == [START, START + 100 * MINUTE]


def test_without_an_end_it_is_now(bench):
    found = bench.load(start=START)
    assert (len(found.candles), found.end) == (600, END)


def test_a_candle_that_still_forms_is_not_given(tmp_path, loop):
    bench = Bench(tmp_path, loop, Source(now_ms=START + 90 * MINUTE + 30_000))
    assert bench.load(start=START).end == START + 90 * MINUTE
    assert len(bench.load(start=START, end=END).candles) == 90


def test_the_last_ones_can_be_counted(bench):
    assert bench.load(limit=50).candles.equals(CANDLES.take(slice(550, 600)))
    early = bench.load(limit=5, end=START + 20 * MINUTE)
    assert early.candles.equals(CANDLES.take(slice(15, 20)))


def test_a_start_and_a_count_give_the_later_of_both(bench):
    assert len(bench.load(start=START, limit=5, end=START + 20 * MINUTE).candles) == 5
    assert len(bench.load(start=START + 18 * MINUTE, limit=5, end=START + 20 * MINUTE).candles) == 2


def test_a_request_must_say_since_when(bench):
    with pytest.raises(ValueError, match="start or a limit"):
        bench.load(end=END)


def test_dates_between_candles_leave_out_what_is_not_whole(bench):
    found = bench.load(start=START + 1, end=START + 3 * MINUTE + 1)
    assert found.candles.timestamp.tolist() == [START + MINUTE, START + 2 * MINUTE]


def test_a_timeframe_the_exchange_lacks_is_built_of_a_shorter_one(bench):
    found = bench.load(H1, start=START + MINUTE, end=END)
    expected = aggregate_candles(CANDLES, M1, H1, start=START + MINUTE, end=END)
    assert found.candles.equals(expected)
    assert len(found.candles) == 9


def test_the_longest_that_fits_is_taken(tmp_path, loop):
    bench = Bench(tmp_path, loop, Source(timeframes=("1s", "1m", "45m", "1d")))
    bench.load(H1, start=START, end=END)
    assert [key.timeframe for key in bench.archive.series()] == ["1m"]


def test_a_source_that_says_nothing_is_believed_to_have_it(tmp_path, loop):
    bench = Bench(tmp_path, loop, Source(timeframes=()))
    assert len(bench.load(start=START, end=END).candles) == 600


def test_a_timeframe_nothing_can_be_built_of_names_what_there_is(bench):
    with pytest.raises(UnsupportedError, match=r"fake has no 30s candles.*it has 1m"):
        bench.load(Timeframe.parse("30s"), start=START)


def test_offline_the_archive_is_all_there_is(bench):
    bench.load(start=START, end=START + 120 * MINUTE)
    bench.connected.clear()
    found = bench.load(start=START, download=False)
    assert (len(found.candles), found.end) == (120, START + 120 * MINUTE)
    assert len(bench.load(H1, limit=1, download=False).candles) == 1
    assert len(bench.load(start=START, end=END, download=False).candles) == 120
    assert bench.connected == []


def test_offline_without_anything_usable_is_an_error(bench):
    bench.load(start=START, end=START + 120 * MINUTE)
    with pytest.raises(DataError, match=r"could make 1s ones.*holds 1m from 2024-01-01 00:00 UTC"):
        bench.load(Timeframe.parse("1s"), start=START, download=False)
    with pytest.raises(DataError, match="holds nothing of ETH/USDT"):
        bench.load(symbol="ETH/USDT", start=START, download=False)


def test_an_empty_range_names_what_there_is(bench):
    bench.load(start=START, end=START + 120 * MINUTE)
    with pytest.raises(
        DataError, match=r"no candles of fake spot BTC/USDT 1m.*to 2024-01-01 01:59"
    ):
        bench.load(start=START - 10 * MINUTE, end=START)


def test_an_unknown_symbol_is_the_exchanges_word(tmp_path, loop):
    bench = Bench(tmp_path, loop)

    def refuse(symbol):
        raise BadRequestError(symbol)

    bench.history._connect = refuse
    with pytest.raises(BadRequestError):
        bench.load(symbol="BTC/UDST", start=START)


def test_the_archive_has_its_own_name_for_the_source(bench):
    bench.source.exchange = "somebody else"
    bench.load(start=START, end=END)
    assert [key.exchange for key in bench.archive.series()] == ["fake"]


def test_progress_is_told(bench):
    seen = []
    request = HistoryRequest(symbol="BTC/USDT", timeframe=M1, start=START, end=END)
    bench.history.load(request, on_progress=seen.append)
    assert seen[-1].fraction == 1.0
    assert seen[-1].candles == 600


def test_what_the_exchange_could_not_confirm_is_not_said_to_be_known(tmp_path, loop):
    # It keeps giving nothing for the last hour: nobody knows yet whether anybody traded.
    bench = Bench(tmp_path, loop, Source(CANDLES.take(slice(0, 500)), now_ms=NOW))
    found = bench.load(start=START)
    assert len(found.candles) == 500
    assert START + 500 * MINUTE <= found.end <= END
