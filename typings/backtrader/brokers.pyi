from typing import Any

from backtrader import AbstractDataBase, BrokerBase, Order, Position

class BackBroker(BrokerBase):
    cash: float
    positions: Any
    def submit(self, order: Order, check: bool = True) -> Order: ...
    def notify(self, order: Order) -> None: ...
    def next(self) -> None: ...
    def _try_exec(self, order: Order) -> None: ...
    def _try_exec_limit(
        self, order: Order, popen: float, phigh: float, plow: float, plimit: float
    ) -> None: ...
    def _try_exec_stoplimit(self, order: Order, *prices: float) -> None: ...
    def _slip_up(
        self, pmax: float, price: float, doslip: bool = True, lim: bool = False
    ) -> float | None: ...
    def _slip_down(
        self, pmin: float, price: float, doslip: bool = True, lim: bool = False
    ) -> float | None: ...
    def _execute(
        self,
        order: Order,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,
        position: Position | None = None,
        dtcoc: float | None = None,
    ) -> float | None: ...
