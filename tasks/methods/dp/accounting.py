"""What a DP-SGD run costs: ε of Poisson-subsampled Gaussian steps, beside it what weaker arguments give, and δ.

The figure reported composes the privacy loss numerically and is an upper bound
(:mod:`tasks.methods.dp.privacy_loss`). Beside it stand the bound by Rényi divergences (Mironov, Talwar and Zhang
2019), often a tenth larger, and what the same noise gives without amplification by sampling.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri
from scipy.stats import binom

from tasks.core.errors import UserError
from tasks.methods.dp.privacy_loss import epsilon_bound
from tasks.methods.dp.renyi import epsilon_renyi

ACCOUNTANT = "numerical composition of privacy loss random variables (PRV), upper bound"
"""The accountant's name in reports."""
CAP_SHARE = 0.01
"""The share of δ that truncated batches may cost."""
_OUT_OF_REACH = (
    "train.epsilon, train.delta, train.steps and train.expected_batch lie where the accountant has no figure; choose "
    "more noise (a smaller epsilon) or fewer steps."
)


@dataclass(frozen=True)
class Mechanism:
    """T steps of the Gaussian mechanism on Poisson samples: all that the accountant needs to know.

    The sampler makes it (:meth:`tasks.methods.dp.sampling.PoissonSampler.mechanism`). The rate is that of units: of
    persons, where a person is the unit and all that a person contributes to a step is clipped as one.

    Attributes:
        noise_multiplier: σ, the noise's standard deviation in units of the clipping norm.
        sample_rate: q, the chance of each unit to be in a step's batch, independent of all others.
        steps: T, the number of noisy steps.
        batch_cap: at most so many units in a batch (truncated Poisson); ``None``: no limit.
        population: with ``batch_cap``, the public number of units that is never exceeded.
    """

    noise_multiplier: float
    sample_rate: float
    steps: int
    batch_cap: int | None = None
    population: int | None = None


@dataclass(frozen=True)
class Figures:
    """What a run costs at δ, by four arguments.

    Attributes:
        delta: δ.
        epsilon: the upper bound that counts.
        epsilon_rdp: by Rényi divergences.
        epsilon_fixed_batches: without amplification, were every unit used once an epoch in batches known to all.
        epsilon_unamplified: without amplification, were every unit used in every step.
    """

    delta: float
    epsilon: float
    epsilon_rdp: float
    epsilon_fixed_batches: float
    epsilon_unamplified: float


def figures(mechanism: Mechanism, delta: float) -> Figures:
    """ε by every argument, for a report."""
    epochs = math.ceil(mechanism.sample_rate * mechanism.steps - 1e-9)
    return Figures(
        delta=delta,
        epsilon=epsilon(mechanism, delta),
        epsilon_rdp=epsilon_rdp(mechanism, delta),
        epsilon_fixed_batches=epsilon_unamplified(mechanism, delta, epochs),
        epsilon_unamplified=epsilon_unamplified(mechanism, delta),
    )


def epsilon(mechanism: Mechanism, delta: float, steps: int | None = None) -> float:
    """An upper bound on the ε of a run, or of its first ``steps`` steps.

    Formal guarantees:
        A run of ``mechanism`` whose every step releases only the sum of gradients clipped to norm C over a Poisson
        sample (truncated, where the mechanism says so), plus Gaussian noise of standard deviation σC, is
        (ε, δ)-differentially private under adding or removing one unit and under replacing one by nothing, up to
        floating-point error. Exchanging one unit for another (replace-one) costs more: it isn't covered.

    Raises:
        UserError: the parameters lie where the accountant can't compute.
    """
    return epsilon_of((mechanism if steps is None else replace(mechanism, steps=steps),), delta)


@functools.cache
def epsilon_of(mechanisms: tuple[Mechanism, ...], delta: float) -> float:
    """An upper bound on the ε of several runs on the same units, all fixed before the first began.

    Raises:
        UserError: as :func:`epsilon`.
    """
    taken: dict[tuple[float, float], int] = {}
    for one in mechanisms:
        if one.steps and one.sample_rate:
            kind = (one.noise_multiplier, one.sample_rate)
            taken[kind] = taken.get(kind, 0) + one.steps
    if not taken:
        return 0.0
    if min(sigma for sigma, _ in taken) <= 0:
        raise UserError(_OUT_OF_REACH)
    steps = [(sigma, rate, count) for (sigma, rate), count in taken.items()]
    found = beside_caps(log_cut(mechanisms), delta, lambda rest: epsilon_bound(steps, rest))
    if math.isinf(found):
        raise UserError(_OUT_OF_REACH)
    return found


@functools.cache
def epsilon_rdp(mechanism: Mechanism, delta: float) -> float:
    """The looser bound by Rényi divergences, for comparison with what other tools print."""
    step = (mechanism.noise_multiplier, mechanism.sample_rate, mechanism.steps)
    return beside_caps(log_cut((mechanism,)), delta, lambda rest: epsilon_renyi([step], rest))


def epsilon_unamplified(mechanism: Mechanism, delta: float, uses: int | None = None) -> float:
    """ε of the same noise where sampling gains nothing, exactly.

    Composed Gaussian mechanisms are one with σ/√uses, whose ε is known (Balle and Wang 2018, "Improving the Gaussian
    Mechanism for Differential Privacy", Theorem 8).

    Args:
        mechanism: what was done.
        delta: δ.
        uses: in how many steps a unit takes part; ``None``: in all.
    """
    mu = math.sqrt(mechanism.steps if uses is None else uses) / mechanism.noise_multiplier

    def excess(epsilon: float) -> float:
        second = math.exp(epsilon + float(log_ndtr(-mu / 2 - epsilon / mu)))
        return float(ndtr(mu / 2 - epsilon / mu)) - second - delta

    return 0.0 if mu == 0 or excess(0) <= 0 else float(brentq(excess, 0, mu**2 / 2 + mu * -float(ndtri(delta)) + 1e-9))


def cap_for(population: int, rate: float, steps: int, epsilon: float, delta: float) -> int:
    """The least limit of a batch at which truncation costs at most 1 % of δ.

    δ rises by T (1 + e^ε) P[Bin(n, q) > limit] (Chua et al. 2024, arXiv 2411.04205).

    Args:
        population: n, the public number of units that is never exceeded.
        rate: q.
        steps: T.
        epsilon: ε.
        delta: δ.
    """
    low, high = 0, population
    while low < high:
        middle = (low + high) // 2
        cut = log_cut([Mechanism(1.0, rate, steps, middle, population)])
        fits = _log_cost(cut, epsilon) <= math.log(CAP_SHARE * delta)
        low, high = (low, middle) if fits else (middle + 1, high)
    return max(low, 1)


def log_cut(mechanisms: Sequence[Mechanism]) -> float:
    """Log of a bound on the chance that any batch is cut, summed over all steps; -inf where none is."""
    tails = [
        math.log(one.steps) + float(binom.logsf(one.batch_cap, one.population, one.sample_rate))
        for one in mechanisms
        if one.batch_cap is not None and one.steps
    ]
    peak = max(tails, default=-math.inf)
    return peak if math.isinf(peak) else peak + math.log(sum(math.exp(tail - peak) for tail in tails))


def beside_caps(cut: float, delta: float, bound: Callable[[float], float]) -> float:
    """ε at what truncation leaves of δ.

    Args:
        cut: :func:`log_cut` of all mechanisms.
        delta: δ.
        bound: ε of the mechanisms without truncation, at a smaller δ.

    Raises:
        UserError: batches are cut so often that it leaves too little.
    """
    if cut == -math.inf:
        return bound(delta)
    for share in (CAP_SHARE, 0.1, 0.5):
        found = bound((1 - share) * delta)
        if _log_cost(cut, found) <= math.log(share * delta):
            return found
    raise UserError(
        "train: batches are truncated so often that this alone costs more than half of delta; allow larger batches."
    )


def _log_cost(cut: float, epsilon: float) -> float:
    """Log of what truncation adds to δ."""
    return cut + epsilon + math.log1p(math.exp(-epsilon))


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
            unit whole is (0, 1/n)-private).
    """
    if not target_epsilon > 0:
        raise UserError("train.epsilon must be above 0.")
    if not 0 < delta <= 1 / population:
        raise UserError(
            f"train.delta must lie above 0 and at most at 1/{population}, one in the population; leave it empty for "
            f"the default of {default_delta(population):g}."
        )
