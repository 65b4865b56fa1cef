"""The reference pages are what the code says today, and leave nothing out."""

import runpy
from pathlib import Path

import pytest

import cracktrader
from cracktrader import errors
from cracktrader.cli.main import COMMANDS, make_app
from cracktrader.config import Settings
from cracktrader.settings.schema import describe

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference"


@pytest.fixture(scope="module")
def generated():
    return runpy.run_path(str(DOCS / "generate.py"))["pages"]()


def test_every_page_is_generated(generated):
    assert {page.name for page in REFERENCE.iterdir()} == set(generated)


def test_the_pages_are_up_to_date(generated):
    for name, text in generated.items():
        stored = (REFERENCE / name).read_text(encoding="utf-8")
        assert stored == text, "run: .venv/bin/python docs/generate.py"


def test_every_command_and_option_is_documented():
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    app = make_app()
    for command in (each for family in COMMANDS for each in family.commands):
        assert f"## cracktrader {command.words}\n" in page
        found = app
        for word in command.words.split():
            found = found[word]
        for argument in found.assemble_argument_collection():
            assert not argument.show or f"`{argument.names[0]}`" in page


def test_every_setting_is_documented_with_a_meaning():
    page = (REFERENCE / "config.md").read_text(encoding="utf-8")
    for doc in describe(Settings):
        assert doc.description
        assert f"| `{doc.key[-1]}` |" in page or f"## [{doc.key[0]}]" in page


def test_every_error_is_documented():
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.CracktraderError):
            assert f"| `{name}` |" in page


def test_every_public_name_is_documented():
    page = (REFERENCE / "public.md").read_text(encoding="utf-8")
    for name in cracktrader.__all__:
        assert f"## {name}\n" in page
