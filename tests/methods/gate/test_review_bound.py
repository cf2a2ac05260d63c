"""The bound of a person's review: it holds for readers who miss much, and a claim without seeds says nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.gate.review import bound, judge


@pytest.mark.parametrize(
    ("share", "detection", "false_alarms"),
    [(0.0, 0.9, 0.0), (0.02, 0.95, 0.0), (0.05, 0.5, 0.0), (0.1, 0.8, 0.02), (0.3, 0.6, 0.0), (0.01, 0.3, 0.0)],
)
def test_bound_holds_for_a_reader_who_misses_leaks(share: float, detection: float, false_alarms: float) -> None:
    rng = np.random.default_rng(7)
    population, rows, seeded, trials = 1_000, 100, 20, 600
    leaking = round(share * population)
    held = naive = 0
    for _ in range(trials):
        real = rng.hypergeometric(leaking, population - leaking, rows)
        marked = rng.binomial(real, detection) + rng.binomial(rows - real, false_alarms)
        found = rng.binomial(seeded, detection)
        held += bound(rows, int(marked), seeded, int(found)).bound >= share
        naive += bound(rows, int(marked), 10**6, 10**6).bound >= share
    # 95 % less three standard errors of 600 trials: a bound that fails too often can't pass, nor can chance fail one.
    assert held / trials >= 0.95 - 3 * (0.95 * 0.05 / trials) ** 0.5
    if (share, detection) == (0.3, 0.6):
        assert naive / trials < 0.5, "without the reader's own misses the bound would be wrong: this test can tell"


def test_no_seed_found_says_nothing() -> None:
    assert bound(100, 0, 20, 0).bound == 1.0
    assert bound(100, 0, 0, 0).bound == 1.0
    assert bound(0, 0, 20, 20).bound == 1.0


@given(st.integers(1, 300), st.integers(5, 60), st.data())
def test_bound_moves_the_way_its_evidence_does(read: int, seeded: int, data: st.DataObject) -> None:
    leaking, found = data.draw(st.integers(0, read - 1)), data.draw(st.integers(0, seeded - 1))
    here = bound(read, leaking, seeded, found)
    assert leaking / read <= here.found_upper <= here.bound <= 1
    assert here.bound <= bound(read, leaking + 1, seeded, found).bound
    assert here.bound >= bound(read, leaking, seeded, found + 1).bound
    assert here.bound <= bound(read, leaking, seeded, found, 0.99).bound


def test_more_marked_than_read_is_refused() -> None:
    for wrong in [(10, 11, 5, 5), (10, 0, 5, 6), (10, -1, 5, 5)]:
        with pytest.raises(ValueError):
            bound(*wrong)


def test_judge_counts_what_was_read_and_nothing_after(tmp_path: Path) -> None:
    path = tmp_path / "key.parquet"
    pq.write_table(pa.table({"ordinal": [1, 2, 3, 4, 5, 6], "seeded": [False, True, False, True, False, True]}), path)
    got = judge(path, 4, [2, 3])
    assert (got.rows_read, got.leaking, got.seeded_read, got.seeded_found) == (2, 1, 2, 1)
    whole = judge(path, 6, (2, 4, 6))
    assert (whole.rows_read, whole.leaking, whole.seeded_read, whole.seeded_found) == (3, 0, 3, 3)
    assert all(isinstance(figure, int | float) for figure in got.to_dict().values())


def test_sentence_never_rounds_the_bound_down() -> None:
    for leaking in range(20):
        got = bound(100, leaking, 20, 18)
        said = float(got.sentence().split("at most ")[1].split(" %")[0])
        assert got.bound <= said / 100 < got.bound + 0.0011
