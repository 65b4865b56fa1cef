import pytest
from pydantic import ValidationError

from cracktrader.candles.settings import ArchiveSettings


def test_the_archive_of_a_user_is_shared_by_all_projects(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert ArchiveSettings().cache_dir == str(tmp_path / "cracktrader" / "candles")


def test_every_field_is_documented():
    assert all(field.description for field in ArchiveSettings.model_fields.values())


@pytest.mark.parametrize(
    "wrong", [{"cache_dir": ""}, {"concurrency": 0}, {"grace_ms": -1}, {"chache_dir": "x"}]
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValidationError):
        ArchiveSettings(**wrong)
