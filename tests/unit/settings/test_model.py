import pytest
from pydantic import ValidationError

from cracktrader.settings.model import SettingsModel


class Timing(SettingsModel):
    timeout_s: float = 1.0


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Timing().timeout_s = 2.0


def test_unknown_keys_and_numbers_without_value_are_refused():
    for wrong in ({"timeout": 1}, {"timeout_s": float("nan")}, {"timeout_s": float("inf")}):
        with pytest.raises(ValidationError):
            Timing.model_validate(wrong)


def test_what_is_refused_is_not_repeated():
    with pytest.raises(ValidationError) as caught:
        Timing.model_validate({"timeout_s": "refused-marker"})
    assert "refused-marker" not in str(caught.value)
    assert "refused-marker" not in repr(caught.value)
