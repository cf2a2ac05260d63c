"""PII inference: whether a model points at the value it was trained on, among candidates.

Lukas et al. 2023 ("Analyzing Leakage of Personally Identifiable Information in Language Models", IEEE S&P, section
IV.C, arXiv 2302.00539). A base model's loss takes off how likely a value is anyway (Carlini et al., 2021, "Extracting
Training Data from Large Language Models", section 5.2). Only counts leave this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tasks.core.progress import Progress
from tasks.methods.attack.chance import Chance, Count, against_rate
from tasks.methods.attack.pii_extraction import Secret, encode, form_of, window_of
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.tokens import Batch

_TIE = 1e-6
"""Losses that differ by no more, relatively, are a tie: float32 and the order of a batch account for as much."""


@dataclass(frozen=True)
class Ranked:
    """How well values were picked among their candidates.

    Attributes:
        first: how many stood first, and alone there.
        mean_rank: of the value, from 1; (C + 1) / 2 by chance. A tie counts as the worse rank. NaN without a value.
    """

    first: Count
    mean_rank: float


@dataclass(frozen=True)
class Inference:
    """What the attack reached.

    Attributes:
        candidates: C, among which each value was sought.
        trained: on values that were trained on.
        controls: where the "true" value wasn't trained on either; 1 / C is expected.
    """

    candidates: int
    trained: Ranked
    controls: Ranked

    def chance(self) -> Chance:
        """Whether trained-on values were picked more often than one in C."""
        return against_rate(self.trained.first, 1 / self.candidates)

    def control_chance(self) -> Chance:
        """The same of the controls; ``above chance`` says that the candidates aren't like the values."""
        return against_rate(self.controls.first, 1 / self.candidates)


def infer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    secrets: Sequence[Secret],
    controls: Sequence[Secret],
    others: Sequence[Sequence[str]],
    *,
    base: PreTrainedModel | None = None,
    size: int = 32,
    progress: Progress | None = None,
) -> Inference:
    """Put each candidate in the value's place and pick the one with the least loss of the whole text.

    The loss is the text's total, minus the logarithm of its probability: the mean over tokens (perplexity) would favour
    long candidates, whose later tokens are easy.

    Formal guarantees:
        Where a slot's value and its candidates are independent draws of one generator and the model doesn't hang on
        which is the value, each is picked with probability at most 1 / C.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer.
        secrets: values that were trained on.
        controls: for each of them, a value that wasn't, in the same surroundings.
        others: for each of them, C - 1 further values of the same kind and generator, equally many for each.
        base: the model before training; its loss is taken off.
        size: texts on the device at once; it changes nothing but float rounding.
        progress: one unit a value.

    Raises:
        ValueError: lists don't fit each other, or a slot's values aren't all different.
        AirlockError: the tokenizer failed.
    """
    count = check_pairs(secrets, controls)
    widths = {len(row) for row in others}
    if len(others) != count or len(widths) != 1 or widths == {0} or size < 1:
        raise ValueError("each value needs equally many other candidates, and one at least")
    ranks = np.zeros((count, 2), dtype=np.int64)
    for place, (secret, control, row) in enumerate(zip(secrets, controls, others, strict=True)):
        values = [secret.value, control.value, *row]
        forms = {form_of(value) for value in values}
        if len(forms) != len(values) or "" in forms:
            raise ValueError("a slot's value, control and candidates are all different, and none is empty")
        texts = filled(model, tokenizer, secret, values)
        losses = text_losses(model, tokenizer, texts, size)
        scale = np.abs(losses).max()
        if base is not None:
            losses = losses - text_losses(base, tokenizer, texts, size)
        ranks[place] = [1 + int((losses[2:] <= loss + _TIE * scale).sum()) for loss in losses[:2]]
        if progress is not None:
            progress.advance()
    trained, control_ranks = (_ranked(column) for column in ranks.T)
    return Inference(candidates=1 + widths.pop(), trained=trained, controls=control_ranks)


def check_pairs(secrets: Sequence[Secret], controls: Sequence[Secret]) -> int:
    """How many slots there are.

    Raises:
        ValueError: none, or a control stands in other surroundings than its value; no word of either is told.
    """
    if not secrets or len(secrets) != len(controls):
        raise ValueError("there must be values, and a control for each")
    for a, b in zip(secrets, controls, strict=True):
        if (a.entity, a.before, a.after) != (b.entity, b.before, b.after):
            raise ValueError("a control is of its value's kind and stands in the same surroundings")
    return len(secrets)


def filled(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, secret: Secret, values: Sequence[str], spare: int = 0
) -> list[str]:
    """Each value in the place of the secret's, the surroundings cut alike for all to what the model can read.

    Args:
        model: the model.
        tokenizer: its tokenizer.
        secret: the slot.
        values: what to put there.
        spare: tokens to leave free in the window besides.
    """
    before, after, room = secret.before, secret.after, window_of(model)
    if room:
        # One token more starts the text.
        room -= spare + 1 + max((len(encode(tokenizer, value)) for value in values), default=0)
        while (before or after) and len(encode(tokenizer, before)) + len(encode(tokenizer, after)) > room:
            # What is nearest to the value tells most of it.
            if len(before) > len(after):
                before = before[max(1, len(before) // 8) :]
            else:
                after = after[: len(after) - max(1, len(after) // 8)]
    return [before + value + after for value in values]


def text_losses(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], size: int
) -> np.ndarray:
    """The total loss of each text in nats, float64 [texts]; its first token follows the one that begins a text.

    Nothing is written to disk on the way.
    """
    token = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    rows = [[int(token), *encode(tokenizer, text)] for text in texts]
    if room := window_of(model):
        rows = [row[:room] for row in rows]
    losses = np.zeros(len(rows))
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    was = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for start in range(0, len(order), size):
                chosen = order[start : start + size]
                batch = _padded([rows[i] for i in chosen])
                means = causal_losses(model, batch.to(model.get_input_embeddings().weight.device))
                losses[chosen] = means.double().cpu().numpy() * batch.tokens().numpy()
    finally:
        model.train(was)
    return losses


def _padded(rows: list[list[int]]) -> Batch:
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return Batch(ids, mask)


def _ranked(ranks: np.ndarray) -> Ranked:
    return Ranked(Count(int((ranks == 1).sum()), len(ranks)), float(ranks.mean()))
