import pytest


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_candles_go_out_and_come_in_again(ct, ct_json, name):
    code, _, err = ct("data", "export", name, "-t", "1h", "--since", "2023-03-02")
    assert code == 0
    assert "wrote 144 candles" in err
    words = ("-e", "kraken", "-s", "BTC/EUR", "-t", "1h")
    code, _, err = ct("data", "import", name, *words)
    assert code == 0
    assert "144 new candles, 0 revised" in err
    (found,) = ct_json("data", "list", "-e", "kraken")["series"]
    assert found["candles"] == 144


def test_a_file_is_not_overwritten_by_itself(ct, archived):
    (archived / "x.csv").write_text("mine")
    code, _, err = ct("data", "export", "x.csv", "-t", "1h")
    assert code == 2
    assert "--force" in err
    assert (archived / "x.csv").read_text() == "mine"
    assert ct("data", "export", "x.csv", "-t", "1h", "--force")[0] == 0


@pytest.mark.usefixtures("archived")
def test_several_series_do_not_fit_into_one_file(ct):
    code, _, err = ct("data", "export", "x.csv")
    assert code == 2
    assert "which one" in err


@pytest.mark.usefixtures("local")
def test_an_import_needs_to_know_the_series(ct):
    code, _, err = ct("data", "import", "x.csv", "-s", "A/B")
    assert code == 2
    assert "--timeframe" in err


@pytest.mark.usefixtures("local")
def test_a_file_that_is_no_candles_ends_with_7(ct, place):
    (place / "x.csv").write_text("hello\n")
    code, _, err = ct("data", "import", "x.csv", "-s", "A/B", "-t", "1h")
    assert code == 7
    assert "x.csv" in err


def test_an_import_says_what_looks_wrong(ct, place):
    rows = ["1704067200000,5,1,9,5,1", "1704153600000,1,1,1,1,1", "1704240000000,-1,1,-1,1,1"]
    (place / "x.csv").write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows))
    code, _, err = ct("data", "import", "x.csv", "-e", "kraken", "-s", "A/B", "-t", "1d")
    assert code == 0
    assert "3 new candles" in err
    assert "! quality" in err
