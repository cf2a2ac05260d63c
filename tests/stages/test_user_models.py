"""A policy that names a model of the user's own: what it finds is masked, by mask, by the gate's remask and by scan."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.command.main import main
from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.core.user_model import DETECTOR_NAMES
from tasks.stages import ingest, leakcheck, mask
from tests.user_model import train

MODEL = {"kind": "token-classifier", "folder": "model", "labels": {"PATIENT": "PERSON", "HOSP": "ORGANIZATION"}}
NOTES = ["Then Vrkqx went home, a@b.org.", "The nurse saw 2,000 him and " + "him and then " * 200 + "Zuul at Blorp ."]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("trained") / "model")


def policy(folder: Path, side: str = "masker", **changed: Any) -> dict[str, Any]:
    """A policy with the model on one side, written to ``folder/own.yaml``."""
    entities = {
        kind: {"operator": "tag", "reason": "A test."} for kind in ("PERSON", "ORGANIZATION", "EMAIL_ADDRESS", "AGE")
    }
    sides = {"masker": ["airlock-identifiers", "airlock-people"], "gate": ["airlock-rules"]}
    content = {
        "name": "own",
        "description": "For tests.",
        "languages": ["en"],
        "entities": {**entities, "AMOUNT": {"operator": "keep", "reason": "A test."}},
        "detectors": {name: [*found, "clinical-ner"] if name == side else found for name, found in sides.items()},
        "models": {"clinical-ner": MODEL},
        "limits": {"default": 1.0},
        **changed,
    }
    (folder / "own.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return content


@pytest.fixture
def place(tmp_path: Path, trained: Path) -> Path:
    shutil.copytree(trained, tmp_path / "model")
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps({"note": note}) + "\n" for note in NOTES), encoding="utf-8")
    return tmp_path


def context(folder: Path) -> Context:
    config = Config.parse(
        {
            "ingest": {"source": str(folder / "rows.jsonl"), "columns": [{"name": "note", "role": "text"}]},
            "mask": {"policy": str(folder / "own.yaml")},
            "store": {"root": str(folder / "store")},
        }
    )
    return Context(config, "run", Keys.from_master(b"k" * 32), folder, folder / "ledger")


def masked(ctx: Context) -> tuple[Context, Ref]:
    (shard,) = ingest.run(ctx)
    at = replace(ctx, inputs={"shard": [shard]}, shard=0, reused=[])
    return at, mask.run(at)


def notes(ctx: Context, ref: Ref, file: str = "rows.parquet") -> list[str]:
    return list(pq.read_table(ctx.open(ref).local(file))["note"].to_pylist())


def test_what_the_model_finds_is_masked_far_into_a_long_text_too(place: Path) -> None:
    policy(place)
    ctx, ref = masked(context(place))
    first, second = notes(ctx, ref)
    assert first == "Then <PERSON> went home, <EMAIL_ADDRESS>."
    assert second == NOTES[1].replace("Zuul", "<PERSON>").replace("Blorp", "<ORGANIZATION>")
    by = {row["detector"] for row in pq.read_table(ctx.open(ref).local("spans.parquet")).to_pylist()}
    assert by == {"clinical-ner", "airlock-identifiers"}


def test_a_changed_byte_of_the_model_runs_the_stage_again(place: Path) -> None:
    policy(place)
    ctx, ref = masked(context(place))
    assert ctx.reused == [False]
    ctx, again = masked(context(place))
    assert ctx.reused == [True] and again == ref
    weights = place / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    ctx, other = masked(context(place))
    assert ctx.reused == [False] and other.key != ref.key


def test_the_gate_asks_the_model_and_what_it_finds_is_masked_in_the_clean_table(place: Path) -> None:
    policy(place, side="gate")
    ctx, ref = masked(context(place))
    assert notes(ctx, ref)[0] == "Then Vrkqx went home, <EMAIL_ADDRESS>."
    gate = replace(ctx, inputs={"masked": [ref], "raw": ingest.run(ctx)}, shard=None, reused=[])
    clean = leakcheck.run(gate)
    assert notes(ctx, clean, "table/00000.parquet") == [
        "Then <PERSON> went home, <EMAIL_ADDRESS>.",
        NOTES[1].replace("Zuul", "<PERSON>").replace("Blorp", "<ORGANIZATION>"),
    ]
    assert leakcheck.run(replace(gate, reused=(seen := []))) == clean and seen == [True] * 4
    (place / "model" / "config.json").write_text(
        (place / "model" / "config.json").read_text(encoding="utf-8") + "\n", encoding="utf-8"
    )
    leakcheck.run(replace(gate, reused=(seen := [])))
    assert seen[0] is False
    # Its settings decide too, and with them the same rows are looked at again.
    for changed in ({"threshold": 0.123}, {"labels": {**MODEL["labels"], next(iter(MODEL["labels"])): "AGE"}}):
        policy(place, side="gate", models={"clinical-ner": {**MODEL, **changed}})
        leakcheck.run(replace(gate, reused=(seen := [])))
        assert seen[0] is False, changed
        leakcheck.run(replace(gate, reused=(seen := [])))
        assert seen[0] is True


def test_a_folder_behind_a_link_is_refused(place: Path) -> None:
    """Its files would decide what is found, and not be in the key."""
    policy(place)
    (place / "elsewhere").mkdir()
    (place / "model" / "onnx").symlink_to(place / "elsewhere", target_is_directory=True)
    with pytest.raises(UserError, match="onnx is a link to a folder"):
        masked(context(place))


@pytest.mark.parametrize("side", ["masker", "gate"])
def test_scan_by_the_policy(place: Path, side: str) -> None:
    policy(place, side=side)
    out = place / "spans.jsonl"
    flags = ["--text-column", "note", "--policy", str(place / "own.yaml"), "--out", str(out), "--quiet"]
    assert main(["scan", str(place / "rows.jsonl"), *flags]) == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(s["start"], s["end"], s["entity"]) for s in lines[0]["spans"]] == [
        (5, 10, "PERSON"), (22, 29, "EMAIL_ADDRESS"),
    ]  # fmt: skip
    assert [NOTES[1][s["start"] : s["end"]] for s in lines[1]["spans"]] == ["Zuul", "Blorp"]
    assert {s["detector"] for s in lines[1]["spans"]} == {"clinical-ner"}


def test_a_model_for_another_language_is_not_asked(place: Path) -> None:
    detectors = {"masker": ["airlock-people", "clinical-ner"], "gate": ["airlock-rules"]}
    policy(place, detectors=detectors, models={"clinical-ner": {**MODEL, "languages": ["zh"]}})
    ctx, ref = masked(context(place))
    assert notes(ctx, ref) == NOTES


@pytest.mark.parametrize("side", ["masker", "gate"])
@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ({"folder": "elsewhere"}, r"models\.clinical-ner: its folder is not on this machine"),
        ({"labels": {"DOCTOR": "PERSON"}}, r"models\.clinical-ner: .*the policy names DOCTOR, .* HOSP, O, PATIENT"),
        ({"kind": "gliner"}, r"models\.clinical-ner: gliner: the folder has no readable gliner_config\.json"),
        ({"folder": "pickled"}, r"models\.clinical-ner: .*neither model\.onnx nor weights as safetensors"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused(place: Path, side: str, model: dict[str, Any], sentence: str) -> None:
    shutil.copytree(place / "model", place / "pickled")
    (place / "pickled" / "model.safetensors").rename(place / "pickled" / "pytorch_model.bin")
    policy(place, side, models={"clinical-ner": {**MODEL, **model}})
    with pytest.raises(UserError, match=sentence):
        ctx, ref = masked(context(place))
        leakcheck.run(replace(ctx, inputs={"masked": [ref], "raw": ingest.run(ctx)}, shard=None))


def test_the_names_that_a_model_cannot_have_are_those_of_the_detectors() -> None:
    from tasks.methods.detect.registry import DETECTORS
    from tasks.methods.gate.registry import NAMES

    assert {*DETECTORS, *NAMES, "deny-list", "own-column", "language"} == DETECTOR_NAMES
