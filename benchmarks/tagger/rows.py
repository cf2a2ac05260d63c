"""Rewrite a model that ``quantize_dynamic`` made so that texts can be read together and none changes another's answer.

``quantize_dynamic`` gives all activations of a call one scale, so a text's result would depend on its neighbours; see
``tasks/methods/rowwise/bert.py`` for how it does not. Weights, their scales and everything else stay.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tasks.methods.rowwise.bert import Bert, Block, Layer, Norm, Table, network

HEADS = 12
BERT = "model.bert."


class _File:
    """The numbers of the quantised model, by the names of its layers."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.numbers = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self.weights = {
            node.name.removesuffix("/MatMul_quant"): node.input[1].removesuffix("_quantized")
            for node in model.graph.node
            if node.op_type == "MatMulInteger"
        }

    def table(self, name: str) -> Table:
        parts = ("quantized", "scale", "zero_point")
        return Table(*(self.numbers[f"{BERT}embeddings.{name}.weight_{part}"] for part in parts))

    def norm(self, name: str) -> Norm:
        return Norm(*(self.numbers[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias")))

    def layer(self, name: str) -> Layer:
        weight = self.weights["/" + name.replace(".", "/").replace("layer/", "layer.")]
        parts = (f"{weight}_quantized", f"{weight}_scale", f"{name}.bias")
        return Layer(*(np.asarray(self.numbers[part]) for part in parts))

    def block(self, name: str) -> Block:
        attention = (self.layer(f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        return Block(
            *attention,
            mixed=self.layer(f"{name}.attention.output.dense"),
            mixed_norm=self.norm(f"{name}.attention.output"),
            inner=self.layer(f"{name}.intermediate.dense"),
            outer=self.layer(f"{name}.output.dense"),
            outer_norm=self.norm(f"{name}.output"),
        )


def rewritten(old: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the same inputs (``ids`` and ``styles``: texts, pieces) and output (``logits``)."""
    file = _File(old)
    count = len([name for name in file.numbers if name.endswith(".intermediate.dense.bias")])
    return network(
        Bert(
            words=file.table("word_embeddings"),
            styles=file.table("token_type_embeddings"),
            places=file.table("position_embeddings"),
            norm=file.norm(f"{BERT}embeddings"),
            blocks=[file.block(f"{BERT}encoder.layer.{k}") for k in range(count)],
            labels=file.layer("model.classifier"),
            heads=HEADS,
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="rewritten in place")
    options = parser.parse_args()
    onnx.save(rewritten(onnx.load(options.model)), options.model)


if __name__ == "__main__":
    main()
