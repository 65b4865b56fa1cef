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


def scaffold(directory: Path, *, force: bool = False, keep: bool = False) -> list[Path]:
    """Write the project's files and return their paths.

    With *keep* files that are there stay as they are, with *force* they are overwritten.

    Raises:
        UsageError: if a file is already there, without either; then nothing is written.
    """
    targets = {template: directory / place for template, place in SCAFFOLD.items()}
    existing = {template: path for template, path in targets.items() if path.exists()}
    if existing and not force and not keep:
        names = ", ".join(sorted(map(str, existing.values())))
        raise UsageError(f"already there: {names}. Nothing was written; --force overwrites.")
    written = {t: path for t, path in targets.items() if force or t not in existing}
    for template, path in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template_text(template), encoding="utf-8")
    return list(written.values())


def template_text(template: str) -> str:
    """Return a template's text."""
    source = importlib.resources.files("cracktrader.cli") / "scaffold" / template
    return source.read_text(encoding="utf-8")
