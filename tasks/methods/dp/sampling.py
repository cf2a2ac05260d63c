"""Who is in a step's batch: Poisson sampling of units, and what that tells the accountant.

A unit is a record, or a person where privacy is counted for persons. Only Poisson sampling is offered: a shuffled or
fixed-size batch isn't amplified as the accountant assumes (Chua et al. 2024, "How Private are DP-SGD Implementations?";
Annamalai et al. 2024, arXiv 2411.10614, measure up to four times the claimed leakage).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tasks.core.errors import UserError
from tasks.methods.dp.accounting import Mechanism

if TYPE_CHECKING:
    from tasks.methods.dp.randomness import Stream

_CHUNK = 1 << 20


@dataclass(frozen=True)
class PoissonSampler:
    """Every unit is in a step's batch with chance ``rate``, by its own coin. Batches may be empty.

    Attributes:
        population: units that there are.
        rate: q, above 0 and at most 1.
        truncate: at most so many units a batch (truncated Poisson, Chua et al. 2024, arXiv 2411.04205): of a larger
            one, a uniformly random subset is kept. ``None``: no limit.
        declared: the public number that ``population`` never exceeds, for the truncation's price; ``None``:
            ``population``, which is then treated as public.

    Formal guarantees:
        With independent uniform coins, each batch is a Poisson sample of the units at ``rate``, rounded up to a
        multiple of 2^-53, or that sample truncated; batches drawn from independent streams are independent.

    Raises:
        UserError: there is no such sampler.
    """

    population: int
    rate: float
    truncate: int | None = None
    declared: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise UserError("train.expected_batch must be above 0 and at most the population.")
        if self.truncate is not None:
            if self.truncate < 1:
                raise UserError("train: a truncated batch needs room for at least 1 unit.")
            if self.declared is not None and self.population > self.declared:
                raise UserError(
                    "train.population is smaller than the number of training units; truncated batches need a declared "
                    "population that is not exceeded."
                )

    def draw(self, stream: Stream) -> np.ndarray:
        """One step's batch.

        Args:
            stream: the step's own coins, from their start: one a unit; where the batch is cut, one more a unit drawn.

        Returns:
            sorted indices of the units drawn, int64.
        """
        drawn = [np.empty(0, dtype=np.int64)]
        for start in range(0, self.population, _CHUNK):
            coins = stream.uniforms(min(_CHUNK, self.population - start))
            drawn.append(np.flatnonzero(coins < self.rate) + start)
        batch = np.concatenate(drawn)
        if self.truncate is not None and len(batch) > self.truncate:
            order = np.argsort(stream.uniforms(len(batch)), kind="stable")
            batch = np.sort(batch[order[: self.truncate]])
        return batch

    def mechanism(self, noise_multiplier: float, steps: int) -> Mechanism:
        """What ``steps`` noisy sums over this sampler's batches are, for the accountant."""
        if self.truncate is None:
            return Mechanism(noise_multiplier, self.rate, steps)
        population = self.population if self.declared is None else self.declared
        return Mechanism(noise_multiplier, self.rate, steps, self.truncate, population)
