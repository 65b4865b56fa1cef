import copy
import os
import pickle
import sys

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from cracktrader.errors import ConfigError
from cracktrader.observability.redact import MASK, redact
from cracktrader.observability.secrets import PrivateUrl, SecretRef, resolve


class Account(BaseModel):
    api_key: SecretRef | None = None


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self, entries):
        super().__init__()
        self.entries = entries

    def get_password(self, service, username):
        if service == "locked":
            raise keyring.errors.KeyringLocked("locked")
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password


@pytest.fixture
def use_keyring():
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def secret_file(tmp_path, content="file-secret-1\n", mode=0o600):
    path = tmp_path / "key"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    "text", ["env:BINANCE_KEY", "file:/run/secrets/x", "file:~/x", "keyring:cracktrader/binance"]
)
def test_a_reference_reads_as_it_was_written(text):
    ref = SecretRef(text)
    assert str(ref) == text
    assert repr(ref) == f'SecretRef("{text}")'
    assert not ref.is_literal


@pytest.mark.parametrize(
    "text",
    ["", "env:", "env:1A", "env:A B", "file:", "file:/dir/", "keyring:a", "keyring:/b", "cmd:ls"],
)
def test_anything_else_is_no_reference(text):
    with pytest.raises(ValueError, match="must be a reference"):
        SecretRef(text)


def test_a_pasted_secret_is_refused_without_being_repeated_and_hidden_from_then_on():
    raw = "pasted-by-mistake-1"
    with pytest.raises(ValueError, match="never the secret") as caught:
        SecretRef(raw)
    assert raw not in str(caught.value)
    assert redact(raw) == MASK


def test_a_short_wrong_word_does_not_garble_the_log():
    with pytest.raises(ValueError, match="reference"):
        SecretRef("todo")
    assert redact("a todo list") == "a todo list"


def test_a_literal_shows_a_mask_only():
    ref = SecretRef.literal("literal-1-secret")
    assert ref.is_literal
    assert (str(ref), ref.place, ref.kind) == (MASK, MASK, "literal")
    assert "literal-1" not in repr(ref)
    assert redact("literal-1-secret") == MASK
    assert resolve(ref).get_secret_value() == "literal-1-secret"


def test_a_secret_str_makes_a_literal_too():
    ref = SecretRef.literal(SecretStr("literal-2-secret"))
    assert resolve(ref).get_secret_value() == "literal-2-secret"


def test_references_compare_by_what_they_say():
    assert SecretRef("env:A") == SecretRef("env:A")
    assert hash(SecretRef("env:A")) == hash(SecretRef("env:A"))
    assert SecretRef("env:A") != SecretRef("env:B")
    assert SecretRef("env:A") != "env:A"


def test_a_reference_can_be_pickled_and_a_literal_cannot():
    ref = SecretRef("env:A")
    assert pickle.loads(pickle.dumps(ref)) == ref  # noqa: S301
    literal = SecretRef.literal("literal-3-secret")
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(literal)
    assert copy.copy(literal) is copy.deepcopy(literal) is literal


def test_settings_accept_references():
    account = Account.model_validate({"api_key": "env:A"})
    assert account.api_key == SecretRef("env:A")
    assert account.model_dump(mode="json") == {"api_key": "env:A"}
    assert Account.model_json_schema()["properties"]["api_key"]["anyOf"][0]["type"] == "string"
    assert Account(api_key=SecretRef("env:A")) == account


def test_settings_wrap_a_secret_str_given_in_code():
    account = Account.model_validate({"api_key": SecretStr("literal-4-secret")})
    assert account.api_key is not None
    assert "literal-4" not in repr(account)
    assert "literal-4" not in account.model_dump_json()
    assert resolve(account.api_key).get_secret_value() == "literal-4-secret"


@pytest.mark.parametrize("raw", ["raw-in-settings-1", 12345678901234567890, ["raw-in-settings-2"]])
def test_settings_refuse_a_raw_value(raw):
    with pytest.raises(ValidationError) as caught:
        Account.model_validate({"api_key": raw})
    assert str(raw) not in redact(str(caught.value))


def test_a_variable_is_read_when_asked_for():
    assert resolve(SecretRef("env:KEY"), env={"KEY": " env-secret-1\n"}).get_secret_value() == (
        "env-secret-1"
    )
    assert redact("env-secret-1") == MASK


def test_the_process_environment_is_the_default(monkeypatch):
    monkeypatch.setenv("CT_TEST_SECRET", "env-secret-2")
    assert resolve(SecretRef("env:CT_TEST_SECRET")).get_secret_value() == "env-secret-2"


def test_a_missing_variable_is_named_with_a_suggestion():
    with pytest.raises(
        ConfigError, match=r'"env:BINANCE_KY": .* is not set\. Did you mean "BINANCE_KEY"\?'
    ):
        resolve(SecretRef("env:BINANCE_KY"), env={"BINANCE_KEY": "env-secret-3"})
    with pytest.raises(ConfigError, match=r"is not set$"):
        resolve(SecretRef("env:BINANCE_KY"), env={})


def test_an_empty_secret_is_refused():
    with pytest.raises(ConfigError, match="it is empty"):
        resolve(SecretRef("env:KEY"), env={"KEY": " "})


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(tmp_path, mode):
    path = secret_file(tmp_path, mode=mode)
    assert resolve(SecretRef(f"file:{path}")).get_secret_value() == "file-secret-1"
    assert redact("file-secret-1") == MASK


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_file_that_others_may_use_is_refused(tmp_path, mode):
    path = secret_file(tmp_path, mode=mode)
    with pytest.raises(ConfigError, match=f'run "chmod 600 {path}"'):
        resolve(SecretRef(f"file:{path}"))


def test_a_link_counts_as_the_file_it_leads_to(tmp_path):
    path = secret_file(tmp_path, mode=0o644)
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(ConfigError, match="others can read it"):
        resolve(SecretRef(f"file:{link}"))


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        resolve(SecretRef(f"file:{tmp_path}/none"))


def test_an_unknown_home_is_said_so():
    with pytest.raises(ConfigError, match="cannot read the secret"):
        resolve(SecretRef("file:~no_such_user_here/key"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe\xfd", "not UTF-8"), (b"x" * 70_000, "too large"), (b"\n", "empty")],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path, content, reason):
    path = secret_file(tmp_path, content)
    with pytest.raises(ConfigError, match=reason):
        resolve(SecretRef(f"file:{path}"))


def test_only_regular_files_are_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for place in (pipe, tmp_path):
        with pytest.raises(ConfigError, match=r"not a regular file|Is a directory"):
            resolve(SecretRef(f"file:{place}"))


def test_a_key_ring_entry_is_read(use_keyring):
    use_keyring(MemoryKeyring({("cracktrader/binance", "main"): "ring-secret-1"}))
    ref = SecretRef("keyring:cracktrader/binance/main")
    assert resolve(ref).get_secret_value() == "ring-secret-1"
    assert redact("ring-secret-1") == MASK


def test_a_missing_key_ring_entry_tells_how_to_add_it(use_keyring):
    use_keyring(MemoryKeyring({}))
    with pytest.raises(ConfigError, match='run "keyring set cracktrader main"'):
        resolve(SecretRef("keyring:cracktrader/main"))


def test_a_locked_key_ring_is_an_error(use_keyring):
    use_keyring(MemoryKeyring({}))
    with pytest.raises(ConfigError, match=r"the key ring refused \(KeyringLocked\)"):
        resolve(SecretRef("keyring:locked/main"))


def test_a_machine_without_key_ring_is_told_what_to_use(use_keyring):
    use_keyring(keyring.backends.fail.Keyring())
    with pytest.raises(ConfigError, match="no key ring; use env: or file: instead"):
        resolve(SecretRef("keyring:cracktrader/main"))


def test_the_key_ring_extra_is_named_if_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match=r"pip install 'cracktrader\[keyring\]'"):
        resolve(SecretRef("keyring:cracktrader/main"))


class Network(BaseModel):
    proxy: PrivateUrl | None = None


def test_an_address_without_a_password_may_stand_as_it_is():
    network = Network.model_validate({"proxy": "http://proxy:8080"})
    assert network.proxy == "http://proxy:8080"
    assert network.model_dump(mode="json") == {"proxy": "http://proxy:8080"}
    assert redact("http://proxy:8080") == "http://proxy:8080"
    assert Network.model_json_schema()["properties"]["proxy"]["anyOf"][0] == {"type": "string"}


def test_an_address_may_be_a_reference_or_a_literal():
    network = Network.model_validate({"proxy": "env:PROXY"})
    assert network.proxy == SecretRef("env:PROXY")
    assert network.model_dump(mode="json") == {"proxy": "env:PROXY"}
    literal = Network.model_validate({"proxy": SecretRef.literal("http://me:url-marker-1@h")})
    assert "url-marker-1" not in f"{literal!r} {literal.model_dump_json()}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("http://me:url-marker-2@host", "must not hold a password"),
        ("proxy:8080", 'must be a URL like "http://host:8080", or "env:NAME"'),
        ("http://", "must be a URL"),
        (8080, "must be a reference"),
    ],
)
def test_anything_else_is_no_address(value, message):
    with pytest.raises(ValidationError, match=message) as caught:
        Network.model_validate({"proxy": value})
    assert "url-marker-2" not in redact(str(caught.value))
