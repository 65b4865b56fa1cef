"""Every example runs by itself, as the README of the examples says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("[0-9]*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_offline_and_prints_something(path, tmp_path):
    run = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", str(path)],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()
    assert run.stderr == ""
    assert not list(tmp_path.glob("*.*"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_listed(path):
    assert len(path.read_text().splitlines()) <= 60
    assert f"`{path.name}`" in (FOLDER / "README.md").read_text()


def test_every_listed_example_is_there():
    listed = re.findall(r"`(\d\d_\w+\.py)`", (FOLDER / "README.md").read_text())
    assert listed == [path.name for path in EXAMPLES]
