import json

import pytest

from cracktrader.cli.options import Common, Reporting
from cracktrader.cli.output import Output, console
from cracktrader.observability.redact import register_secret


def test_data_is_json_on_stdout(capsys):
    Output().data({"a": [1, None], "ü": 0.5})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"a": [1, None], "ü": 0.5}
    assert "ü" in out
    assert err == ""


def test_a_table_is_wide_enough_for_a_pipe_and_right_aligned_where_asked(capsys):
    Output().table(
        [("BTC/USDT [x]", 1, None), ("E" * 120, 1000, "c")],
        columns=["symbol", ">count", "c"],
        title="Title",
    )
    lines = capsys.readouterr().out.splitlines()
    assert "Title" in lines[0]
    assert any(line.startswith("BTC/USDT [x]") and "    1 " in line for line in lines)
    assert any("E" * 120 in line for line in lines)


def test_notes_and_errors_go_to_stderr(capsys):
    output = Output()
    output.note("by the way [bold]")
    output.error("wrong: [bold] " + "word " * 60)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("by the way [bold]\nerror: wrong: [bold] word")
    assert err.count("\n") == 2


def test_quiet_leaves_out_notes(capsys):
    Output(quiet=True).note("by the way")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("common", "expected"),
    [
        (Common(), (False, False, 0)),
        (Common(quiet=True, verbose=2), (False, True, 2)),
        (Reporting(json=True), (True, False, 0)),
    ],
)
def test_the_shared_options_decide(common, expected):
    output = Output.of(common)
    assert (output.json, output.quiet, output.verbosity) == expected


def test_secrets_are_hidden_in_errors_and_tracebacks(capsys):
    register_secret("s3cr3t-marker-value")
    Output(verbosity=2).failure(ValueError("key s3cr3t-marker-value was refused"))
    err = capsys.readouterr().err
    assert "s3cr3t-marker-value" not in err
    assert err.count("was refused") == 2


def test_paragraphs_are_broken_between_words_on_a_terminal(terminal):
    screen = terminal(columns=40)
    Output().paragraph("! " + "word " * 12, indent="  ")
    assert all(len(line) <= 40 for line in screen.text.splitlines())
    assert "\n  word" in screen.text


def test_paragraphs_stay_whole_in_a_pipe(capsys):
    Output().paragraph("word " * 100, indent="  ")
    assert capsys.readouterr().out.count("\n") == 1


def test_color_is_for_terminals_that_want_it(terminal, monkeypatch):
    screen = terminal(columns=40)
    Output().error("wrong")
    assert "\x1b[1;31m" in screen.text
    screen.text = ""
    monkeypatch.setenv("NO_COLOR", "1")
    Output().error("wrong")
    assert "31m" not in screen.text
    assert console(stderr=False).width == 40
