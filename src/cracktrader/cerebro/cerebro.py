"""Cerebro: Backtrader's, with its exact results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import backtrader as bt

from cracktrader.cerebro.blame import describe_bar, find_user_call
from cracktrader.cerebro.plotting import plotting
from cracktrader.errors import CracktraderError, StrategyError


class Cerebro(bt.Cerebro):
    """Backtrader's Cerebro; the same results, and the same default broker.

    A strategy that raises ends the run with a StrategyError, which says at which bar of
    which feed, and has the strategy's own exception as its cause. Broker, feeds and stores
    are stopped however a run ends. ``plot()`` works without a display.
    """

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
