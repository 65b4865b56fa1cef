from typing import Any

AutoOrderedDict: Any
