"""ROC figures: against scikit-learn and brute force, with ties and infinities, and what their intervals promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm
from sklearn.metrics import roc_auc_score, roc_curve

from tasks.methods.attack.roc import LOW_FPR, attacked, auc, curve, found_at

SCORE = st.integers(-3, 3).map(float) | st.floats(allow_nan=False)
GROUP = st.lists(SCORE, min_size=1, max_size=30)


@given(GROUP, GROUP)
def test_points_and_area_are_those_of_brute_force(members: list[float], non_members: list[float]) -> None:
    fpr, tpr = curve(np.array(members), np.array(non_members))
    every = sorted(set(members + non_members), reverse=True)
    slow = [(0.0, 0.0)] + [
        tuple(sum(s >= at for s in group) / len(group) for group in (non_members, members)) for at in every
    ]
    assert np.allclose(np.column_stack([fpr, tpr]), slow)
    wins = sum((m > n) + (m == n) / 2 for m in members for n in non_members) / len(members) / len(non_members)
    found = auc(np.array(members), np.array(non_members))
    assert found.value == pytest.approx(wins, abs=1e-12)
    assert np.trapezoid(tpr, fpr) == pytest.approx(wins, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 0.05  # so few can't be sure, not even where they are parted


def test_it_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    members, others = rng.normal(0.7, 1, 300).round(1), rng.normal(0, 1, 500).round(1)
    truth, scores = np.r_[np.ones(300), np.zeros(500)], np.r_[members, others]
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    found = curve(members, others)
    assert np.allclose(found[0], fpr) and np.allclose(found[1], tpr)
    assert auc(members, others).value == pytest.approx(roc_auc_score(truth, scores))


def test_delongs_interval_is_that_of_the_slow_formula() -> None:
    rng = np.random.default_rng(2)
    members, others = rng.normal(0.4, 2, 80).round(1), rng.normal(0, 0.5, 120).round(1)
    wins = (members[:, None] > others) + (members[:, None] == others) / 2
    half = 1.959964 * math.sqrt(wins.mean(1).var(ddof=1) / 80 + wins.mean(0).var(ddof=1) / 120)
    found = auc(members, others)
    # The wider of two: at least DeLong's.
    assert found.low <= wins.mean() - half + 1e-9 and found.high >= wins.mean() + half - 1e-9
    assert found.high - found.low < 2.5 * half


@pytest.mark.parametrize(("shift", "members", "others"), [(0.0, 40, 40), (1.0, 30, 100), (3.0, 25, 40)])
def test_the_areas_interval_holds_as_often_as_it_says(shift: float, members: int, others: int) -> None:
    rng = np.random.default_rng(7)
    true, trials = norm.cdf(shift / math.sqrt(2)), 600
    held = 0
    for _ in range(trials):
        found = auc(rng.normal(shift, 1, members), rng.normal(0, 1, others))
        held += found.low <= true <= found.high
    # Of intervals that hold in 95 %, fewer would once in a thousand.
    assert held >= binom.ppf(0.001, trials, 0.95)


@given(GROUP, GROUP, st.sampled_from([0.1, 0.2, 0.5]))
def test_at_no_threshold_are_ties_taken_for_the_attack(m: list[float], n: list[float], fpr: float) -> None:
    found = found_at(np.array(m), np.array(n), fpr)
    k = math.floor(fpr * (len(n) + 1) + 1e-9)
    if k == 0:
        assert found is None
        return
    threshold = sorted(n, reverse=True)[k - 1]
    assert found is not None
    assert found.false_positives == sum(s > threshold for s in n) <= k - 1
    assert found.true_positives == sum(s > threshold for s in m)
    assert found.low <= found.tpr <= found.high
    # Everyone the same: nobody is found.
    same = found_at(np.ones(len(m)), np.ones(len(n)), fpr)
    assert same is not None and same.true_positives == 0


def test_the_rate_of_false_alarms_is_what_was_asked_for_on_new_non_members() -> None:
    rng = np.random.default_rng(11)
    trials, fpr = 3000, 0.05
    rates, bounds, covered = [], 0, 0
    for _ in range(trials):
        found = found_at(members := rng.normal(1, 1, 60), others := rng.normal(0, 1, 79), fpr)
        assert found is not None and found.true_positives == (members > np.sort(others)[-4]).sum()
        threshold = np.sort(others)[-4]
        rates.append(norm.sf(threshold))
        bounds += norm.sf(threshold) <= found.fpr_high
        covered += found.low <= norm.sf(threshold - 1) <= found.high
    # Exactly k/(n + 1) = 4/80 in expectation.
    assert np.mean(rates) == pytest.approx(fpr, abs=4 * np.std(rates) / math.sqrt(trials))
    assert 0.965 < bounds / trials < 0.985
    assert covered / trials > 0.945


def test_too_few_non_members_have_no_low_rate() -> None:
    rng = np.random.default_rng(3)
    members = rng.normal(2, 1, 200)
    few = attacked(members, rng.normal(0, 1, 98))
    assert few.at_fpr is None and few.at_low_fpr is None
    assert attacked(members, rng.normal(0, 1, 99)).at_fpr is not None
    assert attacked(members, rng.normal(0, 1, 9_999)).at_low_fpr is None
    many = attacked(members, rng.normal(0, 1, 10_000))
    assert many.at_low_fpr is not None and many.at_fpr is not None
    assert many.at_low_fpr.fpr == LOW_FPR and many.at_low_fpr.false_positives == 9
    assert many.at_low_fpr.tpr < many.at_fpr.tpr
    assert many.at_fpr.low < norm.sf(norm.isf(0.01) - 2) < many.at_fpr.high


def test_infinite_scores_count_and_nan_is_refused() -> None:
    inf = math.inf
    assert auc(np.array([inf, 1.0]), np.array([-inf, 0.0])).value == 1
    assert auc(np.array([inf]), np.array([inf])).value == 0.5
    fpr, tpr = curve(np.array([inf, inf]), np.array([inf, 0.0]))
    assert fpr.tolist() == [0, 0.5, 1] and tpr.tolist() == [0, 1, 1]
    nobody = found_at(np.array([inf]), np.array([inf, 0.0, 0.0]), 0.25)
    assert nobody is not None and nobody.true_positives == 0
    for members, others in (([math.nan], [0.0]), ([0.0], [math.nan]), ([], [0.0]), ([0.0], [])):
        for figure in (auc, curve, lambda m, n: found_at(m, n, 0.1)):
            with pytest.raises(ValueError):
                figure(np.array(members), np.array(others))
    with pytest.raises(ValueError, match="rate"):
        found_at(np.ones(3), np.ones(3), 1.0)


def test_one_of_each_has_an_area_and_says_how_little_it_knows() -> None:
    found = auc(np.array([1.0]), np.array([0.0]))
    assert found.value == 1 and found.low < 0.3 and found.high == 1
