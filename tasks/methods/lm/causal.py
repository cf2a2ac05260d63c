"""The loss of each example of a causal language model by itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import nn

from tasks.methods.lm.tokens import IGNORED, Batch
from tasks.methods.lm.wrapped import accepts, inner

_FROZEN = "frozen_head"


def causal_losses(model: nn.Module, batch: Batch) -> torch.Tensor:
    """Each example's loss by itself.

    Position ids go in for every row: where a model makes them itself they are one row broadcast over the batch, and the
    gradient of a trained position embedding is then summed over rows before anyone can clip it (Opacus #841). Padding
    stands on the right, where no real token of a causal model looks, so no attention mask is needed and an empty row
    has no softmax over nothing.

    Args:
        model: a causal language model, with or without an adapter.
        batch: on the model's device.

    Returns:
        the mean negative log-likelihood in nats over each example's own scored tokens, 0 where it has none; [rows].
    """
    causal = inner(model)
    rows, tokens = batch.ids.shape
    more = {}
    if accepts(causal.base_model, "position_ids"):
        more["position_ids"] = torch.arange(tokens, device=batch.ids.device).repeat(rows, 1)
    hidden = causal.base_model(input_ids=batch.ids, use_cache=False, **more).last_hidden_state
    targets = batch.scored()[:, 1:]
    return mean_token_losses(causal.get_output_embeddings(), hidden[:, :-1], targets)


def mean_token_losses(head: nn.Module, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean loss over each row's own scored tokens.

    The head over the vocabulary is the costliest layer of a small model, so it sees scored tokens only: each row's by
    itself, padded to the longest, so that its per-example gradients can be told; or all packed into one list where it
    is marked as frozen (:func:`mark_frozen`) or nothing is learnt.

    Args:
        head: hidden states [..., d] to logits [..., vocabulary].
        hidden: [rows, tokens, d].
        targets: int64 [rows, tokens], :data:`tasks.methods.lm.tokens.IGNORED` where nothing is scored.

    Returns:
        [rows], 0 (with gradient zero, never NaN) for a row without a scored token.
    """
    scored = targets != IGNORED
    counts = scored.sum(1)
    if torch.is_grad_enabled() and not getattr(head, _FROZEN, False):
        most = max(1, int(counts.max())) if hidden.shape[1] else 0
        places = (~scored).long().argsort(dim=1, stable=True)[:, :most]
        hidden = hidden.gather(1, places[:, :, None].expand(-1, -1, hidden.shape[2]))
        wanted = targets.gather(1, places)
        logits = head(hidden).float()
        sums = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED, reduction="none")
        sums = sums.view_as(wanted).sum(1)
    else:
        nll = F.cross_entropy(head(hidden[scored]).float(), targets[scored], reduction="none")
        sums = torch.zeros(scored.shape, dtype=nll.dtype, device=nll.device).masked_scatter(scored, nll).sum(1)
    return sums / counts.clamp(min=1)


def mark_frozen(head: nn.Module) -> None:
    """Note on a head whether anything of it is trained; it can't be seen later, while gradients are being recorded."""
    setattr(head, _FROZEN, not any(p.requires_grad for p in head.parameters()))
