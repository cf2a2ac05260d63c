"""Privacy losses of the ledger's mechanisms on a grid: Laplace, randomized response, zero-concentrated ones.

Each is a :class:`tasks.methods.dp.privacy_loss.Kind`. All three are the same whether a unit is added or removed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tasks.core.dp_events import Concentrated, Event, Gaussian, Laplace, Pure, SampledGaussian
from tasks.methods.dp.accounting import Mechanism, log_cut
from tasks.methods.dp.privacy_loss import EXPONENT_MAX, POINTS_MAX, Kind, Sampled, Step


def kinds_of(events: Iterable[Event]) -> list[Kind]:
    """What the events come to, the same mechanism only once, in an order that doesn't depend on theirs.

    Zero-concentrated mechanisms become one with the sum of their ρ (Bun and Steinke 2016, "Concentrated Differential
    Privacy", Lemma 1.7). That holds even where others came in between: each of those can be made of a draw from its
    dominating pair that is taken before everything else begins.
    """
    sampled: dict[tuple[float, float], int] = {}
    noise: dict[float, int] = {}
    pure: dict[float, int] = {}
    rhos: list[float] = []
    for event in events:
        match event:
            case SampledGaussian(sigma, rate, steps):
                sampled[sigma, rate] = sampled.get((sigma, rate), 0) + steps
            case Gaussian(sigma, count):
                sampled[sigma, 1] = sampled.get((sigma, 1), 0) + count
            case Laplace(scale, count):
                noise[scale] = noise.get(scale, 0) + count
            case Pure(epsilon, count):
                pure[epsilon] = pure.get(epsilon, 0) + count
            case Concentrated(rho):
                rhos.append(rho)
    return [
        *(Sampled(sigma, rate, count) for (sigma, rate), count in sorted(sampled.items())),
        *(LaplaceNoise(scale, count) for scale, count in sorted(noise.items())),
        *(RandomizedResponse(epsilon, count) for epsilon, count in sorted(pure.items())),
        *([ZeroConcentrated(math.fsum(rhos))] if rhos else []),
    ]


def cut_of(events: Iterable[Event]) -> float:
    """Log of a bound on the chance that any event's batch is cut; -inf where none is."""
    return log_cut(
        [
            Mechanism(one.noise_multiplier, one.sample_rate, one.steps, one.batch_cap, one.population)
            for one in events
            if isinstance(one, SampledGaussian)
        ]
    )


@dataclass(frozen=True)
class LaplaceNoise:
    """The Laplace mechanism.

    Its loss under Lap(0, b) against Lap(1, b) is 1/b with chance 1/2, -1/b with chance e^(-1/b)/2, and has the density
    e^((loss - 1/b)/2)/4 in between.

    Attributes:
        scale: b in units of the L1 sensitivity.
        count: how often.
    """

    scale: float
    count: int

    def variance(self) -> float:
        """See :class:`Kind`."""
        return min(1 / self.scale**2, 3.0)

    def on_grid(self, mesh: float, tail: float, added: bool) -> Step | None:
        """See :class:`Kind`."""
        top = 1 / self.scale
        if top > EXPONENT_MAX or top / mesh > POINTS_MAX / 2:
            return None
        last = math.ceil(top / mesh)
        grid = np.arange(-last, last + 1) * mesh
        left, right = np.maximum(grid[:-1], -top), np.minimum(grid[1:], top)
        # A cell's masses under both, p and r, are split between its ends l and l' such that both stay what they are:
        # (p - e^l r)/(1 - e^-mesh) goes up. These are the integrals, by the cosh's that they are.
        up = _cosh_difference(right - grid[:-1], left - grid[:-1]) * np.exp((grid[:-1] - top) / 2)
        down = _cosh_difference(grid[1:] - left, grid[1:] - right) * np.exp((grid[1:] - top) / 2)
        pmf = np.zeros(len(grid))
        pmf[1:] += up / -math.expm1(-mesh)
        pmf[:-1] += down / math.expm1(mesh)
        _add_atom(pmf, -last, mesh, top, 0.5)
        _add_atom(pmf, -last, mesh, -top, math.exp(-top) / 2)
        return Step(-last, pmf, 0.0, self.count)


@dataclass(frozen=True)
class RandomizedResponse:
    """Randomized response, which dominates every (ε, 0)-private mechanism.

    Kairouz, Oh and Viswanath 2015, "The Composition Theorem for Differential Privacy", Theorem 3.4.

    Attributes:
        epsilon: ε of each use.
        count: how often.
    """

    epsilon: float
    count: int

    def variance(self) -> float:
        """See :class:`Kind`."""
        stays = 1 / (1 + math.exp(-self.epsilon))
        # With a large ε the loss hardly varies; the mesh need only be fine for ε itself.
        return self.epsilon**2 * max(4 * stays * (1 - stays), 1e-4)

    def on_grid(self, mesh: float, tail: float, added: bool) -> Step | None:
        """See :class:`Kind`."""
        if self.epsilon > EXPONENT_MAX or self.epsilon / mesh > POINTS_MAX / 2:
            return None
        last = math.ceil(self.epsilon / mesh)
        pmf = np.zeros(2 * last + 1)
        _add_atom(pmf, -last, mesh, self.epsilon, 1 / (1 + math.exp(-self.epsilon)))
        _add_atom(pmf, -last, mesh, -self.epsilon, 1 / (1 + math.exp(self.epsilon)))
        return Step(-last, pmf, 0.0, self.count)


@dataclass(frozen=True)
class ZeroConcentrated:
    """Whatever is ρ-zero-concentrated, once.

    Formal guarantees:
        The Gaussian mechanism of the same ρ doesn't dominate all of these. What is known of every one is its Rényi
        divergences, in both directions, and with them at every ε, negative ones too, that its hockey-stick divergence
        is at most the least of c_α e^((α-1)(αρ-ε)), α > 1, with c_α = (1-1/α)^(α-1)/α (Canonne, Kamath and Steinke
        2020, "The Discrete Gaussian for Differential Privacy", Proposition 12); at a negative ε also at most
        1 - e^ε (1 - the bound at -ε), from the other direction. As a function of e^ε a divergence is convex. So on the
        grid it lies nowhere above the lower convex hull of these bounds at the grid's points, and between them below
        the hull's lines. The hull is the divergence curve of a pair of distributions on the grid, which is the pair
        that is composed: it dominates (Zhu, Dong and Wang 2022, "Optimal Accounting of Differential Privacy via
        Characteristic Function", Definition 7 and Theorem 10).

    Attributes:
        rho: ρ.
    """

    rho: float
    count: int = 1

    def variance(self) -> float:
        """See :class:`Kind`."""
        return 2 * self.rho

    def on_grid(self, mesh: float, tail: float, added: bool) -> Step | None:
        """See :class:`Kind`."""
        # At this ε the bound is below `tail`, by the order that serves the Gaussian mechanism.
        top = self.rho + 2 * math.sqrt(self.rho * -math.log(tail))
        if top > EXPONENT_MAX or top / mesh > POINTS_MAX / 8:
            return None
        last = math.ceil(top / mesh)
        above = np.exp(self.log_bound(np.arange(last + 1) * mesh))
        grid = np.arange(-last, last + 1) * mesh
        bound = np.concatenate([(-np.expm1(grid[:last]) + np.exp(grid[:last]) * above[:0:-1]), above])
        places, heights = _hull(np.exp(grid), bound)
        # A point's mass under Q is how much the slope changes there. Both directions having one bound, the loss -l has
        # e^-l times the mass of l, which spares the lower half's rounding.
        slopes = np.append(np.diff(heights) / np.diff(np.exp(grid[places])), 0.0)
        upper = places > last
        pmf = np.zeros(len(grid))
        bends = np.diff(slopes, prepend=slopes[0])
        pmf[places[upper]] = np.maximum(bends[upper], 0) * np.exp(grid[places[upper]])
        pmf[:last] = pmf[:last:-1] * np.exp(grid[:last])
        infinite = float(above[-1])
        pmf[last] = max(1 - infinite - float(pmf.sum()), 0.0)
        return Step(-last, pmf, infinite, 1)

    def log_bound(self, losses: np.ndarray) -> np.ndarray:
        """Log of a bound on the hockey-stick divergence at each ε ≥ 0; shape of ``losses``."""
        # The best order solves ρ(2α-1) + log(1-1/α) = ε, whose left side grows with α. Any order gives a bound, so it
        # need only be near.
        excess = np.geomspace(1e-9, 10 + float(losses.max()) / self.rho, 4000)
        reached = self.rho * (2 * excess + 1) + np.log(excess) - np.log1p(excess)
        less_one = np.interp(losses, reached, excess)
        order = 1 + less_one
        log_c = less_one * (np.log(less_one) - np.log(order)) - np.log(order)
        return np.minimum(log_c + less_one * (order * self.rho - losses), 0.0)


def _cosh_difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """cosh(one/2) - cosh(other/2)."""
    return 2 * np.sinh((one + other) / 4) * np.sinh((one - other) / 4)


def _add_atom(pmf: np.ndarray, first: int, mesh: float, loss: float, mass: float) -> None:
    """Split a mass at a loss between the grid's points beside it such that its masses under P and Q stay."""
    below = min(math.floor(loss / mesh), first + len(pmf) - 2)
    up = max(-math.expm1(below * mesh - loss), 0.0) / -math.expm1(-mesh)
    pmf[below - first] += mass * max(1 - up, 0.0)
    pmf[below + 1 - first] += mass * up


def _hull(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and heights of the corners of points' lower convex hull; ``x`` ascends."""
    corners: list[int] = []
    xs, ys = x.tolist(), y.tolist()
    for i in range(len(xs)):
        while len(corners) > 1:
            one, other = corners[-2], corners[-1]
            if (ys[other] - ys[one]) * (xs[i] - xs[other]) < (ys[i] - ys[other]) * (xs[other] - xs[one]):
                break
            corners.pop()
        corners.append(i)
    places = np.array(corners)
    return places, y[places]
