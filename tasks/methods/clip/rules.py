"""Rules: which weights obey which, and what each did.

Every tensor obeys the first rule, in the order written, whose target, kind and pattern fit it; the other rules don't
touch it. Bounds are constants of the rules, or constant multiples of the deviation of the weights themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Protocol

import torch

from tasks.core.errors import UserError
from tasks.methods.clip import project, spectral
from tasks.methods.clip.histogram import Histogram
from tasks.methods.clip.layout import norm_dims
from tasks.methods.clip.tensors import Weights
from tasks.methods.dp.randomness import KeyedRandomness, Stream


class Bounded(Protocol):
    """A rule that is a projection: doing it again changes nothing. The configuration's rules are such."""

    @property
    def pattern(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def bound(self) -> float | None: ...  # noqa: D102
    @property
    def axis(self) -> int | None: ...  # noqa: D102


class Rule(Bounded, Protocol):
    """What a rule of the clip stage must say beside that."""

    @property
    def target(self) -> str: ...  # noqa: D102
    @property
    def deviations(self) -> float | None: ...  # noqa: D102
    @property
    def scale(self) -> float | None: ...  # noqa: D102
    @property
    def cutoff(self) -> float | None: ...  # noqa: D102


def assign(rules: Sequence[Bounded], weights: Iterable[Weights], where: str = "clip.rules") -> dict[str, int]:
    """Find the rule of each tensor.

    Args:
        rules: in order; the first that fits decides. One without a ``target`` fits every target.
        weights: what there is.
        where: the rules' place in the configuration, for messages.

    Returns:
        name -> the rule's position. Tensors without a rule are left out.

    Raises:
        UserError: a rule fits no tensor, or only tensors that earlier rules took.
    """
    there = list(weights)
    found: dict[str, int] = {}
    for index, rule in enumerate(rules):
        matching = [w.name for w in there if _fits(rule, w)]
        if not matching:
            target = f" of the {rule.target} target" if hasattr(rule, "target") else " that is trained"
            kind = "" if rule.kind == "any" else f" and kind {rule.kind}"
            raise UserError(f"{where}[{index}].pattern: no weight{target} has such a name{kind}")
        free = [name for name in matching if name not in found]
        if not free:
            raise UserError(f"{where}[{index}].pattern: earlier rules take every weight it names; move the rule up")
        found |= dict.fromkeys(free, index)
    return found


def apply_bound(rule: Bounded, weights: Weights) -> torch.Tensor:
    """The weights limited by a rule's ``bound``.

    Raises:
        ValueError: the rule doesn't fit the tensor, or weights aren't finite.
    """
    assert rule.bound is not None
    if rule.method == "truncate":
        return project.truncate(weights.tensor, rule.bound)
    if rule.method == "spectral":
        return spectral.limit(weights.tensor, rule.bound)
    return project.max_norm(weights.tensor, rule.bound, norm_dims(weights.layout, weights.tensor.dim(), rule.axis))


class Clipper:
    """Applies rules to tensors one by one and keeps count.

    Args:
        rules: in order.
        weights: every tensor that there will be, to find each one's rule.
        secret: key of the Gaussian draws, which come from the project's cryptographic generator. Each tensor has a
            stream of its own, by the rule's position and the tensor's name, so draws depend neither on the order of
            tensors nor on the other rules' tensors. Not needed without Gaussian rules.

    Raises:
        UserError: a rule fits no tensor.
    """

    def __init__(self, rules: Sequence[Rule], weights: Iterable[Weights], secret: bytes = b"") -> None:
        self._rules, self._secret = rules, secret
        self._assigned = assign(rules, weights)
        self._layers: list[list[dict[str, Any]]] = [[] for _ in rules]
        self.histograms: list[tuple[str, Histogram]] = []

    @torch.no_grad()
    def apply(self, weights: Weights) -> None:
        """Clip a tensor in place by its rule, if it has one.

        Raises:
            UserError: a weight is not finite, or the rule doesn't fit the tensor.
        """
        tensor = weights.tensor
        if not torch.isfinite(tensor).all():
            raise UserError(
                f"clip: {weights.name} holds weights that aren't finite numbers; training diverged, lower "
                "train.learning_rate"
            )
        index = self._assigned.get(weights.name)
        if index is None:
            return
        rule = self._rules[index]
        try:
            after = self._clipped(index, rule, weights)
        except ValueError as exc:
            raise UserError(f"clip.rules[{index}]: {rule.method} doesn't fit {weights.name}: {exc}") from None
        lipschitz = {}
        if rule.method == "spectral":
            lipschitz = {
                "lipschitz_before": spectral.largest_singular_value(tensor),
                "lipschitz_after": spectral.largest_singular_value(after),
            }
        self._layers[index].append(
            {
                "name": weights.name,
                "kind": weights.kind,
                "weights": tensor.numel(),
                "changed": int((after != tensor).sum()),
                "largest_before": _largest(tensor),
                "largest_after": _largest(after),
                **lipschitz,
            }
        )
        self.histograms.append((weights.name, Histogram.of(tensor, after)))
        tensor.copy_(after)

    def report(self) -> list[dict[str, Any]]:
        """What each rule did: its terms, and by layer the weights in all, those changed, the largest before, after."""
        return [
            {
                "rule": index,
                **terms(rule),
                "weights": sum(layer["weights"] for layer in layers),
                "changed": sum(layer["changed"] for layer in layers),
                "layers": layers,
            }
            for index, (rule, layers) in enumerate(zip(self._rules, self._layers, strict=True))
        ]

    def _clipped(self, index: int, rule: Rule, weights: Weights) -> torch.Tensor:
        if rule.bound is not None:
            return apply_bound(rule, weights)
        if rule.deviations is not None:
            return project.truncate_deviations(weights.tensor, rule.deviations)
        draw: Callable[[torch.Tensor, float, Stream], torch.Tensor]
        draw, constant = (project.perturb, rule.scale) if rule.scale is not None else (project.redraw, rule.cutoff)
        assert constant is not None
        return draw(weights.tensor, constant, self._stream(f"{index}/{weights.target}/{weights.name}"))

    def _stream(self, label: str) -> Stream:
        if not self._secret:
            raise RuntimeError("Gaussian rules need a secret to key their draws")
        return KeyedRandomness(self._secret, "clip", b"").stream(label)


def terms(rule: Bounded) -> dict[str, Any]:
    """A rule as plain JSON, without what it leaves open."""
    names = ("pattern", "target", "kind", "method", "bound", "deviations", "axis", "scale", "cutoff")
    return {name: value for name in names if (value := getattr(rule, name, None)) not in (None, "any")}


def _fits(rule: Bounded, weights: Weights) -> bool:
    return (
        getattr(rule, "target", weights.target) == weights.target
        and rule.kind in ("any", weights.kind)
        and fnmatchcase(weights.name, rule.pattern)
    )


def _largest(weights: torch.Tensor) -> float:
    return float(weights.abs().max()) if weights.numel() else 0.0
