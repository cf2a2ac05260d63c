"""The noise for a wanted ε: it reaches the target and wastes little."""

from __future__ import annotations

import pytest

from tasks.core.errors import UserError
from tasks.methods.dp.accounting import Mechanism, cap_for, epsilon, epsilon_unamplified
from tasks.methods.dp.calibrate import calibrate


@pytest.mark.parametrize(
    ("target", "q", "steps"),
    [(8.0, 0.02, 40), (1.0, 0.1, 200), (0.3, 0.01, 100), (40.0, 1.0, 5), (8.0, 0.02, 2000), (0.01, 0.01, 100),
     (100.0, 0.5, 1000)],
)  # fmt: skip
def test_calibrated_noise_reaches_the_target_and_wastes_little(target: float, q: float, steps: int) -> None:
    mechanism = calibrate(target, 1e-5, q, steps)
    assert (mechanism.sample_rate, mechanism.steps) == (q, steps)
    assert 0.99 * target <= epsilon(mechanism, 1e-5) <= target
    assert epsilon(Mechanism(mechanism.noise_multiplier * 0.99, q, steps), 1e-5) > target * 0.999


@pytest.mark.slow
@pytest.mark.parametrize(("target", "delta", "q"), [(8.0, 1e-5, 0.0005), (1.0, 1e-6, 0.1), (2.0, 1.1e-10, 4.1e-5)])
def test_a_hundred_thousand_steps_are_calibrated(target: float, delta: float, q: float) -> None:
    assert 0.99 * target <= epsilon(calibrate(target, delta, q, 100_000), delta) <= target


def test_without_sampling_the_noise_is_known() -> None:
    mechanism = calibrate(2.0, 1e-6, 1.0, 10)
    assert 0.995 * 2.0 <= epsilon_unamplified(mechanism, 1e-6) <= 2.0


def test_truncated_batches_want_a_little_more_noise() -> None:
    cap = cap_for(50_000, 0.02, 60, 3.0, 1e-5)
    capped, plain = calibrate(3.0, 1e-5, 0.02, 60, cap, 50_000), calibrate(3.0, 1e-5, 0.02, 60)
    assert (capped.batch_cap, capped.population) == (cap, 50_000)
    assert plain.noise_multiplier <= capped.noise_multiplier <= plain.noise_multiplier * 1.005
    assert 0.99 * 3.0 <= epsilon(capped, 1e-5) <= 3.0


def test_a_target_out_of_reach_is_the_users_error() -> None:
    with pytest.raises(UserError, match=r"train\.epsilon"):
        calibrate(1e-9, 1e-12, 0.9, 100_000)
