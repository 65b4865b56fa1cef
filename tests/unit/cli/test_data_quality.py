import pytest


def month_file(place):
    return next((place / "candles").rglob("2023-03.parquet"))


@pytest.mark.usefixtures("archived")
def test_a_sound_archive_is_said_to_be_so(ct, ct_json):
    code, out, _ = ct("data", "check")
    assert code == 0
    assert "168 candles" in out
    assert "nothing wrong" in out
    assert all(each["sound"] for each in ct_json("data", "check"))
    assert ct("data", "repair")[1].count("sound") == 2


def test_a_damaged_file_is_found_set_aside_and_downloaded_again(ct, ct_json, archived):
    file = next(archived.glob("candles/*/*/*/1h/2023-03.parquet"))
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    code, out, err = ct("data", "check", "-t", "1h")
    assert code == 7
    assert "damaged" in out
    assert "data repair" in err
    code, out, _ = ct("data", "repair")
    assert code == 0
    assert "set aside" in out
    assert "--since 2023-03-01T00:00 --until 2023-03-08T00:00" in out
    week = ("--since", "2023-03-01", "--until", "2023-03-08")
    assert ct_json("data", "download", "-s", "BTC/USDT", *week)[0]["added"] == 168
    assert file.read_bytes() == whole


def test_repair_as_json(ct_json, archived):
    month_file(archived).write_bytes(b"")
    done = ct_json("data", "repair")
    assert sum(len(each["quarantined"]) for each in done) == 1
    assert any(each["to_download"] for each in done)


def test_holes_and_quiet_times_are_told_apart(ct, ct_json, place):
    stamps = [0, 1, 2, 6, 7]
    rows = [f"{1_704_067_200_000 + i * 3_600_000},1,1,1,1,1" for i in stamps]
    (place / "x.csv").write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows))
    words = ("-e", "binance", "-s", "A/B", "-t", "1h")
    assert ct("data", "import", "x.csv", *words)[0] == 0
    assert (
        ct("data", "clear", "--since", "2024-01-01T01:00", "--until", "2024-01-01T02:00", "-y")[0]
        == 0
    )
    _, out, _ = ct("data", "check")
    assert "not downloaded  2024-01-01 01:00 to 2024-01-01 02:00" in out
    assert "no candle at the exchange  3 in 1 gaps" in out
    (found,) = ct_json("data", "check")
    assert found["no_trades"][0]["candles"] == 3
    assert len(found["not_downloaded"]) == 1
