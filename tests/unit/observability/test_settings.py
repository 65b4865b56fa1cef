import pytest
from pydantic import ValidationError

from cracktrader.observability.settings import LEVELS, LogSettings


def test_levels_are_read_in_any_case():
    settings = LogSettings.model_validate({"level": "debug", "levels": {"ccxt": "Error"}})
    assert (settings.level, settings.levels) == ("DEBUG", {"ccxt": "ERROR"})
    assert LEVELS[0] == "DEBUG"


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "LOUD"}, {"level": 10}, {"rotate": "weekly"}, {"max_file_mb": 0},
        {"max_file_mb": float("inf")}, {"backup_count": -1}, {"format": "xml"}, {"colour": True},
    ],
)  # fmt: skip
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValidationError):
        LogSettings.model_validate(wrong)
