"""Trainers with one fault each, made from parts of the real one. An audit must catch them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np

from tasks.methods.dp import training
from tasks.methods.dp.engine import GradientEngine
from tasks.methods.dp.randomness import Stream
from tasks.methods.dp.sampling import PoissonSampler
from tasks.methods.dp.step import LogicalStep


class HalfNoise(LogicalStep):
    """Adds half the noise that was accounted for."""

    def __init__(self, *args: Any, noise_multiplier: float, **more: Any) -> None:
        super().__init__(*args, noise_multiplier=noise_multiplier / 2, **more)


class NoClipping(GradientEngine):
    """Adds gradients up as they are; the noise is still made for C."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._bound = math.inf


@dataclass(frozen=True)
class ShuffledOnce(PoissonSampler):
    """Shuffles once and passes the same batches in the same order in every epoch, but says that it samples."""

    _batches: list[np.ndarray] = field(default_factory=list)
    _drawn: list[int] = field(default_factory=lambda: [0])

    def draw(self, stream: Stream) -> np.ndarray:
        if not self._batches:
            order = np.argsort(stream.uniforms(self.population))
            self._batches.extend(np.sort(part) for part in np.array_split(order, round(1 / self.rate)))
        step = self._drawn[0]
        self._drawn[0] += 1
        return self._batches[step % len(self._batches)]


@dataclass(frozen=True)
class CountedTwice(PoissonSampler):
    """Puts every unit that was drawn into the batch twice."""

    def draw(self, stream: Stream) -> np.ndarray:
        return np.repeat(super().draw(stream), 2)


@contextmanager
def half_noise() -> Iterator[None]:
    with patch.object(training, "LogicalStep", HalfNoise):
        yield


@contextmanager
def no_clipping() -> Iterator[None]:
    with patch.object(training, "GradientEngine", NoClipping):
        yield
