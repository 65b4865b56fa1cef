import json
import math
from dataclasses import replace

import pytest

from cracktrader.bootstrap import RunPlan, run_backtest
from cracktrader.brokers.factory import BrokerFactory
from cracktrader.candles.samples import sample_candles
from cracktrader.cli.output import Output
from cracktrader.cli.results import result_facts, show_result
from cracktrader.feeds.candle import CandleFeed
from cracktrader.reports.verdict import Row
from cracktrader.reports.write import write_result
from cracktrader.strategy_source import load_strategy


@pytest.fixture
def written(place, strategy):
    feed = CandleFeed(dataname=sample_candles().take(slice(0, 300)), timeframe=4, compression=1)
    plan = RunPlan(
        strategy=load_strategy(str(strategy)), params={"fast": 3, "slow": 8}, currency="USDT"
    )
    broker = BrokerFactory.create("backtest", commission=0.001)
    return write_result(
        place / "result", run_backtest(plan, feeds={"BTC/USDT": feed}, broker=broker)
    )


def test_the_table_has_the_reports_own_rows(written, capsys):
    show_result(written, Output())
    out = capsys.readouterr().out
    for row in written.rows:
        assert row.label in out
        assert row.value in out
    assert f"Report  {written.report}" in out
    assert all(finding in out for finding in written.findings)


def test_json_has_every_figure_and_no_nan(written, capsys):
    metrics = written.metrics
    unknown = replace(metrics, performance=replace(metrics.performance, sharpe=math.nan))
    show_result(replace(written, metrics=unknown), Output(json=True))
    facts = json.loads(capsys.readouterr().out)
    assert facts["metrics"]["performance"]["sharpe"] is None
    assert facts["metrics"]["performance"]["return"] == metrics.performance.return_
    assert list(facts["metrics"]["monthly"]) == ["2023-03"]
    assert facts["run_id"] == written.result.run_id


def test_facts_are_plain(written):
    json.dumps(result_facts(written), allow_nan=False)


def test_without_a_benchmark_there_is_no_column_for_it(written, capsys):
    rows = (Row(label="Return", value="+1.00 %", tone=1), Row(label="Loss", value="-1", tone=-1))
    show_result(replace(written, rows=rows), Output())
    assert "buy & hold" not in capsys.readouterr().out


def test_on_a_narrow_terminal_only_notes_are_cut(written, terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    screen = terminal(columns=80)
    show_result(written, Output())
    out = screen.text
    assert "…" in out
    assert all(row.value in out and row.benchmark in out for row in written.rows)
    table = out[: out.index("\n!")].splitlines()[2:]
    assert all(len(line) <= 80 for line in table)
