"""A BERT that labels word pieces, as an ONNX graph in eight bits that reads texts together without mixing them.

Weights are whole numbers with a scale a column, activations whole numbers with a scale a row: the largest magnitude of
a piece is 127 (as in LLM.int8, arXiv 2208.07339, section 2.1; Devlin et al., arXiv 1810.04805, for the network).
Weights keep to 64, because sums of two products of eight bits overflow on processors without VNNI.

Formal guarantees:
    What the network answers for a text depends on that text alone, to the last bit, whatever is read beside it, where
    texts of equally many pieces are read together. Products are sums of whole numbers, hence exact in any order;
    everything else works on one piece, or, in attention, on one text and head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LARGEST = 64
"""Of a weight's whole numbers."""
_MICROSOFT = "com.microsoft"
_EPSILON = 1e-12


@dataclass(frozen=True)
class Table:
    """An embedding in eight bits: ``(values - zero) * scale``, shape (entries, width)."""

    values: np.ndarray
    scale: np.ndarray
    zero: np.ndarray


@dataclass(frozen=True)
class Norm:
    """A layer normalisation, shapes (width,)."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Layer:
    """A dense layer: ``weight`` int8 of shape (inputs, outputs), times ``scale`` of shape (outputs,)."""

    weight: np.ndarray
    scale: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Block:
    """One of BERT's layers: attention, what mixes its heads, and the two layers that follow."""

    query: Layer
    key: Layer
    value: Layer
    mixed: Layer
    mixed_norm: Norm
    inner: Layer
    outer: Layer
    outer_norm: Norm


@dataclass(frozen=True)
class Bert:
    """All that the network knows. ``styles`` are BERT's token types."""

    words: Table
    styles: Table
    places: Table
    norm: Norm
    blocks: Sequence[Block]
    labels: Layer
    heads: int


def eight_bits(weight: np.ndarray, bias: np.ndarray) -> Layer:
    """A dense layer of floats, shape (inputs, outputs), in whole numbers to :data:`LARGEST`."""
    scale = np.maximum(np.abs(weight).max(axis=0) / LARGEST, np.float32(1e-12)).astype(np.float32)
    return Layer(np.rint(weight / scale).astype(np.int8), scale, bias.astype(np.float32))


def network(bert: Bert) -> onnx.ModelProto:
    """The graph: ``ids`` and ``styles``, int64 of shape (texts, pieces), give ``logits`` (texts, pieces, labels)."""
    g = _Graph()
    width = bert.norm.weight.size
    for name, value in (
        ("one", np.float32(1)), ("middle", np.uint8(128)), ("step", np.float32(1 / 127)), ("least", np.float32(1e-9)),
        ("last", np.array([1])), ("flat", np.array([-1, width])), ("zero", np.int64(0)), ("unit", np.int64(1)),
    ):  # fmt: skip
        g.number(name, value)
    shape = g.add("Shape", ["ids"], "shape")
    pieces = g.add("Gather", [shape, "unit"], "pieces")
    deep = g.add("Concat", [shape, g.number("wide", np.array([width]))], "deep", axis=0)
    count = g.add("ReduceProd", [shape], "count", keepdims=1)
    g.add("ConstantOfShape", [count], "zeros", value=helper.make_tensor("value", TensorProto.UINT8, [1], [128]))
    places = g.add("Range", ["zero", pieces, "unit"], "range")
    words = g.add("Add", [g.looked_up("words", bert.words, "ids"), g.looked_up("styles", bert.styles, "styles")], "sum")
    placed = g.add("Add", [words, g.looked_up("places", bert.places, places)], "placed")
    x = g.add("Reshape", [g.normed(placed, bert.norm, "embedded"), "flat"], "x")
    for k, block in enumerate(bert.blocks):
        x = _block(g, x, deep, block, bert.heads, f"l{k}_")
    answer = g.product(g.quantised(x), bert.labels, "answer")
    answer = g.add("Add", [answer, g.number("answer_bias", bert.labels.bias)], "labelled")
    labels = bert.labels.bias.size
    g.add("Reshape", [answer, g.add("Concat", [shape, g.number("l", np.array([labels]))], "out", axis=0)], "logits")
    axes = ["batch", "length"]
    graph = helper.make_graph(
        g.nodes,
        "tagger",
        [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in ("ids", "styles")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*axes, labels])],
        [numpy_helper.from_array(value, name) for name, value in g.numbers.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="airlock")


class _Graph:
    """Nodes and numbers so far."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.numbers: dict[str, np.ndarray] = {}

    def add(self, kind: str, inputs: list[str], name: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], domain=domain, **attributes))
        return name

    def number(self, name: str, value: Any) -> str:
        self.numbers[name] = np.asarray(value)
        return name

    def looked_up(self, name: str, table: Table, places: str) -> str:
        """Rows of an embedding."""
        rows = self.add("Gather", [self.number(f"{name}_table", table.values), places], f"{name}_rows")
        scale, zero = self.number(f"{name}_scale", table.scale), self.number(f"{name}_zero", table.zero)
        return self.add("DequantizeLinear", [rows, scale, zero], f"{name}_found")

    def quantised(self, x: str) -> tuple[str, str]:
        """Eight bits of each row of ``x`` (rows, width), and the rows' scales."""
        size = self.add("ReduceMax", [self.add("Abs", [x], f"{x}_abs")], f"{x}_max", axes=[1], keepdims=0)
        scale = self.add("Max", [self.add("Mul", [size, "step"], f"{x}_step"), "least"], f"{x}_scale")
        bits = self.add("QuantizeLinear", [x, scale, "zeros"], f"{x}_bits", axis=0)
        return bits, self.add("Unsqueeze", [scale, "last"], f"{x}_column")

    def product(self, quantised: tuple[str, str], layer: Layer, name: str) -> str:
        """Rows times a weight, without its bias."""
        bits, scale = quantised
        weight, columns = self.number(f"{name}_weight", layer.weight), self.number(f"{name}_columns", layer.scale)
        rows = self.add("MatMulIntegerToFloat", [bits, weight, "one", columns, "middle"], f"{name}_product", _MICROSOFT)
        return self.add("Mul", [rows, scale], name)

    def normed(self, x: str, norm: Norm, name: str) -> str:
        """Layer normalisation."""
        both = [self.number(f"{name}_norm_weight", norm.weight), self.number(f"{name}_norm_bias", norm.bias)]
        return self.add("LayerNormalization", [x, *both], name, epsilon=_EPSILON, axis=-1)


def _block(g: _Graph, x: str, deep: str, block: Block, heads: int, name: str) -> str:
    seen = g.quantised(x)
    parts = {"query": block.query, "key": block.key, "value": block.value}
    split = [
        g.add("Reshape", [g.product(seen, layer, f"{name}{part}"), deep], f"{name}{part}_deep")
        for part, layer in parts.items()
    ]
    bias = g.number(f"{name}bias", np.concatenate([layer.bias for layer in parts.values()]))
    attended = g.add("MultiHeadAttention", [*split, bias], f"{name}attended", _MICROSOFT, num_heads=heads)
    rows = g.add("Reshape", [attended, "flat"], f"{name}heads")
    x = _added(g, g.product(g.quantised(rows), block.mixed, f"{name}mixed"), block.mixed, block.mixed_norm, x)
    inner = g.product(g.quantised(x), block.inner, f"{name}inner")
    inner = g.add("BiasGelu", [inner, g.number(f"{name}inner_bias", block.inner.bias)], f"{name}gelu", _MICROSOFT)
    return _added(g, g.product(g.quantised(inner), block.outer, f"{name}outer"), block.outer, block.outer_norm, x)


def _added(g: _Graph, rows: str, layer: Layer, norm: Norm, x: str) -> str:
    # Three steps: the operator that does them at once is a fourth as fast.
    biased = g.add("Add", [rows, g.number(f"{rows}_bias", layer.bias)], f"{rows}_biased")
    return g.normed(g.add("Add", [biased, x], f"{rows}_added"), norm, f"{rows}_normed")
