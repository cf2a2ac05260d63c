"""The privacy loss of Poisson-subsampled Gaussian steps on a grid, composed by FFT, as an upper bound.

One step's privacy loss random variable (Gopi, Lee and Wutschitz 2021, "Numerical Composition of Differential Privacy",
Propositions B.1 and B.4) is replaced by one on a grid that dominates it, by connecting the dots of its hockey-stick
curve (Doroshenko, Ghazi, Kamath, Kumar and Manurangsi 2022, "Connect the Dots: Tighter Discrete Approximations of
Privacy Loss Distributions"). So the bound holds for every mesh, without the error terms of Gopi et al.'s Theorem 5.5,
and the mesh need only be a part of one step's spread. Opacus's PRV accountant adds its error to ε, wants a mesh finer
by √T, takes a domain that isn't the paper's (microsoft/prv_accountant, discussion 34), and looks at a removed unit
only. Here the pairs of distributions for a removed and for an added unit (Zhu, Dong and Wang 2022,
"Optimal Accounting of Differential Privacy via Characteristic Function", Theorem 11) are both composed, and the worse
counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

_TAIL = 3e-4
"""Share of δ spent on each of: the tails of single steps, the tail of the composition."""
_FINE = 0.001
_FINE_ABSOLUTE = 2e-5
_COARSEST = 0.4
_HALVINGS = 12
POINTS_MAX = 1 << 22
EXPONENT_MAX = 600.0
"""e to this power is still a float64 with room to spare."""


@dataclass(frozen=True)
class Step:
    """A privacy loss on a grid that dominates that of one step: (first + i) * mesh with chance ``pmf[i]``.

    Attributes:
        first: grid index of the first mass.
        pmf: masses, float64.
        infinite: a bound on the mass of an infinite loss.
        count: how often the step is taken.
    """

    first: int
    pmf: np.ndarray
    infinite: float
    count: int

    def indices(self) -> np.ndarray:
        """The grid indices of the masses, int64, shape of ``pmf``."""
        return self.first + np.arange(len(self.pmf))


class Kind(Protocol):
    """A mechanism that is used several times.

    Attributes:
        count: how often.
    """

    @property
    def count(self) -> int: ...

    def variance(self) -> float:
        """The variance of one use's privacy loss, roughly: it decides the mesh only."""
        ...

    def on_grid(self, mesh: float, tail: float, added: bool) -> Step | None:
        """A loss on the grid of ``mesh`` that dominates one use's, for a unit removed or added.

        ``None`` where the grid would be too large. At most ``2 * tail`` of the mass becomes an infinite loss on account
        of the grid's ends.
        """
        ...


@dataclass(frozen=True)
class Sampled:
    """Steps of the Gaussian mechanism on Poisson samples.

    Attributes:
        sigma: σ in units of the clipping norm.
        q: each unit's chance to be in a sample.
    """

    sigma: float
    q: float
    count: int

    def variance(self) -> float:
        """See :class:`Kind`."""
        return _variance(self.sigma, self.q)

    def on_grid(self, mesh: float, tail: float, added: bool) -> Step | None:
        """See :class:`Kind`."""
        step = _step(self.sigma, self.q, self.count, mesh, tail)
        return _reversed(step, mesh, tail) if step is not None and added else step


Taken = tuple[float, float, int]
"""σ, q and how many steps of them."""


def epsilon_bound(taken: Sequence[Taken], delta: float) -> float:
    """:func:`bound` of steps of the Gaussian mechanism on Poisson samples: σ, q and number of each kind."""
    return bound([Sampled(*one) for one in taken], delta)


def bound(kinds: Sequence[Kind], delta: float) -> float:
    """The least ε for which mechanisms fixed beforehand are surely (ε, δ)-private; infinite where there is no figure.

    The mesh is halved until that changes ε by no more than 0.1 %, or 0.00002 where that is more.

    Formal guarantees:
        The figure bounds ε from above for the composition of the given mechanisms, under adding and under removing one
        unit, on every mesh, up to floating-point error, for which an allowance is made from the error seen.
    """
    uses = sum(kind.count for kind in kinds)
    spread = math.sqrt(sum(kind.count * kind.variance() for kind in kinds) / uses)
    mesh, best = _COARSEST * spread, math.inf
    for _ in range(_HALVINGS):
        found = max(_epsilon_on(kinds, delta, mesh, added) for added in (False, True))
        if math.isinf(found):
            break
        done = best - found <= max(_FINE * found, _FINE_ABSOLUTE)
        best, mesh = min(found, best), mesh / 2
        if done:
            break
    return best


def epsilon_on(taken: Sequence[Taken], delta: float, mesh: float, added: bool) -> float:
    """ε of steps at δ on one mesh, for a unit removed or added; infinite where the grid would be too large."""
    return _epsilon_on([Sampled(*one) for one in taken], delta, mesh, added)


def _epsilon_on(kinds: Sequence[Kind], delta: float, mesh: float, added: bool) -> float:
    tail = _TAIL * delta / sum(kind.count for kind in kinds)
    steps = []
    for kind in kinds:
        step = kind.on_grid(mesh, tail, added)
        if step is None:
            return math.inf
        steps.append(step)
    return epsilon_composed(steps, delta, mesh)


def epsilon_composed(steps: Sequence[Step], delta: float, mesh: float) -> float:
    """ε at δ of losses on one grid, added up; infinite where it would grow too large."""
    # Composed as they are, masses of 1e-15 drown in the FFT's error. Weighted by e^(slope * index), those that decide
    # δ stand out; the weight is taken off again at the end. With half of Chernoff's slope and twice his bound,
    # what wraps round from below and, blown up by the weight, from above the window [0, size) stays a part of δ.
    slope, top = _chernoff(steps, _TAIL * delta)
    slope /= 2
    tilted = [_tilted(step, slope) for step in steps]
    log_weight = sum(step.count * log_sum for step, log_sum in tilted)
    size = next_fast_len(max(2 * top, 1) + 1, real=True)
    if size > POINTS_MAX or size * mesh > EXPONENT_MAX:
        return math.inf
    product = np.ones(size // 2 + 1, dtype=np.complex128)
    for step, _ in tilted:
        product *= rfft(np.bincount(step.indices() % size, step.pmf, minlength=size)) ** step.count
    # Position i holds the losses that are i modulo size. What wraps round counts for more than it should, which is
    # safe, or lands too low to count, which is paid for as a part of δ.
    pmf = irfft(product, size)
    indices = np.arange(size)
    weights = np.exp(np.minimum(log_weight - slope * indices, EXPONENT_MAX / 2))
    lost = sum(step.count * step.infinite for step in steps) + _TAIL * delta
    return solve(indices * mesh, pmf * weights, weights * max(-float(pmf.min()), 0.0), delta - lost)


def solve(losses: np.ndarray, pmf: np.ndarray, error: np.ndarray, delta: float) -> float:
    """The least ε ≥ 0 at which the hockey-stick divergence is at most ``delta``.

    Args:
        losses: the grid, shape ``[points]``.
        pmf: masses on it, with errors of the FFT.
        error: the size of each error; true masses aren't negative, so the lowest one shows it. Signs being random,
            errors add up as a root of squares.
        delta: δ.
    """
    above = _from_above(pmf) + np.sqrt(_from_above(error**2))
    scaled = _from_above(pmf * np.exp(-losses))
    over = np.flatnonzero(above - np.exp(losses) * scaled > delta)
    after = int(over[-1]) + 1 if len(over) else 0
    if after >= len(pmf):
        return math.inf if len(over) else 0.0
    # Between two grid points the divergence is linear in e^ε.
    if above[after] <= delta or scaled[after] <= 0:
        return float(losses[after])
    return min(max(math.log((above[after] - delta) / scaled[after]), 0.0), float(losses[after]))


def _from_above(values: np.ndarray) -> np.ndarray:
    return np.cumsum(values[::-1])[::-1]


def _step(sigma: float, q: float, count: int, mesh: float, tail: float) -> Step | None:
    """One step's loss when a unit is removed: P = (1-q) N(0, σ²) + q N(1, σ²) against Q = N(0, σ²)."""
    reach = sigma * -float(ndtri(tail))
    bottom, top = loss(np.array([-reach, 1 + reach]), sigma, q)
    first, last = math.floor(bottom / mesh), math.ceil(top / mesh)
    if last - first > POINTS_MAX or first * mesh < -EXPONENT_MAX or last * mesh > EXPONENT_MAX:
        return None
    losses = np.arange(first, last + 1) * mesh
    weight = np.expm1(losses) + q
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where the loss is below its least value, log(1-q), there is nothing.
        places = np.where(weight > 0, sigma**2 * np.log(np.maximum(weight, 0) / q) + 0.5, -np.inf) / sigma
    # A cell's masses under N(0, σ²) and N(1, σ²). Its mass under P is split between both ends such that the masses
    # under P and under Q stay what they are.
    without, within = _between(places), _between(places - 1 / sigma)
    upper = np.maximum(q * within - weight[:-1] * without, 0) / -math.expm1(-mesh)
    lower = np.maximum(weight[1:] * without - q * within, 0) / math.expm1(mesh)
    pmf = np.zeros(len(losses))
    pmf[1:] += upper
    pmf[:-1] += lower
    pmf[0] += (1 - q) * ndtr(places[0]) + q * ndtr(places[0] - 1 / sigma)
    infinite = (1 - q) * ndtr(-places[-1]) + q * ndtr(1 / sigma - places[-1])
    return Step(first, pmf, float(infinite), count)


def _reversed(step: Step, mesh: float, tail: float) -> Step:
    """The same step when a unit is added: P and Q change places, so a mass p at loss l becomes p e^-l at -l."""
    pmf = step.pmf * np.exp(-step.indices() * mesh)
    # Q's mass outside the grid is at most `tail` on either side.
    return Step(-(step.first + len(pmf) - 1), pmf[::-1].copy(), 2 * tail, step.count)


def _tilted(step: Step, slope: float) -> tuple[Step, float]:
    """A step with masses weighted by e^(slope * index) and scaled to one; and the log of the weighted sum."""
    with np.errstate(divide="ignore"):
        exponent = np.log(step.pmf) + slope * step.indices()
    peak = float(exponent.max())
    weighted = np.exp(exponent - peak)
    total = float(weighted.sum())
    return Step(step.first, weighted / total, 0.0, step.count), peak + math.log(total)


def _chernoff(steps: Sequence[Step], tail: float) -> tuple[float, int]:
    """Chernoff's bound: its slope, and a grid index above which the steps' sum lies with chance ``tail`` at most."""

    def bound(log_slope: float) -> float:
        slope = math.exp(log_slope)
        return (sum(step.count * _tilted(step, slope)[1] for step in steps) - math.log(tail)) / slope

    variance = 0.0
    for step in steps:
        variance += step.count * float(step.pmf @ (step.indices() - float(step.pmf @ step.indices())) ** 2)
    around = math.log(-2 * math.log(tail) / variance) / 2
    found = minimize_scalar(bound, bounds=(around - 8, around + 0.7), method="bounded", options={"xatol": 0.05})
    return math.exp(float(found.x)), math.ceil(float(found.fun))


def _between(places: np.ndarray) -> np.ndarray:
    """The standard normal's mass between neighbouring places, exact in both tails."""
    left, right = places[:-1], places[1:]
    side = np.where(left > 0, -1.0, 1.0)
    return np.asarray(np.abs(ndtr(side * right) - ndtr(side * left)))


def loss(places: np.ndarray, sigma: float, q: float) -> np.ndarray:
    """The privacy loss log(P/Q) of a removed unit at each outcome; shape of ``places``."""
    exponent = (2 * places - 1) / (2 * sigma**2)
    return exponent if q == 1 else np.logaddexp(math.log1p(-q), math.log(q) + exponent)


def _variance(sigma: float, q: float) -> float:
    """The variance of one step's privacy loss, roughly."""
    places = np.linspace(-8 * sigma, 1 + 8 * sigma, 4001)
    density = (1 - q) * np.exp(-((places / sigma) ** 2) / 2) + q * np.exp(-(((places - 1) / sigma) ** 2) / 2)
    losses = loss(places, sigma, q)
    density /= density.sum()
    return float(density @ (losses - density @ losses) ** 2)
