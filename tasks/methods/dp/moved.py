"""The proof that training reaches the weights it is meant to train."""

from __future__ import annotations

import torch
from torch import nn

from tasks.core.errors import AirlockError

_WATCHED = 1024


class MovedCheck:
    """Holds that every trainable tensor changes at the first step.

    A LoRA adapter that was wrapped before the model was moved to its device, for example, spends ε, shows a falling
    loss and stays what it was (Opacus #820). Noise goes to every coordinate, so a tensor's first ones tell: the check
    keeps no second copy of a whole model.
    """

    def __init__(self, model: nn.Module) -> None:
        self._before = {name: _sample(p) for name, p in model.named_parameters() if p.requires_grad}

    def verify(self, model: nn.Module) -> None:
        """Compare with the weights at the start.

        Raises:
            AirlockError: a trainable tensor is what it was, or isn't finite.
        """
        for name, p in model.named_parameters():
            if name in self._before and (torch.equal(_sample(p), self._before[name]) or not torch.isfinite(p).all()):
                raise AirlockError(f"training doesn't reach {name}: after the first step it is unchanged or not finite")


def _sample(p: torch.Tensor) -> torch.Tensor:
    return p.detach().flatten()[:_WATCHED].clone()
