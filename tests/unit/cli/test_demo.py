def test_the_whole_way_and_nothing_downloaded_twice(ct, place):
    code, out, err = ct("demo")
    assert code == 0, err
    assert "30,240 candles, candle requests to the exchange: 31" in err
    assert "candle requests to the exchange, second time: 0" in err
    assert "buy & hold" in out
    (report,) = (place / "demo" / "runs").glob("*/report.html")
    assert f"demo/runs/{report.parent.name}/report.html" in out
    before = report.read_bytes()
    strategy = place / "demo" / "strategies" / "sma_cross.py"
    code, again, err = ct("demo", "--quiet")
    assert (code, again, err) == (0, out, "")
    assert report.read_bytes() == before
    words = ("--candles", place / "demo" / "BTC-USDT_1m.parquet", "-t", "15m", "-p", "fast=20")
    assert ct("backtest", strategy, *words)[0] == 0


def test_the_users_own_settings_do_not_matter(ct_json, place, monkeypatch):
    monkeypatch.setenv("CRACKTRADER_BACKTEST__CASH", "7")
    (place / "cracktrader.toml").write_text("[backtest]\ncommission = 0.5\n")
    facts = ct_json("demo", "elsewhere")
    assert facts["metrics"]["performance"]["start_value"] == 10_000
    assert "/work/elsewhere/runs/" in facts["folder"]
