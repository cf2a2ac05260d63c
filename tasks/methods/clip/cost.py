"""What the measured cost of clipping comes to: a limit held against it, and the figures in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def too_much(quality: Mapping[str, Any], limit: float) -> bool:
    """Whether the rules cost more than a share of perplexity; a loss that can't be told does.

    Args:
        quality: what :func:`tasks.methods.clip.quality.compare` gave.
        limit: the largest ``loss`` that is allowed.
    """
    return quality["loss"] is None or quality["loss"] > limit


def in_words(quality: Mapping[str, Any]) -> str:
    """The figures in a sentence's middle.

    >>> in_words({"perplexity_before": 20.0, "perplexity_after": 25.0, "loss": 0.25, "loss_interval": [0.2, 0.3]})
    'perplexity on generated text 20.00 before, 25.00 after: +25.0 % (95 % interval +20.0 to +30.0 %)'
    """
    before, after = (
        "not finite" if quality[f"perplexity_{when}"] is None else f"{quality[f'perplexity_{when}']:,.2f}"
        for when in ("before", "after")
    )
    words = f"perplexity on generated text {before} before, {after} after"
    if quality["loss"] is None:
        return words
    interval = quality["loss_interval"]
    around = f" (95 % interval {100 * interval[0]:+,.1f} to {100 * interval[1]:+,.1f} %)" if interval else ""
    return f"{words}: {100 * quality['loss']:+,.1f} %{around}"
