from typing import Any

from backtrader import BuyOrder as BuyOrder
from backtrader import Order as Order
from backtrader import OrderBase as OrderBase
from backtrader import SellOrder as SellOrder

class OrderExecutionBit:
    size: float
    price: float
    comm: float
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

class OrderData:
    size: float
    price: float
    remsize: float
    def __init__(self, *, remsize: float = 0, **kwargs: Any) -> None: ...
    def addbit(self, exbit: OrderExecutionBit) -> None: ...
