from typing import Any

from backtrader import DataBase

class PandasData(DataBase): ...

def __getattr__(name: str) -> Any: ...
