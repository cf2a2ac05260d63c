"""What a charge is made of: mechanisms by their parameters, as the ledger keeps them.

Sensitivities are one: noise is given as a multiple of what one unit can change. All parameters are fixed before the
mechanism runs, and none is computed from private data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from tasks.core.errors import UserError


@dataclass(frozen=True)
class SampledGaussian:
    """Steps of the Gaussian mechanism on Poisson samples: DP-SGD.

    Attributes:
        noise_multiplier: σ, the noise's standard deviation in units of the clipping norm.
        sample_rate: q, the chance of each unit to be in a step's batch, independent of all others.
        steps: T.
        batch_cap: at most so many units in a batch (truncated Poisson); ``None``: no limit.
        population: with ``batch_cap``, the public number of units that is never exceeded.
    """

    type: ClassVar[str] = "poisson_sampled_gaussian"

    noise_multiplier: float
    sample_rate: float
    steps: int
    batch_cap: int | None = None
    population: int | None = None

    def __post_init__(self) -> None:
        _positive("noise_multiplier", self.noise_multiplier)
        _count("steps", self.steps)
        if not (isinstance(self.sample_rate, int | float) and 0 < self.sample_rate <= 1):
            raise UserError("sample_rate: must lie above 0 and at most at 1")
        if (self.batch_cap is None) != (self.population is None):
            raise UserError("batch_cap and population: go together")
        if self.batch_cap is not None and self.population is not None:
            _count("batch_cap", self.batch_cap)
            _count("population", self.population)


@dataclass(frozen=True)
class Gaussian:
    """The Gaussian mechanism on all units, ``count`` times.

    Attributes:
        noise_multiplier: σ in units of the L2 sensitivity.
    """

    type: ClassVar[str] = "gaussian"

    noise_multiplier: float
    count: int = 1

    def __post_init__(self) -> None:
        _positive("noise_multiplier", self.noise_multiplier)
        _count("count", self.count)


@dataclass(frozen=True)
class Laplace:
    """The Laplace mechanism, ``count`` times.

    Attributes:
        noise_multiplier: the scale b in units of the L1 sensitivity; each use is (1/b, 0)-private.
    """

    type: ClassVar[str] = "laplace"

    noise_multiplier: float
    count: int = 1

    def __post_init__(self) -> None:
        _positive("noise_multiplier", self.noise_multiplier)
        _count("count", self.count)


@dataclass(frozen=True)
class Pure:
    """Any (ε, 0)-private mechanism, ``count`` times: the exponential mechanism, report-noisy-max, randomized response.

    Attributes:
        epsilon: ε of each use.
    """

    type: ClassVar[str] = "pure"

    epsilon: float
    count: int = 1

    def __post_init__(self) -> None:
        _positive("epsilon", self.epsilon)
        _count("count", self.count)


@dataclass(frozen=True)
class Concentrated:
    """Any ρ-zero-concentrated mechanism: discrete Gaussian noise, whatever was composed of it.

    Attributes:
        rho: ρ (Bun and Steinke 2016, "Concentrated Differential Privacy", Definition 1.1).
    """

    type: ClassVar[str] = "zcdp"

    rho: float

    def __post_init__(self) -> None:
        _positive("rho", self.rho)


Event = SampledGaussian | Gaussian | Laplace | Pure | Concentrated
"""One mechanism with its parameters."""

_KINDS: dict[str, type[Event]] = {kind.type: kind for kind in (SampledGaussian, Gaussian, Laplace, Pure, Concentrated)}


def to_json(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Plain JSON; parameters that are ``None`` are left out."""
    return [
        {"type": event.type, **{name: value for name, value in asdict(event).items() if value is not None}}
        for event in events
    ]


def from_json(plain: Iterable[dict[str, Any]]) -> tuple[Event, ...]:
    """The inverse of :func:`to_json`.

    Raises:
        UserError: for a kind or a parameter that isn't one.

    >>> from_json(to_json([Gaussian(2.0)]))
    (Gaussian(noise_multiplier=2.0, count=1),)
    """
    found: list[Event] = []
    for one in plain:
        fields = dict(one)
        kind = _KINDS.get(str(fields.pop("type", "")))
        if kind is None:
            raise UserError(f"mechanism: type must be one of {', '.join(_KINDS)}")
        try:
            found.append(kind(**fields))
        except TypeError:
            raise UserError(f"mechanism {kind.type}: has a parameter missing or too many") from None
    return tuple(found)


def _positive(name: str, value: Any) -> None:
    if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
        raise UserError(f"{name}: must be a finite number above 0")


def _count(name: str, value: Any) -> None:
    if not (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        raise UserError(f"{name}: must be a whole number of at least 1")
