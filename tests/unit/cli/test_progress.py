import io
import threading

from cracktrader.cli import progress as module
from cracktrader.cli.progress import Step, progress


class Screen(io.StringIO):
    def __init__(self, *, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal
        self.written = threading.Event()

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        if "of" in text or "/" in text:
            self.written.set()
        return super().write(text)


def run(display, screen, steps):
    with progress(lambda: steps, display=display):
        assert screen.written.wait(10)


def test_without_a_terminal_a_line_tells_how_far_things_are(monkeypatch):
    screen = Screen(is_terminal=False)
    monkeypatch.setattr("sys.stderr", screen)
    run(
        module._Lines(interval_s=0.01),
        screen,
        [Step(label="BTC/USDT 1m", done=1234, total=5000), Step(label="x", done=2)],
    )
    assert "0 s: BTC/USDT 1m 1,234 of 5,000, x 2\n" in screen.getvalue()


def test_on_a_terminal_there_is_a_bar_that_disappears(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen(is_terminal=True)
    monkeypatch.setattr("sys.stderr", screen)
    run(module._Bars(interval_s=0.01), screen, [Step(label="BTC/USDT", done=3, total=5)])
    assert "BTC/USDT" in screen.getvalue()
    assert "3/5" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")


def test_quiet_shows_nothing_and_asks_nothing(capsys):
    def poll():
        raise AssertionError("nobody asked")

    with progress(poll, quiet=True):
        pass
    assert capsys.readouterr().err == ""


def test_short_jobs_show_nothing(capsys, monkeypatch):
    with progress(lambda: [Step(label="x", done=1)]):
        pass
    screen = Screen(is_terminal=True)
    monkeypatch.setattr("sys.stderr", screen)
    with progress(lambda: [Step(label="x", done=1)]):
        pass
    assert capsys.readouterr().err == screen.getvalue() == ""
