"""Causal language models as ONNX graphs with a key-value cache, which onnxruntime runs without PyTorch.

Names are those that ONNX tools for decoders share (Optimum, onnxruntime-genai, Transformers.js)::

    input_ids                     [batch, length]          int64
    attention_mask                [batch, past + length]   int64
    position_ids                  [batch, length]          int64
    past_key_values.N.key|value   [batch, heads, past, head_dim]
    logits                        [batch, length, vocabulary]
    present.N.key|value           [batch, heads, past + length, head_dim]

Batch, length and past are dynamic; the first call has a past of length 0. The graph is ``model.onnx``, its weights lie
in ``model.onnx.data``: a protobuf message ends at 2 GB.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache

from tasks.core.errors import UserError
from tasks.methods.export.folder import load_model

GRAPH, WEIGHTS = "model.onnx", "model.onnx.data"
_OPSET = 18
_BATCH, _LENGTH, _PAST = 2, 3, 5
"""Sizes of the example that the graph is traced on: all different, and none 0 or 1, which a trace takes as fixed."""
_BLOCK = 32
"""Weights of an int8 matrix that share one scale."""


def write_onnx(source: Path, target: Path, precision: str, traced: Path | None = None) -> None:
    """Write ``model.onnx`` and ``model.onnx.data``; the same model gives the same bytes.

    Args:
        source: folder of a causal language model in safetensors.
        target: folder that the two files go to.
        precision: ``fp32``, ``fp16`` (weights, cache and logits), or ``int8``: matrices in 8 bits with one fp32 scale
            for each 32 weights, activations in fp32.
        traced: folder of the same model in ``fp32``, where it is written already; ``int8`` is made from it.

    Raises:
        UserError: PyTorch's exporter doesn't know the architecture.
    """
    target.mkdir(parents=True, exist_ok=True)
    if precision != "int8":
        model = load_model(source, torch.float16 if precision == "fp16" else torch.float32)
        _trace(model).save(str(target / GRAPH), external_data=True)
    elif traced is not None:
        _quantise(traced / GRAPH, target / GRAPH)
    else:
        with tempfile.TemporaryDirectory(prefix="airlock-onnx-") as scratch:
            write_onnx(source, Path(scratch), "fp32")
            _quantise(Path(scratch) / GRAPH, target / GRAPH)
    _tidy(target / GRAPH)


class _WithCache(nn.Module):
    """A causal language model whose cache goes in and out as plain tensors."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        position_ids: torch.Tensor,
        past: list[tuple[torch.Tensor, torch.Tensor]],
    ) -> tuple[torch.Tensor, list[tuple[torch.Tensor, torch.Tensor]]]:
        cache = DynamicCache()
        for layer, (key, value) in enumerate(past):
            cache.update(key, value, layer)
        out = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
        )
        return out.logits, [(layer.keys, layer.values) for layer in out.past_key_values.layers]


def _trace(model: PreTrainedModel) -> Any:
    refused = UserError(
        f"export.variants: onnx: {type(model).__name__} can't be exported to ONNX with a key-value cache; leave the "
        "onnx variants out, model/ holds the same weights for transformers"
    )
    ids = torch.ones((_BATCH, _LENGTH), dtype=torch.long)
    batch, length, past = (torch.export.Dim(name) for name in ("batch", "length", "past"))
    with _quiet():
        try:
            with torch.no_grad():
                layers = model(input_ids=ids, use_cache=True).past_key_values.layers
            shapes = [(layer.keys.shape, layer.values.shape) for layer in layers]
            example = [
                tuple(torch.zeros((_BATCH, shape[1], _PAST, shape[3]), dtype=model.dtype) for shape in pair)
                for pair in shapes
            ]
            pairs = [f"{n}.{part}" for n in range(len(shapes)) for part in ("key", "value")]
            program = torch.onnx.export(
                _WithCache(model).eval(),
                (
                    ids,
                    torch.ones((_BATCH, _PAST + _LENGTH), dtype=torch.long),
                    torch.arange(_PAST, _PAST + _LENGTH).repeat(_BATCH, 1),
                    example,
                ),
                dynamo=True,
                dynamic_shapes=(
                    {0: batch, 1: length},
                    {0: batch, 1: torch.export.Dim.DYNAMIC},
                    {0: batch, 1: length},
                    [({0: batch, 2: past}, {0: batch, 2: past})] * len(shapes),
                ),
                input_names=["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{p}" for p in pairs)],
                output_names=["logits", *(f"present.{p}" for p in pairs)],
                opset_version=_OPSET,
                verbose=False,
            )
        except Exception:  # the exporter raises whatever the architecture's code raises
            raise refused from None
    if program is None:
        raise refused
    return program


def _quantise(plain: Path, target: Path) -> None:
    """Matrices to blocks of 8 bits; nothing that depends on data, so no calibration texts are needed."""
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    with _quiet():
        # is_symmetric: weights of a network lie around zero, and symmetric blocks need no zero points.
        config = DefaultWeightOnlyQuantConfig(block_size=_BLOCK, is_symmetric=True, accuracy_level=1, bits=8)
        quantiser = MatMulNBitsQuantizer(onnx.load(str(plain)), algo_config=config)
        quantiser.process()
        onnx.save_model(
            quantiser.model.model, str(target), save_as_external_data=True, location=WEIGHTS, size_threshold=1024
        )


def _tidy(path: Path) -> None:
    """Drop all that a graph can do without: the exporter notes source files and stack traces of its machine."""
    model = onnx.load(str(path), load_external_data=False)
    _strip(model)
    del model.graph.value_info[:]
    for value in [*model.graph.input, *model.graph.output]:
        sequence = {"attention_mask": "past + length", "present": "past + length"}.get(value.name.partition(".")[0])
        for dim in value.type.tensor_type.shape.dim:
            # The exporter gives sums of dynamic sizes names of its own.
            if dim.dim_param and dim.dim_param not in ("batch", "length", "past") and sequence:
                dim.dim_param = sequence
    path.write_bytes(model.SerializeToString(deterministic=True))


def _strip(message: Any) -> None:
    for field, value in message.ListFields():
        if field.name in ("doc_string", "metadata_props"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for part in value if field.is_repeated else (value,):
                _strip(part)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's and quantiser's remarks out of the logs."""
    loggers = [
        logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxruntime", "onnxscript", "onnx_ir")
    ]
    loggers += [
        logging.getLogger(name)
        for name in (
            "torch.onnx._internal.exporter._registration",
            "onnxruntime.quantization.matmul_nbits_quantizer",
        )
    ]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
