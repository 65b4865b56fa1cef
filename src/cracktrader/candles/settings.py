"""Where candles are kept and how they are downloaded."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, Field


def default_cache_dir() -> str:
    """Return the archive all projects of this user share."""
    return str(Path(platformdirs.user_data_dir("cracktrader", appauthor=False)) / "candles")


class ArchiveSettings(BaseModel):
    """The ``[data]`` section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cache_enabled: bool = Field(
        default=True, description="Keep downloaded candles in the archive; false asks anew each run"
    )
    cache_dir: str = Field(
        default_factory=default_cache_dir,
        min_length=1,
        description="Folder of the archive, or any fsspec URL such as s3://bucket/candles",
    )
    lock_timeout_s: float = Field(
        default=30.0, ge=0, description="Seconds to wait while another process writes a series"
    )
    grace_ms: int = Field(
        default=5_000,
        ge=0,
        description="Milliseconds after its close before a candle counts as final; "
        "at most half a candle is waited",
    )
    concurrency: int = Field(
        default=4, ge=1, description="How many series are downloaded at the same time"
    )
    flush_interval_s: float = Field(
        default=2.0, ge=0, description="Seconds of downloading that a crash may cost at most"
    )
