import logging
import sys

import pytest

from cracktrader.errors import ConfigError
from cracktrader.observability.outputs import (
    DailyFileOutput,
    SizedFileOutput,
    StderrOutput,
    open_file_output,
)
from cracktrader.observability.redact import register_secret
from cracktrader.observability.settings import LogSettings


def record(text="x" * 100, created=None):
    made = logging.LogRecord("lib", logging.INFO, __file__, 1, text, None, None)
    if created is not None:
        made.created = created
    return made


def write(output, count, **changes):
    for number in range(count):
        output.emit(record(f"line {number:03} " + "x" * 90, **changes))
    output.close()


def test_a_full_file_is_set_aside_and_old_ones_are_deleted(tmp_path):
    settings = LogSettings(max_file_mb=0.001, backup_count=2)
    write(open_file_output(tmp_path / "run.log", settings), 60)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.log", "run.log.1", "run.log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert "line 059" in (tmp_path / "run.log").read_text()


def test_rotation_may_be_off(tmp_path):
    settings = LogSettings(max_file_mb=0.001, rotate="never")
    write(open_file_output(tmp_path / "run.log", settings), 60)
    assert [path.name for path in tmp_path.iterdir()] == ["run.log"]


def test_a_file_may_be_replaced_daily(tmp_path):
    settings = LogSettings(rotate="daily", backup_count=3)
    output = open_file_output(tmp_path / "run.log", settings)
    assert isinstance(output, DailyFileOutput)
    assert output.utc
    assert output.backupCount == 3
    output.emit(record("today"))
    output.rolloverAt = 0
    output.emit(record("tomorrow"))
    output.close()
    assert (tmp_path / "run.log").read_text() == "tomorrow\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_lines_are_appended_to_an_existing_file(tmp_path):
    for _ in range(2):
        write(open_file_output(tmp_path / "run.log", LogSettings()), 1)
    assert (tmp_path / "run.log").read_text().count("line 000") == 2


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r'cannot write the log file ".*/file/run.log": '):
        open_file_output(tmp_path / "file" / "run.log", LogSettings())
    with pytest.raises(ConfigError, match="Is a directory"):
        open_file_output(tmp_path, LogSettings())


def test_a_lost_line_is_said_once_and_the_program_goes_on(tmp_path, capsys):
    register_secret("broken-line-marker")
    wrong = ("broken-line-marker",)
    output = SizedFileOutput(tmp_path / "run.log")
    output.emit(logging.LogRecord("lib", logging.INFO, __file__, 1, "%d", wrong, None))
    output.emit(record("next"))
    output.close()
    err = capsys.readouterr().err
    assert err.startswith("a log line of lib was lost:\n")
    assert "broken-line-marker" not in err
    assert (tmp_path / "run.log").read_text() == "next\n"


def test_a_process_without_standard_error_loses_lines_silently(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    StderrOutput().emit(record())
    assert sys.stderr is None
