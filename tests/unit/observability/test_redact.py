import base64
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.observability.redact import (
    MASK,
    SecretValues,
    has_url_password,
    is_secret_name,
    redact,
    redacted_traceback,
    register_secret,
)

HIDDEN = 'p@ss/wörd "1+2\\3'


@pytest.fixture
def values():
    known = SecretValues()
    known.add(HIDDEN)
    return known


@pytest.mark.parametrize(
    "spelling",
    [
        HIDDEN,
        repr(HIDDEN)[1:-1],
        json.dumps(HIDDEN)[1:-1],
        json.dumps(HIDDEN, ensure_ascii=False)[1:-1],
        urllib.parse.quote(HIDDEN),
        urllib.parse.quote(HIDDEN, safe=""),
        urllib.parse.quote_plus(HIDDEN),
        HIDDEN.encode().hex(),
        base64.b64encode(HIDDEN.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(HIDDEN.encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_hidden_in_every_spelling(values, spelling):
    hidden = values.hide(f"before {spelling} after")
    assert hidden.startswith(f"before {MASK}")
    assert hidden.endswith(" after")
    assert "wörd" not in hidden
    assert len(hidden) < len("before  after") + len(MASK) + 3


@pytest.mark.parametrize("user", ["", "a", "ab", "abc", "abcd"])
def test_a_secret_is_hidden_inside_basic_authentication(values, user):
    header = base64.b64encode(f"{user}:{HIDDEN}:tail".encode()).decode()
    hidden = values.hide(header)
    assert MASK in hidden
    rest = max(hidden.split(MASK), key=len)
    assert len(rest) <= 12


def test_a_key_in_pem_form_is_hidden_line_by_line():
    values = SecretValues()
    body = ["MHcCAQEEIGJrYXNkamhhc2RramhhCg", "c2Rma2poc2RrZmpoc2tkamZoc2tqZGZo"]
    values.add("\n".join(["-----BEGIN EC PRIVATE KEY-----", *body, "-----END EC PRIVATE KEY-----"]))
    for line in body:
        assert line not in values.hide(f"a line: {line}")
    assert values.hide("-----BEGIN EC PRIVATE KEY-----").startswith("-----")
    written_out = "\\n".join(body)
    assert body[1] not in values.hide(written_out)


def test_values_too_short_to_search_for_are_ignored():
    values = SecretValues()
    values.add("abc")
    values.add("")
    values.add("   ")
    assert values.hide("abc") == "abc"


def test_the_longer_of_two_secrets_is_hidden_whole():
    values = SecretValues()
    values.add("abcd")
    values.add("abcdefgh")
    assert values.hide("x abcdefgh x") == f"x {MASK} x"


def test_a_secret_may_be_added_twice(values):
    values.add(HIDDEN)
    assert values.hide(HIDDEN) == MASK


@given(st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4), st.text(), st.text())
def test_no_text_around_a_secret_brings_it_back(secret, before, after):
    values = SecretValues()
    values.add(secret)
    hidden = values.hide(before + secret + after)
    assert secret.strip() not in hidden.replace(MASK, "\0")


def test_registered_values_are_hidden_everywhere():
    register_secret("redact-everywhere-1")
    assert redact("key redact-everywhere-1!") == f"key {MASK}!"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://user:pass@proxy:8080/x", f"http://{MASK}@proxy:8080/x"),
        ("socks5://user:p@ss@proxy:1080", f"socks5://{MASK}@proxy:1080"),
        ("see https://a:b@h1 and https://c:d@h2", f"see https://{MASK}@h1 and https://{MASK}@h2"),
        ("wss://stream:9443/ws/btcusdt@kline_1m", "wss://stream:9443/ws/btcusdt@kline_1m"),
        ("https://host/?q=a@b", "https://host/?q=a@b"),
        ("me@example.org", "me@example.org"),
    ],
)
def test_logins_in_urls_are_hidden(text, expected):
    assert redact(text) == expected


def test_a_user_name_alone_is_no_password():
    assert has_url_password("sftp://me:secret@host/x")
    assert not has_url_password("sftp://me@host/x")
    assert not has_url_password("wss://host:9443/ws/btcusdt@kline")


@pytest.mark.parametrize(
    "name",
    [
        "apiKey",
        "api_key",
        "APIKEY",
        "X-MBX-APIKEY",
        "secret",
        "client_secret",
        "password",
        "passphrase",
        "privateKey",
        "listenKey",
        "access_token",
        "Authorization",
        "signature",
        "mnemonic",
        "twofa",
    ],
)
def test_names_of_secrets_are_known(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["symbol", "client_order_id", "token", "key", "uid", "path", "pins", "bypass"]
)
def test_other_names_are_not_taken_for_secrets(name):
    assert not is_secret_name(name)


def test_a_traceback_comes_without_secrets():
    register_secret("traceback-marker-1")
    exc = LookupError("lost traceback-marker-1")
    text = redacted_traceback(exc)
    assert text == f"LookupError: lost {MASK}\n"
