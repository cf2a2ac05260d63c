"""Small models for the gradient engine's tests, and the plain loop of autograd that it must agree with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

ROWS, TOKENS, VOCABULARY = 6, 9, 40
LENGTHS = (9, 4, 6, 0, 1, 8)
"""Of the rows, without padding; the fourth is empty, the fifth has nothing to predict."""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Many threads are slower than one on matrices this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass
class Case:
    """A model in training mode and the losses of a slice of its batch."""

    model: nn.Module
    losses: Callable[[slice], Tensor]
    rows: int = ROWS


def loop(case: Case, max_grad_norm: float | None, rows_per_unit: int = 1) -> tuple[list[Tensor], list[float]]:
    """Clip one unit after another by autograd, in float64.

    Args:
        max_grad_norm: ``None``: half of the largest norm, so that some are clipped and some not.

    Returns:
        the clipped sums, and the norms before clipping with C last.
    """
    params = [p for p in case.model.parameters() if p.requires_grad]
    grads = []
    for start in range(0, case.rows, rows_per_unit):
        loss = case.losses(slice(start, start + rows_per_unit)).sum()
        found = torch.autograd.grad(loss, params, allow_unused=True, materialize_grads=True)
        grads.append([g.double() for g in found])
    norms = [float(torch.cat([g.flatten() for g in unit]).norm()) for unit in grads]
    bound = max(norms) / 2 if max_grad_norm is None else max_grad_norm
    factors = [min(1.0, bound / n) if n else 1.0 for n in norms]
    sums = [sum(f * unit[i] for f, unit in zip(factors, grads, strict=True)) for i in range(len(params))]
    return sums, [*norms, bound]


def _shake(model: nn.Module) -> nn.Module:
    """Random numbers for all weights, those too that start as zeros or ones."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=generator) * 0.2)
    return model.train()


def _batch() -> tuple[Tensor, Tensor, Tensor]:
    ids = torch.randint(1, VOCABULARY, (ROWS, TOKENS), generator=torch.Generator().manual_seed(2))
    ids[:, 1] = ids[:, 2]  # the same token twice in a row of the batch, for the embedding's sake
    mask = (torch.arange(TOKENS) < torch.tensor(LENGTHS)[:, None]).long()
    ids = ids * mask  # padding is token 0
    return ids, mask, torch.arange(TOKENS).repeat(ROWS, 1)


def _causal(model: nn.Module) -> Case:
    ids, mask, positions = _batch()

    def losses(rows: slice) -> Tensor:
        logits = model(
            input_ids=ids[rows], attention_mask=mask[rows], position_ids=positions[rows], use_cache=False
        ).logits
        targets, scored = ids[rows, 1:], mask[rows, 1:]
        nll = F.cross_entropy(logits[:, :-1].float().transpose(1, 2), targets, reduction="none") * scored
        return nll.sum(1) / scored.sum(1).clamp(min=1)

    return Case(model, losses)


def llama(tied: bool = True) -> Case:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=tied, bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    return _causal(_shake(LlamaForCausalLM(config)))


def gpt2() -> Case:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=2, n_positions=16, attn_pdrop=0, embd_pdrop=0,
        resid_pdrop=0, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    return _causal(_shake(GPT2LMHeadModel(config)))


def gpt2_broadcast() -> Case:
    """GPT-2 as its users call it: its position ids are [1, tokens] (Opacus #841)."""
    case = gpt2()
    ids = _batch()[0]

    def losses(rows: slice) -> Tensor:
        logits = case.model(input_ids=ids[rows], use_cache=False).logits
        return F.cross_entropy(logits[:, :-1].transpose(1, 2), ids[rows, 1:], reduction="none").mean(1)

    return Case(case.model, losses)


def _bert_config() -> BertConfig:
    torch.manual_seed(0)
    return BertConfig(
        vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=16, hidden_dropout_prob=0, attention_probs_dropout_prob=0, num_labels=3,
    )  # fmt: skip


def bert_classifier() -> Case:
    ids, mask, positions = _batch()
    mask = mask.clone()
    mask[:, 0] = 1
    labels = torch.arange(ROWS) % 3
    model = _shake(BertForSequenceClassification(_bert_config()))

    def losses(rows: slice) -> Tensor:
        logits = model(
            input_ids=ids[rows], attention_mask=mask[rows], position_ids=positions[rows],
            token_type_ids=torch.zeros_like(ids[rows]),
        ).logits  # fmt: skip
        return F.cross_entropy(logits, labels[rows], reduction="none")

    return Case(model, losses)


def bert_masked() -> Case:
    ids, mask, positions = _batch()
    chosen = mask * (torch.arange(TOKENS) % 3 == 1)
    model = _shake(BertForMaskedLM(_bert_config()))

    def losses(rows: slice) -> Tensor:
        logits = model(
            input_ids=torch.where(chosen[rows] > 0, 3, ids[rows]), attention_mask=mask[rows],
            position_ids=positions[rows], token_type_ids=torch.zeros_like(ids[rows]),
        ).logits  # fmt: skip
        nll = F.cross_entropy(logits.transpose(1, 2), ids[rows], reduction="none") * chosen[rows]
        return nll.sum(1) / chosen[rows].sum(1).clamp(min=1)

    return Case(model, losses)


def lora(case: Case, *targets: str) -> Case:
    """LoRA on a case's model; the losses reach it since PEFT replaces layers in place."""
    torch.manual_seed(3)
    adapted = get_peft_model(case.model, LoraConfig(r=3, target_modules=list(targets), lora_alpha=6))  # type: ignore[arg-type]
    for name, p in adapted.named_parameters():
        if "lora_B" in name:  # at zero the gradients of A are zero and would prove nothing
            nn.init.normal_(p, std=0.2)
    return Case(adapted.train(), case.losses)


def only(case: Case, wanted: Callable[[str], bool]) -> Case:
    """A case with nothing trainable but the parameters of the wanted names."""
    for name, p in case.model.named_parameters():
        p.requires_grad_(wanted(name))
    return case


def of_features(model: nn.Module, features: Tensor | None = None) -> Case:
    """A classifier of rows of features, without tokens."""
    given = torch.randn(ROWS, 5, generator=torch.Generator().manual_seed(4)) if features is None else features
    labels = torch.arange(len(given)) % 3

    def losses(rows: slice) -> Tensor:
        return F.cross_entropy(model(given[rows]), labels[rows], reduction="none")

    return Case(model.train(), losses, len(given))


def mlp() -> Case:
    torch.manual_seed(5)
    layers = [nn.Linear(5, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 7, bias=False), nn.Tanh(), nn.Linear(7, 3)]
    return of_features(_shake(nn.Sequential(*layers)))


def logistic() -> Case:
    torch.manual_seed(6)
    return of_features(nn.Linear(5, 3))
