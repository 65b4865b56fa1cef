import io
import sys

import pytest

from cracktrader.cli.data import show_size

WEEK = ("--since", "2023-03-01", "--until", "2023-03-08")


@pytest.mark.usefixtures("local")
def test_what_was_downloaded_is_not_asked_for_again(ct, ct_json, served):
    (first,) = ct_json("data", "download", "-s", "BTC/USDT", *WEEK)
    assert (first["timeframe"], first["added"], first["requests"]) == ("1h", 168, 1)
    before = served.requests["/api/v3/klines"]
    code, out, err = ct("data", "download", "-s", "BTC/USDT", *WEEK)
    assert code == 0
    assert "BTC/USDT" in out
    assert "0 candles in 0 requests" in err
    assert served.requests["/api/v3/klines"] == before


@pytest.mark.usefixtures("local")
def test_an_age_counts_from_the_exchanges_own_time(ct_json):
    words = ("-s", "BTC/USDT", "-t", "1d", "--since", "21d", "--until", "1d")
    (found,) = ct_json("data", "download", *words)
    assert found["start"].startswith("2023-03-0")


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ([], "--symbol"),
        (["-s", "BTC/USD"], 'Did you mean "BTC/USDT"'),
        (["-s", "BTC/USDT", "-t", "9m"], "Possible: 1s, 1m"),
        (["-s", "BTC/USDT", "-t", "1x"], "use a form like"),
        (["-s", "BTC/USDT", "-e", "binanc"], 'Did you mean "binance"'),
        (["-s", "BTC/USDT", "--since", "soon"], "use a form like"),
        (["-s", "BTC/USDT", "--type", "spt"], 'Did you mean "spot"'),
    ],
)
def test_a_wrong_word_is_wrong_usage(ct, words, hint):
    code, out, err = ct("data", "download", *words)
    assert (code, out) == (2, "")
    assert hint in err


def test_an_exchange_that_does_not_answer_ends_with_4(ct, place):
    (place / "cracktrader.toml").write_text(
        '[exchange.binance]\nread_attempts = 1\n[exchange.binance.urls.api]\npublic = "http://127.0.0.1:9"\n'
        '[exchange.binance.options.fetchMarkets]\ntypes = ["spot"]\n'
    )
    code, _, err = ct("data", "download", "-s", "BTC/USDT", *WEEK)
    assert code == 4
    assert "binance" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("archived")
def test_list_tells_what_is_there(ct, ct_json):
    _, out, err = ct("data", "list")
    assert "BTC/USDT" in out
    assert "1,440" in out
    assert "archive:" in err
    found = ct_json("data", "list", "-t", "1h")["series"]
    assert [(each["timeframe"], each["candles"]) for each in found] == [("1h", 168)]
    assert found[0]["first"] == "2023-03-01T00:00:00+00:00"


def test_an_empty_archive_ends_with_7(ct):
    code, _, err = ct("data", "list")
    assert code == 7
    assert "cracktrader data download" in err


@pytest.mark.usefixtures("archived")
def test_clear_deletes_a_part_or_all_of_it(ct, ct_json):
    assert ct("data", "clear", "-t", "1h", "--since", "2023-03-02", "--yes")[0] == 0
    (kept,) = ct_json("data", "list", "-t", "1h")["series"]
    assert kept["candles"] == 24
    assert ct("data", "clear", "--yes")[0] == 0
    assert ct("data", "list")[0] == 7


class Keyboard(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("", 2)])
def test_clear_asks_first(ct, monkeypatch, answer, code):
    monkeypatch.setattr(sys, "stdin", Keyboard(answer))
    found, _, err = ct("data", "clear", "-t", "1m")
    assert found == code
    assert "binance-local spot BTC/USDT 1m" in err
    assert ct("data", "list", "-t", "1m")[0] == (2 if code == 0 else 0)


@pytest.mark.usefixtures("archived")
def test_clear_deletes_nothing_where_nobody_can_be_asked(ct, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    code, _, err = ct("data", "clear")
    assert code == 2
    assert "--yes" in err


def test_sizes_are_short():
    assert show_size(1_500) == "1.5 kB"
    assert show_size(2_345_678) == "2.3 MB"
