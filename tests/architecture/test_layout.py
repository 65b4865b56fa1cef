"""Every module has its own unit test, in the mirrored place."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC, UNIT = ROOT / "src" / "cracktrader", ROOT / "tests" / "unit"
# Shells that only wire other parts are tested where they run: contract, integration, e2e, docs.
TESTED_ELSEWHERE = {"__main__.py", "errors.py"}


def test_modules_are_mirrored():
    modules = {
        str(p.relative_to(SRC))
        for p in SRC.rglob("*.py")
        if p.name != "__init__.py" and "testing" not in p.parts
    }
    tests = {
        str(p.relative_to(UNIT).with_name(p.name.removeprefix("test_")))
        for p in UNIT.rglob("test_*.py")
    }
    assert modules - tests == TESTED_ELSEWHERE
    assert not tests - modules


def test_folders_are_at_most_two_deep():
    deepest = max(len(p.relative_to(SRC).parts) for p in SRC.rglob("*.py"))
    assert deepest <= 3


def test_package_inits_hold_a_docstring_and_nothing_else():
    for path in SRC.rglob("__init__.py"):
        if path.parent != SRC:
            assert path.read_text().count('"""') == 2, path
            assert path.read_text().rstrip().endswith('"""'), path
