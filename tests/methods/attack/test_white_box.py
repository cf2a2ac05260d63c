"""The audit of the audit: the real trainer stays below what it claims, and four broken ones are caught."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import binom, norm

from tasks.methods.attack import one_run_gaussian
from tasks.methods.attack.trade_off import (
    Confusion,
    call,
    epsilon_bound_of_event,
    epsilon_bound_of_family,
    total_variation_bound,
)
from tasks.methods.attack.white_box import LikelihoodRatio, PhaseMaximum, Statistic, Total, play
from tasks.methods.dp.accounting import Mechanism, epsilon
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.sampling import PoissonSampler
from tests import broken_trainers as broken

DELTA = 1e-5
CLAIMED = Mechanism(5.43, 0.1, 200)
"""ε = 1 at δ = 1e-5."""
CANARIES = 20_000
SHUFFLED = Mechanism(1.8433, 0.01, 2000)
"""ε = 1 at δ = 1e-5, in 20 epochs of 100 batches."""
FEWER = 2000

Trainer = tuple[Callable[[], contextlib.AbstractContextManager[None]], type[PoissonSampler]]
HONEST: Trainer = (contextlib.nullcontext, PoissonSampler)
BROKEN: dict[str, Trainer] = {
    "noise halved": (broken.half_noise, PoissonSampler),
    "clipping skipped": (broken.no_clipping, PoissonSampler),
    "an example counted twice": (contextlib.nullcontext, broken.CountedTwice),
}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def attack(
    seed: int, trainer: Trainer = HONEST, mechanism: Mechanism = CLAIMED, canaries: int = CANARIES, phases: int = 0
) -> Confusion:
    """Coins tossed, canaries trained on by the real loop, and every coin guessed."""
    coins = np.random.default_rng(seed).random(canaries) < 0.5
    statistic: Statistic = PhaseMaximum(mechanism, canaries, phases) if phases else Total(mechanism, canaries)
    fault, sampler = trainer
    with fault():
        play(coins, mechanism, KeyedRandomness(b"s" * 32, f"audit {seed}", bytes(16)), statistic, sampler=sampler)
    return call(statistic.scores(), coins, statistic.threshold)  # type: ignore[attr-defined]


def bounds(seeds: int, trainer: Trainer = HONEST) -> np.ndarray:
    found = [epsilon_bound_of_family(attack(seed, trainer), CLAIMED, DELTA) for seed in range(seeds)]
    print(np.round(found, 2), np.mean(found))
    return np.array(found)


def test_each_fault_at_least_doubles_epsilon() -> None:
    assert epsilon(CLAIMED, DELTA) == pytest.approx(1.0, abs=1e-3)
    # Twice the contribution under the same noise is half the noise: of a gradient of 2 unclipped, or counted twice.
    assert epsilon(Mechanism(CLAIMED.noise_multiplier / 2, 0.1, 200), DELTA) > 2
    # Of the fixed order, one event by the exact rates.
    assert epsilon(SHUFFLED, DELTA) == pytest.approx(1.0, abs=1e-3)
    phase = PhaseMaximum(SHUFFLED, 1, 100)
    rates = [phase.rates(threshold) for threshold in np.linspace(0, 8, 100)]
    assert max(math.log((t - DELTA) / f) for t, f in rates if t > 2 * DELTA and f > 0) > 2


def test_the_real_trainer_stays_below_and_near_what_it_claims() -> None:
    found = bounds(4)
    assert (found > epsilon(CLAIMED, DELTA)).sum() <= 1 and found.mean() > 0.7


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_trainer_is_caught_at_once(fault: str) -> None:
    assert (bounds(2, BROKEN[fault]) > epsilon(CLAIMED, DELTA)).all()


@pytest.mark.slow
def test_over_twenty_runs_the_bound_is_near_epsilon_and_seldom_above() -> None:
    found = bounds(20)
    assert found.mean() >= 0.7 * epsilon(CLAIMED, DELTA)
    assert (found > epsilon(CLAIMED, DELTA)).sum() <= 3


@pytest.mark.slow
@pytest.mark.parametrize("fault", BROKEN)
def test_of_twenty_runs_of_a_broken_trainer_nineteen_are_caught(fault: str) -> None:
    assert (bounds(20, BROKEN[fault]) > epsilon(CLAIMED, DELTA)).sum() >= 19


@pytest.mark.slow
def test_an_order_fixed_once_is_caught_by_who_looks_for_it_and_sampling_is_not() -> None:
    def over(trainer: Trainer, seeds: int) -> int:
        found = [
            epsilon_bound_of_family(attack(seed, trainer, SHUFFLED, FEWER, phases=100), SHUFFLED, DELTA)
            for seed in range(seeds)
        ]
        print(np.round(found, 2))
        return int((np.array(found) > epsilon(SHUFFLED, DELTA)).sum())

    assert over((contextlib.nullcontext, broken.ShuffledOnce), 20) >= 19
    assert over(HONEST, 10) <= 2


def test_an_order_fixed_once_is_caught_in_one_run() -> None:
    shuffled = attack(0, (contextlib.nullcontext, broken.ShuffledOnce), SHUFFLED, FEWER, phases=100)
    assert epsilon_bound_of_family(shuffled, SHUFFLED, DELTA) > 2


@pytest.mark.parametrize("mu", [0.26, 1.0])
def test_on_an_exact_gaussian_the_bound_is_exceeded_as_often_as_it_says(mu: float) -> None:
    """Simulated audits of one Gaussian release; its total variation is 2Φ(μ/2) - 1 (Dong, Roth & Su 2022)."""
    rng, audits, canaries = np.random.default_rng(5), 4000, 2000
    distance = 2 * norm.cdf(mu / 2) - 1
    over = 0
    for _ in range(audits):
        coins = rng.random(canaries) < 0.5
        scores = rng.normal(size=canaries) + mu * coins
        over += total_variation_bound(call(scores, coins, mu / 2)) > distance
    # Clopper-Pearson is a little careful, so a rate well below 3 % would be a fault, too.
    assert binom.ppf(0.001, audits, 0.035) <= over <= binom.ppf(0.999, audits, 0.05)


def test_one_event_bounds_epsilon_from_below_whatever_the_shape() -> None:
    rng, mu, audits = np.random.default_rng(6), 1.0, 400
    true = one_run_gaussian.epsilon_of(mu, DELTA)
    found = []
    for _ in range(audits):
        coins = rng.random(20_000) < 0.5
        found.append(epsilon_bound_of_event(call(rng.normal(size=20_000) + mu * coins, coins, 2.5), DELTA))
    assert (np.array(found) > true).sum() <= binom.ppf(0.999, audits, 0.05)
    assert np.mean(found) > 1


def test_the_likelihood_ratio_guesses_as_well_as_total_variation_allows() -> None:
    mechanism, canaries = Mechanism(0.7, 0.05, 10), 4000
    coins = np.random.default_rng(1).random(canaries) < 0.5
    statistics = [LikelihoodRatio(mechanism, canaries), Total(mechanism, canaries)]
    play(coins, mechanism, KeyedRandomness(b"s" * 32, "likelihood", bytes(16)), *statistics)
    right, summed = (call(one.scores(), coins, one.threshold).right / canaries for one in statistics)
    # Little noise: the ratio sees single draws, the sum doesn't.
    assert right > summed
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if epsilon(mechanism, middle) > 0 else (low, middle)
    assert right == pytest.approx((1 + high) / 2, abs=3 * math.sqrt(0.25 / canaries))


def test_what_is_not_a_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="truncated"):
        epsilon_bound_of_family(Confusion(5, 5, 5, 5), Mechanism(1.0, 0.1, 10, 5, 50), DELTA)
    with pytest.raises(ValueError, match="negative"):
        Confusion(-1, 0, 0, 0)
    with pytest.raises(ValueError, match="whole epochs"):
        PhaseMaximum(Mechanism(1.0, 0.1, 15), 10, 10)
    assert epsilon_bound_of_family(Confusion(50, 50, 50, 50), CLAIMED, DELTA) == 0
    assert epsilon_bound_of_event(Confusion(0, 0, 5, 5), DELTA) == 0
