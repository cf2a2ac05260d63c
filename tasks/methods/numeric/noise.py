"""What a guarantee costs, and the integer noise that it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Self

from tasks.core.errors import UserError
from tasks.methods.numeric.grid import Number, exact
from tasks.methods.numeric.samplers import discrete_gaussian, discrete_laplace
from tasks.methods.numeric.stream import KeyStream
from tasks.methods.numeric.zcdp import epsilon_of, rho_of, up

Kind = Literal["laplace", "gaussian"]


@dataclass(frozen=True)
class Guarantee:
    """What one release may tell about a unit. Made by :meth:`wanted`, or by the one it stands for.

    Attributes:
        kind: the noise that gives it, discrete ``laplace`` or ``gaussian``.
        epsilon: ε of Laplace noise; 0 for Gaussian noise, whose ε depends on δ.
        rho: ρ of zero-concentrated differential privacy, which adds up. For Laplace noise ε²/2 (Bun and Steinke 2016,
            Proposition 1.4).
        delta: the δ at which Gaussian noise is shown as (ε, δ); 0 for Laplace noise.
    """

    kind: Kind
    epsilon: Fraction
    rho: Fraction
    delta: Fraction

    @classmethod
    def pure(cls, epsilon: Number) -> Self:
        """ε-differential privacy, by discrete Laplace noise.

        Raises:
            UserError: where ε is not above 0.
        """
        value = _positive(epsilon, "epsilon")
        return cls("laplace", value, value**2 / 2, Fraction(0))

    @classmethod
    def concentrated(cls, rho: Number, delta: Number) -> Self:
        """ρ-zCDP, by discrete Gaussian noise; ``delta`` is the one that reports convert it with."""
        return cls("gaussian", Fraction(0), _positive(rho, "rho"), _delta(delta))

    @classmethod
    def approximate(cls, epsilon: Number, delta: Number) -> Self:
        """(ε, δ)-differential privacy, by discrete Gaussian noise."""
        chance = _delta(delta)
        return cls("gaussian", Fraction(0), rho_of(_positive(epsilon, "epsilon"), chance), chance)

    @classmethod
    def wanted(cls, epsilon: Number | None = None, delta: Number | None = None, rho: Number | None = None) -> Guarantee:
        """The guarantee that a line of a policy or a schema asks for: ε alone, ε and δ, or ρ and δ.

        Raises:
            UserError: for any other choice.
        """
        if epsilon is not None and rho is None:
            return cls.pure(epsilon) if delta is None else cls.approximate(epsilon, delta)
        if rho is not None and epsilon is None and delta is not None:
            return cls.concentrated(rho, delta)
        raise UserError("noise needs epsilon (Laplace), epsilon and delta, or rho and delta (Gaussian)")

    def share(self, part: Fraction) -> Guarantee:
        """A guarantee that costs ``part`` of this one: of its ε, or of its ρ under Gaussian noise."""
        if self.kind == "laplace":
            return Guarantee.pure(self.epsilon * part)
        return Guarantee("gaussian", Fraction(0), self.rho * part, self.delta)

    def cost(self) -> float:
        """ε at this guarantee's own δ, rounded up."""
        return up(self.epsilon) if self.kind == "laplace" else epsilon_of(self.rho, self.delta)

    def noise(self, sensitivity: int, squared: int | None = None) -> Noise:
        """The noise that hides a change of ``sensitivity``, in grid steps.

        Args:
            sensitivity: L1 distance of the results on neighbouring inputs, at most.
            squared: square of their L2 distance, at most; for one figure the square of ``sensitivity``.

        Formal guarantees:
            Discrete Laplace noise of scale sensitivity/ε on each coordinate of an integer vector is ε-DP (Ghosh,
            Roughgarden and Sundararajan 2012). Discrete Gaussian noise with parameter squared/(2ρ) is ρ-zCDP
            (Canonne, Kamath and Steinke 2020). Both hold exactly: the samplers draw from these distributions, not
            from approximations.
        """
        if self.kind == "laplace":
            return Noise("laplace", sensitivity / self.epsilon, _below(float(1 / self.epsilon)))
        square = Fraction(sensitivity**2 if squared is None else squared)
        return Noise("gaussian", square / (2 * self.rho), _below(math.sqrt(1 / (2 * self.rho))))


@dataclass(frozen=True)
class Noise:
    """A distribution of integer noise, in grid steps.

    Attributes:
        kind: ``laplace`` or ``gaussian``.
        parameter: the scale of a Laplace distribution, σ² of a Gaussian one.
        multiplier: scale or σ in units of the sensitivity, as accountants want it; rounded down,
            so that what they make of it is never too little.
    """

    kind: Kind
    parameter: Fraction
    multiplier: float

    def draw(self, stream: KeyStream) -> int:
        """One figure of noise."""
        sample = discrete_laplace if self.kind == "laplace" else discrete_gaussian
        return sample(stream, self.parameter)

    @property
    def deviation(self) -> float:
        """Standard deviation in grid steps: exact for Laplace noise; at most, and mostly just, this for Gaussian."""
        if self.kind == "gaussian":
            return math.sqrt(self.parameter)
        half = 1 / (2 * float(self.parameter))
        return 1 / (math.sqrt(2) * math.sinh(half)) if half < 700 else 0.0

    def beyond(self, chance: float) -> int:
        """Steps that the noise exceeds, in either direction, with at most this chance.

        Laplace: P(|Z| > m) = 2·exp(-(m+1)/b) / (1+exp(-1/b)). Gaussian: the continuous tail at m stands above the
        discrete one beyond m (Canonne, Kamath and Steinke 2020, on its tails), and is at most exp(-m²/2σ²).
        """
        if self.kind == "laplace":
            scale = float(self.parameter)
            return max(0, math.ceil(scale * math.log(2 / (chance * (1 + math.exp(-1 / scale)))) - 1))
        return math.ceil(math.sqrt(2 * self.parameter * math.log(1 / chance)))

    def event(self) -> dict[str, Any]:
        """The mechanism for the ledger, plain JSON."""
        return {"kind": self.kind, "noise_multiplier": self.multiplier}


def _positive(value: Number, name: str) -> Fraction:
    number = exact(value, name)
    if number <= 0:
        raise UserError(f"{name} must be above 0")
    return number


def _delta(value: Number) -> Fraction:
    number = exact(value, "delta")
    if not 0 < number < 1:
        raise UserError("delta must lie between 0 and 1, and well below one in the number of people")
    return number


def _below(value: float) -> float:
    """A float a little lower, whatever rounding did before."""
    return value * (1 - 1e-12)
