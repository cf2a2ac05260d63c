"""ε against figures of dp_accounting's PLD accountant, calibration, δ."""

from __future__ import annotations

import pytest

from tasks.core.errors import UserError
from tasks.methods.dp.accounting import Mechanism, calibrate, check_target, default_delta, epsilon, epsilon_rdp

# dp_accounting 0.6.0, PLD pessimistic, add-or-remove-one, Poisson sampling: (q, σ, T, δ, ε by PLD, ε by RDP).
PLD = [
    (0.0148, 0.76, 50, 1e-8, 3.853367, None),
    (0.0148, 1.177, 203, 1e-8, 1.519433, None),
    (0.05, 1.389, 411, 8e-6, 3.884989, None),
    (0.05, 2.797, 5000, 1e-5, 6.025214, None),
    (0.05, 3.456, 203, 1e-5, 0.796037, 0.876682),
    (0.125, 3.148, 5000, 1e-6, 17.313766, 18.474201),
    (0.004, 0.864, 10, 1e-5, 0.246712, None),
    (0.0005, 0.589, 411, 1e-5, 0.670293, 2.141817),
    (0.0243, 1.196, 10, 1e-6, 0.738839, None),
    (0.5, 1.027, 10, 1e-6, 11.345259, None),
    (1.0, 6.91, 50, 1e-5, 4.495617, 4.855473),
    (0.004, 2.403, 10, 1e-5, 0.0172201, None),
]


@pytest.mark.parametrize(("q", "sigma", "steps", "delta", "pld", "rdp"), PLD)
def test_epsilon_agrees_with_another_accountant(
    q: float, sigma: float, steps: int, delta: float, pld: float, rdp: float | None
) -> None:
    mechanism = Mechanism(sigma, q, steps)
    found = epsilon(mechanism, delta)
    assert found == pytest.approx(pld, abs=max(0.01 * pld, 0.0005))
    assert found >= pld * 0.998  # an upper bound, up to the other's own slack
    assert epsilon_rdp(mechanism, delta) >= found * 0.999
    if rdp is not None:
        assert epsilon_rdp(mechanism, delta) == pytest.approx(rdp, rel=0.02)


@pytest.mark.parametrize(("target", "q", "steps"), [(8.0, 0.02, 40), (1.0, 0.1, 200), (0.3, 0.01, 100), (40.0, 1.0, 5)])
def test_calibrated_noise_reaches_the_target_and_wastes_little(target: float, q: float, steps: int) -> None:
    mechanism = calibrate(target, 1e-5, q, steps)
    assert epsilon(mechanism, 1e-5) <= target
    assert epsilon(Mechanism(mechanism.noise_multiplier * 0.998, q, steps), 1e-5) > target * 0.999


def test_epsilon_grows_with_the_steps_taken() -> None:
    mechanism = calibrate(8.0, 1e-5, 0.05, 50)
    figures = [epsilon(mechanism, 1e-5, steps, error=0.05) for steps in (0, 1, 10, 50)]
    assert figures[0] == 0
    assert figures == sorted(figures)
    assert epsilon(mechanism, 1e-5) <= figures[-1] <= epsilon(mechanism, 1e-5) + 0.1


def test_a_target_out_of_reach_is_the_users_error() -> None:
    with pytest.raises(UserError, match=r"train\.epsilon"):
        calibrate(1e-9, 1e-12, 0.9, 100_000)


@pytest.mark.parametrize("population", [2, 10, 999, 1000, 14_732, 10**9])
def test_default_delta_lies_just_below(population: int) -> None:
    delta = default_delta(population)
    assert 0.9 * population**-1.1 <= delta <= population**-1.1
    check_target(1.0, delta, population)


@pytest.mark.parametrize(
    ("target", "delta", "path"), [(0.0, 1e-5, "epsilon"), (-1.0, 1e-5, "epsilon"), (1.0, 0.011, "delta")]
)
def test_targets_that_promise_nothing_are_refused(target: float, delta: float, path: str) -> None:
    with pytest.raises(UserError, match=rf"train\.{path}"):
        check_target(target, delta, 100)


def test_delta_of_one_in_n_is_the_limit() -> None:
    check_target(1.0, 0.01, 100)
