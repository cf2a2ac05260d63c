"""What a card may say about a model's privacy, read from train's own account of it.

A model that was trained without differential privacy gets "no formal guarantee" and never an ε, whatever else was done
to it: masking and clipping have no ε of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NO_GUARANTEE = "no formal guarantee"

OUTSIDE = (
    "held-out perplexity before and after training, with its intervals",
    "the number of training records, which the sampling rate and δ are set from unless the configuration states it",
)
"""Figures that train and export compute from real rows, by name."""

_MECHANISM = (
    ("noise_multiplier", "Noise multiplier σ"),
    ("max_grad_norm", "Clipping norm C"),
    ("sampling_rate", "Sampling rate q (Poisson)"),
    ("steps", "Noisy steps T"),
)

MISSING = (
    "No attack on the model has measured what it gives away; ε bounds that, it doesn't show it.",
    "This folder isn't signed: a changed file doesn't show.",
)
"""What the guarantee of this version lacks, said in every card."""


@dataclass(frozen=True)
class Privacy:
    """A training run's differential privacy, or its absence.

    Attributes:
        private: whether the weights come out of a differentially private mechanism.
        epsilon, delta: the guarantee: of the training and of the means in its table together.
        unit: whose data it covers, in words.
        relation: which data sets count as neighbours, in words.
        mechanism: figures of the mechanism by name, in the order they are shown.
        accountant: who computed ε from them.
        generator: where the noise came from; empty where the run doesn't say.
        missing: what the guarantee lacks, in sentences.
        ledger: the entry under which the privacy ledger was charged, in words; empty where the run doesn't say.
        parts: what the guarantee is the sum of, by name, where it isn't the training's alone.
        outside: figures computed from real rows, by name.
    """

    private: bool
    epsilon: float = 0.0
    delta: float = 0.0
    unit: str = ""
    relation: str = ""
    mechanism: tuple[tuple[str, str], ...] = ()
    accountant: str = ""
    generator: str = ""
    missing: tuple[str, ...] = ()
    ledger: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    outside: tuple[str, ...] = OUTSIDE


@dataclass(frozen=True)
class Evaluation:
    """Perplexity on held-out masked records, outside the guarantee.

    Attributes:
        before, after: of the base model and of the trained one, each (value, low, high) with a 95 % interval.
        too_small: whether the run doesn't show that the model learnt.
    """

    before: tuple[float, float, float]
    after: tuple[float, float, float]
    too_small: bool


def read_privacy(training: Mapping[str, Any], entry: str = "", dataset: str = "") -> Privacy:
    """Read train's account of itself, ``training.json``.

    A guarantee is stated only where the whole of it is there: ε, δ, σ, C, q, T as finite figures above zero, unit,
    neighbouring relation and accountant in words. Anything less reads as none; a card can't be better than its run.

    Formal guarantees:
        Where masking filled columns with private means, the weights depend on people through these and through the
        training. ε and δ are then the sums of both (Dwork and Roth 2014, Theorem 3.16): perhaps more than both come to
        together, never less.

    Args:
        training: ``epsilon``, ``delta``, ``unit``, ``relation``, ``accountant`` and ``mechanism`` with
            ``noise_multiplier``, ``max_grad_norm``, ``sampling_rate`` and ``steps``; ``private: false`` and ``missing``
            (sentences) where they apply; ``means`` with ``epsilon``, ``delta`` and ``ledger_entry`` of each mean that
            stands in the table.
        entry: id of the ledger's entry.
        dataset: the data set that was charged.
    """
    mechanism = training.get("mechanism") or {}
    figures = [training.get("epsilon"), training.get("delta"), *(mechanism.get(key) for key, _ in _MECHANISM)]
    words = [training.get(key) for key in ("unit", "relation", "accountant")]
    complete = all(_is_figure(figure) for figure in figures) and all(isinstance(w, str) and w for w in words)
    if training.get("private") is False or not complete:
        return Privacy(private=False)
    means = training.get("means") or []
    return Privacy(
        private=True,
        epsilon=math.fsum([training["epsilon"], *(mean["epsilon"] for mean in means)]),
        delta=math.fsum([training["delta"], *(mean["delta"] for mean in means)]),
        parts=_parts(training, means),
        unit=training["unit"],
        relation=training["relation"],
        mechanism=tuple((label, f"{mechanism[key]:.6g}") for key, label in _MECHANISM),
        accountant=training["accountant"],
        generator=str(training.get("noise_generator") or ""),
        missing=tuple(training.get("missing") or MISSING),
        ledger=f"entry {entry} of data set {dataset}, charged before the first noisy step" if entry else "",
    )


def _parts(training: Mapping[str, Any], means: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    if not means:
        return ()
    shown = [
        f"ε = {mean['epsilon']:.6g}, δ = {mean['delta']:.6g}, ledger entry {mean['ledger_entry']}" for mean in means
    ]
    return (
        ("of which the training", f"ε = {training['epsilon']:.6g}, δ = {training['delta']:.6g}"),
        *(("of which the mean of a column, in each of its cells", one) for one in shown),
    )


def read_evaluation(evaluation: Mapping[str, Any]) -> Evaluation | None:
    """Read train's ``evaluation.json``.

    Args:
        evaluation: ``base`` and ``trained`` with ``perplexity``, ``low`` and ``high``; ``too_small_to_learn``.

    Returns:
        ``None`` where a figure is missing.
    """
    found: list[tuple[float, float, float]] = []
    for model in ("base", "trained"):
        figures: list[Any] = [(evaluation.get(model) or {}).get(key) for key in ("perplexity", "low", "high")]
        if not all(_is_figure(figure) for figure in figures):
            return None
        found.append((float(figures[0]), float(figures[1]), float(figures[2])))
    return Evaluation(found[0], found[1], evaluation.get("too_small_to_learn") is not False)


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
