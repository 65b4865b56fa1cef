"""Cerebro: Backtrader's, with its exact results, through the fast loop where it can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import backtrader as bt

from cracktrader.cerebro import fast_once
from cracktrader.cerebro.blame import describe_bar, find_user_call
from cracktrader.cerebro.eligibility import EngineChoice, choose_next, choose_once
from cracktrader.cerebro.plotting import plotting
from cracktrader.errors import CracktraderError, StrategyError
from cracktrader.observability.logs import get_logger

_log = get_logger(__name__)


class Cerebro(bt.Cerebro):
    """Backtrader's Cerebro; the same results, and the same default broker, only faster.

    Runs over preloaded feeds go through a fast loop; whatever that does not cover goes
    through Backtrader's own. `explain` says which it was, and why. ``fast=False`` always
    takes Backtrader's own.

    A strategy that raises ends the run with a StrategyError, which says at which bar of
    which feed, and has the strategy's own exception as its cause. Broker, feeds and stores
    are stopped however a run ends. ``plot()`` works without a display.
    """

    params: Any = (("fast", True),)

    _choice: EngineChoice | None = None

    def explain(self) -> EngineChoice | None:
        """Say which loop the last run went through, and why; None before the first."""
        return self._choice

    def runstrategies(
        self,
        iterstrat: Iterable[Any],
        predata: bool = False,
    ) -> list[Any]:
        try:
            return super().runstrategies(iterstrat, predata)
        except BaseException as exc:
            failure = self._strategy_error(exc)
            self._stop_everything()
            if failure is None:
                raise
            raise failure from exc

    def _runonce(self, runstrats: Sequence[Any]) -> None:
        if self._choose(choose_once(self, runstrats)).engine == "fast":
            fast_once.run(self, runstrats)
        else:
            super()._runonce(runstrats)

    def _runonce_old(self, runstrats: Sequence[Any]) -> None:
        self._choose(choose_next(self))
        super()._runonce_old(runstrats)

    def _runnext(self, runstrats: Sequence[Any]) -> None:
        self._choose(choose_next(self))
        super()._runnext(runstrats)

    def _runnext_old(self, runstrats: Sequence[Any]) -> None:
        self._choose(choose_next(self))
        super()._runnext_old(runstrats)

    def _choose(self, choice: EngineChoice) -> EngineChoice:
        self._choice = choice
        _log.debug("engine.chosen", engine=choice.engine, reasons=choice.reasons)
        return choice

    def plot(self, *args: Any, use: str | None = None, **kwargs: Any) -> Any:
        """Draw as Backtrader does, with the matplotlib backend *use* if it is given.

        Raises:
            ConfigError: if matplotlib is not installed.
        """
        with plotting(use):
            return super().plot(*args, **kwargs)

    def _strategy_error(self, exc: BaseException) -> StrategyError | None:
        if isinstance(exc, CracktraderError) or not isinstance(exc, Exception):
            return None
        if (call := find_user_call(exc.__traceback__)) is None:
            return None
        what = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        return StrategyError(f"{call} raised {what}, {describe_bar(self.datas)}")

    def _stop_everything(self) -> None:
        for part in (self.broker, *self.datas, *self.feeds, *self.stores):
            part.stop()
