"""The scan decodes ONNX graphs and GGUF files, and proves itself on what is planted in each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import onnx
import pytest

from tasks.methods.export.scan import scan_bundle
from tasks.methods.export.variants import parse, write_variant
from tests.tiny import tiny_causal_lm

KNOWN = ["<|end|>", "<|pad|>"]
PATH = "/home/jroe/train.py"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scanned")
    model = tiny_causal_lm(root / "model", merges=[("t", "h")])
    for name in ("onnx", "gguf"):
        write_variant(parse(name), model, root / "bundle" / name)
    return root / "bundle"


def _graph(change: Callable[[Any], None]) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = folder / "onnx" / "model.onnx"
        model = onnx.load(str(path), load_external_data=False)
        change(model)
        path.write_bytes(model.SerializeToString())

    return plant


def _entry(target: Callable[[Any], Any], value: str) -> Callable[[Path], None]:
    return _graph(lambda m: target(m).metadata_props.append(onnx.StringStringEntryProto(key="note", value=value)))


def _set(target: Callable[[Any], Any], name: str, value: Any) -> Callable[[Path], None]:
    return _graph(lambda m: setattr(target(m), name, value))


def _append(name: str, data: bytes) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write(data)

    return plant


def _elsewhere(folder: Path) -> None:
    def change(model: Any) -> None:
        for entry in next(t for t in model.graph.initializer if t.external_data).external_data:
            if entry.key == "location":
                entry.value = "../rows.bin"

    _graph(change)(folder)


def _attribute(model: Any) -> None:
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("note", PATH))


def _text_tensor(model: Any) -> None:
    model.graph.initializer.append(onnx.helper.make_tensor("text", onnx.TensorProto.STRING, [1], [PATH.encode()]))


def _gguf(**more: Any) -> Callable[[Path], None]:
    """Write the file anew with further entries, tensors or token kinds."""

    def plant(folder: Path) -> None:
        path = folder / "gguf" / "model.gguf"
        reader = gguf.GGUFReader(path)
        entries = [f for n, f in reader.fields.items() if not n.startswith("GGUF.") and n != "general.architecture"]
        copies = [(t.name, np.array(t.data)) for t in reader.tensors]
        path.unlink()
        writer = gguf.GGUFWriter(str(path), "llama")
        for field in entries:
            value = more.get(field.name, field.contents())
            sub = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(field.name, value, field.types[0], sub)
        for name, value in more.items():
            if isinstance(value, str):
                writer.add_string(name, value)
        for name, data in [*copies, *((n, d) for n, d in more.items() if isinstance(d, np.ndarray))]:
            writer.add_tensor(name, data)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    return plant


PLANTED: list[tuple[str, Callable[[Path], None], str]] = [
    ("a stack trace at a node", _entry(lambda m: m.graph.node[3], f'File "{PATH}", line 3'), "beside the format"),
    ("a path in a node's metadata", _entry(lambda m: m.graph.node[3], PATH), "node.metadata_props.value): an absolute"),
    ("a row in the model's metadata", _entry(lambda m: m, "Jane Roe, 4 May"), "beside the format"),
    ("a note at a weight", _entry(lambda m: m.graph.initializer[0], "Jane Roe"), "beside the format"),
    ("a note at an input", _entry(lambda m: m.graph.input[0], "Jane Roe"), "beside the format"),
    ("a doc string", _set(lambda m: m.graph.node[0], "doc_string", "Jane Roe"), "beside the format"),
    ("a path as a doc string", _set(lambda m: m, "doc_string", PATH), "absolute path"),
    ("a path as a name", _set(lambda m: m.graph.node[0], "name", PATH), "absolute path"),
    ("a path as a producer", _set(lambda m: m, "producer_name", PATH), "absolute path"),
    ("a user's name", _set(lambda m: m, "producer_name", "jroe_admin2"), "name of this user"),
    ("a path in an attribute", _graph(_attribute), "absolute path"),
    ("a path in a tensor of text", _graph(_text_tensor), "absolute path"),
    ("a tensor of an optimizer", _set(lambda m: m.graph.initializer[0], "name", "exp_avg"), "isn't a weight"),
    ("weights in another file", _elsewhere, "where a graph's weights lie"),
    ("bytes behind the weights", _append("onnx/model.onnx.data", b"Jane Roe"), "outside the declared"),
    ("a field that ONNX doesn't know", _append("onnx/model.onnx", b"\xfa\x3e\x04Jane"), "bytes that ONNX doesn't"),
    ("no graph", _append("onnx/model.onnx", b"\xff\xff"), "not a well-formed ONNX graph"),
    ("weights without a graph", lambda f: (f / "onnx" / "model.onnx").unlink(), "isn't part of a model folder"),
    ("a path in GGUF", _gguf(**{"general.source.url": PATH}), "absolute path"),
    ("a row in GGUF", _gguf(**{"general.description": "Jane Roe"}), "beside the format"),
    ("a path in GGUF's template", _gguf(**{"tokenizer.chat_template": PATH}), "chat_template): an absolute path"),
    ("an added token in GGUF", _gguf(**{"tokenizer.ggml.token_type": [4] * 259}), "tokenizer doesn't have"),
    ("an optimizer in GGUF", _gguf(momentum=np.zeros(8, np.float32)), "isn't a weight"),
    ("bytes behind GGUF's tensors", _append("gguf/model.gguf", b"Jane Roe"), "outside the declared"),
    ("no GGUF", lambda f: (f / "gguf" / "model.gguf").write_bytes(b"Jane Roe" * 9) and None, "well-formed GGUF"),
]  # fmt: skip


def _scan(folder: Path) -> list[str]:
    return [str(p) for p in scan_bundle(folder, known_tokens=KNOWN, private_words={"jroe_admin2"})]


def test_a_clean_folder_passes(clean: Path, tmp_path: Path) -> None:
    assert _scan(clean) == []
    shutil.copytree(clean, tmp_path / "bundle")
    _gguf()(tmp_path / "bundle")  # what the other cases write but for what they plant
    assert _scan(tmp_path / "bundle") == []


@pytest.mark.parametrize(("plant", "what"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED])
def test_what_must_not_leave_is_named(clean: Path, tmp_path: Path, plant: Callable[[Path], None], what: str) -> None:
    shutil.copytree(clean, tmp_path / "bundle")
    plant(tmp_path / "bundle")
    found = _scan(tmp_path / "bundle")
    assert any(what in problem for problem in found), found
    text = " ".join(found)
    assert not any(value in text for value in ("Jane", "jroe", "/home"))
