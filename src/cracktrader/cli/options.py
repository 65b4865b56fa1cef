"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Group, Parameter

_GENERAL: Final = Group("General options", sort_key=100)


@Parameter(name="*", group=_GENERAL)
@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command understands."""

    config: Annotated[
        tuple[Path, ...], Parameter(name=("--config", "-c"), negative="", show_default=False)
    ] = ()
    """Configuration file to read instead of those found by place; repeatable, the last wins."""
    verbose: Annotated[
        int, Parameter(name=("--verbose", "-v"), count=True, show_default=False)
    ] = 0
    """Show progress messages; -vv adds details and tracebacks."""
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), negative="", show_default=False)] = (
        False
    )
    """Only errors and the result."""


@Parameter(name="*", group=_GENERAL)
@dataclass(frozen=True, kw_only=True)
class Reporting(Common):
    """What every command that reports something understands."""

    json: Annotated[bool, Parameter(negative="", show_default=False)] = False
    """Print JSON on stdout instead of a table."""


COMMON: Final = Common()
REPORTING: Final = Reporting()
