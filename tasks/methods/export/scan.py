"""What must not leave with a model: a scan that decodes the folder and names what it finds, never the value.

The scan works by allow-lists: a file whose name isn't one of a model folder's, a metadata key that isn't known, a byte
outside the declared tensors and an added token that the base model doesn't have are problems, whatever they hold.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import math
import re
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.methods.export.folder import TOKENIZER_FILES, added_tokens

_FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors.index.json",
    "README.md",
    "MODEL_CARD.md",
    "export.json",
    "variants.json",
    *TOKENIZER_FILES,
)
_WEIGHTS = re.compile(r"^model(-\d{5}-of-\d{5})?\.safetensors$")
_PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5")
_METADATA = {"format": {"pt"}}
_OPTIMIZER = re.compile(r"exp_avg|momentum|optimizer|adam|grad_sample|ema_|\.lora_[AB]\.", re.IGNORECASE)
_PATH = re.compile(
    r"(?<![\w/:.<>~-])~?/(?:[\w.+@-]+/)+[\w.+@-]+|\b[A-Z]:\\+(?:Users|Windows|Documents|home|temp)|file:///"
)
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_EVERYONES = (
    "root",
    "user",
    "admin",
    "ubuntu",
    "debian",
    "runner",
    "airflow",
    "airlock",
    "localhost",
    "model",
    "default",
    "docker",
    "home",
    "nobody",
    "worker",
    "train",
    "python",
)


@dataclass(frozen=True, order=True)
class Problem:
    """Something that must not leave.

    Attributes:
        file: name below the folder.
        where: place inside the file (a JSON path, ``metadata``, a line), or empty.
        what: the kind of finding in words. Never the value itself.
    """

    file: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}{f' ({self.where})' if self.where else ''}: {self.what}"


def scan_bundle(
    folder: Path, *, known_tokens: Collection[str] | None = None, private_words: Collection[str] | None = None
) -> list[Problem]:
    """Decode every file of a model folder and list what must not leave.

    Args:
        folder: the folder, files below it in any depth.
        known_tokens: added tokens of the public base tokenizer; any other is a problem. ``None``: not checked.
        private_words: names of people or machines that must not occur; by default this user's and this host's, where
            they are not names that half the machines have.

    Returns:
        the problems, sorted; empty if the folder may leave.
    """
    words = _local_words() if private_words is None else set(private_words)
    private = _any_of(words)
    found: list[Problem] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found.append(Problem(name, "", "a link"))
        elif path.is_file():
            found += (Problem(name, where, what) for where, what in _file(path, private, known_tokens))
    if known_tokens is not None:
        for place in sorted({path.parent for path in folder.rglob("*token*.json")}):
            if extra := set(_tokens(place)) - set(known_tokens):
                name = place.relative_to(folder).as_posix()
                what = f"{len(extra)} that the base model's tokenizer doesn't have"
                found.append(Problem(name, "added tokens", what))
    return sorted(found)


def in_text(string: str) -> list[str]:
    """What a text holds that must not leave: absolute paths, this user's or machine's name; in words, no value."""
    words = _local_words()
    return list(_text(string, _any_of(words)))


def _any_of(words: Collection[str]) -> re.Pattern[str] | None:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words)))})(?!\w)", re.I) if words else None


def _file(
    path: Path, private: re.Pattern[str] | None, known_tokens: Collection[str] | None
) -> Iterator[tuple[str, str]]:
    if path.suffix.lower() in _PICKLED:
        yield "", "a checkpoint or pickled file"
        return
    if _WEIGHTS.match(path.name):
        yield from _safetensors(path, private)
        return
    if path.name == "model.onnx":
        from tasks.methods.export.scan_onnx import scan_onnx

        weights = path.with_name("model.onnx.data")
        yield from scan_onnx(path, weights, lambda text: _text(text, private), _OPTIMIZER.search)
        return
    if path.name == "model.onnx.data" and path.with_name("model.onnx").is_file():
        return  # decoded with its graph
    if path.name == "model.gguf":
        from tasks.methods.export.scan_gguf import scan_gguf

        yield from scan_gguf(path, lambda text: _text(text, private), _OPTIMIZER.search, known_tokens)
        return
    if path.name not in _FILES:
        yield "", "a file that isn't part of a model folder"
        return
    data = path.read_bytes()
    if path.suffix == ".model":
        return
    try:
        text = data.decode("utf-8")
        strings = _strings(json.loads(text), path.name) if path.suffix == ".json" else _lines(text, path.name)
    except ValueError:
        yield "", "not the text or JSON that its name promises"
        return
    for where, string in strings:
        yield from ((where, what) for what in _text(string, private))


def _safetensors(path: Path, private: re.Pattern[str] | None) -> Iterator[tuple[str, str]]:
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise ValueError
            header: dict[str, Any] = json.loads(file.read(length))
        metadata = header.pop("__metadata__", {})
        spans = sorted((tuple(t["data_offsets"]), t["dtype"], math.prod(t["shape"])) for t in header.values())
        end = 0
        for (start, stop), dtype, count in spans:
            if start != end or stop - start != _BYTES[dtype] * count:
                raise ValueError
            end = stop
    except (ValueError, KeyError, TypeError, AttributeError):
        yield "header", "not a well-formed safetensors file"
        return
    if end != size - 8 - length:
        yield "", "bytes outside the declared tensors"
    for key, value in sorted(metadata.items()):
        if value not in _METADATA.get(key, set()):
            yield "metadata", "an entry beside the format"
    for name in sorted(header):
        if _OPTIMIZER.search(name):
            yield "tensors", "a tensor that isn't a weight of the merged model"
        yield from (("tensors", what) for what in _text(name, private))


def _text(string: str, private: re.Pattern[str] | None) -> Iterator[str]:
    if _PATH.search(string):
        yield "an absolute path"
    if private is not None and private.search(string):
        yield "the name of this user or machine"


def _strings(value: Any, file: str, where: str = "") -> list[tuple[str, str]]:
    """Every string in a JSON document with its place, but for a tokenizer's vocabulary and merges, the base model's."""
    if isinstance(value, str):
        return [(where, value)]
    if file == "vocab.json" or (file == "tokenizer.json" and where in ("model.vocab", "model.merges")):
        return []
    if isinstance(value, dict):
        places = [(f"{where}.{key}".lstrip("."), item) for key, item in value.items()]
        # Keys may hold what values may; their place is their parent's.
        return [(where, str(key)) for key in value] + [s for place, item in places for s in _strings(item, file, place)]
    if isinstance(value, list):
        return [s for i, item in enumerate(value) for s in _strings(item, file, f"{where}[{i}]")]
    return []


def _lines(text: str, file: str) -> list[tuple[str, str]]:
    if file in ("vocab.txt", "merges.txt"):
        return []
    return [(f"line {number}", line) for number, line in enumerate(text.splitlines(), 1)]


def _tokens(folder: Path) -> list[str]:
    try:
        return added_tokens(folder)
    except (ValueError, KeyError, TypeError):
        return []


def _local_words() -> set[str]:
    words = {socket.gethostname(), socket.gethostname().partition(".")[0], Path.home().name}
    with contextlib.suppress(OSError, KeyError):  # a container's user may have no name
        words.add(getpass.getuser())
    return {word for word in words if len(word) >= 4 and word.lower() not in _EVERYONES}
