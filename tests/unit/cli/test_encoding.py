import io

import pytest

from cracktrader.cli.encoding import make_streams_forgiving

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def screen(monkeypatch):
    """An ASCII terminal as standard output and error; gives what was written."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii", write_through=True)
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr("sys.stderr", stream)
    make_streams_forgiving()
    return stream


def test_figures_keep_their_meaning(screen):
    screen.write(f"{MINUS}13.55\N{NO-BREAK SPACE}% → 125.2\N{NO-BREAK SPACE}{TIMES} … ü")
    assert screen.buffer.getvalue() == b"-13.55 % -> 125.2 x ... ?"


def test_what_the_encoding_has_stays(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    make_streams_forgiving()
    stream.write(f"{MINUS}1")
    assert stream.buffer.getvalue() == f"{MINUS}1".encode()


def test_only_writing_is_forgiving(screen):
    assert screen
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", errors="cracktrader.plain")
