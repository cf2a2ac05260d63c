"""How many training documents a model gives back word for word when it is shown their beginnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tasks.core.progress import Progress
from tasks.methods.evaluate.intervals import clopper_pearson_lower, clopper_pearson_upper
from tasks.methods.lm.tokens import TokenTable
from tasks.methods.lm.wrapped import inner

TOKENS = 50
"""The customary length of a prefix and of a suffix."""
EDITS = 0.1
_SIDE = 0.975
"""The confidence of each side of a 95 % interval."""


@dataclass(frozen=True)
class Share:
    """How many of the documents, and the 95 % Clopper-Pearson interval of the share."""

    count: int
    low: float
    high: float


@dataclass(frozen=True)
class Extracted:
    """What a model gave back.

    Attributes:
        documents: those that were long enough, all of which were tried.
        too_short: those that weren't.
        exact: suffixes that came back token for token.
        near: suffixes that came back with at most a tenth of the tokens edited, the exact ones among them.
    """

    documents: int
    too_short: int
    exact: Share
    near: Share


def extract(
    model: nn.Module,
    table: TokenTable,
    size: int,
    device: torch.device,
    progress: Progress | None = None,
    prefix: int = TOKENS,
    suffix: int = TOKENS,
    edits: float = EDITS,
) -> Extracted:
    """Show the model each document's first tokens and compare what it goes on with, by greedy decoding.

    A document is extractable where the continuation is its own (Carlini et al. 2023, "Quantifying Memorization Across
    Neural Language Models", ICLR, definition 3.1), nearly so within a tenth of edits (Gemma Team 2024, arXiv
    2403.08295, section on memorization). What anyone could guess counts, too: hold the figures against those of the
    model that training began from, and of documents that it didn't see. Only counts leave this function, no token.

    Args:
        model: a causal language model, with or without an adapter.
        table: the documents; those with fewer than ``prefix + suffix`` tokens are left out.
        size: documents on the device at once.
        device: the model's.
        progress: one unit a document, also for those left out.
        prefix: tokens that are shown.
        suffix: tokens that are asked for.
        edits: the share of ``suffix`` that may be inserted, deleted or exchanged in a near match, rounded down.
    """
    if min(prefix, suffix) < 1 or not 0 <= edits <= 1:
        raise ValueError("a prefix and a suffix have a token at least, and a share of edits lies in [0, 1]")
    documents = exact = near = 0
    model.eval()
    with torch.inference_mode():
        for _, batch in table.batches(np.arange(len(table)), size):
            ids = batch.ids[batch.mask.sum(1) >= prefix + suffix, : prefix + suffix]
            if len(ids):
                given = greedy(model, ids[:, :prefix].to(device), suffix).cpu().numpy()
                distances = levenshtein(given, ids[:, prefix:].numpy())
                documents += len(ids)
                exact += int((distances == 0).sum())
                near += int((distances <= int(edits * suffix + 1e-9)).sum())
            if progress is not None:
                progress.advance(len(batch.ids))
    return Extracted(documents, len(table) - documents, _share(exact, documents), _share(near, documents))


def greedy(model: nn.Module, ids: torch.Tensor, tokens: int) -> torch.Tensor:
    """The likeliest next token, again and again, past any end-of-text token.

    The model's own generation settings (sampling, penalties) aren't asked, so that all models are attacked alike.

    Args:
        model: a causal language model, with or without an adapter, in evaluation mode.
        ids: int64 [rows, prefix], without padding, on the model's device.
        tokens: how many are wanted.

    Returns:
        int64 [rows, tokens].
    """
    return torch.cat(list(_greedy(model, ids, tokens)), dim=1)


def levenshtein(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The least number of tokens to insert, delete or exchange, row by row.

    Levenshtein 1966, by Wagner & Fischer's table (1974, Journal of the ACM 21: 168-173), a row of it for all documents
    at once: the insertions, which hang on each other, are a running minimum of cost − column.

    Args:
        one: int [rows, tokens].
        other: int [rows, tokens], of any other length.

    Returns:
        int64 [rows].

    >>> levenshtein(np.array([[1, 2, 3, 4]]), np.array([[2, 3, 5]])).tolist()
    [2]
    """
    columns = np.arange(other.shape[1] + 1)
    costs = np.tile(columns, (len(one), 1))
    for i in range(one.shape[1]):
        after = np.empty_like(costs)
        after[:, 0] = i + 1
        after[:, 1:] = np.minimum(costs[:, 1:] + 1, costs[:, :-1] + (one[:, i : i + 1] != other))
        costs = np.minimum.accumulate(after - columns, axis=1) + columns
    return costs[:, -1]


def _greedy(model: nn.Module, ids: torch.Tensor, tokens: int) -> Iterator[torch.Tensor]:
    causal = inner(model)
    past, fed = None, ids
    for _ in range(tokens):
        out = causal.base_model(input_ids=fed, past_key_values=past, use_cache=True)
        token = causal.get_output_embeddings()(out.last_hidden_state[:, -1]).argmax(-1, keepdim=True)
        yield token
        past, ids = out.past_key_values, torch.cat([ids, token], dim=1)
        # A model that keeps no past reads everything again.
        fed = ids if past is None else token


def _share(count: int, of: int) -> Share:
    return Share(count, clopper_pearson_lower(count, of, _SIDE), clopper_pearson_upper(count, of, _SIDE))
