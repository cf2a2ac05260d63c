"""Book-keeping: each trainable layer's input and output gradient are kept, and tell the per-unit gradients.

Reference: Bu, Wang, Zha and Karypis 2022, "Differentially Private Optimization on Large Model at Small Cost".
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from tasks.methods.dp.rules.layers import Rule, rule_for
from tasks.methods.dp.rules.recorder import Found, Recorder, not_by_rows


class BookKeeping(Recorder):
    """One forward and one backward pass, and no gradient of a large layer written out for each unit.

    Trainable parameters are frozen for the time of the batch, so that the backward pass computes no weight gradient
    that is summed over the batch and thrown away.

    Args:
        model: every trainable parameter belongs to a layer with a rule, see :func:`without_rule`.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self._recording = self._running = False
        place = {id(p): i for i, p in enumerate(self._params)}
        self._handles = []
        for name, module in model.named_modules():
            own = own_trainable(module)
            rule = rule_for(module, frozenset(own)) if own else None
            if rule is not None:
                places = {key: place[id(p)] for key, p in own.items()}
                hook = partial(self._seen, name, rule, places)
                self._handles.append(module.register_forward_hook(hook, with_kwargs=True))

    def _before(self, summed_too: bool) -> None:
        self._found: Found = [[] for _ in self._params]
        self._calls: list[tuple[str, int]] = []
        self._cast: tuple[Tensor, Tensor] | None = None
        self._running = True
        if not summed_too:
            for p in self._params:
                p.requires_grad_(False)

    def _check_rows(self, rows: int) -> None:
        self._cast = None
        for name, seen in self._calls:
            if seen != rows:
                raise not_by_rows(name)

    def _off(self) -> None:
        self._recording = False

    def _on(self, rows_per_unit: int) -> None:
        self._recording, self._rows_per_unit = True, rows_per_unit

    def _collect(self, rows: int, rows_per_unit: int) -> Found:
        return self._found

    def _after(self) -> None:
        self._recording = self._running = False
        self._found = []
        for p in self._params:
            p.requires_grad_(True)
            p.grad = None

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _seen(
        self,
        name: str,
        rule: Rule,
        places: dict[str, int],
        module: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        output: Tensor,
    ) -> None:
        if not self._running or not torch.is_grad_enabled():
            return
        if not output.requires_grad:
            output.requires_grad_()  # nothing below it is trainable
        given = (args[0] if args else next(iter(kwargs.values()))).detach()
        if given.is_floating_point() and given.dtype != output.dtype and torch.is_autocast_enabled(given.device.type):
            given = self._as_cast(given, output.dtype)
        self._calls.append((name, len(output)))
        output.register_hook(partial(self._arrived, rule, places, module, [given]))

    def _as_cast(self, given: Tensor, dtype: torch.dtype) -> Tensor:
        """The input as autocast hands it to the layer; layers that read the same input share one copy."""
        known = self._cast
        if known is None or known[0].data_ptr() != given.data_ptr() or _layout(known[0]) != _layout(given):
            known = self._cast = (given, given.to(dtype))
        return known[1]

    def _arrived(self, rule: Rule, places: dict[str, int], module: nn.Module, kept: list[Tensor], grad: Tensor) -> None:
        if not self._recording:
            return
        given = kept.pop()  # the hook outlives the backward pass, the layer's input need not
        units = len(grad) // self._rows_per_unit
        # An embedding's input is ids: it has no dimension of features.
        features = given.shape[-1:] if given.is_floating_point() else ()
        given = given.reshape(units, -1, *features)
        grad = grad.detach().reshape(units, -1, grad.shape[-1])
        with torch.no_grad():
            for key, contribution in rule(module, frozenset(places), given, grad).items():
                self._found[places[key]].append(contribution)


def without_rule(model: nn.Module) -> tuple[str, nn.Module] | None:
    """The first layer, with its name, that has trainable parameters no rule covers.

    A layer that merely holds a parameter of another one is no obstacle (BERT's head has its decoder's bias); should it
    use the parameter by itself, the check of the first batch finds that.
    """
    covered, others = set(), []
    for name, module in model.named_modules():
        own = own_trainable(module)
        if own and rule_for(module, frozenset(own)) is not None:
            covered |= {id(p) for p in own.values()}
        elif own:
            others.append((name, module, own))
    for name, module, own in others:
        if not {id(p) for p in own.values()} <= covered:
            return name, module
    return None


def own_trainable(module: nn.Module) -> dict[str, nn.Parameter]:
    """A layer's own trainable parameters, without its children's."""
    return {name: p for name, p in module.named_parameters(recurse=False) if p.requires_grad}


def _layout(x: Tensor) -> tuple[torch.Size, tuple[int, ...]]:
    return x.shape, x.stride()
