"""``python -m cracktrader``, and where the commands ``cracktrader`` and ``ct`` begin."""

from __future__ import annotations

import sys
from typing import Final

_INTERRUPTED: Final = 130


def run() -> int:
    """Run one command; Ctrl-C while the command line itself is still loading ends it quietly."""
    try:
        from cracktrader.cli.main import main  # noqa: PLC0415  (takes a moment)

        return main()
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
