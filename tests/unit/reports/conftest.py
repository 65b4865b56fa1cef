"""A real run through Backtrader, shared by the tests."""

import pytest
from tests.unit.reports.runs import run_strategy

from cracktrader.reports.provenance import RunMeta
from cracktrader.reports.result import RunResult


@pytest.fixture(scope="session")
def strategy():
    """A strategy that has run with a recorder."""
    return run_strategy()


@pytest.fixture(scope="session")
def result(strategy):
    return RunResult.from_recorder(
        strategy.analyzers.recorder, RunMeta.of(strategy, currency="USDT")
    )
