"""A result says where it came from, without addresses, paths or secrets."""

import datetime as dt
import hashlib
from pathlib import Path

import backtrader as bt
import pytest
from tests.unit.reports import runs
from tests.unit.reports.runs import Cross, make_instrument, run_strategy

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.commission import CCXTCommissionInfo
from cracktrader.observability.redact import MASK, register_secret
from cracktrader.reports.provenance import (
    RunMeta,
    code_hash,
    data_hash,
    json_params,
    library_versions,
    redacted,
)


def test_everything_is_read_off_a_strategy(strategy):
    meta = RunMeta.of(strategy, currency="USDT")
    assert meta.strategy == "Cross"
    assert meta.params == {"fast": 5, "slow": 20, "size": 0.1}
    assert meta.assumptions["fees"] == "0.1\u00a0% of the value".replace("\u00a0", " ")
    assert meta.assumptions["broker"] == "BackBroker"
    assert meta.code_hash == hashlib.sha256(Path(runs.__file__).read_bytes()).hexdigest()


def test_what_is_known_better_is_kept(strategy):
    assert RunMeta.of(strategy, strategy="Mine", seed=3).strategy == "Mine"


def test_parameters_become_plain_values():
    given = {
        "a": 1,
        "b": dt.date(2023, 3, 1),
        "c": (1, "x"),
        "d": bt.indicators.SMA,
        "e": object(),
        "f": None,
    }
    told = json_params(given)
    assert told == {
        "a": 1,
        "b": "2023-03-01",
        "c": "1, x",
        "d": f"{bt.indicators.SMA.__module__}.{bt.indicators.SMA.__qualname__}",
        "e": "builtins.object",
        "f": None,
    }


def test_a_strategy_without_a_file_has_no_code_hash():
    assert code_hash(int) == ""
    assert code_hash(type("Made", (), {"__module__": "nowhere"})) == ""


def test_the_data_hash_changes_with_any_of_name_timeframe_and_candles():
    hashes = {
        data_hash([make_instrument()]),
        data_hash([make_instrument(timeframe="5m")]),
        data_hash([make_instrument(symbol="ETH/USDT")]),
        data_hash([make_instrument((100.0, 101.0, 102.1))]),
        data_hash([]),
    }
    assert len(hashes) == 5
    assert data_hash([make_instrument()]) in hashes


def test_versions_name_python_and_backtrader():
    assert {"python", "backtrader", "cracktrader"} <= set(library_versions())


def use(broker):
    def set_broker(cerebro):
        cerebro.setbroker(broker)

    return set_broker


@pytest.mark.parametrize(
    ("broker", "told"),
    [
        (bt.brokers.BackBroker(), {"fees": "none"}),
        (bt.brokers.BackBroker(slip_perc=0.0005), {"slippage": "0.05 %"}),
        (bt.brokers.BackBroker(slip_fixed=1.5), {"slippage": "1.5 per unit"}),
        (bt.brokers.BackBroker(coc=True), {"fills on the close of the signal's bar": "yes"}),
        (
            CCXTBackBroker(
                half_spread_bps=1.0,
                slippage={"model": "fixed_bps", "bps": 2.0, "within_bar": True},
                fractional=True,
            ),
            {
                "half spread": "1 bps",
                "slippage": "2 bps, within_bar",
                "fractional sizes": "yes",
            },
        ),
        (
            CCXTBackBroker(commission=CCXTCommissionInfo(maker=0.0002, taker=0.0004)),
            {"fees": "maker 0.02 %, taker 0.04 %"},
        ),
    ],
)
def test_a_broker_s_assumptions_are_told(broker, told):
    strategy = run_strategy(bars=30, prepare=use(broker))
    assert told.items() <= RunMeta.of(strategy).assumptions.items()


def test_a_fee_per_unit_is_no_percentage():
    broker = bt.brokers.BackBroker()
    broker.setcommission(2.0, margin=1000.0, mult=5.0)
    strategy = run_strategy(bars=30, prepare=use(broker))
    assert RunMeta.of(strategy).assumptions["fees"] == "2 per unit"


class TwoFeeds(bt.Strategy):
    pass


def test_fees_are_told_for_each_of_several_feeds():
    def add_another(cerebro):
        cerebro.resampledata(
            cerebro.datas[0], timeframe=bt.TimeFrame.Minutes, compression=5, name="five"
        )

    assumptions = RunMeta.of(run_strategy(TwoFeeds, bars=30, prepare=add_another)).assumptions
    assert {"fees of BTC/USDT", "fees of five"} <= set(assumptions)


def test_secrets_are_hidden_by_name_and_by_value():
    register_secret("marker-secret-value-77")
    meta = RunMeta(
        strategy="S",
        params={"apiKey": "abc", "note": "uses marker-secret-value-77"},
        config={"exchange": {"secret": "xyz", "urls": ["https://u:p@host"]}, "n": 3},
        warnings=("marker-secret-value-77",),
    ).redacted()
    assert meta.params == {"apiKey": MASK, "note": f"uses {MASK}"}
    assert meta.config == {
        "exchange": {"secret": MASK, "urls": [f"https://{MASK}@host"]},
        "n": 3,
    }
    assert meta.warnings == (MASK,)
    assert redacted({"secret": ""}) == {"secret": ""}


def test_parameters_of_a_subclass_are_found():
    class Faster(Cross):
        params = (("fast", 3),)

    assert RunMeta.of(run_strategy(Faster, bars=30)).params["fast"] == 3
