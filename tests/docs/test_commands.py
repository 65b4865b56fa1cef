"""Every command line of the README and the docs is one; those that can, run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cracktrader.cli.main import make_app

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# Such a comment before a block says that its commands cannot run here.
NOT_RUN = ("<!-- needs the internet -->", "<!-- only parsed -->")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`((?:cracktrader|ct) [a-z][^`]*)`")


def console_blocks(page):
    """Yield the lines of each ``console`` block, and whether they are to run."""
    before, block = "", None
    for line in page.read_text(encoding="utf-8").splitlines():
        if block is None and line == "```console":
            block = []
        elif block is not None and line == "```":
            yield block, before not in NOT_RUN
            before, block = "", None
        elif block is not None:
            block.append(line)
        elif line.strip():
            before = line.strip()


def inline_commands(page):
    """Yield commands with options in a sentence; a bare name stands for the command as such."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    yield from (found for found in _INLINE.findall(text) if " -" in found and "..." not in found)


def words_of(line):
    """Return the words after ``cracktrader`` or ``ct``; None for any other command."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z][A-Z0-9_]*=.*", words[0]):
        words.pop(0)
    return words[1:] if words and words[0] in {"cracktrader", "ct"} else None


def command_lines():
    for page in PAGES:
        lines = [line for block, _ in console_blocks(page) for line in block]
        for line in [*lines, *inline_commands(page)]:
            if words_of(line) is not None:
                yield pytest.param(line, id=f"{page.relative_to(ROOT)}: {line}")


@pytest.mark.parametrize("line", list(command_lines()))
def test_a_command_line_parses(line):
    make_app().parse_args(words_of(line), exit_on_error=False, print_error=False)


def scripts():
    for page in PAGES:
        lines = [line for block, runs in console_blocks(page) if runs for line in block]
        if lines:
            yield pytest.param(lines, id=str(page.relative_to(ROOT)))


@pytest.mark.parametrize("lines", list(scripts()))
def test_the_commands_of_a_page_run(lines, tmp_path):
    home = tmp_path / "home"
    work = tmp_path / "work"
    work.mkdir()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(home),
        **{f"XDG_{name}_HOME": str(home / name) for name in ("CACHE", "CONFIG", "DATA", "STATE")},
    }
    run = subprocess.run(
        ["/bin/sh", "-e"],
        input="\n".join(lines),
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
