"""At chance or above it: Fisher's and the binomial test, how often they err, and what they could have told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, fisher_exact

from tasks.methods.attack.chance import POWER, SIGNIFICANCE, Count, against_controls, against_rate


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(1, 30))
def test_the_p_values_are_the_exact_tests(hits: int, of: int, control_hits: int, controls: int) -> None:
    hits, control_hits = min(hits, of), min(control_hits, controls)
    found = against_controls(Count(hits, of), Count(control_hits, controls))
    table = [[hits, of - hits], [control_hits, controls - control_hits]]
    assert found.p_value == pytest.approx(fisher_exact(table, alternative="greater").pvalue, abs=1e-9)
    rate = against_rate(Count(hits, of), 0.2)
    assert rate.p_value == pytest.approx(binomtest(hits, of, 0.2, alternative="greater").pvalue, abs=1e-9)
    assert (rate.verdict == "above chance") == (rate.p_value <= SIGNIFICANCE)


def test_where_nothing_was_learnt_they_err_as_seldom_as_they_say() -> None:
    rng, trials = np.random.default_rng(2), 3000
    hits = rng.binomial(80, 0.3, size=(trials, 2))
    errors = sum(against_controls(Count(int(a), 80), Count(int(b), 80)).verdict == "above chance" for a, b in hits)
    assert 0 < errors <= binom.ppf(0.999, trials, SIGNIFICANCE)


@pytest.mark.parametrize("of", [20, 100, 500])
def test_what_could_have_been_told_is_told_so_often(of: int) -> None:
    detectable = against_rate(Count(0, of), 0.1).detectable
    assert detectable is not None and detectable > 0.1
    rng = np.random.default_rng(of)
    told = [against_rate(Count(int(h), of), 0.1).verdict == "above chance" for h in rng.binomial(of, detectable, 2000)]
    assert np.mean(told) == pytest.approx(POWER, abs=0.04)


def test_with_few_values_at_chance_says_that_nothing_could_have_been_told() -> None:
    found = against_controls(Count(3, 3), Count(0, 3))
    assert (found.verdict, found.detectable) == ("at chance", None)
    assert against_controls(Count(0, 0), Count(0, 0)).p_value == 1
    assert Count(0, 0).interval == (0.0, 1.0) and Count(0, 0).rate == 0


def test_counts_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="no more hits"):
        Count(3, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        against_rate(Count(1, 2), 1.0)
    with pytest.raises(ValueError, match="significance"):
        against_controls(Count(1, 2), Count(1, 2), 0.0)
