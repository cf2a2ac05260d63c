"""Exactly the intended weights are trained, and what was trained comes back from its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tasks.core.errors import UserError
from tasks.methods.clip.lora import merge, read_adapter
from tasks.methods.lm.adapt import Adaptation
from tasks.methods.lm.objectives import Task, open_task, reopen
from tasks.methods.lm.weights import ModelFolder, resolve
from tests.tiny import tiny_causal_lm, tiny_encoder, tiny_gpt2

CPU = torch.device("cpu")
LABELS = ("no", "yes")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelFolder]:
    home = tmp_path_factory.mktemp("models")
    made = {
        "llama": tiny_causal_lm(home / "llama"),
        "gpt2": tiny_gpt2(home / "gpt2"),
        "bert": tiny_encoder(home / "bert"),
        "bert-head": tiny_encoder(home / "bert-head", head=True),
    }
    return {name: resolve(str(folder), home) for name, folder in made.items()}


def opened(objective: Any, folder: ModelFolder, kind: Any, **more: Any) -> Task:
    task = open_task(objective, folder, CPU, labels=LABELS if objective == "classification" else ())
    task.adapt(Adaptation(kind, **more))
    return task


def trained(task: Task) -> set[str]:
    return {name for name, p in task.model.named_parameters() if p.requires_grad}


def test_full_is_everything(folders: dict[str, ModelFolder]) -> None:
    for objective, name in (("causal_lm", "gpt2"), ("classification", "bert"), ("masked_lm", "bert")):
        task = opened(objective, folders[name], "full")
        assert trained(task) == {name for name, _ in task.model.named_parameters()}
        assert not any("pooler" in name for name in trained(task))


def test_the_last_blocks_and_the_norm_behind_them(folders: dict[str, ModelFolder]) -> None:
    for name, block, norm in (
        ("llama", "model.layers.1.", "model.norm."),
        ("gpt2", "transformer.h.1.", "transformer.ln_f."),
    ):
        task = opened("causal_lm", folders[name], "last_layers", last_layers=1)
        every = {n for n, _ in task.model.named_parameters()}
        assert trained(task) == {n for n in every if n.startswith((block, norm))}
    task = opened("classification", folders["bert"], "last_layers", last_layers=2)
    every = {n for n, _ in task.model.named_parameters()}
    assert trained(task) == {n for n in every if n.startswith(("encoder.encoder.layer.", "head."))}
    task = opened("masked_lm", folders["bert-head"], "last_layers", last_layers=1)
    assert trained(task) == {n for n, _ in task.model.named_parameters() if n.startswith("bert.encoder.layer.1.")}


def test_biases_alone(folders: dict[str, ModelFolder]) -> None:
    task = opened("causal_lm", folders["gpt2"], "bitfit")
    assert trained(task) == {n for n, _ in task.model.named_parameters() if n.endswith(".bias")}
    assert len(trained(task)) == 2 * 6 + 1
    task = opened("classification", folders["bert"], "bitfit")
    assert trained(task) == {n for n, _ in task.model.named_parameters() if n.endswith(".bias")} | {"head.weight"}


def test_a_head_that_the_base_model_lacked_is_trained_with_everything(folders: dict[str, ModelFolder]) -> None:
    head = {
        "cls.predictions.bias", "cls.predictions.transform.dense.weight", "cls.predictions.transform.dense.bias",
        "cls.predictions.transform.LayerNorm.weight", "cls.predictions.transform.LayerNorm.bias",
    }  # fmt: skip
    for kind in ("lora", "bitfit", "last_layers"):
        task = opened("masked_lm", folders["bert"], kind, last_layers=1 if kind == "last_layers" else None)
        assert {n.removeprefix("base_model.model.") for n in trained(task)} >= head
    task = opened("masked_lm", folders["bert-head"], "lora")
    assert all("lora_" in name for name in trained(task))


@pytest.mark.parametrize(
    ("objective", "model", "layers"),
    [
        ("causal_lm", "llama", ("q_proj", "v_proj")),
        ("causal_lm", "gpt2", ("c_attn",)),
        ("classification", "bert", ("query", "value")),
        ("masked_lm", "bert-head", ("query", "value")),
    ],
)
def test_adapters_go_where_each_architecture_has_queries_and_values(
    folders: dict[str, ModelFolder], objective: str, model: str, layers: tuple[str, ...]
) -> None:
    task = opened(objective, folders[model], "lora", r=3)
    lora = {n for n in trained(task) if "lora_" in n}
    assert {n.split(".lora_")[0].rsplit(".", 1)[-1] for n in lora} == set(layers)
    assert len(lora) == 2 * 2 * len(layers)
    assert trained(task) - lora == ({"head.weight", "head.bias"} if objective == "classification" else set())
    last = opened(objective, folders[model], "lora", last_layers=1)
    assert {".1." in n for n in trained(last) if "lora_" in n} == {True}


def test_gpt2_takes_adapters_on_conv1d_and_merges_them(folders: dict[str, ModelFolder]) -> None:
    task = opened("causal_lm", folders["gpt2"], "lora", targets=("c_attn", "c_proj", "c_fc"))
    model = task.model
    with torch.no_grad():
        for p in model.parameters():
            if p.requires_grad:
                p.normal_(std=0.1)
    ids = torch.tensor([[3, 4, 5]])
    before = model(input_ids=ids).logits
    torch.testing.assert_close(model.merge_and_unload()(input_ids=ids).logits, before)  # type: ignore[operator]


def test_what_does_not_fit_is_said_in_a_sentence(folders: dict[str, ModelFolder]) -> None:
    with pytest.raises(UserError, match=r"train\.adaptation: bitfit.*none"):
        opened("causal_lm", folders["llama"], "bitfit")
    for wrong in (None, 0, 3):
        with pytest.raises(UserError, match=r"train\.last_layers"):
            opened("causal_lm", folders["llama"], "last_layers", last_layers=wrong)
    with pytest.raises(UserError, match=r"train\.lora_targets.*q_proj.*c_attn"):
        opened("causal_lm", folders["gpt2"], "lora", targets=("q_proj",))
    with pytest.raises(UserError, match=r"train\.lora_targets.*embeddings"):
        opened("causal_lm", folders["gpt2"], "lora", targets=("lm_head",))


def test_quantised_weights_are_left_as_they_are(folders: dict[str, ModelFolder]) -> None:
    task = open_task("causal_lm", folders["gpt2"], CPU)
    task.model.is_quantized = True  # type: ignore[assignment]
    for kind in ("full", "last_layers", "bitfit"):
        with pytest.raises(UserError, match=r"train\.adaptation: quantised"):
            task.adapt(Adaptation(kind, last_layers=1))  # type: ignore[arg-type]


def perturbed(task: Task) -> Task:
    with torch.no_grad():
        for i, (_, p) in enumerate(sorted(task.model.named_parameters())):
            if p.requires_grad:
                p += 0.05 * torch.randn(p.shape, generator=torch.Generator().manual_seed(i))
    return task


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def saved(task: Task, tmp_path: Path) -> Path:
    task.save(tmp_path / "one", "tiny-abc")
    task.save(tmp_path / "two", "tiny-abc")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert all(str(tmp_path).encode() not in data for data in files(tmp_path / "one").values())
    assert not any(name.endswith((".bin", ".pt")) for name in files(tmp_path / "one"))
    return tmp_path / "one"


IDS = torch.tensor([[5, 9, 12, 7]])


@pytest.mark.parametrize("kind", ["full", "last_layers"])
@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_a_causal_model_comes_back(folders: dict[str, ModelFolder], name: str, kind: str, tmp_path: Path) -> None:
    task = perturbed(opened("causal_lm", folders[name], kind, last_layers=1 if kind == "last_layers" else None))
    folder = saved(task, tmp_path)
    assert {name.split("/")[0] for name in files(folder)} == {"model"}
    loaded = AutoModelForCausalLM.from_pretrained(folder / "model").eval()
    torch.testing.assert_close(loaded(input_ids=IDS).logits, task.model(input_ids=IDS).logits)


@pytest.mark.parametrize(
    ("objective", "name", "kind"),
    [
        ("causal_lm", "llama", "lora"), ("causal_lm", "gpt2", "lora"), ("causal_lm", "gpt2", "full"),
        ("causal_lm", "gpt2", "bitfit"), ("masked_lm", "bert", "lora"), ("masked_lm", "bert", "full"),
        ("masked_lm", "bert", "bitfit"), ("masked_lm", "bert-head", "lora"), ("classification", "bert", "lora"),
        ("classification", "bert", "full"), ("classification", "bert", "bitfit"),
    ],
)  # fmt: skip
def test_every_trained_task_comes_back(
    folders: dict[str, ModelFolder], objective: Any, name: str, kind: str, tmp_path: Path
) -> None:
    task = perturbed(opened(objective, folders[name], kind))
    folder = saved(task, tmp_path)
    kept = set(files(folder))
    assert ("head.safetensors" in kept) == (objective == "classification" or (name, kind) == ("bert", "lora"))
    assert ("head.json" in kept) == (objective == "classification")
    other = reopen(objective, folders[name], folder, CPU)
    records = [("a text", "yes"), ("b", "no")] if objective == "classification" else ["a text", "b"]
    batch = next(iter(task.table(records, 16).batches([0, 1], 2)))[1]
    untrained = open_task(objective, folders[name], CPU, labels=LABELS)
    torch.testing.assert_close(other.losses(other.model, batch), task.losses(task.model, batch))
    assert not torch.allclose(untrained.losses(untrained.model, batch), task.losses(task.model, batch))


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_a_saved_adapter_merges_as_the_clip_stage_does_it(
    folders: dict[str, ModelFolder], name: str, tmp_path: Path
) -> None:
    task = perturbed(opened("causal_lm", folders[name], "lora"))
    task.save(tmp_path, "tiny-abc")
    merged = AutoModelForCausalLM.from_pretrained(folders[name].path).eval()
    merge(merged, read_adapter(tmp_path / "adapter"))
    torch.testing.assert_close(merged(input_ids=IDS).logits, task.model(input_ids=IDS).logits)


def test_trained_weights_of_another_base_are_refused(folders: dict[str, ModelFolder], tmp_path: Path) -> None:
    for kind in ("lora", "full"):
        folder = tmp_path / kind
        opened("causal_lm", folders["gpt2"], kind).save(folder, "tiny")
        with pytest.raises(UserError, match="isn't the base"):
            reopen("causal_lm", folders["llama"], folder, CPU)
