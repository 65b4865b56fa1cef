import pytest


def test_every_exchange_is_listed_without_a_network(ct, ct_json):
    _, out, err = ct("exchanges")
    assert "binance" in out
    assert "exchanges. More" in err
    found = {each["exchange"]: each for each in ct_json("exchanges")}
    assert len(found) > 80
    assert "1h" in found["kraken"]["timeframes"]


def test_one_exchange_in_detail(ct, ct_json):
    code, out, _ = ct("exchanges", "binance", "--type", "swap")
    assert code == 0
    assert "candles per request" in out
    assert "swap orders" in out
    assert ct_json("exchanges", "binance")["credentials"] == ["api_key", "secret"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["exchanges", "krakn"], 'Did you mean "kraken"'),
        (["exchanges", "kraken", "--type", "spott"], 'Did you mean "spot"'),
        (["markets", "krakn"], 'Did you mean "kraken"'),
        (["markets"], "--exchange binance"),
    ],
)
def test_a_wrong_word_is_wrong_usage(ct, words, hint):
    code, out, err = ct(*words)
    assert (code, out) == (2, "")
    assert hint in err


@pytest.mark.usefixtures("local")
def test_markets_with_their_rules(ct, ct_json):
    _, out, err = ct("markets", "--search", "btc")
    assert "BTC/USDT" in out
    assert "0.1 %" in out
    assert "1 of 1 markets" in err
    (market,) = ct_json("markets", "binance")
    assert market["symbol"] == "BTC/USDT"
    assert market["cost"]["min"] == "5"
    assert market["price_step"] == "0.01"


@pytest.mark.usefixtures("local")
def test_a_search_without_result_suggests(ct):
    code, _, err = ct("markets", "-s", "BTC/USD_")
    assert code == 2
    assert 'Did you mean "BTC/USDT"' in err
