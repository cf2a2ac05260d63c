"""A white-box audit of our own trainer: canaries that each push one coordinate, and an attacker who sees every step.

Each of m canaries is in the training set or out of it by a fair secret coin. Its gradient lies along a coordinate of
its own and is longer than the clipping norm C, so that clipping makes it exactly C (a Dirac canary: Nasr et al. 2023,
"Tight Auditing of Differentially Private Machine Learning", USENIX Security, section 5; Steinke, Nasr & Jagielski 2023,
arXiv 2305.08846). The attacker sees the noisy sum of every step, which is all that the claim covers. On the
canary's coordinate it is the mechanism itself, C times whether it was drawn plus noise σC, so the attack can be as good
as the claim allows and no better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr
from torch import nn

from tasks.methods.dp import training
from tasks.methods.dp.accounting import Mechanism
from tasks.methods.dp.privacy_loss import loss
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.sampling import PoissonSampler
from tasks.methods.dp.units import Units

GRADIENT = 2.0
"""Length of a canary's gradient before it is clipped to 1."""
_PHYSICAL_BATCH = 512


class Statistic(Protocol):
    """What an attacker makes of the noisy sums."""

    def see(self, step: int, sums: np.ndarray) -> None:
        """Take up a step's noisy sum in units of C, float64 [canaries]."""

    def scores(self) -> np.ndarray:
        """One score a canary, higher for what looks trained on, float64 [canaries].

        A canary's score is a function of its own coordinate.
        """


class Total:
    """The sum of all steps, with the threshold in the middle between in and out whatever the noise.

    So it gains by every noise that is missing. Where a step's noise is well above C, it is nearly the likelihood ratio.

    Args:
        mechanism: what the trainer should be.
        canaries: m.

    Attributes:
        threshold: half the steps that a canary is drawn in on average; fixed before any score is seen.
    """

    def __init__(self, mechanism: Mechanism, canaries: int) -> None:
        self.threshold = mechanism.sample_rate * mechanism.steps / 2
        self._sums = np.zeros(canaries)

    def see(self, step: int, sums: np.ndarray) -> None:
        """See :class:`Statistic`."""
        self._sums += sums

    def scores(self) -> np.ndarray:
        """See :class:`Statistic`."""
        return self._sums


class LikelihoodRatio:
    """The log of how much more probable the sums are with the canary than without it.

    The attack for little noise a step, where single sums give away a draw. It knows how much noise there should be:
    less of it moves the scores of all canaries down, so a trainer that adds too little may look better than it is; for
    that there is :class:`Total`.

    Formal guarantees:
        Against a trainer that is ``mechanism``, no guess of a canary's coin is right more often than by the sign of its
        score (Neyman & Pearson 1933), right with (1 + TV)/2, TV being the mechanism's δ at ε = 0.

    Args:
        mechanism: what the trainer should be.
        canaries: m.

    Attributes:
        threshold: 0, fixed before any score is seen.
    """

    threshold = 0.0

    def __init__(self, mechanism: Mechanism, canaries: int) -> None:
        self._mechanism = mechanism
        self._scores = np.zeros(canaries)

    def see(self, step: int, sums: np.ndarray) -> None:
        """See :class:`Statistic`."""
        self._scores += loss(sums, self._mechanism.noise_multiplier, self._mechanism.sample_rate)

    def scores(self) -> np.ndarray:
        """See :class:`Statistic`."""
        return self._scores


class PhaseMaximum:
    """The largest sum over steps k, k + B, k + 2B, ...: what shuffling once and a fixed order of B batches give away.

    Annamalai, Balle, De Cristofaro & Hayes 2024, "To Shuffle or not to Shuffle: Auditing DP-SGD with Shuffling", arXiv
    2411.10614. With Poisson sampling no phase is special, and the statistic tells little.

    Args:
        mechanism: what the trainer should be; its steps are whole epochs.
        canaries: m.
        phases: B, the batches of an epoch.

    Attributes:
        threshold: in standard deviations of the noise in a sum; it calls best, were the order fixed. Computed from
            public numbers alone.
    """

    def __init__(self, mechanism: Mechanism, canaries: int, phases: int) -> None:
        if mechanism.steps % phases:
            raise ValueError("the steps must be whole epochs")
        self._uses = mechanism.steps // phases
        self._phases = phases
        self._sigma = mechanism.noise_multiplier
        self._sums = np.zeros((phases, canaries))
        self.threshold = self._best()

    def see(self, step: int, sums: np.ndarray) -> None:
        """See :class:`Statistic`."""
        self._sums[step % self._phases] += sums

    def scores(self) -> np.ndarray:
        """See :class:`Statistic`."""
        return np.asarray(self._sums.max(axis=0)) / (self._sigma * math.sqrt(self._uses))

    def rates(self, threshold: float) -> tuple[float, float]:
        """True and false positives, were the order fixed and the noise as claimed."""
        shift = math.sqrt(self._uses) / self._sigma
        others = (self._phases - 1) * float(log_ndtr(threshold))
        inside = others + float(log_ndtr(threshold - shift))
        return -math.expm1(inside), -math.expm1(others + float(log_ndtr(threshold)))

    def _best(self) -> float:
        def misses(threshold: float) -> float:
            true_rate, false_rate = self.rates(threshold)
            return false_rate - true_rate

        return float(minimize_scalar(misses, bounds=(-1, 9), method="bounded").x)


def play(
    coins: np.ndarray,
    mechanism: Mechanism,
    randomness: KeyedRandomness,
    *statistics: Statistic,
    sampler: Callable[[int, float], PoissonSampler] = PoissonSampler,
    gradient: float = GRADIENT,
) -> None:
    """Train on the canaries that are in with :func:`tasks.methods.dp.training.train`; the statistics see every step.

    Formal guarantees:
        With the trainer's own sampling and noise, what is seen on a canary's coordinate hangs on that canary's coin, on
        its own sampling coins and on its own noise. Given the coins, the canaries' scores are independent, which is
        what :mod:`tasks.methods.attack.trade_off` asks for.

    Args:
        coins: whether each canary is in, fair and independent, bool [canaries].
        mechanism: what the trainer is accounted as, without truncated batches.
        randomness: the trainer's sampling and noise.
        statistics: the attacks.
        sampler: makes the sampler of so many units at a rate.
        gradient: length of a canary's gradient before clipping to 1.
    """
    present = np.flatnonzero(coins)
    model = nn.Embedding(len(coins), 1, _weight=torch.zeros(len(coins), 1))
    seen = 0

    def losses(rows: torch.Tensor) -> torch.Tensor:
        # Linear, so the gradient doesn't hang on the weights.
        return gradient * model(rows)[:, 0]

    def look() -> None:
        nonlocal seen
        with torch.no_grad():
            # A step size and a divisor of 1 from zero: minus the weights is the step's noisy sum.
            sums = -model.weight[:, 0].double().numpy()
            model.weight.zero_()
        for statistic in statistics:
            statistic.see(seen, sums)
        seen += 1

    recipe = training.Recipe(
        max_grad_norm=1.0, expected_batch=1, learning_rate=1.0, physical_batch=_PHYSICAL_BATCH,
        optimizer="sgd", momentum=0.0, schedule="constant",
    )  # fmt: skip
    training.train(
        model, Units(_Coordinates(present)), losses, sampler(len(present), mechanism.sample_rate), mechanism, recipe,
        randomness, torch.device("cpu"), project=look,
    )  # fmt: skip


@dataclass(frozen=True)
class _Coordinates:
    """A table whose rows are the numbers of the canaries that are in, int64 [rows]."""

    present: np.ndarray

    def __len__(self) -> int:
        return len(self.present)

    def batches(self, rows: np.ndarray, size: int, draw: int = 0) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
        """See :class:`tasks.methods.dp.units.Table`."""
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            yield chosen, torch.from_numpy(self.present[chosen])
