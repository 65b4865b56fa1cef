"""One call writes folder and report, and hands back what a caller shows."""

import pytest
from tests.unit.reports.runs import run_strategy

from cracktrader.errors import ConfigError
from cracktrader.reports.provenance import RunMeta
from cracktrader.reports.result import RunResult
from cracktrader.reports.write import recorder_of, write_result, write_run


def test_a_run_is_written_and_told(tmp_path, strategy):
    written = write_run(tmp_path / "run", strategy, RunMeta.of(strategy, currency="USDT"))
    assert written.report == written.folder / "report.html"
    assert written.report.read_text().startswith("<!doctype html>")
    assert [row.label for row in written.rows][:3] == ["Final value", "Profit", "Return"]
    assert written.findings
    assert written.metrics.trips.count == len([t for t in written.result.trips if not t.is_open])


def test_a_loaded_result_gives_the_same_report(tmp_path, strategy):
    first = write_run(tmp_path / "one", strategy)
    second = write_result(tmp_path / "two", RunResult.load(first.folder))
    assert first.report.read_bytes() == second.report.read_bytes()


def test_a_report_may_be_written_over_its_own_folder(tmp_path, strategy):
    first = write_run(tmp_path / "run", strategy)
    before = first.report.read_bytes()
    assert write_result(first.folder, RunResult.load(first.folder)).report.read_bytes() == before


def test_a_run_without_a_recorder_is_refused():
    with pytest.raises(ConfigError, match=r"addanalyzer\(RunRecorder\)"):
        recorder_of(run_strategy(bars=30, recorder=None))
