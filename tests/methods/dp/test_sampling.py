"""Poisson batches, truncated or not: how often, how independent, how large; and what the accountant is told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare, kstest

from tasks.core.errors import UserError
from tasks.methods.dp.accounting import Mechanism, epsilon
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.sampling import PoissonSampler

RANDOMNESS = KeyedRandomness(b"s" * 32, "k" * 64, b"n" * 16)


def batches(sampler: PoissonSampler, steps: int) -> list[np.ndarray]:
    return [sampler.draw(RANDOMNESS.stream(f"sampling/{step}")) for step in range(steps)]


def drawn(sampler: PoissonSampler, steps: int) -> np.ndarray:
    """Whether each unit was in each batch, bool [steps, population]."""
    out = np.zeros((steps, sampler.population), dtype=bool)
    for row, batch in zip(out, batches(sampler, steps), strict=True):
        row[batch] = True
    return out


def test_every_unit_is_drawn_at_the_rate_and_independently() -> None:
    steps, units, rate = 2000, 100, 0.07
    included = drawn(PoissonSampler(units, rate), steps)
    assert binomtest(int(included.sum()), included.size, rate).pvalue > 1e-4
    per_unit = [binomtest(int(n), steps, rate).pvalue for n in included.sum(axis=0)]
    assert min(per_unit) > 1e-4 / units and kstest(per_unit, "uniform").pvalue > 1e-4
    # A shuffled or fixed-size batch would have less spread than a binomial one: variance n q (1 - q).
    sizes = included.sum(axis=1)
    assert sizes.var() == pytest.approx(units * rate * (1 - rate), rel=0.15)
    # Between units of one step and between steps of one unit: correlations of independent coins.
    coins = (included - rate) / np.sqrt(rate * (1 - rate))
    between_units = (coins.T @ coins / steps)[np.triu_indices(units, 1)] * np.sqrt(steps)
    between_steps = (coins[1:] * coins[:-1]).mean(axis=0) * np.sqrt(steps - 1)
    for correlations in (between_units, between_steps):
        assert abs(correlations.mean()) < 5 / np.sqrt(len(correlations)) and abs(correlations).max() < 6
        assert correlations.std() == pytest.approx(1, abs=0.25)


def test_batches_are_sorted_indices_and_may_be_empty_or_whole() -> None:
    for batch in batches(PoissonSampler(1000, 0.1), 5):
        assert batch.dtype == np.int64 and list(batch) == sorted(set(batch)) and 0 <= batch[0] <= batch[-1] < 1000
    few = batches(PoissonSampler(5, 0.1), 50)
    assert any(len(batch) == 0 for batch in few) and all(batch.dtype == np.int64 for batch in few)
    assert all(len(batch) == 5 for batch in batches(PoissonSampler(5, 1.0), 5))
    assert len(PoissonSampler(0, 0.5).draw(RANDOMNESS.stream("none"))) == 0


def test_a_batch_hangs_on_its_stream_alone() -> None:
    sampler = PoissonSampler(1000, 0.1)
    again = batches(sampler, 6)
    assert all(np.array_equal(a, b) for a, b in zip(batches(sampler, 3), again[:3], strict=True))
    assert len({batch.tobytes() for batch in again}) == 6


def test_a_large_population_is_drawn_to_its_end() -> None:
    units = (1 << 20) * 2 + 17
    batch = PoissonSampler(units, 0.01).draw(RANDOMNESS.stream("large"))
    assert binomtest(len(batch), units, 0.01).pvalue > 1e-4
    assert chisquare(np.histogram(batch, bins=64, range=(0, units))[0]).pvalue > 1e-4


def test_truncated_batches_hold_a_uniform_subset_of_those_drawn() -> None:
    units, rate, cap, steps = 40, 0.5, 20, 4000
    whole, cut = drawn(PoissonSampler(units, rate), steps), drawn(PoissonSampler(units, rate, truncate=cap), steps)
    assert not (cut & ~whole).any()
    sizes = whole.sum(axis=1)
    assert np.array_equal(cut.sum(axis=1), np.minimum(sizes, cap))
    over = sizes > cap
    assert 0.3 < over.mean() < 0.6 and np.array_equal(cut[~over], whole[~over])
    # Of those drawn, each is kept with the same chance, wherever it stands; and so is each pair of neighbours.
    kept, there = cut[over].sum(axis=0), whole[over].sum(axis=0)
    expected = there * kept.sum() / there.sum()
    assert chisquare(kept, expected).pvalue > 1e-4
    rank = np.cumsum(whole[over], axis=1) - 1
    ranks = np.bincount(rank[cut[over]], minlength=cap)[:cap]
    fair = np.array([(cap / sizes[over]).sum()] * cap)
    assert chisquare(ranks, fair * ranks.sum() / fair.sum()).pvalue > 1e-4


def test_the_accountant_is_told_by_the_sampler() -> None:
    assert PoissonSampler(1000, 0.05).mechanism(1.2, 40) == Mechanism(1.2, 0.05, 40)
    told = PoissonSampler(1000, 0.05, truncate=120).mechanism(1.2, 40)
    assert told == Mechanism(1.2, 0.05, 40, batch_cap=120, population=1000)
    declared = PoissonSampler(900, 0.05, truncate=120, declared=1000).mechanism(1.2, 40)
    assert declared == told and epsilon(declared, 1e-5) > epsilon(Mechanism(1.2, 0.05, 40), 1e-5)


def test_other_samplers_cannot_be_accounted_for() -> None:
    """A shuffled or fixed-size loader has nothing to tell: only this sampler makes a mechanism, and only as it is."""
    from torch.utils.data import BatchSampler, DataLoader, RandomSampler

    shuffled = DataLoader(range(10), batch_size=5, shuffle=True)
    for other in (shuffled, RandomSampler(range(10)), BatchSampler(RandomSampler(range(10)), 5, drop_last=True)):
        with pytest.raises(AttributeError):
            epsilon(other, 1e-5)  # type: ignore[arg-type]
    sampler = PoissonSampler(10, 0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        sampler.rate = 0.01  # type: ignore[misc]


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.5, float("nan")])
def test_a_rate_that_is_no_chance_is_refused(rate: float) -> None:
    with pytest.raises(UserError, match=r"train\.expected_batch"):
        PoissonSampler(10, rate)


def test_a_cap_that_promises_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="at least 1"):
        PoissonSampler(10, 0.5, truncate=0)
    with pytest.raises(UserError, match=r"train\.population"):
        PoissonSampler(1001, 0.5, truncate=700, declared=1000)
