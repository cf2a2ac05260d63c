"""Models that have no per-example gradients, and the sentence that says why."""

from __future__ import annotations

from opacus.validators import ModuleValidator
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tasks.core.errors import UserError


def check_layers(model: nn.Module) -> None:
    """Refuse a model with layers through which one example changes another's gradient.

    Frozen batch norm is refused too: in training mode it mixes examples, and it keeps their statistics in any case.

    Raises:
        UserError: nothing is trainable, or there is such a layer.
    """
    if not any(p.requires_grad for p in model.parameters()):
        raise UserError("train: the model has no trainable parameter.")
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm):
            raise UserError(
                f"train: {name} is batch norm, which mixes the examples of a batch; replace it by group or layer norm."
            )
        if getattr(module, "track_running_stats", False):
            raise UserError(
                f"train: {name} keeps running statistics of the examples outside the privacy guarantee; turn "
                "track_running_stats off."
            )
        validator = ModuleValidator.VALIDATORS.get(type(module))
        if validator is not None and any(p.requires_grad for p in module.parameters()) and validator(module):
            raise UserError(
                f"train: {name} ({type(module).__name__}) is a layer whose per-example gradients are not known; freeze "
                "it or replace it."
            )
