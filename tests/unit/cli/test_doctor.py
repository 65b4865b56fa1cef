import pytest


@pytest.mark.usefixtures("local")
def test_a_healthy_machine_ends_with_0(ct, ct_json):
    code, out, err = ct("doctor")
    assert code == 0
    assert "reachable" in out
    assert "0 failed" in err
    found = {each["name"]: each for each in ct_json("doctor")}
    assert found["python"]["verdict"] == "ok"
    assert found["python"]["code"] is None


def test_wrong_settings_end_with_3_and_say_what_to_do(ct, place):
    (place / "cracktrader.toml").write_text("[lgo]\n")
    code, out, err = ct("doctor")
    assert code == 3
    assert 'Did you mean "log"?' in out
    assert "→" in out
    assert "1 failed" in err


def test_offline_leaves_exchanges_alone(ct, place):
    (place / "cracktrader.toml").write_text("[exchange.kraken]\ntimeout = 100\n")
    code, out, _ = ct("doctor", "--offline")
    assert code == 0
    assert "kraken" not in out


def test_no_secret_is_printed(ct, place, monkeypatch):
    monkeypatch.setenv("MY_KEY", "marker-of-the-doctor-0123")
    (place / "cracktrader.toml").write_text('[exchange.kraken]\napi_key = "env:MY_KEY"\n')
    for words in (["doctor", "--offline"], ["doctor", "--offline", "--json"]):
        _, out, err = ct(*words, "-vv")
        assert "marker-of-the-doctor" not in out + err
