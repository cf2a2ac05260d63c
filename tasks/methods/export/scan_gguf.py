"""What a GGUF file holds beside the model: entries that readers don't need, and bytes that no tensor declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

_KEYS = re.compile(
    r"GGUF\.\w+|general\.(architecture|file_type|quantization_version)|llama\.[a-z_.]+|tokenizer\.chat_template|"
    r"tokenizer\.ggml\.(model|pre|tokens|token_type|merges|\w+_token_id|add_\w+)"
)
_VOCABULARY = ("tokenizer.ggml.tokens", "tokenizer.ggml.merges")
_ADDED = (3, 4)  # control and user-defined


def scan_gguf(
    path: Path,
    look: Callable[[str], Iterator[str]],
    optimizer: Callable[[str], Any],
    known_tokens: Collection[str] | None,
) -> Iterator[tuple[str, str]]:
    """Decode a GGUF file.

    Args:
        path: the file.
        look: what a text holds that must not leave, in words.
        optimizer: true for a name that no weight of a merged model has.
        known_tokens: added tokens of the public base tokenizer, or ``None`` where they aren't checked.

    Yields:
        place and kind of each problem, never a value.
    """
    import gguf

    try:
        reader = gguf.GGUFReader(path)
        entries = {name: field.contents() for name, field in reader.fields.items()}
        spans = sorted((int(t.data_offset), int(t.data_offset) + int(t.n_bytes)) for t in reader.tensors)
        names = [tensor.name for tensor in reader.tensors]
        alignment, end = int(reader.alignment), int(reader.data_offset)
    except (ValueError, KeyError, IndexError, OSError, OverflowError, AttributeError, TypeError):
        yield "", "not a well-formed GGUF file"
        return
    if not all(_KEYS.fullmatch(name) for name in entries):
        yield "metadata", "an entry beside the format"
    for name, value in entries.items():
        if name not in _VOCABULARY:
            place = name if _KEYS.fullmatch(name) else "metadata"
            texts = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str)]
            yield from ((place, what) for text in [*texts, name] for what in look(text))
    for name in names:
        if optimizer(name):
            yield "tensors", "a tensor that isn't a weight of the merged model"
        yield from (("tensors", what) for what in look(name))
    if known_tokens is not None:
        kinds, tokens = entries.get("tokenizer.ggml.token_type", []), entries.get("tokenizer.ggml.tokens", [])
        added = {token for token, kind in zip(tokens, kinds, strict=False) if kind in _ADDED}
        if extra := added - set(known_tokens):
            yield "added tokens", f"{len(extra)} that the base model's tokenizer doesn't have"
    size = path.stat().st_size
    with path.open("rb") as file:
        for start, stop in [*spans, (size, size)]:
            file.seek(end)
            if not end <= start < end + alignment or stop > size or any(file.read(start - end)):
                yield "tensors", "bytes outside the declared tensors"
                return
            end = stop
