"""Which kernel stands in for which of Backtrader's methods."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType, MappingProxyType
from typing import Final

import backtrader as bt
from backtrader import functions, linebuffer
from backtrader.indicator import Indicator

from cracktrader.cerebro.kernels import (
    crossing,
    logic,
    operations,
    smoothing,
    stepwise,
    windows,
)
from cracktrader.cerebro.kernels.bars import Kernel

# Keyed by the very function, so that a method that somebody overrode is never replaced.
KERNELS: Final[Mapping[FunctionType, Kernel]] = MappingProxyType(
    {
        linebuffer._LineDelay.once: operations.delay,
        linebuffer._LineForward.once: operations.forward,
        linebuffer.LinesOperation.once: operations.two_operands,
        linebuffer.LineOwnOperation.once: operations.one_operand,
        functions.DivByZero.once: logic.division,
        functions.DivZeroByZero.once: logic.guarded_division,
        functions.Cmp.once: logic.comparison,
        functions.CmpEx.once: logic.choice_of_three,
        functions.If.once: logic.choice,
        functions.MultiLogic.once: logic.many_operands,
        bt.ind.OperationN.once: windows.function_of_window,
        bt.ind.Average.once: windows.average,
        bt.ind.WeightedAverage.once: windows.weighted_average,
        bt.ind.Accum.once: smoothing.running_sum,
        bt.ind.ExponentialSmoothing.once: smoothing.exponential,
        bt.ind.ExponentialSmoothingDynamic.once: smoothing.exponential_dynamic,
        bt.ind.NonZeroDifference.once: crossing.non_zero_difference,
        Indicator.once_via_next: stepwise.one_bar_at_a_time,
    }
)
