import ccxt.async_support
import ccxt.pro
import pytest

from cracktrader.errors import ConfigError
from cracktrader.exchange.ids import client_class, exchange_ids, require_exchange_id


def test_the_ids_are_sorted():
    assert list(exchange_ids()) == sorted(exchange_ids())


def test_an_id_is_found_whatever_its_case():
    assert require_exchange_id(" Binance ") == "binance"


def test_an_unknown_id_says_what_is_near_and_where_all_are():
    with pytest.raises(ConfigError, match=r'was "krakn".*Did you mean "kraken"\?.*exchanges'):
        require_exchange_id("krakn")


def test_nothing_near_is_not_guessed():
    with pytest.raises(ConfigError) as caught:
        require_exchange_id("zzzzzzzzzz")
    assert "Did you mean" not in str(caught.value)


def test_the_class_is_the_asynchronous_one():
    assert client_class("kraken") is ccxt.async_support.kraken


def test_the_streaming_class_is_there_where_the_exchange_streams():
    without = min(set(ccxt.exchanges) - set(ccxt.pro.exchanges))
    assert client_class("kraken", streaming=True) is ccxt.pro.kraken
    assert client_class(without, streaming=True) is getattr(ccxt.async_support, without)
