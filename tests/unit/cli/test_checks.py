import importlib.metadata
import sys

import pytest

from cracktrader.cli.checks import (
    check_archive,
    check_machine,
    check_python,
    check_requirement,
    check_settings,
)
from cracktrader.cli.exits import Exit
from cracktrader.config import load_config


def test_python_is_new_enough_or_says_what_to_install():
    assert check_python((3, 11, 0)).verdict == "ok"
    old = check_python((3, 10, 9))
    assert (old.verdict, "3.11" in old.advice) == ("fail", True)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("pytest>=1", "ok"),
        ("pytest", "ok"),
        ("pytest>=1,<1000", "ok"),
        ("pytest >= 1 ; python_version >= '3'", "ok"),
        ("pytest[extra]>=1", "ok"),
        ("pytest>1000", "warn"),
        ("pytest==1", "warn"),
        ("pytest<=1", "warn"),
        ("pytest>=8,<8.1", "warn"),
        ("no-such-library-anywhere>=1", "fail"),
    ],
)
def test_libraries_are_compared_with_what_is_needed(line, verdict):
    found = check_requirement(line)
    assert found is not None
    assert found.verdict == verdict
    assert bool(found.advice) is (verdict != "ok")


@pytest.mark.parametrize(
    "line",
    ['keyring>=25; extra == "keyring"', "no-such-library; sys_platform == 'win32'", "?"],
)
def test_what_is_not_needed_here_is_left_out(line):
    assert check_requirement(line) is None


def test_odd_versions_do_not_stop_the_doctor(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "unknown")
    found = check_requirement("pytest>=1")
    assert found is not None
    assert found.verdict == "warn"


def test_this_machine_will_do(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    found = {check.name: check.verdict for check in check_machine()}
    assert found["python"] == found["ccxt"] == found["backtrader"] == "ok"
    assert "byte code" not in found


def test_missing_byte_code_is_worth_a_warning(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [c.verdict for c in check_machine() if c.name == "byte code"] == ["warn"]


def test_settings_are_sound_or_every_problem_is_named(place):
    (only,) = check_settings(())
    assert (only.verdict, "no file" in only.message) == ("ok", True)
    (place / "x.toml").write_text("[lgo]\n[dta]\n")
    found = list(check_settings((place / "x.toml",)))
    assert [(c.verdict, c.code) for c in found] == [("fail", Exit.CONFIGURATION)] * 2


def archive_at(place):
    return check_archive(load_config(files=(), env={}, overrides={"data.cache_dir": str(place)}))


def test_the_archive_needs_a_folder_that_can_be_written(place):
    found = archive_at(place / "not" / "there" / "yet")
    assert found.verdict in {"ok", "warn"}
    assert "GB free" in found.message
    assert not (place / "not").exists()


def test_an_archive_elsewhere_is_left_alone():
    assert "not on this machine" in archive_at("s3://bucket/candles").message


def test_a_folder_that_cannot_be_written_says_what_to_set():
    found = archive_at("/proc/no/candles")
    assert (found.verdict, found.code) == ("fail", Exit.CONFIGURATION)
    assert "cache_dir" in found.advice


def test_a_full_disk_is_worth_a_warning(place, monkeypatch):
    usage = type("Usage", (), {"free": 5_000_000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    found = archive_at(place)
    assert (found.verdict, "make room" in found.advice) == ("warn", True)
