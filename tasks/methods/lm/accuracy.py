"""Accuracy on held-out rows, with an interval."""

from __future__ import annotations

import numpy as np

from tasks.methods.evaluate.intervals import wilson
from tasks.methods.lm.perplexity import Interval


def accuracy(correct: np.ndarray) -> Interval | None:
    """Share of rows that are right, with Wilson's 95 % interval.

    Args:
        correct: bool [rows].

    Returns:
        ``None`` without any row.
    """
    if not len(correct):
        return None
    return Interval(float(np.mean(correct)), *wilson(int(np.sum(correct)), len(correct)))
