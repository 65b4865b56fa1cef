from typing import Any

date2num: Any
num2date: Any
