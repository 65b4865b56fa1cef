"""``init``: makes a project folder."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from cracktrader.cli.exits import UsageError
from cracktrader.cli.options import COMMON, Common
from cracktrader.cli.output import Output

# Template in the package → its place in the project.
SCAFFOLD: Final = {
    "cracktrader.toml": "cracktrader.toml",
    "sma_cross.py.txt": "strategies/sma_cross.py",
    "env.example": ".env.example",
    "gitignore": ".gitignore",
}


def init(
    directory: Annotated[Path, Parameter(name="DIR")] = Path(),
    /,
    *,
    force: Annotated[bool, Parameter(negative="")] = False,
    common: Common = COMMON,
) -> None:
    """Make a project: settings, a first strategy, .gitignore.

    Args:
        directory: Where; made if it is not there.
        force: Overwrite files that are already there.
    """
    output = Output.of(common)
    written = scaffold(directory, force=force)
    for path in written:
        output.text(f"wrote {path}")
    output.note(
        "\nNext:\n"
        f"  cd {directory}\n"
        "  cracktrader config check\n"
        "  cracktrader backtest strategies/sma_cross.py -s BTC/USDT -t 1h --since 90d"
    )


def scaffold(directory: Path, *, force: bool) -> list[Path]:
    """Write the project's files and return their paths.

    Raises:
        UsageError: if a file is already there and *force* is off; then nothing is written.
    """
    targets = {template: directory / place for template, place in SCAFFOLD.items()}
    existing = sorted(str(path) for path in targets.values() if path.exists())
    if existing and not force:
        raise UsageError(
            f"already there: {', '.join(existing)}. Nothing was written; --force overwrites."
        )
    for template, path in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template_text(template), encoding="utf-8")
    return list(targets.values())


def template_text(template: str) -> str:
    """Return a template's text."""
    source = importlib.resources.files("cracktrader.cli") / "scaffold" / template
    return source.read_text(encoding="utf-8")
