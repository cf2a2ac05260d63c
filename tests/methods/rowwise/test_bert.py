"""The network in eight bits: what it computes, and that no text sways another."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertConfig, BertForTokenClassification

from tasks.methods.rowwise.bert import LARGEST, Bert, Block, Layer, Norm, Table, eight_bits, network

WORDS, LABELS, WIDTH = 50, 5, 96


@cache
def _reference() -> Any:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=4, intermediate_size=192,
        max_position_embeddings=64, type_vocab_size=3, num_labels=LABELS, initializer_range=0.2,
    )  # fmt: skip
    return BertForTokenClassification(config).eval()


@cache
def _session() -> onnxruntime.InferenceSession:
    weights = {name: value.detach().numpy() for name, value in _reference().state_dict().items()}

    def table(name: str) -> Table:
        floats = weights[f"bert.embeddings.{name}.weight"]
        scale = np.float32(np.abs(floats).max() / 127)
        return Table((np.rint(floats / scale) + 128).astype(np.uint8), scale, np.uint8(128))

    def norm(name: str) -> Norm:
        return Norm(weights[f"{name}.LayerNorm.weight"], weights[f"{name}.LayerNorm.bias"])

    def layer(name: str) -> Layer:
        return eight_bits(weights[f"{name}.weight"].T, weights[f"{name}.bias"])

    def block(name: str) -> Block:
        attention = (layer(f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        mixed, mixed_norm = layer(f"{name}.attention.output.dense"), norm(f"{name}.attention.output")
        inner, outer = layer(f"{name}.intermediate.dense"), layer(f"{name}.output.dense")
        return Block(*attention, mixed, mixed_norm, inner, outer, norm(f"{name}.output"))

    blocks = [block(f"bert.encoder.layer.{k}") for k in range(2)]
    tables = [table(f"{kind}_embeddings") for kind in ("word", "token_type", "position")]
    bert = Bert(*tables, norm("bert.embeddings"), blocks, layer("classifier"), heads=4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    written = network(bert).SerializeToString()
    return onnxruntime.InferenceSession(written, options, providers=["CPUExecutionProvider"])


def _logits(ids: np.ndarray, styles: np.ndarray) -> np.ndarray:
    return np.asarray(_session().run(None, {"ids": ids, "styles": styles})[0])


def test_it_answers_what_bert_answers_but_for_eight_bits() -> None:
    draw = np.random.default_rng(0)
    ids, styles = draw.integers(0, WORDS, (20, 30)), draw.integers(0, 3, (20, 30))
    with torch.no_grad():
        whole = _reference()(input_ids=torch.tensor(ids), token_type_ids=torch.tensor(styles)).logits.numpy()
    ours = _logits(ids, styles)
    assert ours.shape == (20, 30, LABELS)
    assert np.corrcoef(ours.ravel(), whole.ravel())[0, 1] > 0.995
    assert np.abs(ours - whole).mean() < 0.1 * whole.std()


@settings(max_examples=40, deadline=None)
@given(texts=st.integers(1, 40), pieces=st.integers(1, 60), seed=st.integers(0, 10_000), data=st.data())
def test_no_text_changes_what_is_answered_for_another(texts: int, pieces: int, seed: int, data: st.DataObject) -> None:
    draw = np.random.default_rng(seed)
    ids, styles = draw.integers(0, WORDS, (texts, pieces)), draw.integers(0, 3, (texts, pieces))
    row = data.draw(st.integers(0, texts - 1))
    assert np.array_equal(_logits(ids, styles)[row], _logits(ids[row : row + 1], styles[row : row + 1])[0])


@pytest.mark.parametrize("size", [1e-20, 1e-3, 1.0, 1e6])
def test_eight_bits_are_off_by_half_a_step_at_most(size: float) -> None:
    weight = (np.random.default_rng(0).standard_normal((40, 7)) * size).astype(np.float32)
    weight[:, 3] = 0
    layer = eight_bits(weight, np.zeros(7))
    assert layer.weight.dtype == np.int8 and np.abs(layer.weight).max() <= LARGEST
    assert np.all(np.abs(layer.weight * layer.scale - weight) <= layer.scale * (0.5 + 1e-3))


def test_the_largest_sums_do_not_overflow() -> None:
    """On processors without VNNI, sums of two products are kept in sixteen bits."""
    assert 2 * 255 * LARGEST <= 32767
