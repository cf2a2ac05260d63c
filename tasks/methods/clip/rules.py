"""Rules: which projection which weight tensor gets, and what it did.

Every tensor obeys the first rule, in the order written, whose target and pattern fit its name; the other rules don't
touch it. Bounds are constants of the rules: no function here computes one from the weights.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Protocol

import torch

from tasks.core.errors import UserError
from tasks.methods.clip import project
from tasks.methods.clip.layout import Kind, norm_dims


class Rule(Protocol):
    """What a rule must say; the configuration's rules do."""

    @property
    def pattern(self) -> str: ...  # noqa: D102
    @property
    def target(self) -> str: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def bound(self) -> float | None: ...  # noqa: D102
    @property
    def axis(self) -> int | None: ...  # noqa: D102
    @property
    def scale(self) -> float | None: ...  # noqa: D102
    @property
    def cutoff(self) -> float | None: ...  # noqa: D102


def assign(rules: Sequence[Rule], names: dict[str, Iterable[str]]) -> dict[tuple[str, str], int]:
    """Find the rule of each tensor.

    Args:
        rules: in order; the first that fits decides.
        names: target (``adapter``, ``merged``) -> names of its tensors.

    Returns:
        (target, name) -> the rule's position. Tensors without a rule are left out.

    Raises:
        UserError: a rule fits no tensor, or only tensors that earlier rules took.
    """
    found: dict[tuple[str, str], int] = {}
    for index, rule in enumerate(rules):
        matching = [name for name in names[rule.target] if fnmatchcase(name, rule.pattern)]
        if not matching:
            raise UserError(f"clip.rules[{index}].pattern: no weight of the {rule.target} target has such a name")
        free = [name for name in matching if (rule.target, name) not in found]
        if not free:
            raise UserError(f"clip.rules[{index}].pattern: earlier rules take every weight it names; move the rule up")
        found |= {(rule.target, name): index for name in free}
    return found


class Clipper:
    """Applies rules to tensors one by one and keeps count.

    Args:
        rules: in order.
        assigned: the outcome of :func:`assign`.
        secret: key of the Gaussian draws. Each tensor's generator is seeded by an HMAC of the rule's position and the
            tensor's name under it, so draws depend neither on the order of tensors nor on the other rules' tensors.
            Not needed without Gaussian rules.
    """

    def __init__(self, rules: Sequence[Rule], assigned: dict[tuple[str, str], int], secret: bytes = b"") -> None:
        self._rules, self._assigned, self._secret = rules, assigned, secret
        self._layers: list[list[dict[str, Any]]] = [[] for _ in rules]

    @torch.no_grad()
    def apply(self, target: str, name: str, weights: torch.Tensor, kind: Kind) -> None:
        """Clip ``weights`` in place by its rule, if it has one.

        Raises:
            UserError: a weight is not finite, or the rule's axis doesn't exist in the tensor.
        """
        if not torch.isfinite(weights).all():
            raise UserError(
                f"clip: {name} holds weights that aren't finite numbers; training diverged, lower train.learning_rate"
            )
        index = self._assigned.get((target, name))
        if index is None:
            return
        after = self._project(index, target, name, weights, kind)
        self._layers[index].append(
            {
                "name": name,
                "weights": weights.numel(),
                "changed": int((after != weights).sum()),
                "largest_before": _largest(weights),
                "largest_after": _largest(after),
            }
        )
        weights.copy_(after)

    def report(self) -> list[dict[str, Any]]:
        """What each rule did: its terms, and by layer the weights in all, those changed, the largest before, after."""
        return [
            {
                "rule": index,
                **_terms(rule),
                "weights": sum(layer["weights"] for layer in layers),
                "changed": sum(layer["changed"] for layer in layers),
                "layers": layers,
            }
            for index, (rule, layers) in enumerate(zip(self._rules, self._layers, strict=True))
        ]

    def _project(self, index: int, target: str, name: str, weights: torch.Tensor, kind: Kind) -> torch.Tensor:
        rule = self._rules[index]
        if rule.bound is not None:
            if rule.method == "truncate":
                return project.truncate(weights, rule.bound)
            try:
                dims = norm_dims(kind, weights.dim(), rule.axis)
            except ValueError as exc:
                raise UserError(f"clip.rules[{index}]: max_norm doesn't fit {name}: {exc}") from None
            return project.max_norm(weights, rule.bound, dims)
        generator = self._generator(f"{index}/{target}/{name}")
        if rule.scale is not None:
            return project.perturb(weights, rule.scale, generator)
        assert rule.cutoff is not None
        return project.redraw(weights, rule.cutoff, generator)

    def _generator(self, label: str) -> torch.Generator:
        if not self._secret:
            raise ValueError("Gaussian rules need a secret to seed their draws")
        seed = hmac.new(self._secret, b"clip/" + label.encode(), hashlib.sha256).digest()[:8]
        return torch.Generator().manual_seed(int.from_bytes(seed, "big") >> 1)


def _terms(rule: Rule) -> dict[str, Any]:
    terms = {name: getattr(rule, name) for name in ("pattern", "target", "method", "bound", "axis", "scale", "cutoff")}
    return {name: value for name, value in terms.items() if value is not None}


def _largest(weights: torch.Tensor) -> float:
    return float(weights.abs().max()) if weights.numel() else 0.0
