def test_the_whole_way_and_nothing_downloaded_twice(ct, place, monkeypatch):
    # The user's own settings have no say in the demo.
    monkeypatch.setenv("CRACKTRADER_BACKTEST__CASH", "7")
    code, out, err = ct("demo")
    assert code == 0, err
    assert "30,240 candles, candle requests to the exchange: 31" in err
    assert "candle requests to the exchange, second time: 0" in err
    assert "buy & hold" in out
    assert "from 10,000.00 USDT" in out
    (report,) = (place / "demo" / "runs").glob("*/report.html")
    assert f"demo/runs/{report.parent.name}/report.html" in out
    before = report.read_bytes()
    monkeypatch.delenv("CRACKTRADER_BACKTEST__CASH")
    strategy = place / "demo" / "strategies" / "sma_cross.py"
    code, again, err = ct("demo", "--quiet")
    assert (code, again, err) == (0, out, "")
    assert report.read_bytes() == before
    words = ("--candles", place / "demo" / "BTC-USDT_1m.parquet", "-t", "15m", "-p", "fast=20")
    assert ct("backtest", strategy, *words)[0] == 0
