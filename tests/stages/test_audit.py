"""audit: what it finds in a model that leaks and in one that doesn't, and what it refuses to let go."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.core import artifacts
from tasks.core.artifacts import Ref, Writer, open_ref
from tasks.core.config import Config
from tasks.core.errors import GateRefused
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.stages import audit, train
from tests.stages.test_canary import with_canaries
from tests.stages.test_train import clean_table, context
from tests.tiny import tiny_causal_lm

EPSILON = 2.0
ELSE = ["an open window", "seven grey boats", "rain since monday"]
"""Texts that are neither records nor canaries."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_causal_lm(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audits")


@pytest.fixture(scope="module")
def trained(home: Path, model: Path) -> Context:
    """A context with canaries and a training that promises a small ε."""
    clean = clean_table(home, rows=400, heldout=150, people=200)
    ctx = with_canaries(context(home, model, clean=clean, epsilon=EPSILON, delta=1e-6), count=200)
    return replace(ctx, inputs={**ctx.inputs, "training": [train.run(ctx)]})


def exported(ctx: Context, base: Path, learnt: list[str], steps: int = 0) -> Context:
    """The context with an exported model that was trained, without any privacy, on the given texts."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    def build(writer: Writer) -> dict[str, Any]:
        torch.manual_seed(0)
        tokenizer = AutoTokenizer.from_pretrained(str(base))
        leaky = AutoModelForCausalLM.from_pretrained(str(base))
        optimizer = torch.optim.Adam(leaky.parameters(), 2e-3)
        if learnt and steps:
            batch = tokenizer(learnt, return_tensors="pt", padding=True, truncation=True, max_length=48)
            labels = batch.input_ids.masked_fill(batch.attention_mask == 0, -100)
        for _ in range(steps):
            optimizer.zero_grad()
            leaky(**batch, labels=labels).loss.backward()
            optimizer.step()
        folder = writer.local_dir() / "model"
        leaky.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return {}

    key = f"{len(learnt):x}{steps:x}".rjust(64, "e")
    ref = artifacts.reuse_or_build(Store(str(Path(ctx.home).parent / "store" / "clean")), "export", key, {}, build)[0]
    return replace(ctx, inputs={**ctx.inputs, "model": [ref]}, reused=[])


def asked(ctx: Context, **settings: Any) -> Context:
    plain = ctx.config.model_dump(mode="json")
    return replace(ctx, config=Config.parse({**plain, "audit": {"rows": 150, **settings}}))


def canaries_in(ctx: Context) -> list[str]:
    listed = open_ref(ctx.inputs["canaries"][0]).read_json("canaries.json")["canaries"]
    return [one["text"] for one in listed if one["in_table"]]


def found(ref: Ref) -> dict[str, Any]:
    return dict(open_ref(ref).read_json("audit.json"))


def test_an_honest_training_stands_and_the_report_says_what_it_could_not_see(trained: Context, model: Path) -> None:
    ctx = asked(exported(trained, model, ELSE, steps=20))
    ref = audit.run(ctx)
    report = found(ref)
    deciding = report["canaries"]["deciding"]
    assert report["claim"]["epsilon"] <= EPSILON and not deciding["refuted"]
    assert deciding["significance"] == 0.001 and deciding["ceiling"] > deciding["epsilon_lower_bound"]
    assert report["canaries"]["guesses"] == 40
    assert report["exposure"]["mean_bits"] == pytest.approx(report["exposure"]["untrained_mean_bits"], abs=0.6)
    attack = report["membership"]["attacks"]["calibrated"]
    assert attack["auc"]["low"] < 0.5 < attack["auc"]["high"]
    assert report["extraction"]["training"]["exact"]["count"] == 0
    assert ref.counts["audited"] and ref.counts["epsilon_claimed"] == report["claim"]["epsilon"]
    view = open_ref(ref)
    page = Path(ref.uri) / "attempts" / view.manifest["attempt"] / "views" / audit.PAGE
    text = page.read_text(encoding="utf-8")
    assert "could" in text and "src=" not in text and "http" not in text
    assert not any(one in text for one in canaries_in(ctx))
    assert not any(one in json.dumps(report) for one in canaries_in(ctx))
    again = asked(exported(trained, model, ELSE, steps=20), physical_batch=3)
    assert audit.run(again) == ref and again.reused == [True]


def test_a_model_that_learnt_its_canaries_by_heart_is_refused(trained: Context, model: Path) -> None:
    ctx = asked(exported(trained, model, canaries_in(trained), steps=120), guesses=0.5)
    with pytest.raises(GateRefused, match=r"the guarantee is refuted: the bound one_run puts epsilon above \d"):
        audit.run(ctx)
    (entry,) = ((Path(ctx.home).parent / "store" / "clean" / "audit").glob("*/manifest.json"),)
    del entry
    # Only an ε so large that nobody would claim it is left standing.
    gaussian = asked(ctx, guesses=0.5, bound="one_run_gaussian")
    with pytest.raises(GateRefused, match="one_run_gaussian"):
        audit.run(gaussian)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_exposure": 3.0}, r"exposure: the trained canaries have \d"),
        ({"max_exposure": 7.0}, None),
        ({}, None),
    ],
)
def test_limits_are_held_anew_against_the_same_evidence(
    home: Path, model: Path, trained: Context, limits: dict[str, Any], words: str | None
) -> None:
    # As if nothing had been promised, so that limits alone decide.
    plain = json.loads(json.dumps(open_ref(trained.inputs["training"][0]).read_json("training.json")))
    store = Store(str(home / "store" / "clean"))
    unproved = artifacts.reuse_or_build(
        store, "train", "f" * 64, {}, lambda w: w.write_json("training.json", {**plain, "private": False}) or {}
    )[0]
    leaky = exported(trained, model, canaries_in(trained), steps=120)
    ctx = asked(replace(leaky, inputs={**leaky.inputs, "training": [unproved]}), **limits)
    if words is None:
        assert found(audit.run(ctx))["claim"] is None
    else:
        with pytest.raises(GateRefused, match=words):
            audit.run(ctx)


def test_members_are_found_where_records_were_learnt_by_heart(tmp_path: Path, model: Path) -> None:
    from tasks.methods.lm.records import Records

    table = clean_table(tmp_path, rows=240, heldout=190, people=240)
    ctx = context(tmp_path, model, clean=table, epsilon=1.0, delta=1e-6)
    ctx = replace(ctx, inputs={**ctx.inputs, "training": [train.run(ctx)], "canaries": []})
    clean = open_ref(table)
    paths = [clean.local(name) for name in clean.files if name.endswith(".parquet")]
    records = Records(paths, clean.read_json("columns.json"), "causal_lm")
    learnt = [text for text in records.read("train", records.count("train")) if text]
    leaky = exported(ctx, model, learnt, steps=300)
    report = found(audit.run(asked(leaky, rows=190)))
    attack = report["membership"]["attacks"]["calibrated"]
    assert attack["auc"]["low"] > 0.7 and attack["tpr_at_1_percent"]["low"] > 0.1
    assert report["membership"]["ceiling"][0][1] < 0.01, "what a small epsilon allows at so few false alarms"
    with pytest.raises(GateRefused, match="membership: .* of the training records are found"):
        audit.run(asked(leaky, rows=190, max_tpr=0.1))


def test_repeats_without_a_person_bound_groups_and_say_so(tmp_path: Path, model: Path) -> None:
    from tests.stages.test_train import COLUMNS

    bare = context(tmp_path, model, clean=clean_table(tmp_path, rows=200, heldout=40, person=False), epsilon=1.0)
    plain = bare.config.model_dump(mode="json")
    plain["ingest"]["columns"] = [column for column in COLUMNS if column["role"] != "person"]
    ctx = with_canaries(replace(bare, config=Config.parse(plain)), count=100, repeats=4)
    ctx = replace(ctx, inputs={**ctx.inputs, "training": [train.run(ctx)]})
    report = found(audit.run(asked(exported(ctx, model, []), rows=0)))
    claim = report["canaries"]["claim"]
    assert claim["of"] == "groups of 4 records"
    assert claim["epsilon"] == pytest.approx(4 * report["claim"]["epsilon"])
    assert claim["delta"] > 4 * report["claim"]["delta"]
    assert "membership" not in report


def test_where_nothing_is_asked_for_nothing_is_attacked(trained: Context, model: Path) -> None:
    none = replace(trained, inputs={**trained.inputs, "canaries": []})
    ref = audit.run(asked(exported(none, model, []), rows=0))
    assert ref.counts["audited"] is False and set(found(ref)) == {"claim", "model"}
