"""Other forms of a model: each loads in a clean process, gives the model's outputs, and comes out the same twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import gguf
import numpy as np
import onnx
import pytest
import torch
from transformers import AutoModelForCausalLM

from tasks.core.config.export import VariantName
from tasks.core.errors import AirlockError, UserError
from tasks.methods.clip.quality import generated_texts
from tasks.methods.export.compare import Reference
from tasks.methods.export.folder import added_tokens, load_model, save_model
from tasks.methods.export.onnx_graph import GRAPH, WEIGHTS, write_onnx
from tasks.methods.export.scan import scan_bundle
from tasks.methods.export.variants import LIBRARIES, Variant, parse, write_variant
from tasks.methods.lm.weights import resolve
from tests.tiny import tiny_causal_lm, tiny_gpt2

EXACT = 1e-4
_QUICK = ("model-bf16", "onnx", "onnx-fp16", "onnx-int8", "gguf", "gguf-int8")


def _model(folder: Path, seed: int = 0) -> Path:
    return tiny_causal_lm(folder, merges=[("t", "h"), ("th", "e")], seed=seed)


def _reference(folder: Path) -> Reference:
    return Reference(load_model(folder, torch.float32), folder, generated_texts("healthcare", "en", 4))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _model(tmp_path_factory.mktemp("variants") / "model")


@pytest.fixture(scope="module")
def reference(model: Path) -> Reference:
    return _reference(model)


@pytest.fixture(scope="module")
def traced(model: Path) -> Path:
    """The variant ``onnx``, written once."""
    write_variant(parse("onnx"), model, model.parent / "onnx")
    return model.parent / "onnx"


def test_every_name_in_the_configuration_is_a_form_with_its_libraries() -> None:
    names = get_args(VariantName)
    assert len({parse(name) for name in names}) == len(names)
    for name in names:
        variant = parse(name)
        assert variant.format in LIBRARIES
        assert variant.precision in ("fp32", "bf16", "fp16", "int8")
        assert variant.exact is (name in ("onnx", "gguf"))


@pytest.mark.parametrize(
    "name",
    [
        # Each starts a process that imports PyTorch: of every format and every precision one, the rest among the slow.
        pytest.param(name, marks=[] if name in _QUICK else [pytest.mark.slow])
        for name in get_args(VariantName)
    ],
)
def test_each_form_loads_elsewhere_and_gives_the_models_outputs(
    name: str, model: Path, reference: Reference, traced: Path, tmp_path: Path
) -> None:
    target = tmp_path / name
    write_variant(parse(name), model, target, traced)
    answer = reference.answer(parse(name).format, target)
    assert {len(ids) for ids in answer.prompt_ids} != {1}  # rows of several lengths in one batch
    assert all(len(ids) >= 8 for ids in answer.new_ids)
    assert all(len(cached) == len(ids) for cached, ids in zip(answer.cached, answer.new_ids, strict=True))
    difference, quality = reference.difference(answer), reference.quality(answer)
    if parse(name).exact:
        assert difference <= EXACT
        assert (quality["loss"], quality["top1_agreement"]) == (0, 1)
    else:
        assert EXACT / 1000 < difference < 0.1
        assert abs(quality["loss"]) < 0.01
        assert quality["top1_agreement"] > 0.9
    assert scan_bundle(target, known_tokens=["<|end|>", "<|pad|>"]) == []


@pytest.mark.parametrize("form", ["onnx", "gguf"])
def test_another_weight_shows(form: str, model: Path, reference: Reference, tmp_path: Path) -> None:
    changed = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    with torch.no_grad():
        changed.model.layers[1].mlp.down_proj.weight[3, 5] += 0.5
    _model(tmp_path / "changed")
    save_model(changed, tmp_path / "changed")
    write_variant(parse(form), tmp_path / "changed", tmp_path / form)
    assert reference.difference(reference.answer(form, tmp_path / form)) > EXACT


def test_another_tokenizer_shows(reference: Reference, traced: Path, tmp_path: Path) -> None:
    for file in traced.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["model"]["merges"] = data["model"]["merges"][:1]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert reference.difference(reference.answer("onnx", tmp_path)) == float("inf")


def test_the_graph_holds_no_trace_of_its_making_and_names_what_is_dynamic(traced: Path, model: Path) -> None:
    graph = onnx.load(str(traced / GRAPH), load_external_data=False).graph
    shapes = {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in graph.input}
    assert shapes["input_ids"] == shapes["position_ids"] == ["batch", "length"]
    assert shapes["attention_mask"] == ["batch", "past + length"]
    assert shapes["past_key_values.1.value"] == ["batch", 2, "past", 8]
    assert [v.name for v in graph.output][:2] == ["logits", "present.0.key"]
    data = (traced / GRAPH).read_bytes()
    for trace in (str(Path(__file__).resolve().parents[3]), "site-packages", "stack_trace", ".py", str(model)):
        assert trace.encode() not in data
    # A weight that two layers share lies in the file once.
    assert (traced / WEIGHTS).stat().st_size < 1.1 * (model / "model.safetensors").stat().st_size


@pytest.mark.parametrize("name", ["onnx", "onnx-int8", "gguf-int8"])
def test_the_same_model_gives_the_same_bytes(name: str, model: Path, traced: Path, tmp_path: Path) -> None:
    # int8 from a graph that is there, and from one of its own.
    made = traced if name == "onnx" else tmp_path / "first"
    if name != "onnx":
        write_variant(parse(name), model, made, traced)
    write_variant(parse(name), model, tmp_path / "second")
    first, second = (sorted(folder.iterdir()) for folder in (made, tmp_path / "second"))
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_gpt2_runs_as_onnx_and_is_refused_as_gguf(tmp_path: Path) -> None:
    model = tiny_gpt2(tmp_path / "gpt2")
    reference = _reference(model)
    write_variant(parse("onnx"), model, tmp_path / "onnx")
    assert reference.difference(reference.answer("onnx", tmp_path / "onnx")) <= EXACT
    with pytest.raises(UserError, match=r"gguf is written for Llama models .* not for GPT2LMHeadModel"):
        write_variant(parse("gguf"), model, tmp_path / "gguf")


def test_an_architecture_that_cannot_be_traced_is_named(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("a message with /a/path in it")

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(UserError, match="LlamaForCausalLM can't be exported to ONNX") as caught:
        write_onnx(model, tmp_path / "onnx", "fp32")
    assert "/a/path" not in str(caught.value)


def test_a_tokenizer_that_gguf_readers_would_cut_otherwise_is_refused(model: Path, tmp_path: Path) -> None:
    _model(tmp_path / "other")
    path = tmp_path / "other" / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    digits = {"type": "Digits", "individual_digits": True}
    data["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [digits, data["pre_tokenizer"]]}
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UserError, match="tokenizers of GPT-2's kind alone"):
        write_variant(parse("gguf"), tmp_path / "other", tmp_path / "gguf")


def test_gguf_says_what_its_readers_need(model: Path, tmp_path: Path) -> None:
    write_variant(Variant("gguf", "int8"), model, tmp_path)
    reader = gguf.GGUFReader(tmp_path / "model.gguf")
    entry = {name: field.contents() for name, field in reader.fields.items()}
    assert entry["general.architecture"] == "llama"
    assert (entry["llama.attention.head_count"], entry["llama.attention.head_count_kv"]) == (4, 2)
    assert entry["tokenizer.ggml.tokens"][:2] == ["<|end|>", "<|pad|>"]
    assert entry["tokenizer.ggml.eos_token_id"] == 0
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds["blk.0.attn_q.weight"] == kinds["token_embd.weight"] == "Q8_0"
    assert kinds["blk.0.attn_norm.weight"] == "F32"
    assert "output.weight" not in kinds  # the embedding's
    # Rows of each head in pairs: the second row is the first of the head's second half.
    write_variant(Variant("gguf", "fp32"), model, tmp_path)
    stored = {t.name: t.data for t in gguf.GGUFReader(tmp_path / "model.gguf").tensors}["blk.0.attn_q.weight"]
    weights = load_model(model, torch.float32).model.layers[0].self_attn.q_proj.weight.detach().numpy()
    assert np.array_equal(stored[1], weights[4])


def test_a_form_that_does_not_load_is_named_without_its_path(reference: Reference, tmp_path: Path) -> None:
    with pytest.raises(AirlockError, match="onnx-int8 doesn't load in a clean process") as caught:
        (tmp_path / "onnx-int8").mkdir()
        reference.answer("onnx", tmp_path / "onnx-int8")
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.slow
def test_the_pretrained_base_keeps_its_outputs_and_its_quality(tmp_path: Path) -> None:
    model = resolve("package:smollm2-135m-instruct", tmp_path / "home").path
    texts = generated_texts("healthcare", "en", 8)
    reference = Reference(load_model(model, torch.float32), model, texts)
    found = {}
    for name in ("onnx", "onnx-int8", "gguf", "gguf-int8", "model-bf16"):
        write_variant(parse(name), model, tmp_path / name, tmp_path / "onnx" if name == "onnx-int8" else None)
        answer = reference.answer(parse(name).format, tmp_path / name)
        found[name] = (reference.difference(answer), reference.quality(answer))
    for name, (difference, quality) in found.items():
        assert difference <= (EXACT if parse(name).exact else 5), name
        assert abs(quality["loss"]) < 0.02 and quality["top1_agreement"] > 0.9, name
    for form in ("onnx", "gguf"):
        assert scan_bundle(tmp_path / form, known_tokens=added_tokens(model)) == []
