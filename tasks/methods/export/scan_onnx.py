"""What an ONNX graph holds beside what computes: notes of whoever exported it, and bytes that no tensor declares.

The message is decoded field by field. A graph needs no doc strings and no metadata, so any is a problem, whatever it
says; names, attributes and strings in tensors are searched like all other text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

_ALIGNMENT = 1 << 16
"""Tensors start at multiples of a page; never is more than this left free between two."""


def scan_onnx(
    path: Path, weights: Path, look: Callable[[str], Iterator[str]], optimizer: Callable[[str], Any]
) -> Iterator[tuple[str, str]]:
    """Decode a graph and the file of its weights.

    Args:
        path: the graph.
        weights: the one file beside it that its tensors may lie in.
        look: what a text holds that must not leave, in words.
        optimizer: true for a name that no weight of a merged model has.

    Yields:
        place and kind of each problem, never a value.
    """
    try:
        model = onnx.ModelProto.FromString(path.read_bytes())
    except DecodeError:
        yield "", "not a well-formed ONNX graph"
        return
    yield from dict.fromkeys(_message(model, "", look))  # each place and kind once
    tensors = list(_tensors(model))
    if any(optimizer(tensor.name) for tensor in tensors):
        yield "tensors", "a tensor that isn't a weight of the merged model"
    yield from _external(tensors, weights)


def _message(message: Any, where: str, look: Callable[[str], Iterator[str]]) -> Iterator[tuple[str, str]]:
    if len(UnknownFieldSet(message)):
        yield where or "model", "bytes that ONNX doesn't define"
    for field, value in message.ListFields():
        place = f"{where}.{field.name}".lstrip(".")
        if field.name in ("metadata_props", "doc_string"):
            yield place, "an entry beside the format"
        for part in value if field.is_repeated else (value,):
            if field.message_type is not None:
                yield from _message(part, place, look)
            elif isinstance(part, str):
                yield from ((place, what) for what in look(part))
            elif isinstance(part, bytes) and field.name != "raw_data":
                yield from ((place, what) for what in look(part.decode("utf-8", errors="replace")))


def _tensors(message: Any) -> Iterator[onnx.TensorProto]:
    if isinstance(message, onnx.TensorProto):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in value if field.is_repeated else (value,):
                yield from _tensors(part)


def _external(tensors: list[onnx.TensorProto], weights: Path) -> Iterator[tuple[str, str]]:
    spans: set[tuple[int, int]] = set()
    for tensor in tensors:
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        entry = {item.key: item.value for item in tensor.external_data}
        try:
            start, length = int(entry["offset"]), int(entry["length"])
            wanted = math.prod(tensor.dims) * onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        except (KeyError, ValueError, TypeError):
            start, length, wanted = 0, -1, 0
        if entry.get("location") != weights.name or length != wanted or set(entry) - {"location", "offset", "length"}:
            yield "tensors", "a tensor that doesn't lie where a graph's weights lie"
            return
        spans.add((start, start + length))
    if not weights.is_file():
        if spans:
            yield "tensors", "a tensor that doesn't lie where a graph's weights lie"
        return
    size, end = weights.stat().st_size, 0
    with weights.open("rb") as file:
        for start, stop in [*sorted(spans), (size, size)]:
            file.seek(end)
            if not end <= start <= end + _ALIGNMENT or stop > size or any(file.read(start - end)):
                yield "tensors", "bytes outside the declared tensors"
                return
            end = stop
