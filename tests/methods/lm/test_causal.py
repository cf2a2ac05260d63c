"""Loading, adapters, perplexity."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel

from tasks.core.errors import AirlockError, UserError
from tasks.methods.dp.moved import MovedCheck
from tasks.methods.lm.accuracy import accuracy
from tasks.methods.lm.adapt import add_lora
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.loading import load
from tasks.methods.lm.objectives import open_task
from tasks.methods.lm.perplexity import compare, document_losses, mean_token_loss
from tasks.methods.lm.saving import save_adapter
from tasks.methods.lm.tokens import TokenTable
from tasks.methods.lm.weights import ModelFolder, resolve
from tests.tiny import tiny_causal_lm

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return resolve(str(tiny_causal_lm(tmp_path / "tiny")), tmp_path)


def test_only_the_adapter_is_trainable_and_it_starts_as_the_base_model(folder: ModelFolder) -> None:
    model, tokenizer = load(folder, CPU)
    table = TokenTable(["a text to score", "another"], tokenizer, 32)
    before = document_losses(model, table, 2, CPU)
    adapted = add_lora(model, 4, 8.0, ["q_proj", "v_proj"])
    assert {"lora_" in name for name, p in adapted.named_parameters() if p.requires_grad} == {True}
    np.testing.assert_array_equal(before[0], document_losses(adapted, table, 2, CPU)[0])


def test_the_last_blocks_alone(folder: ModelFolder) -> None:
    model, _ = load(folder, CPU)
    adapted = add_lora(model, 4, 8.0, ["q_proj"], last_layers=1)
    assert [".layers.1." in name for name, p in adapted.named_parameters() if p.requires_grad] == [True, True]


def test_adapters_that_do_not_fit_are_the_users_error(folder: ModelFolder) -> None:
    model, _ = load(folder, CPU)
    with pytest.raises(UserError, match=r"train\.lora_targets.*no_such.*q_proj"):
        add_lora(model, 4, 8.0, ["no_such"])
    with pytest.raises(UserError, match=r"train\.lora_last_layers"):
        add_lora(model, 4, 8.0, ["q_proj"], last_layers=3)


def test_a_folder_that_is_no_language_model(folder: ModelFolder) -> None:
    (folder.path / "config.json").write_text('{"model_type": "no-such-model"}')
    with pytest.raises(UserError, match=r"train\.base_model"):
        load(folder, CPU)


def test_losses_are_those_of_the_whole_model(folder: ModelFolder) -> None:
    model, tokenizer = load(folder, CPU)
    table = TokenTable(["a text of its own length", "short"], tokenizer, 32)
    _, batch = next(iter(table.batches([0, 1], 2)))
    found, tokens = causal_losses(model, batch), batch.tokens()
    labels = torch.where(batch.mask.bool(), batch.ids, -100)
    for i in range(2):
        whole = model(
            input_ids=batch.ids[i : i + 1], attention_mask=batch.mask[i : i + 1], labels=labels[i : i + 1]
        ).loss
        torch.testing.assert_close(found[i], whole)
        assert tokens[i] == (labels[i, 1:] != -100).sum()


def test_a_head_that_scales_its_logits_is_refused(folder: ModelFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import LlamaForCausalLM

    forward = LlamaForCausalLM.forward

    def scaled(self: LlamaForCausalLM, **inputs: object) -> object:
        out = forward(self, **inputs)
        out.logits = out.logits * 2
        return out

    monkeypatch.setattr(LlamaForCausalLM, "forward", scaled)
    with pytest.raises(UserError, match="one linear layer"):
        load(folder, CPU)


def test_a_saved_adapter_loads_and_names_no_path(folder: ModelFolder, tmp_path: Path) -> None:
    model, tokenizer = load(folder, CPU)
    adapted = add_lora(model, 4, 8.0, ["q_proj", "v_proj", "o_proj"])
    torch.manual_seed(0)
    for p in adapted.parameters():
        if p.requires_grad:
            torch.nn.init.normal_(p, std=0.2)
    save_adapter(adapted, tmp_path / "one", "tiny-abc")
    save_adapter(adapted, tmp_path / "two", "tiny-abc")
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert str(tmp_path).encode() not in (tmp_path / "one" / name).read_bytes()
    config = json.loads((tmp_path / "one" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny-abc"
    assert config["target_modules"] == sorted(config["target_modules"])
    fresh, _ = load(folder, CPU)
    loaded = PeftModel.from_pretrained(fresh, str(tmp_path / "one"))
    table = TokenTable(["the same text"], tokenizer, 32)
    batch = next(iter(table.batches([0], 1)))[1]
    torch.testing.assert_close(causal_losses(loaded.eval(), batch), causal_losses(adapted.eval(), batch))


def test_an_adapter_that_does_not_move_is_caught(folder: ModelFolder) -> None:
    adapted = add_lora(load(folder, CPU)[0], 2, 4.0, ["q_proj"])
    check = MovedCheck(adapted)
    with pytest.raises(AirlockError, match="doesn't reach"):
        check.verify(adapted)
    with torch.no_grad():
        for p in adapted.parameters():
            if p.requires_grad:
                p += 0.01
    check.verify(adapted)


def test_an_accuracy_has_wilsons_interval() -> None:
    found = accuracy(np.array([True] * 8 + [False] * 2))
    assert found is not None
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (0.8, 0.4902, 0.9433)
    assert accuracy(np.zeros(0, dtype=bool)) is None


def test_document_losses_of_answers_count_their_tokens_alone(folder: ModelFolder) -> None:
    task = open_task("instruction", folder, CPU)
    table = task.table([("a long question of many words", "yes"), ("b", "no")], 64)
    losses, tokens = document_losses(task.model, table, 2, CPU, losses_of=task.losses)
    assert tokens.tolist() == [4, 3]
    assert (losses > 0).all()


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(1), 0
    for _ in range(400):
        tokens = rng.integers(5, 60, 40).astype(float)
        losses = tokens * (3 + rng.normal(0, 0.5, 40))
        interval = mean_token_loss(losses, tokens)
        assert interval is not None
        hits += interval.low <= 3 <= interval.high
    assert 0.91 <= hits / 400 <= 0.98


def test_the_comparison_says_when_it_can_not_tell() -> None:
    rng = np.random.default_rng(2)
    tokens = rng.integers(5, 60, 50).astype(float)
    losses = tokens * (3 + rng.normal(0, 0.5, 50))
    better = compare((losses, tokens), (losses - 0.1 * tokens, tokens))
    assert not better["too_small_to_learn"]
    assert better["token_loss_reduction"]["value"] == pytest.approx(0.1)
    assert better["base"]["low"] < better["base"]["perplexity"] < better["base"]["high"]
    same = compare((losses, tokens), (losses + rng.normal(0, 0.1, 50) * tokens, tokens))
    assert same["too_small_to_learn"]
    assert compare((losses[:1], tokens[:1]), (losses[:1], tokens[:1])) == {
        "documents": 1, "tokens": int(tokens[0]), "too_small_to_learn": True,
    }  # fmt: skip
