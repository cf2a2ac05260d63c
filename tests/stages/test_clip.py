"""The clip stage: its artifact, its key, and what it refuses."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load

from tasks.core.artifacts import Ref, open_ref
from tasks.core.errors import GateRefused, UserError
from tasks.methods.clip.quality import Quality, generated_texts
from tasks.methods.export.folder import load_model
from tasks.stages import clip
from tests.methods.clip.tiny_training import TRAINING, context, trained

ADAPTER_RULE = {"pattern": "*", "target": "adapter", "method": "truncate", "bound": 0.25}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a stage talked to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def _run(root: Path, train: Ref, rules: list[dict[str, Any]] | None = None) -> Ref:
    return clip.run(context(root, {"model": [train]}, **({} if rules is None else {"clip": {"rules": rules}})))


def test_the_artifact_is_a_whole_model_with_its_report(tmp_path: Path) -> None:
    ref = _run(tmp_path, trained(tmp_path))
    artifact = open_ref(ref)
    assert artifact.files == [
        "clip.json",
        "model/config.json",
        "model/generation_config.json",
        "model/model.safetensors",
        "model/tokenizer.json",
        "model/tokenizer_config.json",
    ]
    report = artifact.read_json("clip.json")
    (rule,) = report["rules"]
    assert (rule["method"], rule["bound"], rule["pattern"]) == ("truncate", 0.25, "*")
    assert {layer["name"] for layer in rule["layers"]} == {
        f"model.layers.{i}.self_attn.{p}_proj.lora_{s}.weight" for i in (0, 1) for p in "qv" for s in "AB"
    }
    assert ref.counts == {
        "parameters": report["parameters"],
        "rules": 1,
        "weights": 8 * 32 * 4,
        "changed": rule["changed"],
        "quality": {**report["quality"], "domain": "healthcare"},
    }
    assert report["guarantee"].startswith("Post-processing of differentially private training")
    assert 0 < rule["changed"] < rule["weights"]
    assert report["tokenizer"]["added_tokens"] == ["<end>", "<pad>"]
    assert str(tmp_path) not in artifact.read_bytes("clip.json").decode()


def test_the_same_key_gives_the_same_bytes_and_is_reused(tmp_path: Path) -> None:
    rules = [{"pattern": "*.mlp.*", "target": "merged", "method": "gaussian", "scale": 0.01}]
    refs = []
    for name in ("one", "two"):
        root = tmp_path / name
        refs.append(_run(root, trained(root), rules))
    assert refs[0].digest == refs[1].digest
    assert refs[0].key == refs[1].key
    again = context(tmp_path / "one", {"model": [trained(tmp_path / "one")]}, clip={"rules": rules})
    assert clip.run(again) == refs[0]
    assert again.reused == [True]


def test_what_decides_the_result_is_in_the_key(tmp_path: Path) -> None:
    gaussian = [{"target": "merged", "method": "gaussian", "scale": 0.01}]
    first, other = trained(tmp_path), trained(tmp_path, seed=2)
    keys = [
        _run(tmp_path, first).key,
        _run(tmp_path, other).key,
        _run(tmp_path, first, [{**ADAPTER_RULE, "bound": 0.2}]).key,
        _run(tmp_path, first, gaussian).key,
    ]
    assert len(set(keys)) == 4
    ctx = context(
        tmp_path,
        {"model": [first]},
        clip={"rules": [ADAPTER_RULE]},
        train={"base_model": str(tmp_path / "base"), "epsilon": 3},
    )
    assert clip.run(ctx).key == keys[0]
    assert ctx.reused == [True]


def test_what_the_cost_is_measured_by_is_in_the_key_and_its_limit_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = trained(tmp_path)

    def key(**settings: Any) -> str:
        return clip.run(context(tmp_path, {"model": [train]}, clip={"quality_texts": 2, **settings})).key

    keys = [key(), key(quality_texts=3), key(quality_domain="finance"), key(quality_language="zh")]
    keys.append(key(rules=[{**ADAPTER_RULE, "kind": "lora_a"}]))
    assert len(set(keys)) == len(keys)
    assert key(max_quality_loss=0.5) == key(max_quality_loss=None) == keys[0]
    monkeypatch.setattr(clip, "sha256_sources", lambda package: package)
    assert key() != keys[0]
    assert key(rules=[]) == key(rules=[], max_quality_loss=0)


def test_two_models_never_get_the_same_noise(tmp_path: Path) -> None:
    rule = {"pattern": "model.norm.weight", "target": "merged", "method": "gaussian", "scale": 0.01}
    noises = []
    for seed in (1, 2):
        artifact = open_ref(_run(tmp_path, trained(tmp_path, seed=seed), [rule]))
        noises.append(load(artifact.read_bytes("model/model.safetensors"))["model.norm.weight"] - 1)
    assert all(float(noise.std()) > 0.003 for noise in noises)
    assert not torch.equal(*noises)


def test_without_rules_the_adapter_is_only_merged(tmp_path: Path) -> None:
    ref = _run(tmp_path, trained(tmp_path), [])
    assert ref.counts["rules"] == ref.counts["changed"] == 0
    assert "quality" not in ref.counts


HARSH = [{"target": "merged", "kind": "embedding", "method": "gaussian", "scale": 0.2}]


def test_rules_that_cost_too_much_shut_the_gate_unless_told_otherwise(tmp_path: Path) -> None:
    train = trained(tmp_path)

    def clipped(**settings: Any) -> tuple[Ref, list[bool]]:
        ctx = context(tmp_path, {"model": [train]}, clip={"rules": HARSH, **settings})
        return clip.run(ctx), ctx.reused

    with pytest.raises(GateRefused, match=r"cost too much: .* clip\.max_quality_loss allows 10 %") as caught:
        clipped()
    assert caught.value.exit_code == 3
    # The limit is held against the measurement anew; the artifact, with its page to look at, is the same one.
    page = Path(str(caught.value).rpartition(" ")[2].removeprefix("file://"))
    assert page.name == "clip.html" and "not finite" not in page.read_text(encoding="utf-8")
    ref, reused = clipped(max_quality_loss=None)
    assert reused == [True]
    assert str(page).startswith(ref.uri.removeprefix("file://"))
    assert ref.counts["quality"]["loss"] > 0.1
    assert clipped(max_quality_loss=1e9)[0] == ref
    with pytest.raises(GateRefused):
        clipped(max_quality_loss=ref.counts["quality"]["loss"] * 0.99)
    assert clipped(max_quality_loss=None, quality_texts=0)[0].key != ref.key


def test_quality_is_that_of_generated_text_without_the_rules_and_with_them(tmp_path: Path) -> None:
    train = trained(tmp_path)
    artifact = open_ref(_run(tmp_path, train, HARSH_BUT_ALLOWED))
    quality = artifact.read_json("clip.json")["quality"]
    merged = open_ref(_run(tmp_path, train, []))
    for when, made in (("before", merged), ("after", artifact)):
        model = load_model(made.local_dir() / "model", torch.float32)
        measure = Quality(made.local_dir() / "model", generated_texts("healthcare", "en", 32))
        measure(model)
        assert measure.report()["perplexity_before"] == pytest.approx(quality[f"perplexity_{when}"], abs=2e-4)
    assert quality["texts"] == 32
    assert quality["loss"] == pytest.approx(quality["perplexity_after"] / quality["perplexity_before"] - 1, abs=1e-4)
    low, high = quality["loss_interval"]
    assert low < quality["loss"] < high


HARSH_BUT_ALLOWED = [{"target": "merged", "kind": "linear", "method": "spectral", "bound": 0.05}]


def test_the_page_shows_each_tensor_before_and_after(tmp_path: Path) -> None:
    ref = _run(tmp_path, trained(tmp_path), [ADAPTER_RULE, *HARSH_BUT_ALLOWED])
    report = open_ref(ref).read_json("clip.json")
    layers = [layer for rule in report["rules"] for layer in rule["layers"]]
    (page,) = Path(ref.uri.removeprefix("file://")).rglob("clip.html")
    text = page.read_text(encoding="utf-8")
    assert text.count('<svg class="h"') == len(layers) == 8 + 14
    assert all(f"<figcaption>{layer['name']}<br>" in text for layer in layers)
    assert all(f"{layer['changed']:,} of {layer['weights']:,} (" in text for layer in layers)
    for layer in report["rules"][1]["layers"]:
        assert layer["lipschitz_before"] > 0.05 >= layer["lipschitz_after"] > 0.049
    assert "http" not in text  # nothing is fetched
    assert str(tmp_path) not in text


def test_without_private_training_no_epsilon_is_named(tmp_path: Path) -> None:
    ref = _run(tmp_path, trained(tmp_path, {**TRAINING, "private": False}), HARSH_BUT_ALLOWED)
    artifact = open_ref(ref)
    (page,) = Path(ref.uri.removeprefix("file://")).rglob("clip.html")
    for text in (artifact.read_bytes("clip.json").decode(), page.read_text(encoding="utf-8")):
        assert "no formal guarantee" in text
        assert not any(sign in text for sign in ("ε", "epsilon", "7.98", "Post-processing"))


def test_a_rule_that_fits_nothing_is_the_users_error_and_publishes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"clip\.rules\[1\]\.pattern"):
        _run(tmp_path, trained(tmp_path), [ADAPTER_RULE, {**ADAPTER_RULE, "target": "merged", "pattern": "*.nowhere"}])
    assert not list((tmp_path / "store" / "clean" / "clip").rglob("manifest.json"))


def test_another_base_model_than_the_trained_one_is_refused(tmp_path: Path) -> None:
    train = trained(tmp_path)
    with (tmp_path / "base" / "config.json").open("a") as file:
        file.write("\n")
    with pytest.raises(UserError, match="changed since the adapter was trained"):
        _run(tmp_path, train)
