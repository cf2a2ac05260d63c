"""Privacy losses that may be added up in any order and kept: each on a grid of its own, which dominates.

A block's mesh is a power of two and a small part of its own spread, so that a block has a few thousand points however
much it is made of. Before two are added, both are brought to the mesh that suits their sum, by connecting the dots
again (see :mod:`tasks.methods.dp.privacy_loss`). A mesh h adds about h²/8 to the variance then, so that adding up in
pairs, pairs of pairs and so on costs little accuracy: at each of few levels a small part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.optimize import minimize_scalar

from tasks.methods.dp.privacy_loss import EXPONENT_MAX, POINTS_MAX, Kind, solve

_USE = 0.1
"""The coarsest mesh for one use of a mechanism, in standard deviations of its loss."""
_SUM = 0.003
"""The same for a block."""
_MEAN = 2.0**-13
"""No mesh need be finer than this part of a block's mean."""
_POINTS = 1 << 15
"""A block has at most so many; its mesh is made coarser where it has more."""
_LOWEST = 1e-10
"""A mass at the low end that is moved up to where the others begin: too little to be noticed."""
_BLOWN_UP = 1e-8
"""How large an FFT's error may become at the low end when a weight is taken off: 20,000 of these don't show."""
_ROUNDING = 4 * 2.0**-53
"""Error of an FFT in each of its log2(points) passes, relative to the root of the sum of squares; generous."""
_EXPONENT = 4 * 2.0**-53
"""Error of an exponent relative to the size of the terms that it is the sum of; generous."""
_THIN = 1000
"""About so many masses tell a slope."""
_LEAST_TAIL = 1e-250


@dataclass(frozen=True, eq=False)
class Block:
    """A privacy loss that dominates: (first + i) * 2^exponent with chance ``pmf[i]``.

    Attributes:
        exponent: log2 of the mesh.
        first: grid index of the first mass.
        pmf: masses, float64; none too small.
        infinite: a bound on the mass of an infinite loss.
    """

    exponent: int
    first: int
    pmf: np.ndarray
    infinite: float

    @property
    def mesh(self) -> float:
        """Distance of the grid's points."""
        return 2.0**self.exponent

    def indices(self) -> np.ndarray:
        """The grid indices of the masses, int64, shape of ``pmf``."""
        return self.first + np.arange(len(self.pmf))


NOTHING = Block(-20, 0, np.ones(1), 0.0)
"""No loss at all."""


def block_of(kind: Kind, tail: float, added: bool) -> Block | None:
    """All uses of a mechanism, for a unit removed or added; ``None`` where the grid would be too large.

    Args:
        kind: the mechanism.
        tail: about how much mass may become an infinite loss on account of the grids' ends.
        added: whether a unit is added.
    """
    spread = math.sqrt(kind.variance())
    exponent = math.floor(math.log2(min(_USE, _SUM * math.sqrt(kind.count)) * spread))
    for coarser in range(8):
        step = kind.on_grid(2.0 ** (exponent + coarser), max(tail / (4 * kind.count), _LEAST_TAIL), added)
        # One that is too large for the number of uses gets a coarser grid.
        if step is not None and (len(step.pmf) <= 2 * _POINTS or coarser == 7):
            one = Block(exponent + coarser, step.first, step.pmf, step.infinite)
            used = _power(one, kind.count, max(tail / 4, _LEAST_TAIL))
            return None if used is None else _fitted(used, tail / 4)
    return None


def added_up(one: Block, other: Block, tail: float) -> Block:
    """The sum of two independent losses, on the mesh that suits it.

    Formal guarantees:
        Where each dominates a mechanism's privacy loss, the sum dominates their composition's (Zhu, Dong and Wang
        2022, Theorem 10). Every mass is at least the true one: what the FFT may have lost is added.
    """
    (mean, variance), (other_mean, other_variance) = _moments(one), _moments(other)
    exponent = max(one.exponent, other.exponent, _suiting(mean + other_mean, variance + other_variance))
    one, other = coarsened(one, exponent), coarsened(other, exponent)
    parts = [(_log(block.pmf), np.arange(len(block.pmf)), 1) for block in (one, other)]
    slope = _harmless(parts, _chernoff(parts, max(tail, _LEAST_TAIL))[0], 0)
    (x, x_log, x_lost), (y, y_log, y_lost) = (_tilted(log_pmf, slope) for log_pmf, _, _ in parts)
    points = len(x) + len(y) - 1
    size = next_fast_len(points, real=True)
    product = irfft(rfft(x, size) * rfft(y, size), size)[:points]
    error = _ROUNDING * math.log2(size + 2) * (2 * _norm(x) * _norm(y) + _norm(product))
    pmf = _untilted(product, error, slope, x_log + y_log, 0, x_lost + y_lost)
    return _fitted(Block(exponent, one.first + other.first, pmf, one.infinite + other.infinite), tail)


def coarsened(block: Block, exponent: int) -> Block:
    """The loss on a coarser mesh: masses are split between neighbours such that they stay under both distributions."""
    if exponent == block.exponent:
        return block
    shift = exponent - block.exponent
    indices = block.indices()
    below = indices >> shift
    up = np.expm1(-(indices - (below << shift)) * block.mesh) / math.expm1(-(2.0**exponent))
    low = below - below[0]
    pmf = np.bincount(low, block.pmf * (1 - up), minlength=int(low[-1]) + 2)
    pmf[1:] += np.bincount(low, block.pmf * up, minlength=int(low[-1]) + 1)[: len(pmf) - 1]
    return Block(exponent, int(below[0]), pmf, block.infinite)


def epsilon(block: Block, delta: float) -> float:
    """The least ε at which the hockey-stick divergence is at most ``delta``; infinite where there is none."""
    start = min(max(-block.first, 0), len(block.pmf) - 1)
    if delta <= block.infinite or block.first + len(block.pmf) <= 0:
        return math.inf if delta <= block.infinite else 0.0
    pmf, losses = block.pmf[start:], block.indices()[start:] * block.mesh
    if losses[0] > 0:
        # Below the grid's first point the divergence is one less a multiple of e^ε, as far down as to ε = 0.
        pmf, losses = np.append(0.0, pmf), np.append(0.0, losses)
    return solve(losses, pmf, np.zeros(len(pmf)), delta - block.infinite)


def _power(one: Block, count: int, tail: float) -> Block | None:
    """A loss that is met ``count`` times."""
    if count == 1:
        return one
    log_pmf, indices = _log(one.pmf), np.arange(len(one.pmf))
    slope, high = _chernoff([(log_pmf, indices, count)], tail)
    _, low = _chernoff([(log_pmf, -indices, count)], _LOWEST)
    first, last = max(-low, 0), min(high + math.ceil((high + low) / 3), count * int(indices[-1]))
    slope = _harmless([(log_pmf, indices, count)], slope, first)
    # What wraps round from above has at most the weight of the tail, where the window goes a third further than
    # Chernoff's bound. What lies below the window is moved up to its first point.
    size = next_fast_len(max(last - first + 1, 2), real=True)
    if size > POINTS_MAX:
        return None
    x, log_sum, lost = _tilted(log_pmf, slope)
    transformed = rfft(np.bincount((indices - first) % size, x, minlength=size))
    powers = transformed ** (count - 1)
    # Places were counted from 0, not from first: count of them begin at count * first.
    product = np.roll(irfft(powers * transformed, size), (count - 1) * first % size)
    within = _ROUNDING * math.log2(size + 2) * count * _norm(x) * _mean_norm(powers, size)
    error = within + (_ROUNDING * math.log2(size + 2) + count * _ROUNDING) * _norm(product)
    pmf = _untilted(product, error, slope, count * log_sum, first, count * lost)
    pmf[0] += _LOWEST
    return Block(one.exponent, count * one.first + first, pmf, count * one.infinite + tail)


def _fitted(block: Block, tail: float) -> Block:
    """A block without ends that hardly count, on a mesh that suits it: masses at the low end are moved up."""
    above = np.cumsum(block.pmf[::-1])[::-1]
    most = math.floor(EXPONENT_MAX / block.mesh) - block.first + 1
    last = min(max(int(np.count_nonzero(above > tail)), 1), max(most, 1))
    start = min(int(np.count_nonzero(np.cumsum(block.pmf) <= _LOWEST)), last - 1)
    pmf = block.pmf[start:last].copy()
    pmf[0] += block.pmf[:start].sum()
    infinite = block.infinite + (float(above[last]) if last < len(above) else 0.0)
    block = Block(block.exponent, block.first + start, pmf, infinite)
    exponent = max(block.exponent, _suiting(*_moments(block)), block.exponent + _doublings(len(pmf)))
    return coarsened(block, exponent)


def _suiting(mean: float, variance: float) -> int:
    """Log2 of the mesh for a block."""
    return math.floor(math.log2(max(_SUM * math.sqrt(variance), _MEAN * mean, 2.0**-40)))


def _doublings(points: int) -> int:
    return max(math.ceil(math.log2(points / _POINTS)), 0)


def _moments(block: Block) -> tuple[float, float]:
    """Mean and variance."""
    indices = block.indices() - block.first
    total = float(block.pmf.sum())
    mean = float(block.pmf @ indices) / total
    variance = float(block.pmf @ (indices - mean) ** 2) / total
    return (mean + block.first) * block.mesh, variance * block.mesh**2


Part = tuple[np.ndarray, np.ndarray, int]
"""Logs of a loss's masses, their grid indices, and how often it is met."""


def _chernoff(parts: list[Part], tail: float) -> tuple[float, int]:
    """Chernoff's bound: its slope, and an index above which the sum lies with chance ``tail`` at most."""
    variance, thin = 0.0, []
    for log_pmf, indices, count in parts:
        pmf = np.exp(log_pmf)
        mean = float(pmf @ indices) / float(pmf.sum())
        own = float(pmf @ (indices - mean) ** 2)
        variance += count * own
        # To find a slope some masses do, the largest of neighbours that lie near each other for their distance from
        # the mean; what is bounded then is bounded with all.
        scale = max(math.sqrt(own), 1.0)
        ends = np.arcsinh((indices[[0, -1]] - mean) / scale)
        places = np.sort(mean + scale * np.sinh(np.linspace(ends.min(), ends.max(), _THIN)))
        low = int(indices.min())
        starts = np.clip(np.floor(places).astype(np.int64) - low, 0, len(pmf) - 1)
        starts = starts[np.diff(starts, prepend=-1) > 0]
        ascending = log_pmf if indices[0] == low else log_pmf[::-1]
        thin.append((np.maximum.reduceat(ascending, starts), starts + low, count))

    def bound(log_slope: float) -> float:
        slope = math.exp(log_slope)
        return (_log_moment(thin, slope) - math.log(tail)) / slope

    around = math.log(-2 * math.log(tail) / max(variance, 1e-9)) / 2
    found = minimize_scalar(bound, bounds=(around - 8, around + 0.7), method="bounded", options={"xatol": 0.3})
    slope = math.exp(float(found.x))
    return slope, math.ceil((_log_moment(parts, slope) - math.log(tail)) / slope)


def _harmless(parts: list[Part], slope: float, first: int) -> float:
    """A weight e^(slope * index) under which an FFT's error is harmless at both ends of the sum.

    Args:
        parts: what is added up.
        slope: Chernoff's, for the upper end.
        first: index of the lower end.
    """
    slope /= 4
    most = math.log(_BLOWN_UP / (100 * _ROUNDING * sum(count for _, _, count in parts)))
    while _log_moment(parts, slope) - slope * first > max(most, 1.0):
        slope /= 1.5
    return slope


def _log_moment(parts: list[Part], slope: float) -> float:
    return sum(count * _log_sum(log_pmf + slope * indices) for log_pmf, indices, count in parts)


def _tilted(log_pmf: np.ndarray, slope: float) -> tuple[np.ndarray, float, float]:
    """Masses weighted by e^(slope * place) and scaled to one; the log of the weighted sum; what rounding may have lost.

    Places are counted from the block's first mass: an exponent's rounding is a part of its size, which the grid's own
    indices would make as large as they are.
    """
    exponent = log_pmf + slope * np.arange(len(log_pmf))
    log_sum = _log_sum(exponent)
    largest = float(np.max(np.abs(log_pmf), where=np.isfinite(log_pmf), initial=0.0))
    lost = _EXPONENT * (largest + slope * len(log_pmf) + abs(log_sum) + math.log2(len(log_pmf) + 2))
    return np.exp(exponent - log_sum), log_sum, lost


def _untilted(tilted: np.ndarray, error: float, slope: float, log_sum: float, first: int, lost: float) -> np.ndarray:
    """The inverse of :func:`_tilted`, each mass raised by its error and by the part ``lost`` of it."""
    places = first + np.arange(len(tilted))
    weights = np.exp(np.minimum(log_sum - slope * places, EXPONENT_MAX / 2))
    lost += _EXPONENT * (abs(log_sum) + slope * float(places[-1]) + 1)
    # No mass is above one.
    return np.minimum((np.maximum(tilted, 0) + error) * weights * (1 + lost), 1.0)


def _log(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(values)


def _log_sum(values: np.ndarray) -> float:
    peak = float(values.max())
    return peak + math.log(float(np.exp(values - peak).sum()))


def _norm(values: np.ndarray) -> float:
    return math.sqrt(float(values @ values))


def _mean_norm(transformed: np.ndarray, size: int) -> float:
    """Root mean square over a real sequence's whole transform, of which ``transformed`` is half."""
    return math.sqrt(2 * float(np.sum(np.abs(transformed) ** 2)) / size)
