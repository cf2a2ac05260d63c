"""What a DP-SGD run costs: ε of the Poisson-subsampled Gaussian mechanism, and the noise for a wanted ε.

The figure reported is the upper end of the interval that numerical composition of privacy random variables gives
(PRV: Gopi, Lee and Wutschitz 2021, "Numerical Composition of Differential Privacy", Theorem 5.5), as implemented by
Opacus. The bound by Rényi divergences (Mironov, Talwar and Zhang 2019) is shown beside it; it is never smaller by
more than rounding and often a tenth larger.
"""

from __future__ import annotations

import functools
import math
import warnings
from dataclasses import dataclass

from opacus.accountants import PRVAccountant, RDPAccountant
from scipy.optimize import brentq
from scipy.stats import norm

from tasks.core.errors import UserError

RELATIVE_ERROR = 0.004
"""Opacus's default, an absolute 0.01, is coarse for a small ε; this share of ε keeps the bound within 1 % of exact."""
_SIGMA_STEP = 1e-4
_LOG_SIGMA_MAX = math.log(1e4)
_EPSILON_MAX = 1e6


@dataclass(frozen=True)
class Mechanism:
    """T steps of the Gaussian mechanism on Poisson samples: all that the accountant needs to know.

    Attributes:
        noise_multiplier: σ, the noise's standard deviation in units of the clipping norm.
        sample_rate: q, the chance of each record to be in a step's batch, independent of all others.
        steps: T, the number of noisy steps.
    """

    noise_multiplier: float
    sample_rate: float
    steps: int


@functools.cache
def epsilon(mechanism: Mechanism, delta: float, steps: int | None = None, error: float | None = None) -> float:
    """An upper bound on the ε of a run, or of its first ``steps`` steps.

    Args:
        mechanism: what was done.
        delta: δ.
        steps: count only so many of the mechanism's steps.
        error: how far above the exact figure the bound may lie; a larger error takes less time. ``None``: 0.4 % of ε.

    Formal guarantees:
        A run of ``mechanism`` whose every step releases only the sum of gradients clipped to norm C over a Poisson
        sample, plus Gaussian noise of standard deviation σC, is (ε, δ)-differentially private under adding or
        removing one record (and under replacing one by nothing), up to floating-point error.

    Raises:
        UserError: the parameters lie where the accountant can't compute.
    """
    steps = mechanism.steps if steps is None else steps
    if steps == 0:
        return 0.0
    if error is not None:
        found = _prv(mechanism, delta, steps, error)
    else:
        # The error must be set before ε is known: RDP's bound gives its size, and a second pass mends a loose guess.
        guess = epsilon_rdp(mechanism, delta, steps)
        found = _prv(mechanism, delta, steps, RELATIVE_ERROR * guess)
        if found < guess / 2:
            found = min(found, _prv(mechanism, delta, steps, RELATIVE_ERROR * found))
    if math.isinf(found):
        raise UserError(
            "train.epsilon, train.delta, train.steps and train.expected_batch lie where the accountant has no figure; "
            "choose more noise (a smaller epsilon) or fewer steps."
        )
    return found


def _prv(mechanism: Mechanism, delta: float, steps: int, error: float) -> float:
    """PRV's upper bound with an absolute error; infinite where it can't be computed."""
    accountant = PRVAccountant()
    accountant.history = [(mechanism.noise_multiplier, mechanism.sample_rate, steps)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = float(accountant.get_epsilon(delta, eps_error=error))
    except (RuntimeError, ValueError, FloatingPointError, MemoryError):
        return math.inf
    return found if math.isfinite(found) else math.inf


@functools.cache
def epsilon_rdp(mechanism: Mechanism, delta: float, steps: int | None = None) -> float:
    """The looser bound by Rényi divergences, for comparison with what other tools print."""
    accountant = RDPAccountant()
    accountant.history = [
        (mechanism.noise_multiplier, mechanism.sample_rate, mechanism.steps if steps is None else steps)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(accountant.get_epsilon(delta))


@functools.cache
def calibrate(target_epsilon: float, delta: float, sample_rate: float, steps: int) -> Mechanism:
    """The mechanism with the least noise (σ a multiple of 0.0001) that stays within a target.

    Raises:
        UserError: no noise within reach gives so small an ε.
    """

    def excess(log_sigma: float) -> float:
        found = _prv(Mechanism(math.exp(log_sigma), sample_rate, steps), delta, steps, RELATIVE_ERROR * target_epsilon)
        # Where PRV gives up, which it does at very little noise only, ε is large: any finite figure keeps the sign.
        return math.log(min(found, _EPSILON_MAX) / target_epsilon)

    # The central limit gives a first guess, some 10 % off; the bracket grows from there.
    top = bottom = _guess(target_epsilon, delta, sample_rate, steps)
    while excess(top) > 0:
        bottom, top = top, top + math.log(1.2)
    while excess(bottom) <= 0:
        top, bottom = bottom, bottom - math.log(1.2)
    root = math.exp(brentq(excess, bottom, top, xtol=_SIGMA_STEP / 4))
    units = math.floor(root / _SIGMA_STEP)
    while epsilon(Mechanism(round(units * _SIGMA_STEP, 4), sample_rate, steps), delta) > target_epsilon:
        units += 1 + units // 10_000
    return Mechanism(round(units * _SIGMA_STEP, 4), sample_rate, steps)


def _guess(target_epsilon: float, delta: float, sample_rate: float, steps: int) -> float:
    """Log σ by the central limit for subsampled Gaussians (Bu, Dong, Long and Su 2020, Corollary 4)."""

    def excess(log_sigma: float) -> float:
        mu = sample_rate * math.sqrt(steps * math.expm1(min(math.exp(-2 * log_sigma), 700)))
        log_second = target_epsilon + norm.logcdf(-target_epsilon / mu - mu / 2)
        return float(norm.cdf(-target_epsilon / mu + mu / 2) - math.exp(log_second)) - delta

    if excess(_LOG_SIGMA_MAX) > 0:
        raise UserError(
            "train.epsilon: too small to be reached with these steps and this delta; raise epsilon or delta, or train "
            "fewer steps."
        )
    return float(brentq(excess, math.log(0.05), _LOG_SIGMA_MAX))


def default_delta(population: int) -> float:
    """A δ just below population^-1.1: two significant digits, rounded down.

    >>> default_delta(1000)
    0.0005
    """
    exact = population**-1.1
    scale = 10.0 ** (math.floor(math.log10(exact)) - 1)
    return float(f"{math.floor(exact / scale) * scale:.1e}")


def check_target(target_epsilon: float, delta: float, population: int) -> None:
    """Refuse a target that promises nothing.

    Raises:
        UserError: ε is not positive, or δ is not below one in ``population`` (a mechanism that publishes a random
            record whole is (0, 1/n)-private).
    """
    if not target_epsilon > 0:
        raise UserError("train.epsilon must be above 0.")
    if not 0 < delta <= 1 / population:
        raise UserError(
            f"train.delta must lie above 0 and at most at 1/{population}, one in the population; leave it empty for "
            f"the default of {default_delta(population):g}."
        )
