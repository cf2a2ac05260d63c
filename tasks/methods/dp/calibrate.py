"""The noise for a wanted ε."""

from __future__ import annotations

import functools
import math

from scipy.optimize import brentq
from scipy.stats import norm

from tasks.core.errors import UserError
from tasks.methods.dp.accounting import CAP_SHARE, Mechanism, epsilon
from tasks.methods.dp.privacy_loss import epsilon_bound

_SIGMA_STEP = 1e-4
_LOG_SIGMA_MAX = math.log(1e4)
_EPSILON_MAX = 1e6


@functools.cache
def calibrate(
    target_epsilon: float,
    delta: float,
    sample_rate: float,
    steps: int,
    batch_cap: int | None = None,
    population: int | None = None,
) -> Mechanism:
    """The mechanism with the least noise (σ a multiple of 0.0001) that stays within a target.

    Args:
        target_epsilon: ε.
        delta: δ, all of it: what truncated batches cost is a part.
        sample_rate: q.
        steps: T.
        batch_cap: the limit of truncated batches, from :func:`tasks.methods.dp.accounting.cap_for`.
        population: with ``batch_cap``, the public number of units that is never exceeded.

    Raises:
        UserError: no noise within reach gives so small an ε.
    """
    rest = delta if batch_cap is None else (1 - CAP_SHARE) * delta

    def mechanism(units: int) -> Mechanism:
        return Mechanism(round(units * _SIGMA_STEP, 4), sample_rate, steps, batch_cap, population)

    @functools.cache
    def excess(log_sigma: float) -> float:
        found = epsilon_bound([(math.exp(log_sigma), sample_rate, steps)], rest)
        # Where there is no figure, which is at very little noise only, ε is large: any finite one keeps the sign.
        return math.log(max(min(found, _EPSILON_MAX), 1e-9) / target_epsilon)

    # The central limit gives a first guess, some 10 % off; the bracket grows from there.
    top = bottom = _guess(target_epsilon, delta, sample_rate, steps)
    while excess(top) > 0:
        bottom, top = top, top + math.log(1.2)
    while excess(bottom) <= 0:
        top, bottom = bottom, bottom - math.log(1.2)
    units = math.floor(math.exp(brentq(excess, bottom, top, xtol=_SIGMA_STEP)) / _SIGMA_STEP)
    while epsilon(mechanism(units), delta) > target_epsilon:
        units += 1 + units // 10_000
    return mechanism(units)


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
