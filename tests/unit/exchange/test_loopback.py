import pytest

from cracktrader.exchange.loopback import is_loopback, leads_to_loopback, strings_in


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1"])
def test_this_machine_goes_by_many_names(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", [None, "", "api.binance.com", "10.0.0.1", "127.0.0.1.nip.io"])
def test_other_machines_are_told_apart(host):
    assert not is_loopback(host)


def test_texts_are_found_at_any_depth():
    tree = {"a": "1", "b": {"c": "2", "d": {"e": "3"}}, "f": None}
    assert list(strings_in(tree)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ({}, False),
        (None, False),
        ("http://127.0.0.1:8080", True),
        ({"public": "https://api.binance.com/api/v3"}, False),
        ({"public": "http://localhost:1/api/v3", "private": "https://api.binance.com"}, True),
        ({"rest": {"public": "http://[::1]:80/x"}}, True),
        ({"public": "http://[broken"}, False),
        ({"public": "https://{hostname}/api"}, False),
    ],
)
def test_one_address_on_this_machine_is_enough(urls, expected):
    assert leads_to_loopback(urls) is expected
