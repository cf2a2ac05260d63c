"""The scan names everything that must not leave, and proves itself on each."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tasks.methods.export.scan import scan_bundle
from tests.methods.clip.tiny_models import tiny_base


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    tiny_base(folder / "model")
    (folder / "model" / "README.md").write_text("---\nlicense: mit\n---\n\n# A model\n", encoding="utf-8")
    return folder


def _json(name: str, change: Callable[[dict], None]) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = folder / "model" / name
        data = json.loads(path.read_text(encoding="utf-8"))
        change(data)
        path.write_text(json.dumps(data), encoding="utf-8")

    return plant


def _write(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / "model" / name).write_bytes(data) and None


def _append(name: str, text: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        with (folder / "model" / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return plant


def _weights(metadata: dict[str, str] | None = None, **more: torch.Tensor) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = folder / "model" / "model.safetensors"
        tensors = load_file(path)
        save_file(
            tensors | {name.replace("__", "."): t for name, t in more.items()},
            path,
            {"format": "pt"} | (metadata or {}),
        )

    return plant


def _link(folder: Path) -> None:
    (folder / "model" / "merges.txt").symlink_to(folder / "model" / "README.md")


def _truncated(folder: Path) -> None:
    path = folder / "model" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


PLANTED: list[tuple[str, Callable[[Path], None], str]] = [
    ("a pickled optimizer", _write("optimizer.pt", pickle.dumps({"step": 1})), "checkpoint or pickled"),
    ("pickled weights", _write("pytorch_model.bin", b"x"), "checkpoint or pickled"),
    (
        "trainer state",
        _write("trainer_state.json", b'{"log_history": [{"loss": 2.5}]}'),
        "isn't part of a model folder",
    ),
    ("rows", _write("rows.parquet", b"PAR1"), "isn't part of a model folder"),
    ("a pickle under a model's name", _write("model-00001-of-00002.safetensors", pickle.dumps([1])), "well-formed"),
    ("a pickle under JSON's name", _write("generation_config.json", pickle.dumps([b"\xff"])), "not the text or JSON"),
    (
        "a path in the configuration",
        _json("config.json", lambda d: d.update(_name_or_path="/home/jroe/base")),
        "absolute path",
    ),
    ("a path in a key", _json("config.json", lambda d: d.update({"/srv/models/base": 1})), "absolute path"),
    ("a nested path", _json("config.json", lambda d: d.update(a=[{"b": "from C:\\Users\\jroe"}])), "absolute path"),
    ("a file URL", _json("tokenizer_config.json", lambda d: d.update(x="file:///srv/m")), "absolute path"),
    ("a path in the card", _append("README.md", "See ~/models/base.\n"), "absolute path"),
    ("a user's name", _append("README.md", "Trained by jroe_admin2.\n"), "name of this user"),
    ("a host's name", _json("generation_config.json", lambda d: d.update(made_on="GPU-Host-17")), "name of this user"),
    ("a row in the weights' metadata", _weights({"note": "Jane Roe, 4 May"}), "beside the format"),
    ("another format's metadata", _weights({"format": "Jane Roe"}), "beside the format"),
    ("optimizer state among the weights", _weights(model__exp_avg=torch.zeros(2)), "isn't a weight"),
    ("an unmerged adapter", _weights(q__lora_A__weight=torch.zeros(2)), "isn't a weight"),
    ("bytes behind the weights", _append("model.safetensors", "Jane Roe"), "outside the declared"),
    ("cut weights", _truncated, "outside the declared"),
    (
        "an added token",
        _json(
            "tokenizer.json", lambda d: d["added_tokens"].append(dict(d["added_tokens"][0], id=999, content="Jane Roe"))
        ),
        "tokenizer doesn't have",
    ),
    (
        "a path in an added token",
        _json("tokenizer.json", lambda d: d["added_tokens"][0].update(content="/data/in/x.csv")),
        "absolute path",
    ),
    ("a link", _link, "a link"),
]


def _scan(folder: Path) -> list[str]:
    known = {"<end>", "<pad>"}
    return [str(p) for p in scan_bundle(folder, known_tokens=known, private_words={"jroe_admin2", "gpu-host-17"})]


def test_a_clean_folder_passes(clean: Path) -> None:
    assert _scan(clean) == []
    assert scan_bundle(clean, known_tokens=["<end>", "<pad>"]) == []


@pytest.mark.parametrize(("plant", "what"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED])
def test_what_must_not_leave_is_named(clean: Path, tmp_path: Path, plant: Callable[[Path], None], what: str) -> None:
    shutil.copytree(clean, tmp_path / "bundle")
    plant(tmp_path / "bundle")
    found = _scan(tmp_path / "bundle")
    assert any(what in problem for problem in found), found
    text = " ".join(found)
    assert not any(value in text for value in ("Jane", "jroe", "GPU-Host", "/home", "/data", "2.5"))


@pytest.mark.parametrize(
    "text",
    ["https://huggingface.co/org/model", "and/or", "</s>", "'/think' or '/no_think'", "3/4/2024", "a / b / c", "km/h"],
)
def test_ordinary_text_is_no_path(clean: Path, tmp_path: Path, text: str) -> None:
    shutil.copytree(clean, tmp_path / "bundle")
    _append("README.md", f"{text}\n")(tmp_path / "bundle")
    _json("tokenizer_config.json", lambda d: d.update(chat_template=text))(tmp_path / "bundle")
    assert _scan(tmp_path / "bundle") == []
