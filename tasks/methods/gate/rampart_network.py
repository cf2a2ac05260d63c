"""Rampart's network in the form in which texts can be read together.

The published file keeps weights in four bits, in blocks of 32 with a scale each, and unpacks them to floats at every
call. Here they are unpacked once and kept in eight bits; see :mod:`tasks.methods.rowwise.bert`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tasks.methods.rowwise.bert import Bert, Block, Layer, Norm, Table, eight_bits, network

HEADS = 12


def rewritten(model: Path) -> bytes:
    """The network of a BERT whose dense layers ONNX Runtime's four-bit quantiser wrote."""
    file = _File(model)
    count = len([name for name in file.dense if name.endswith("/intermediate/dense/MatMul_Q4")])
    bert = Bert(
        words=file.table("word_embeddings"),
        styles=file.table("token_type_embeddings"),
        places=file.table("position_embeddings"),
        norm=file.norm("bert.embeddings"),
        blocks=[file.block(f"bert.encoder.layer.{k}") for k in range(count)],
        labels=file.layer("classifier"),
        heads=HEADS,
    )
    written: bytes = network(bert).SerializeToString()
    return written


class _File:
    """The published file's numbers, by the names of its layers."""

    def __init__(self, model: Path) -> None:
        read = onnx.load(str(model))
        self.numbers: dict[str, Any] = {tensor.name: tensor for tensor in read.graph.initializer}
        self.dense = {node.name: node for node in read.graph.node if node.op_type == "MatMulNBits"}

    def number(self, name: str) -> np.ndarray:
        return numpy_helper.to_array(self.numbers[name])

    def table(self, name: str) -> Table:
        parts = [self.number(f"bert.embeddings.{name}.weight_{part}") for part in ("quantized", "scale", "zero_point")]
        return Table(*parts)

    def norm(self, name: str) -> Norm:
        return Norm(*(self.number(f"{name}.LayerNorm.{part}") for part in ("weight", "bias")))

    def layer(self, name: str) -> Layer:
        # Its nodes are named by the path of the module, in which a layer's number is a part of "layer.0".
        node = self.dense["/" + name.replace(".", "/").replace("layer/", "layer.") + "/MatMul_Q4"]
        about = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
        packed, scale = self.number(node.input[1]), self.number(node.input[2])
        outputs = about["N"]
        halves = np.stack([packed & 15, packed >> 4], axis=-1).reshape(outputs, -1, about["block_size"])
        floats = (halves.astype(np.float32) - 8) * scale.reshape(outputs, -1, 1)
        return eight_bits(floats.reshape(outputs, -1)[:, : about["K"]].T, self.number(f"{name}.bias"))

    def block(self, name: str) -> Block:
        return Block(
            query=self.layer(f"{name}.attention.self.query"),
            key=self.layer(f"{name}.attention.self.key"),
            value=self.layer(f"{name}.attention.self.value"),
            mixed=self.layer(f"{name}.attention.output.dense"),
            mixed_norm=self.norm(f"{name}.attention.output"),
            inner=self.layer(f"{name}.intermediate.dense"),
            outer=self.layer(f"{name}.output.dense"),
            outer_norm=self.norm(f"{name}.output"),
        )
