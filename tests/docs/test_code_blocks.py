"""Every Python block of the README and the docs runs, in order, page by page."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def python_blocks(text):
    """Yield each block; those behind `<!-- needs the internet -->` are only compiled."""
    lines = iter(text.splitlines())
    online = False
    for line in lines:
        if line.startswith("```python"):
            block = []
            for inner in lines:
                if inner.startswith("```"):
                    break
                block.append(inner)
            yield textwrap.dedent("\n".join(block)), online
            online = False
        elif line.strip():
            online = line.strip() == "<!-- needs the internet -->"


def blocks_of(page):
    return list(python_blocks(page.read_text()))


@pytest.mark.parametrize(
    "page", [p for p in PAGES if blocks_of(p)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_blocks_run(page, tmp_path):
    runnable = []
    for source, online in blocks_of(page):
        compile(source, str(page), "exec")
        if not online:
            runnable.append(source)
    if not runnable:
        return
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(runnable))
    environment = {
        "PATH": str(Path(sys.executable).parent),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    run = subprocess.run(  # noqa: S603
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
