"""The export stage: a folder that loads elsewhere, and two gates that can shut."""

from __future__ import annotations

import dataclasses
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load

from tasks.core.artifacts import Ref, open_ref
from tasks.core.config.export import ExportConfig
from tasks.core.errors import GateRefused
from tasks.methods.export import compare, onnx_graph, variants, verify
from tasks.methods.export.folder import copy_tokenizer, load_model, save_model
from tasks.stages import clip, export
from tests.methods.clip.tiny_training import TRAINING, context, trained


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a stage talked to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ref, Ref]:
    """A folder with train's and clip's artifacts."""
    root = tmp_path_factory.mktemp("made")
    train = trained(root)
    return root, train, clip.run(context(root, {"model": [train]}))


@pytest.fixture
def loads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the written folder in this process: a clean one takes seconds, and other tests have it."""

    def outputs(folder: Path, **_: Any) -> verify.Outputs:
        model = load_model(folder, torch.float32)
        found = verify.outputs_here(model, folder)
        return dataclasses.replace(found, new_ids=[[1]] * len(found.prompt_ids))

    monkeypatch.setattr(verify, "outputs_clean", outputs)


def _run(made: tuple[Path, Ref, Ref], train: Ref | None = None, **sections: Any) -> Ref:
    root, own, clipped = made
    return export.run(context(root, {"model": [clipped], "training": [train or own]}, **sections))


def test_the_folder_is_in_hugging_face_layout_and_was_loaded(made: tuple[Path, Ref, Ref]) -> None:
    ref = _run(made)
    artifact = open_ref(ref)
    assert artifact.files == [
        "MODEL_CARD.md",
        "export.json",
        "model/README.md",
        "model/config.json",
        "model/generation_config.json",
        "model/model.safetensors",
        "model/tokenizer.json",
        "model/tokenizer_config.json",
    ]
    assert artifact.read_bytes("MODEL_CARD.md") == artifact.read_bytes("model/README.md")
    clipped = open_ref(made[2])
    assert artifact.read_bytes("model/model.safetensors") == clipped.read_bytes("model/model.safetensors")
    checked = artifact.read_json("export.json")["verification"]
    assert checked["within_tolerance"] is True
    assert checked["generated_tokens"] >= checked["prompts"] == len(verify.PROMPTS)
    assert ref.counts["epsilon"] == 7.98712
    assert ref.counts["perplexity_after"] == 21.0
    assert ref.counts["files"] == 7
    noted = json.loads(next((made[0] / "store/clean/export" / ref.key).rglob("run.json")).read_text())
    assert noted["verification"]["largest_difference"] < 1e-4
    card = artifact.read_bytes("MODEL_CARD.md").decode()
    assert "| ε | 7.988 |" in card
    assert "The ledger does not yet refuse." in card
    everything = b"".join(artifact.read_bytes(name) for name in artifact.files)
    assert str(made[0]).encode() not in everything


@pytest.mark.usefixtures("loads_here")
def test_the_same_inputs_reuse_it_and_the_cards_facts_are_in_the_key(made: tuple[Path, Ref, Ref]) -> None:
    first = _run(made)
    assert _run(made) == first
    assert _run(made, mask={"policy": "finance"}).key != first.key
    assert _run(made, name="other").key != first.key
    assert _run(made, export={"license": "mit"}).key != first.key


@pytest.mark.usefixtures("loads_here")
def test_bf16_halves_the_weights(made: tuple[Path, Ref, Ref]) -> None:
    weights = load(open_ref(_run(made, export={"dtype": "bf16"})).read_bytes("model/model.safetensors"))
    assert {w.dtype for w in weights.values()} == {torch.bfloat16}


@pytest.mark.usefixtures("loads_here")
def test_without_privacy_in_training_no_epsilon_is_printed(made: tuple[Path, Ref, Ref]) -> None:
    plain = trained(made[0], {**TRAINING, "private": False})
    ref = _run(made, plain)
    assert "epsilon" not in ref.counts
    card = open_ref(ref).read_bytes("MODEL_CARD.md").decode()
    assert "no formal guarantee" in card
    assert "ε" not in card
    assert "7.98" not in card


@pytest.mark.usefixtures("loads_here")
def test_the_scan_shuts_the_gate(made: tuple[Path, Ref, Ref]) -> None:
    private = {"intended_use": "Read the notes in /home/jroe/notes first."}
    with pytest.raises(GateRefused, match=r"MODEL_CARD.md \(line \d+\): an absolute path") as caught:
        _run(made, export=private)
    assert "jroe" not in str(caught.value)


def test_variants_lie_beside_the_model_with_what_they_cost(made: tuple[Path, Ref, Ref]) -> None:
    ref = _run(made, export={"variants": ["onnx-int8", "onnx", "model-fp16"]})
    artifact = open_ref(ref)
    for folder, weights in (
        ("onnx", "model.onnx.data"),
        ("onnx-int8", "model.onnx"),
        ("model-fp16", "model.safetensors"),
    ):
        assert {f"{folder}/{name}" for name in (weights, "config.json", "tokenizer.json")} <= set(artifact.files)
    measured = artifact.read_json("variants.json")
    assert ref.counts["variants"] == measured
    assert sorted(measured) == ["model-fp16", "onnx", "onnx-int8"]
    assert measured["onnx"]["largest_difference"] <= export.EXACT < measured["onnx-int8"]["largest_difference"]
    assert measured["onnx"]["top1_agreement"] == 1
    assert all(abs(figures["loss"]) < 0.01 and figures["bytes"] > 50_000 for figures in measured.values())
    assert set(artifact.manifest["decided_by"]["libraries"]) == {
        *export.STAGE.libraries, "onnx", "onnx-ir", "onnxruntime", "onnxscript",
    }  # fmt: skip
    noted = json.loads(next((made[0] / "store/clean/export" / ref.key).rglob("run.json")).read_text())
    assert set(noted["variants"]) == set(measured)
    everything = b"".join(artifact.read_bytes(name) for name in artifact.files)
    assert str(made[0]).encode() not in everything and b"site-packages" not in everything
    # The order in which they are named is nothing, and the limit is no part of the result.
    same = {"variants": ["model-fp16", "onnx-int8", "onnx"], "max_quality_loss": 0.5}
    assert _run(made, export=same).digest == ref.digest


@pytest.mark.usefixtures("loads_here")
def test_a_variant_that_costs_too_much_ends_the_run_each_time(
    made: tuple[Path, Ref, Ref], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = compare.Reference.answer

    def worse(self: compare.Reference, form: str, folder: Path) -> compare.Answer:
        answer = right(self, form, folder)
        return dataclasses.replace(answer, losses=1.2 * answer.losses)

    monkeypatch.setattr(compare.Reference, "answer", worse)
    for _ in range(2):
        with pytest.raises(
            GateRefused, match=r"model-bf16 costs too much: perplexity .* where export.max_quality_loss allows 10 %"
        ):
            _run(made, export={"variants": ["model-bf16"]})
    assert _run(made, export={"variants": ["model-bf16"], "max_quality_loss": None}).counts["variants"]


@pytest.mark.usefixtures("loads_here")
def test_a_variant_with_other_outputs_is_not_published(
    made: tuple[Path, Ref, Ref], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = variants.write_variant

    def wrong(variant: variants.Variant, source: Path, target: Path, traced: Path | None) -> None:
        model = load_model(source, torch.float32)
        with torch.no_grad():
            model.model.norm.weight[0] += 0.01
        changed = target.parent.parent / "changed"
        save_model(model, changed)
        copy_tokenizer(source, changed)
        right(variant, changed, target, traced)
        shutil.rmtree(changed)

    monkeypatch.setattr(variants, "write_variant", wrong)
    with pytest.raises(GateRefused, match="onnx gives other outputs than the clipped model"):
        _run(made, name="other-outputs", export={"variants": ["onnx"]})
    manifests = list((made[0] / "store/clean/export").glob("*/manifest.json"))
    assert all("other-outputs" not in m.read_text() for m in manifests)


@pytest.mark.usefixtures("loads_here")
def test_a_trace_of_this_machine_in_a_graph_shuts_the_gate(
    made: tuple[Path, Ref, Ref], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_graph, "_strip", lambda message: None)
    with pytest.raises(GateRefused, match=r"onnx/model.onnx \(graph.node.metadata_props.value\): an absolute path"):
        _run(made, export={"variants": ["onnx"]})


def test_a_variant_is_named_once_and_known() -> None:
    for wrong in (["onnx", "onnx"], ["model"], ["onnx-bf16"]):
        with pytest.raises(ValueError, match=r"name each variant once|should be"):
            ExportConfig(variants=wrong)


@pytest.mark.usefixtures("loads_here")
def test_other_outputs_shut_the_gate(made: tuple[Path, Ref, Ref], monkeypatch: pytest.MonkeyPatch) -> None:
    right = verify.outputs_clean

    def wrong(folder: Path) -> verify.Outputs:
        outputs = right(folder)
        outputs.logits[0][0, 0] += 1.0
        return outputs

    monkeypatch.setattr(verify, "outputs_clean", wrong)
    with pytest.raises(GateRefused, match="gives other outputs"):
        _run(made, name="wrong")
    manifests = list((made[0] / "store/clean/export").glob("*/manifest.json"))
    assert all("wrong" not in m.read_text() for m in manifests)
