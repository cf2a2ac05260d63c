"""Keyed streams and Poisson sampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tasks.methods.dp.randomness import KeyedRandomness, poisson_batches


def test_a_stream_hangs_on_secret_key_nonce_and_label_and_on_nothing_else() -> None:
    def first(secret: bytes = b"s" * 32, key: str = "k" * 64, nonce: bytes = b"n" * 32, label: str = "noise") -> float:
        return float(KeyedRandomness(secret, key, nonce).stream(label).standard_normal())

    assert first() == first()
    different = {
        first(),
        first(secret=b"t" * 32),
        first(key="l" * 64),
        first(nonce=b"m" * 32),
        first(label="sampling"),
    }
    assert len(different) == 5


@pytest.mark.parametrize("population", [50, 70_000])
def test_each_record_is_drawn_by_its_own_coin(population: int) -> None:
    rate, steps = 0.03, 60
    stream = KeyedRandomness(b"s", "k", b"n").stream("sampling")
    batches = list(poisson_batches(stream, population, rate, steps))
    assert len(batches) == steps
    sizes = np.array([len(batch) for batch in batches])
    assert all((np.diff(batch) > 0).all() for batch in batches if len(batch))
    assert max(batch.max() for batch in batches if len(batch)) < population
    n = population * steps
    assert stats.binomtest(int(sizes.sum()), n, rate).pvalue > 1e-3
    # The number drawn varies as a binomial does: a fixed batch size would not.
    spread = sizes.var(ddof=1) / (population * rate * (1 - rate))
    assert stats.chi2.cdf(spread * (steps - 1), steps - 1) == pytest.approx(0.5, abs=0.4999)


def test_batches_may_be_empty_or_full() -> None:
    stream = np.random.default_rng(0)
    assert any(len(batch) == 0 for batch in poisson_batches(stream, 5, 0.1, 50))
    assert all(len(batch) == 5 for batch in poisson_batches(stream, 5, 1.0, 5))
