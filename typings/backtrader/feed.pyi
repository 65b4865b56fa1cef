from typing import Any

from backtrader import DataBase

class DataClone(DataBase): ...

def __getattr__(name: str) -> Any: ...
