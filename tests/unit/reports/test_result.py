"""A result is the same for the same inputs, and survives its folder."""

import dataclasses

import numpy as np
import orjson
import pytest
from tests.unit.reports.runs import make_result, run_strategy

from cracktrader.errors import CorruptArchiveError, DataError
from cracktrader.observability.redact import register_secret
from cracktrader.reports.folder import INDEX, write_folder
from cracktrader.reports.provenance import RunMeta
from cracktrader.reports.result import RunResult


def content_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_run_twice_gives_the_same_bytes(tmp_path):
    first, second = (
        content_of(RunResult.from_recorder(run_strategy().analyzers.recorder).save(tmp_path / name))
        for name in ("one", "two")
    )
    assert first == second
    assert str(tmp_path).encode() not in b"".join(first.values())


def test_a_folder_holds_what_is_promised(tmp_path, result):
    result.save(tmp_path / "run", extra={"report.html": b"<p>"})
    assert set(content_of(tmp_path / "run")) == {
        "result.json",
        "config.json",
        "orders.csv",
        "order_events.csv",
        "fills.csv",
        "trades.csv",
        "equity.csv",
        "candles/0.parquet",
        "report.html",
    }


def test_what_is_saved_is_loaded(tmp_path, result):
    loaded = RunResult.load(result.save(tmp_path / "run"))
    for name in ("meta", "start_value", "orders", "order_events", "fills", "trips", "data_hash"):
        assert getattr(loaded, name) == getattr(result, name), name
    for name in ("timestamp", "cash", "value"):
        assert np.array_equal(getattr(loaded.equity, name), getattr(result.equity, name))
    (instrument,), (original,) = loaded.instruments, result.instruments
    assert instrument.candles.equals(original.candles)
    assert (instrument.symbol, instrument.timeframe) == (original.symbol, original.timeframe)
    assert (loaded.run_id, loaded.config_hash) == (result.run_id, result.config_hash)


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path, result):
    one = result.save(tmp_path / "one")
    two = RunResult.load(one).save(tmp_path / "two")
    assert content_of(one) == content_of(two)


def test_the_run_id_follows_the_inputs_and_not_the_warnings(result):
    def with_meta(**known):
        return dataclasses.replace(result, meta=dataclasses.replace(result.meta, **known)).run_id

    assert with_meta(warnings=("beware",)) == result.run_id
    others = {
        with_meta(params={"fast": 6}),
        with_meta(code_hash="other"),
        with_meta(seed=1),
        with_meta(config={"a": 1}),
        dataclasses.replace(result, data_hash="other").run_id,
        dataclasses.replace(result, start_value=1.0).run_id,
    }
    assert len(others | {result.run_id}) == 7


def test_secrets_never_reach_the_folder(tmp_path):
    register_secret("marker-secret-value-42")
    meta = RunMeta(strategy="S", config={"key": "marker-secret-value-42", "api_key": "k1k2k3"})
    result = RunResult.from_recorder(run_strategy(bars=50).analyzers.recorder, meta)
    folder = result.save(tmp_path / "run")
    everything = b"".join(content_of(folder).values())
    assert b"marker-secret-value-42" not in everything
    assert b"k1k2k3" not in everything


def test_no_folder_is_no_result(tmp_path):
    with pytest.raises(DataError, match="no result of a run"):
        RunResult.load(tmp_path / "nowhere")


def test_another_format_is_told(tmp_path):
    write_folder(tmp_path / "run", {INDEX: b'{"format": 99}'})
    with pytest.raises(CorruptArchiveError, match="format 99"):
        RunResult.load(tmp_path / "run")


@pytest.mark.parametrize("missing", ["meta", "start_value", "instruments"])
def test_an_incomplete_index_is_told(tmp_path, missing):
    folder = make_result().save(tmp_path / "run")
    index = orjson.loads((folder / INDEX).read_bytes())
    del index[missing]
    (folder / INDEX).write_bytes(orjson.dumps(index))
    with pytest.raises(CorruptArchiveError, match="incomplete"):
        RunResult.load(folder)
