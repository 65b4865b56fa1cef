import pytest

from cracktrader.candles.interchange import write_file
from cracktrader.candles.samples import sample_candles


@pytest.fixture
def result(ct_json, strategy, place):
    write_file(place / "btc.csv", sample_candles().take(slice(0, 300)))
    words = ("--candles", "btc.csv", "-p", "fast=3", "-p", "slow=8", "--out", "result")
    return ct_json("backtest", strategy, *words)


def test_a_result_is_shown_again_and_its_page_rewritten(ct, ct_json, place, result):
    page = place / "result" / "report.html"
    before = page.read_bytes()
    code, out, err = ct("report", "result")
    assert code == 0, err
    assert "Return" in out
    assert page.read_bytes() == before
    assert ct_json("report", "result") == result


def test_a_page_that_was_tampered_with_is_refused(ct, place, result):
    (place / result["report"]).write_text("better figures")
    code, _, err = ct("report", "result")
    assert code == 7
    assert "was changed" in err


def test_a_folder_without_a_result_ends_with_7(ct, place):
    code, _, err = ct("report", place)
    assert code == 7
    assert "holds no result" in err
