from typing import Any

class DTFaker:
    datetime: Any
    def __init__(self, data: Any, forcedata: Any = None) -> None: ...

class _BaseResampler:
    bar: Any
    p: Any
    componly: bool
    doadjusttime: bool
    def __init__(self, data: Any) -> None: ...
    def __call__(self, data: Any, fromcheck: bool = False, forcedata: Any = None) -> bool: ...

class Resampler(_BaseResampler):
    def last(self, data: Any) -> bool: ...

class Replayer(_BaseResampler): ...
