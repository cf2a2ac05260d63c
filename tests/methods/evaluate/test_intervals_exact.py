"""Clopper-Pearson bounds: against known values, against the binomial itself, and for what they promise."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.evaluate.intervals import bonferroni, clopper_pearson_lower, clopper_pearson_upper


def chance(hits: int, of: int, rate: float) -> float:
    """The binomial probability of so many hits."""
    ways = math.lgamma(of + 1) - math.lgamma(hits + 1) - math.lgamma(of - hits + 1)
    return math.exp(ways + hits * math.log(rate) + (of - hits) * math.log1p(-rate))


@pytest.mark.parametrize(
    ("hits", "of", "confidence", "bound"),
    [
        (0, 300, 0.95, 0.0099361),  # 1 - 0.05 ** (1 / 300), the 1.0 %
        (0, 1, 0.95, 0.95),
        (0, 10, 0.975, 0.3085),  # two-sided 95 %, from tables
        (1, 10, 0.975, 0.4450),
        (8, 10, 0.975, 0.9748),
        (5, 20, 0.95, 0.4556),
        (10, 10, 0.95, 1.0),
    ],
)
def test_the_upper_bound_is_clopper_and_pearsons(hits: int, of: int, confidence: float, bound: float) -> None:
    assert clopper_pearson_upper(hits, of, confidence) == pytest.approx(bound, abs=5e-5)


@pytest.mark.parametrize(
    ("hits", "of", "confidence", "bound"),
    [(0, 10, 0.975, 0.0), (1, 10, 0.975, 0.0025), (8, 10, 0.975, 0.4439), (300, 300, 0.95, 0.9900639)],
)
def test_the_lower_bound_is_its_mirror(hits: int, of: int, confidence: float, bound: float) -> None:
    assert clopper_pearson_lower(hits, of, confidence) == pytest.approx(bound, abs=5e-5)
    mirrored = 1 - clopper_pearson_upper(of - hits, of, confidence)
    assert clopper_pearson_lower(hits, of, confidence) == pytest.approx(mirrored, abs=1e-12)


@given(
    st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of - 1), st.just(of))),
    st.sampled_from([0.5, 0.9, 0.95, 0.975, 0.99, 0.9987]),
)
def test_at_the_bound_so_few_hits_are_just_too_few(pair: tuple[int, int], confidence: float) -> None:
    hits, of = pair
    bound = clopper_pearson_upper(hits, of, confidence)
    assert hits / of < bound < 1
    assert math.fsum(chance(k, of, bound) for k in range(hits + 1)) == pytest.approx(1 - confidence, rel=1e-6)


@pytest.mark.parametrize("of", [20, 300])
def test_the_bound_holds_at_every_rate_and_is_no_wider_than_one_sided(of: int) -> None:
    """Coverage summed over all counts: below 95 % nowhere, and close to it somewhere, which a two-sided one isn't."""
    bounds = [clopper_pearson_upper(k, of) for k in range(of + 1)]
    # Just below each bound the count that gives it no longer holds: there coverage is lowest.
    rates = [bound * (1 + 1e-9) for bound in bounds[: of // 2]]
    coverage = [sum(chance(k, of, p) for k in range(of + 1) if bounds[k] >= p) for p in rates]
    assert min(coverage) >= 0.95 - 1e-6 and max(coverage) < 0.9501


def test_nothing_counted_is_anything() -> None:
    assert (clopper_pearson_lower(0, 0), clopper_pearson_upper(0, 0)) == (0.0, 1.0)


def test_more_claims_need_more_confidence_each() -> None:
    assert bonferroni(0.95, 1) == 0.95 and bonferroni(0.95, 38) == pytest.approx(1 - 0.05 / 38)
    assert clopper_pearson_upper(0, 300, bonferroni(0.95, 38)) == pytest.approx(1 - (0.05 / 38) ** (1 / 300))


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, -0.1])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    for refused in (
        lambda: clopper_pearson_upper(1, 2, confidence),
        lambda: clopper_pearson_lower(1, 2, confidence),
        lambda: bonferroni(confidence, 2),
    ):
        with pytest.raises(ValueError, match="between 0 and 1"):
            refused()


def test_impossible_counts_are_refused() -> None:
    for bound in (clopper_pearson_lower, clopper_pearson_upper):
        for hits, of in ((2, 1), (-1, 3)):
            with pytest.raises(ValueError, match="more hits"):
                bound(hits, of)
    with pytest.raises(ValueError, match="a claim"):
        bonferroni(0.95, 0)
