"""Whatever is saved and cleared in whatever order, the archive holds it, and says what it lacks."""

import itertools
import uuid

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cracktrader.candles.archive import Archive
from cracktrader.candles.manifest import merge_ranges, subtract_ranges
from cracktrader.candles.merge import merge_candles
from cracktrader.candles.parquet import decode, encode
from cracktrader.candles.series import SeriesKey
from cracktrader.domain.candle import Candles
from cracktrader.testing.candles import random_walk

DAY = 86_400_000
CANDLES = random_walk(120, timeframe="1d")
START = int(CANDLES.timestamp[0])
KEY = SeriesKey("x", "spot", "A/B", "1d")
days = st.integers(0, len(CANDLES))
floats = st.floats(width=64)
stamps = st.integers(-(2**53), 2**53)


class ArchiveModel(RuleBasedStateMachine):
    """Against a dict of candles and a set of claimed days."""

    @initialize()
    def open(self):
        self.archive = Archive(f"memory://{uuid.uuid4().hex}")
        self.kept, self.claimed = {}, set()

    @rule(a=days, b=days, holes=st.sets(days), seed=st.integers(1, 3))
    def save(self, a, b, holes, seed):
        first, after = min(a, b), max(a, b)
        rows = np.array(sorted(set(range(first, after)) - holes), dtype=np.int64)
        version = random_walk(len(CANDLES), timeframe="1d", seed=seed).take(rows)
        self.archive.save(KEY, version, start=START + first * DAY, end=START + after * DAY)
        self.kept.update({candle.timestamp: candle for candle in version})
        self.claimed |= set(range(first, after))

    @rule(a=days, b=days)
    def clear(self, a, b):
        first, after = min(a, b), max(a, b)
        self.archive.clear(KEY, START + first * DAY, START + after * DAY)
        for day in range(first, after):
            self.kept.pop(START + day * DAY, None)
        self.claimed -= set(range(first, after))

    @rule()
    def repair(self):
        assert self.archive.repair(KEY).quarantined == ()

    @invariant()
    def holds_what_was_kept(self):
        assert list(self.archive.load(KEY)) == [self.kept[stamp] for stamp in sorted(self.kept)]

    @invariant()
    def lacks_what_was_not_claimed(self):
        lacking = {
            day
            for start, end in self.archive.missing(KEY, START, START + len(CANDLES) * DAY)
            for day in range((start - START) // DAY, (end - START) // DAY)
        }
        assert lacking == set(range(len(CANDLES))) - self.claimed


TestArchiveModel = ArchiveModel.TestCase
TestArchiveModel.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


@given(st.lists(st.tuples(stamps, floats, floats, floats, floats, floats), max_size=50))
def test_any_numbers_survive_a_file(rows):
    candles = Candles.from_rows(rows)
    content = encode(candles)
    assert decode(content, source="x").equals(candles)
    assert encode(decode(content, source="x")) == content


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8), st.data())
def test_ranges_are_sets(pairs, data):
    others = data.draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8))

    def members(ranges):
        return {number for start, end in ranges for number in range(start, end)}

    assert members(merge_ranges(pairs)) == members(pairs)
    assert members(subtract_ranges(pairs, others)) == members(pairs) - members(others)
    left = subtract_ranges(pairs, others)
    assert left == merge_ranges(left)


@given(st.lists(st.integers(0, 119), min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_saves_does_not_show_in_the_bytes(cuts, chance):
    pieces = list(itertools.pairwise(sorted({0, 120, *cuts})))
    chance.shuffle(pieces)
    one, other = (Archive(f"memory://{uuid.uuid4().hex}") for _ in range(2))
    one.save(KEY, CANDLES, start=START, end=START + 120 * DAY)
    for first, after in pieces:
        part = CANDLES.take(slice(first, after))
        other.save(KEY, part, start=START + first * DAY, end=START + after * DAY)
    for name in one.storage.files(KEY.path):
        path = f"{KEY.path}/{name}"
        assert one.storage.read(path) == other.storage.read(path)


@given(st.lists(st.integers(0, 119), max_size=60))
def test_merging_is_idempotent_and_ignores_order(rows):
    part = CANDLES.take(np.array(rows, dtype=np.int64))
    merged = merge_candles(part)
    assert merge_candles(merged, part).equals(merged)
    assert merged.timestamp.tolist() == sorted({START + row * DAY for row in rows})
