"""Random runs: which candles, which broker settings, which engine settings; all from a seed."""

import dataclasses
import functools
import random
from pathlib import Path
from typing import Any

import backtrader as bt
import pandas as pd
from tests.parity.gambler import Gambler
from tests.parity.transcript import Transcript

ROOT = Path(__file__).parents[2]
CANDLES = {
    "1m": (
        ROOT / "src/cracktrader/candles/samples/BTC-USDT_1m_2023-03.parquet",
        bt.TimeFrame.Minutes,
        1,
    ),
    "usdc": (
        ROOT / "tests/data/candles/binanceus_BTC-USDC_1m_2023-03.parquet",
        bt.TimeFrame.Minutes,
        1,
    ),
    "1h": (
        ROOT / "tests/data/candles/coinbase_BTC-USD_1h_2017-2019.parquet",
        bt.TimeFrame.Minutes,
        60,
    ),
    "1d": (ROOT / "tests/data/candles/coinbase_BTC-USD_1d_2014-2019.parquet", bt.TimeFrame.Days, 1),
}
COMMISSIONS: Any = (
    {},
    {"commission": 0.001},
    {"commission": 0.1, "percabs": False},
    {"commission": 2.0, "margin": 2000.0, "mult": 10.0},
    {"commission": 2.0, "margin": 500.0, "mult": 1.0, "leverage": 2.0},
    {"commission": 0.0005, "leverage": 5.0},
    {"commission": 0.0005, "interest": 0.08, "interest_long": True},
    {"commission": 0.0005, "interest": 0.2},
    {"commission": 0.5, "automargin": 0.1, "mult": 2.0, "stocklike": False, "commtype": 1},
)
SLIPPAGES: Any = (
    {},
    {},
    {"slip_perc": 0.001},
    {"slip_perc": 0.002, "slip_open": True},
    {"slip_fixed": 3.0, "slip_open": True, "slip_out": True},
    {"slip_perc": 0.004, "slip_open": True, "slip_match": False, "slip_limit": False},
    {"slip_perc": 0.004, "slip_open": True, "slip_match": False},
)
FILLERS = (None, None, None, "FixedSize", "FixedBarPerc", "BarPointPerc")
ENGINES: Any = (
    {},
    {},
    {"runonce": False},
    {"preload": False},
    {"exactbars": 1},
    {"oldsync": True},
    {"tradehistory": True},
    {"quicknotify": True},
)
SIZERS = (
    None,
    None,
    (bt.sizers.FixedSize, {"stake": 2}),
    (bt.sizers.PercentSizer, {"percents": 15}),
)


@dataclasses.dataclass(frozen=True)
class Scenario:
    seed: int
    bars: int
    feeds: tuple[str, ...]
    shape: str
    broker: dict[str, Any]
    commissions: tuple[dict[str, Any], ...]
    filler: str | None
    engine: dict[str, Any]
    sizer: tuple[type, dict[str, Any]] | None
    unit: float
    has_history: bool

    @classmethod
    def draw(cls, seed, bars=180):
        rng = random.Random(f"scenario {seed}")  # noqa: S311
        feeds = tuple(rng.choice((("1m",), ("1h",), ("1d",), ("1m", "usdc"), ("1h", "1d"))))
        # Backtrader itself fails on feeds of different lengths when it keeps few bars.
        engines = [e for e in ENGINES if len(feeds) == 1 or "exactbars" not in e]
        broker = {
            "cash": rng.choice((50_000.0, 200_000.0, 1_000_000.0, 10_000_000)),
            "checksubmit": rng.random() < 0.8,
            "eosbar": rng.random() < 0.3,
            "coc": rng.random() < 0.2,
            "shortcash": rng.random() < 0.7,
            "int2pnl": rng.random() < 0.7,
            "fundmode": rng.random() < 0.2,
            **rng.choice(SLIPPAGES),
        }
        return cls(
            seed=seed,
            bars=bars,
            feeds=feeds,
            shape=rng.choice(("plain",) * 4 + ("resample", "replay")),
            broker=broker,
            commissions=tuple(rng.choice(COMMISSIONS) for _ in feeds),
            filler=rng.choice(FILLERS),
            engine={**rng.choice(engines), "cheat_on_open": rng.random() < 0.2},
            sizer=rng.choice(SIZERS),
            unit=rng.choice((1.0, 1, 0.1, 0.013)),
            has_history=rng.random() < 0.15,
        )

    def run(self, cerebro_class, broker_class, transcript=None):
        """Run it; return what the strategy heard."""
        cerebro = cerebro_class(stdstats=False, **self.engine)
        cerebro.setbroker(broker_class(**self.broker, filler=self.make_filler()))
        for name, commission in zip(self.feeds, self.commissions, strict=True):
            self.add_feed(cerebro, name)
            if commission:
                only = None if len(self.feeds) == 1 else name
                cerebro.broker.setcommission(**commission, name=only)
        if self.sizer is not None:
            cerebro.addsizer(self.sizer[0], **self.sizer[1])
        if self.has_history:
            cerebro.add_order_history(self.history(), notify=True)
        transcript = transcript or Transcript()
        cerebro.addstrategy(
            Gambler,
            seed=self.seed,
            transcript=transcript,
            unit=self.unit,
            use_sizer=self.sizer is not None,
        )
        cerebro.run()
        return transcript

    def add_feed(self, cerebro, name):
        path, timeframe, compression = CANDLES[name]
        frame = load(path)
        first = self.seed * 577 % (len(frame) - self.bars)
        if self.feeds == ("1h", "1d"):
            # Days that begin with the hours, so that the two feeds overlap.
            hours = load(CANDLES["1h"][0])
            first = self.seed * 97 % (len(hours) - self.bars)
            if name == "1d":
                first = frame.index.searchsorted(hours.index[first])
        part = frame.iloc[first : first + self.bars]
        feed = bt.feeds.PandasData(dataname=part, timeframe=timeframe, compression=compression)
        if self.shape == "plain":
            cerebro.adddata(feed, name=name)
            return
        add = cerebro.resampledata if self.shape == "resample" else cerebro.replaydata
        add(feed, name=name, timeframe=timeframe, compression=compression * 3)

    def make_filler(self):
        if self.filler is None:
            return None
        params = {
            "FixedSize": {"size": 2},
            "FixedBarPerc": {"perc": 50},
            "BarPointPerc": {"minmov": 1},
        }
        return getattr(bt.broker.fillers, self.filler)(**params[self.filler])

    def history(self):
        path, *_ = CANDLES[self.feeds[0]]
        times = load(path).index
        return [
            [times[i].to_pydatetime(), size, 9000.0 + i] for i, size in ((3, 1), (9, -2), (15, 1))
        ]


@functools.cache
def load(path):
    frame = pd.read_parquet(path)
    frame.index = pd.to_datetime(frame.pop("timestamp"), unit="ms")
    return frame
