import pytest

MARKER = "marker-of-a-secret-0123456789"


@pytest.fixture
def configured(place, monkeypatch):
    monkeypatch.setenv("MY_KEY", MARKER)
    (place / "cracktrader.toml").write_text(
        """
[exchange.binance]
api_key = "env:MY_KEY"
rate_limit = 1200
[log]
file = "x.log"
"""
    )
    return place


@pytest.mark.usefixtures("configured")
def test_show_prints_effective_values(ct):
    code, out, _ = ct("config", "show")
    assert code == 0
    assert "exchange.binance.rate_limit" in out
    assert "1200" in out
    assert "env:MY_KEY" in out


@pytest.mark.usefixtures("configured")
def test_show_tells_where_values_come_from(ct, monkeypatch):
    monkeypatch.setenv("CRACKTRADER_BACKTEST__CASH", "77")
    _, out, _ = ct("config", "show", "--origin")
    assert "cracktrader.toml:4" in out
    assert "CRACKTRADER_BACKTEST__CASH" in out


@pytest.mark.usefixtures("configured")
def test_show_takes_a_section_or_a_key(ct, ct_json):
    _, out, _ = ct("config", "show", "log")
    assert "log.rotate" in out
    assert "backtest" not in out
    found = ct_json("config", "show", "log.rotate")
    assert found == {"log.rotate": {"value": "size", "origin": "default"}}


def test_show_says_what_sections_there_are(ct):
    code, _, err = ct("config", "show", "bactest")
    assert code == 2
    assert 'Did you mean "backtest"?' in err


@pytest.mark.usefixtures("configured")
def test_check_finds_everything_sound(ct):
    code, out, _ = ct("config", "check")
    assert code == 0
    assert "cracktrader.toml" in out


def test_check_works_without_any_file(ct):
    code, out, _ = ct("config", "check")
    assert code == 0
    assert "no file" in out


def test_check_names_every_problem_and_ends_with_3(ct, place):
    (place / "cracktrader.toml").write_text('[data]\ncach_dir = "x"\n[log]\nlevl = "INFO"\n')
    code, out, err = ct("config", "check")
    assert code == 3
    assert out == ""
    assert 'Did you mean "data.cache_dir"' in err or 'Did you mean "cache_dir"' in err
    assert err.count("error:") == 2


def test_check_as_json(ct, ct_json, place):
    assert ct_json("config", "check") == {"files": [], "problems": []}
    (place / "cracktrader.toml").write_text("[lgo]\n")
    code, out, _ = ct("config", "check", "--json")
    assert code == 3
    assert "lgo" in out


def test_a_wrong_key_ends_every_command_with_3(ct, place):
    (place / "cracktrader.toml").write_text("[lgo]\n")
    code, _, err = ct("config", "show")
    assert code == 3
    assert 'Did you mean "log"?' in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "words", [["config", "show", "--origin"], ["config", "show", "--json"], ["config", "check"]]
)
@pytest.mark.usefixtures("configured")
def test_no_secret_is_ever_printed(ct, words):
    _, out, err = ct(*words, "-vv")
    assert MARKER not in out + err


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(ct, place):
    (place / "cracktrader.toml").write_text(f'[exchange.binance]\nsecret = "{MARKER}"\n')
    for words in (["config", "check"], ["config", "show"], ["exchanges", "binance", "-vv"]):
        code, out, err = ct(*words)
        assert code == 3
        assert "env:NAME" in err
        assert MARKER not in out + err
