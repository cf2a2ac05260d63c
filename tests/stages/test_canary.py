"""canary: invented records by secret coins, and what train makes of them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from tasks.core import artifacts
from tasks.core.config import Config
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.ledger import Ledger
from tasks.core.stage import Context
from tasks.methods.attack.canaries import KINDS, Canary, coins, make
from tasks.methods.dp.sampling import PoissonSampler
from tasks.stages import canary, train
from tests.stages.test_train import COLUMNS, clean_table, context, payload
from tests.tiny import tiny_causal_lm

COUNT = 60


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_causal_lm(tmp_path_factory.mktemp("base") / "tiny")


def with_canaries(ctx: Context, **settings: Any) -> Context:
    """The context with canaries asked for, and made."""
    plain = ctx.config.model_dump(mode="json")
    config = Config.parse({**plain, "canary": {"count": COUNT, **settings}})
    asked = replace(ctx, config=config, reused=[])
    ref = canary.run(replace(asked, inputs={"clean": ctx.inputs["clean"]}))
    return replace(asked, inputs={**ctx.inputs, "canaries": [ref]})


def made(ctx: Context) -> list[dict[str, Any]]:
    return list(artifacts.open_ref(ctx.inputs["canaries"][0]).read_json("canaries.json")["canaries"])


def test_coins_are_fair_independent_of_each_other_and_the_secrets_own() -> None:
    tossed = coins(20_000, b"s" * 32, "a")
    assert binomtest(sum(tossed), 20_000).pvalue > 1e-3
    pairs = Counter(zip(tossed[::2], tossed[1::2], strict=True))
    assert all(abs(pairs[pair] - 2500) < 5 * 2500**0.5 for pair in pairs) and len(pairs) == 4
    for other in (coins(20_000, b"t" * 32, "a"), coins(20_000, b"s" * 32, "b")):
        assert binomtest(sum(x == y for x, y in zip(tossed, other, strict=True)), 20_000).pvalue > 1e-3
    assert coins(10, b"s" * 32, "a") == tossed[:10]


def test_canaries_differ_and_their_text_stays_out_of_a_repr(model: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(model))
    found = make(KINDS, 200, "seed", tokenizer, lambda count, seed: [f"said {i} {seed}" for i in range(count)])
    assert len({one.text for one in found}) == 200
    assert Counter(one.kind for one in found) == dict.fromkeys(KINDS, 50)
    assert all(one.text not in repr(one) for one in found)
    assert make(KINDS[:2], 50, "seed", tokenizer) != make(KINDS[:2], 50, "other", tokenizer)
    with pytest.raises(ValueError, match="kinds are"):
        make(["a kind"], 5, "seed", tokenizer)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="no more canaries"):
        make(["high_temperature"], 5, "seed", tokenizer, lambda count, seed: ["the same"] * count)
    assert Canary("pii_sentence", "Ann").text == "Ann"


def test_the_artifact_lies_in_the_sealed_zone_and_says_no_coin_outside(tmp_path: Path, model: Path) -> None:
    ctx = with_canaries(context(tmp_path, model))
    (ref,) = ctx.inputs["canaries"]
    assert "/sealed/canary/" in ref.uri and ref.counts == {"canaries": COUNT, "repeats": 1}
    assert {one["in_table"] for one in made(ctx)} == {True, False}
    again = with_canaries(context(tmp_path, model))
    assert again.inputs["canaries"] == [ref] and again.reused == [True]
    other = replace(context(tmp_path, model), keys=Keys.from_master(b"o" * 32))
    assert with_canaries(other).inputs["canaries"][0].digest != ref.digest
    elsewhere = context(tmp_path, model, clean=clean_table(tmp_path, rows=70))
    assert [one["in_table"] for one in made(with_canaries(elsewhere))] != [one["in_table"] for one in made(ctx)]


def test_they_are_trained_on_and_counted_and_the_rate_says_nothing_of_their_coins(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    draw = PoissonSampler.draw
    monkeypatch.setattr(PoissonSampler, "draw", lambda self, stream: seen.append(self.population) or draw(self, stream))
    ctx = with_canaries(context(tmp_path, model))
    ref = train.run(ctx)
    planted = sum(one["in_table"] for one in made(ctx))
    assert set(seen) == {30 + planted}, "each canary in the table is a person of its own"
    training = json.loads(payload(ref)["training.json"])
    assert training["mechanism"]["sampling_rate"] == 12 / (30 + COUNT)
    assert training["canaries"] == {"number": COUNT, "repeats": 1}
    assert training["outside_the_guarantee"]["training_records"] == ref.counts["rows"] == 48
    assert training["outside_the_guarantee"]["training_records_used"] == 48
    [entry] = Ledger(ctx.ledger_path).entries()
    assert entry.mechanism[0]["sample_rate"] == 12 / (30 + COUNT)
    assert (ref.counts["rows"], ref.counts["units"]) == (48, 30), "how many coins fell which way isn't said"


def test_without_a_person_each_repeat_is_a_record(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()
    draw = PoissonSampler.draw
    monkeypatch.setattr(PoissonSampler, "draw", lambda self, stream: seen.add(self.population) or draw(self, stream))
    bare = context(tmp_path, model, clean=clean_table(tmp_path, person=False))
    plain = bare.config.model_dump(mode="json")
    plain["ingest"]["columns"] = [column for column in COLUMNS if column["role"] != "person"]
    ctx = with_canaries(replace(bare, config=Config.parse(plain)), repeats=3)
    training = json.loads(payload(train.run(ctx))["training.json"])
    assert seen == {48 + 3 * sum(one["in_table"] for one in made(ctx))}
    assert training["mechanism"]["sampling_rate"] == 12 / (48 + 3 * COUNT)


def test_a_canary_changes_the_model_and_none_changes_nothing(tmp_path: Path, model: Path) -> None:
    plain = context(tmp_path, model)
    without = train.run(plain)
    none = canary.run(replace(plain, inputs={"clean": plain.inputs["clean"]}))
    assert none.counts == {"canaries": 0}
    assert train.run(replace(plain, inputs={**plain.inputs, "canaries": [none]})) == without
    with_them = train.run(with_canaries(plain))
    adapter = "adapter/adapter_model.safetensors"
    assert with_them.key != without.key and payload(with_them)[adapter] != payload(without)[adapter]


@pytest.mark.parametrize("objective", ["instruction", "classification"])
def test_every_objective_reads_them(tmp_path: Path, model: Path, objective: str) -> None:
    from tests.tiny import tiny_encoder

    more: dict[str, Any] = {"prompt_column": "title", "answer_column": "note"}
    if objective == "classification":
        model = tiny_encoder(tmp_path / "encoder")
        more = {"labels": ["short", "long"], "label_column": "kind", "stop_here": True, "adaptation": "full"}
    ctx = with_canaries(context(tmp_path, model, objective=objective, **more))
    training = json.loads(payload(train.run(ctx))["training.json"])
    assert training["canaries"]["number"] == COUNT
    assert training["outside_the_guarantee"]["gradients_not_finite"] == 0
    if objective == "classification":
        assert {one["label"] for one in made(ctx)} == {"short", "long"}


def test_the_base_model_says_canaries_of_its_own(tmp_path: Path, model: Path) -> None:
    ctx = with_canaries(context(tmp_path, model), count=20, kinds=["high_temperature", "pii_sentence"])
    said = [one["text"] for one in made(ctx) if one["kind"] == "high_temperature"]
    assert len(set(said)) == 10 and all(said)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"count": 5}, "fewer than 10"),
        ({"repeats": 9}, "max_rows_per_person"),
        ({"kinds": ["random_token", "random_token"]}, "twice"),
    ],
)
def test_what_cannot_be_is_said_before_the_run(
    tmp_path: Path, model: Path, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        with_canaries(context(tmp_path, model), **settings)
