"""The training objectives of language models, each with its model, its rows and its loss."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from transformers import PreTrainedTokenizerBase

from tasks.core.errors import UserError
from tasks.methods.lm.adapt import Adaptation, adapt
from tasks.methods.lm.causal import causal_losses, mark_frozen
from tasks.methods.lm.classify import Classifier, Labelled, Pooling, classification_losses
from tasks.methods.lm.instruct import Instructions
from tasks.methods.lm.loading import Quantise, load, load_encoder, load_masked, masked_head
from tasks.methods.lm.masked import MaskedTexts, masked_losses
from tasks.methods.lm.saving import load_trained, save_trained
from tasks.methods.lm.tokens import Batch, RowEncoder, Texts, TokenTable
from tasks.methods.lm.weights import ModelFolder
from tasks.methods.lm.wrapped import inner

ObjectiveName = Literal["causal_lm", "instruction", "classification", "masked_lm"]


@dataclass
class Task:
    """A model with its objective.

    Attributes:
        objective: ``causal_lm`` (records are texts), ``instruction`` (prompt and answer), ``classification`` (text and
            label) or ``masked_lm`` (texts).
        model: the model; after :meth:`adapt` the one to train.
        tokenizer: its tokenizer.
        losses: ``losses(model, batch)`` gives each row's own loss in nats, [rows].
        encoder: how records become rows.
        fresh: parameters that the base model lacked, trained whatever the adaptation.
    """

    objective: ObjectiveName
    model: nn.Module
    tokenizer: PreTrainedTokenizerBase
    losses: Callable[[nn.Module, Batch], torch.Tensor]
    encoder: RowEncoder
    fresh: tuple[str, ...] = ()

    def table(self, records: Iterable[Any], max_length: int) -> TokenTable:
        """Records as token rows of at most ``max_length`` tokens.

        Raises:
            UserError: the rows are wider than the model's positions, or a label isn't declared.
        """
        config: Any = self.model.config
        widest = getattr(config, "max_position_embeddings", None)
        if widest is not None and config.model_type in _AFTER_PADDING:
            widest -= config.pad_token_id + 1
        if widest is not None and max_length > widest:
            raise UserError(f"train.max_length: the base model reads at most {widest} tokens.")
        return TokenTable(records, self.encoder, max_length)

    def adapt(self, adaptation: Adaptation) -> nn.Module:
        """Freeze the model and free what is to be trained (see :func:`tasks.methods.lm.adapt.adapt`)."""
        self.model = adapt(self.model, adaptation, self.fresh)
        if self.objective == "masked_lm":
            mark_frozen(masked_head(inner(self.model)))
        elif self.objective != "classification":
            mark_frozen(inner(self.model).get_output_embeddings())
        return self.model

    def save(self, folder: Path, model_id: str) -> None:
        """Write what was trained (see :func:`tasks.methods.lm.saving.save_trained`)."""
        save_trained(self.model, folder, model_id)


_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert")
"""Architectures that count positions from behind the padding token."""


def open_task(
    objective: ObjectiveName,
    folder: ModelFolder,
    device: torch.device,
    *,
    labels: Sequence[str] = (),
    pooling: Pooling = "mean",
    quantise: Quantise | None = None,
) -> Task:
    """Load a base model for an objective.

    Args:
        objective: what is learnt.
        folder: the base model.
        device: where it goes.
        labels: of ``classification``: the declared labels.
        pooling: of ``classification``.
        quantise: of causal models: hold the frozen base in fewer bits.

    Raises:
        UserError: the base model isn't of a kind that fits the objective.
    """
    if objective in ("causal_lm", "instruction"):
        causal, tokenizer = load(folder, device, quantise)
        rows: RowEncoder = Texts(tokenizer) if objective == "causal_lm" else Instructions(tokenizer)
        return Task(objective, causal, tokenizer, causal_losses, rows)
    if quantise is not None:
        raise UserError("train.quantise: base weights are quantised for causal language models only; leave it empty.")
    if objective == "classification":
        encoder, tokenizer = load_encoder(folder, device)
        model = Classifier(encoder, labels, pooling).eval()
        return Task(objective, model, tokenizer, classification_losses, Labelled(tokenizer, labels))
    masked, tokenizer, fresh = load_masked(folder, device)
    return Task(objective, masked, tokenizer, masked_losses, MaskedTexts(tokenizer), fresh)


def reopen(objective: ObjectiveName, base: ModelFolder, trained: Path, device: torch.device) -> Task:
    """The task with the weights that :meth:`Task.save` wrote, ready to evaluate.

    Args:
        objective: as in training.
        base: the base model of the training.
        trained: the folder with what was trained.
        device: where the model goes.

    Raises:
        UserError: base and trained weights don't belong together.
    """
    facts = json.loads(text) if (text := _read(trained / "head.json")) else {}
    task = open_task(objective, base, device, labels=facts.get("labels", ()), pooling=facts.get("pooling", "mean"))
    try:
        load_trained(task.model, trained)
    except (KeyError, RuntimeError, ValueError) as exc:
        raise UserError(
            f"train.base_model: {base.id} isn't the base of these trained weights ({type(exc).__name__})."
        ) from None
    return task


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
