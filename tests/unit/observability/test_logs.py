import asyncio
import io
import json
import logging
import subprocess
import sys

import pytest

from cracktrader.errors import ConfigError
from cracktrader.loop import LoopThread
from cracktrader.observability.logs import bind, get_logger, setup_logging
from cracktrader.observability.redact import MASK, register_secret
from cracktrader.observability.settings import LogSettings


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def lines(capsys):
    """Return what was logged so far, and check that standard output stayed clean."""

    def read():
        captured = capsys.readouterr()
        assert captured.out == ""
        return [json.loads(line) for line in captured.err.splitlines()]

    return read


def test_a_line_is_json_with_time_level_logger_event_and_values(lines):
    setup_logging(json_enabled=True)
    get_logger("cracktrader.x").info("order.accepted", symbol="BTC/USDT", price=1.5)
    [line] = lines()
    assert list(line)[:4] == ["timestamp", "level", "logger", "event"]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "cracktrader.x",
        "event": "order.accepted",
        "symbol": "BTC/USDT",
        "price": 1.5,
    }


def test_lines_of_other_libraries_look_the_same(lines):
    setup_logging(json_enabled=True)
    with bind(run_id="r1"):
        logging.getLogger("some.library").info("took %d ms", 5, extra={"host": "h"})
    [line] = lines()
    assert (line["logger"], line["event"], line["host"], line["run_id"]) == (
        "some.library", "took 5 ms", "h", "r1",
    )  # fmt: skip


def test_json_is_the_choice_where_there_is_no_terminal(lines):
    setup_logging()
    get_logger("cracktrader.x").info("a.happened")
    assert lines()[0]["event"] == "a.happened"


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_coloured_text(monkeypatch, no_color, coloured):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("NO_COLOR", no_color)
    setup_logging()
    get_logger("cracktrader.x").info("a.happened", symbol="BTC/USDT")
    text = sys.stderr.getvalue()
    assert "a.happened" in text
    assert ("\x1b[" in text) is coloured


def test_a_terminal_gets_json_on_demand(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    setup_logging(json_enabled=True)
    get_logger("cracktrader.x").info("a.happened")
    assert json.loads(sys.stderr.getvalue())["event"] == "a.happened"


def test_standard_error_is_looked_up_when_writing(monkeypatch):
    setup_logging(json_enabled=True)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    get_logger("cracktrader.x").info("a.happened")
    assert "a.happened" in sys.stderr.getvalue()


def test_lines_below_the_level_are_dropped(lines):
    setup_logging("warning", json_enabled=True)
    logger = get_logger("cracktrader.x")
    logger.info("a.happened")
    logger.warning("b.happened")
    assert [line["event"] for line in lines()] == ["b.happened"]


def test_a_logger_may_have_a_level_of_its_own(lines):
    setup_logging("INFO", json_enabled=True, levels={"noisy": "ERROR", "quiet": "DEBUG"})
    get_logger("noisy.child").warning("noisy.happened")
    get_logger("quiet.child").debug("quiet.happened")
    assert [line["event"] for line in lines()] == ["quiet.happened"]


def test_chatty_libraries_are_quiet_unless_asked_for(lines):
    setup_logging("DEBUG", json_enabled=True)
    logging.getLogger("ccxt.base").debug("request")
    assert lines() == []
    setup_logging("DEBUG", json_enabled=True, levels={"ccxt": "DEBUG"})
    logging.getLogger("ccxt.base").debug("request")
    assert [line["event"] for line in lines()] == ["request"]


def test_chatty_libraries_are_as_quiet_as_the_rest(lines):
    setup_logging("ERROR", json_enabled=True)
    logging.getLogger("ccxt").warning("request")
    assert lines() == []


def test_setting_up_again_neither_doubles_lines_nor_keeps_old_levels(lines):
    setup_logging(json_enabled=True, levels={"quiet": "ERROR"})
    setup_logging(json_enabled=True)
    setup_logging(json_enabled=True)
    get_logger("quiet").info("a.happened")
    assert len(lines()) == 1


def test_handlers_of_others_stay():
    other = logging.NullHandler()
    logging.getLogger().addHandler(other)
    setup_logging()
    setup_logging()
    assert other in logging.getLogger().handlers


def test_a_file_gets_json_too(tmp_path, lines):
    path = tmp_path / "logs" / "run.log"
    setup_logging(file=path)
    get_logger("cracktrader.x").info("a.happened", symbol="é")
    assert json.loads(path.read_text(encoding="utf-8"))["symbol"] == "é"
    assert len(lines()) == 1


def test_the_settings_are_the_ground_and_arguments_come_first(tmp_path, lines):
    settings = LogSettings(level="ERROR", file=tmp_path / "a.log", console=False, format="json")
    setup_logging("INFO", settings=settings)
    get_logger("cracktrader.x").info("a.happened")
    assert lines() == []
    assert "a.happened" in (tmp_path / "a.log").read_text()


@pytest.mark.parametrize("wrong", [{"level": "WARN"}, {"levels": {"ccxt": "LOUD"}}])
def test_an_unknown_level_is_refused(wrong):
    with pytest.raises(ConfigError, match="must be one of DEBUG, INFO, WARNING"):
        setup_logging(**wrong)


def test_a_near_miss_gets_a_suggestion():
    with pytest.raises(ConfigError, match='Did you mean "WARNING"'):
        setup_logging("warn")


def test_a_wrong_type_is_refused():
    with pytest.raises(ConfigError, match="wrong type: file"):
        setup_logging(file=3)


def test_context_is_on_every_line_inside_the_block(lines):
    setup_logging(json_enabled=True)
    logger = get_logger("cracktrader.x")
    with bind(run_id="r1", exchange="binance", account=None):
        logger.info("a.happened")
        with bind(symbol="BTC/USDT"):
            logger.info("b.happened")
    logger.info("c.happened")
    a, b, c = lines()
    assert (a["run_id"], a["exchange"]) == ("r1", "binance")
    assert "account" not in a
    assert (b["run_id"], b["symbol"]) == ("r1", "BTC/USDT")
    assert "run_id" not in c


def test_context_goes_along_to_the_loop_thread(lines):
    setup_logging(json_enabled=True)
    logger = get_logger("cracktrader.x")

    async def order(client_order_id):
        with bind(client_order_id=client_order_id):
            await asyncio.sleep(0)
            logger.info("order.sent")
            await asyncio.to_thread(logger.info, "order.saved")

    loop = LoopThread()
    try:
        with bind(run_id="r1"):
            first = loop.submit(order("o1"))
            second = loop.submit(order("o2"))
        first.result(5)
        second.result(5)
        loop.call(order("o3"), timeout_s=5)
    finally:
        loop.close()
    found = {(line["client_order_id"], line["event"], line.get("run_id")) for line in lines()}
    assert found == {
        (order, event, run)
        for order, run in (("o1", "r1"), ("o2", "r1"), ("o3", None))
        for event in ("order.sent", "order.saved")
    }


@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_are_hidden_wherever_they_stand(capsys, as_json):
    marker = 'log-marker-"1"'
    register_secret(marker)
    setup_logging("DEBUG", json_enabled=as_json)
    logger = get_logger("cracktrader.x")
    with bind(account=marker):
        event = f"event {marker}"
        logger.info(event, value=marker, nested={marker: [marker, {"k": (marker,)}]})
        logger.info("positional %s", marker)
        logging.getLogger("library").warning("signed %s", marker, extra={"header": marker})
        logging.getLogger("library").warning("url %s", "https://me:other-1@host/")
        logger.info("request.sent", headers={"X-MBX-APIKEY": "never-registered-1"})
        logger.info("bytes.sent", body=marker.encode())
        for log in (logger, logging.getLogger("library")):
            try:
                int(marker)
            except ValueError:
                log.exception("failed")
        logger.info("with.stack", stack_info=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    for hidden in ("log-marker", "other-1", "never-registered-1"):
        assert hidden not in captured.err
    assert captured.err.count(MASK) > 10
    assert captured.err.count("ValueError: invalid literal for int()") == 2


def test_before_setup_nothing_goes_to_standard_output():
    code = """
from cracktrader.observability.logs import get_logger, bind
from cracktrader.observability.redact import register_secret
register_secret("early-marker")
log = get_logger("cracktrader.x")
with bind(run_id="r1"):
    log.debug("a.happened")
    log.info("b.happened")
    log.warning("c.happened", value="early-marker")
"""
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout == ""
    assert "c.happened" in run.stderr
    assert "b.happened" not in run.stderr
    assert "early-marker" not in run.stderr


def test_a_logger_taken_before_setup_works_after_it(lines):
    logger = get_logger("cracktrader.early")
    logger.debug("a.happened")
    setup_logging("DEBUG", json_enabled=True)
    logger.debug("b.happened")
    assert [line["event"] for line in lines()] == ["b.happened"]


def test_with_every_output_off_nothing_is_written_anywhere():
    code = """
from cracktrader.observability.logs import get_logger, setup_logging
from cracktrader.observability.settings import LogSettings
setup_logging(settings=LogSettings(console=False))
get_logger("cracktrader.x").error("a.happened")
"""
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("", "")
