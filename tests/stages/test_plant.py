"""plant as a stage: what it adds to the shards, what it leaves as it is, and that none of it can be trained on."""

from __future__ import annotations

import json
import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.errors import AirlockError
from tasks.core.keys import Keys
from tasks.core.policies import available, load_policy
from tasks.core.stage import Context
from tasks.methods.lm import texts
from tasks.methods.plant.table import FIRST_RECORD, PLANTED_SCHEMA, SPLIT
from tasks.methods.records.shards import ROW_BITS
from tasks.stages import ingest, mask, plant
from tests.conftest import ROOT

COLUMNS: list[dict[str, Any]] = [
    {"name": "who", "role": "person"},
    {"name": "name", "role": "structured", "kind": "PERSON"},
    {"name": "phone", "role": "structured", "kind": "PHONE_NUMBER"},
    {"name": "born", "role": "structured", "kind": "DATE_OF_BIRTH", "type": "date"},
    {"name": "seen", "role": "structured", "kind": "DATE", "type": "datetime"},
    {"name": "age", "role": "structured", "kind": "AGE", "type": "integer"},
    {"name": "pay", "role": "structured", "kind": "AMOUNT", "type": "number", "low": 5.0, "high": 9.0},
    {"name": "ward", "role": "structured", "kind": "CATEGORY"},
    {"name": "smoker", "role": "structured", "kind": "CATEGORY", "type": "boolean"},
    {"name": "outcome", "role": "label", "type": "integer"},
    {"name": "note", "role": "text", "required": True},
    {"name": "plan", "role": "text"},
]
NAMES = ["Wilhelmina Quackenbush", "Ottoline Featherstone", "Zebediah Thistlewood"]


def row(i: int) -> dict[str, Any]:
    name, phone = NAMES[i % 3], f"206-555-01{i:02d}"
    return {
        "who": f"p{i % 7}",
        "name": name,
        "phone": phone,
        "born": "1961-02-03",
        "seen": "2024-02-03T10:00:00Z",
        "age": 60 + i % 5,
        "pay": 6.5,
        "ward": "B",
        "smoker": True,
        "outcome": i % 2,
        "note": f"{name} came on Monday. Called from {phone} before. Entry {i} of the ward's book.",
        "plan": None if i % 2 else f"See {name} again.",
    }


def policy_file(folder: Path, base: str = "default", planted: bool = True) -> str:
    policy = yaml.safe_load((ROOT / "policies" / f"{base}.yaml").read_text(encoding="utf-8"))
    policy["evidence"] = {"planted": {"default": 0.1}} if planted else {}
    policy["detectors"] = {"masker": ["airlock-identifiers", "airlock-people"], "gate": ["airlock-rules"]}
    path = folder / f"{base}-{planted}.yaml"
    path.write_text(yaml.safe_dump(policy, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return str(path)


def context(folder: Path, values: int = 5, rows: int = 30, **sections: Any) -> tuple[Context, list[Ref]]:
    source = folder / "rows.jsonl"
    source.write_text("".join(json.dumps(row(i)) + "\n" for i in range(rows)), encoding="utf-8")
    data: dict[str, Any] = {
        "ingest": {"source": str(source), "columns": COLUMNS, "shard_rows": 20},
        "plant": {"values_per_kind": values},
        "mask": {"policy": policy_file(folder)},
        "store": {"root": str(folder / "store")},
    }
    for name, fields in sections.items():
        data[name] = {**data.get(name, {}), **fields}
    config = Config.parse(data)
    ctx = Context(config, "run", Keys.from_master(b"i" * 32), folder, folder / "ledger")
    shards = ingest.run(ctx)
    return replace(ctx, inputs={"shards": shards}), shards


def rows_of(ctx: Context, refs: list[Ref]) -> dict[int, dict[str, Any]]:
    tables = [pq.read_table(ctx.open(ref).local(ref.counts["file"])) for ref in refs]
    return {found["record_id"]: found for table in tables for found in table.to_pylist()}


def test_planted_shards_are_like_ingests_and_come_after_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, shards = context(tmp_path)
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("plant went to the network"))
    refs = plant.run(ctx)
    assert refs[: len(shards)] == shards and len(shards) == 2
    added = refs[len(shards) :]
    artifact = ctx.open(added[0])
    assert {ref.stage for ref in added} == {"plant"} and len({ref.key for ref in added}) == 1
    assert [ref.counts["shard"] for ref in refs] == list(range(len(refs)))
    assert [ref.counts["file"] for ref in added] == [f"shards/{n:05d}.parquet" for n in range(2, len(refs))]
    assert [ref.digest for ref in added] == [artifact.manifest["files"][r.counts["file"]]["sha256"] for r in added]
    assert set(added[0].counts) == set(shards[1].counts)
    assert artifact.files == ["columns.json", "planted.parquet", *(ref.counts["file"] for ref in added)]
    source = ctx.open(shards[0])
    assert artifact.read_json("columns.json") == source.read_json("columns.json")
    schema = pq.read_schema(source.local(shards[0].counts["file"]))
    for ref in added:
        table = pq.read_table(artifact.local(ref.counts["file"]))
        assert table.schema.equals(schema, check_metadata=True) and table.num_rows == ref.counts["rows"] <= 20

    real, planted = rows_of(ctx, shards), rows_of(ctx, added)
    assert not set(real) & set(planted) and len(planted) == artifact.ref.counts["rows"]
    assert max(real) >> ROW_BITS < FIRST_RECORD >> ROW_BITS and min(planted) == FIRST_RECORD
    assert all(len(found["unit_id"]) == 64 for found in planted.values())
    assert not {found["unit_id"] for found in real.values()} & {found["unit_id"] for found in planted.values()}
    assert all(18 <= found["age"] <= 96 and 5 <= found["pay"] <= 9 for found in planted.values())
    assert all(found["name"] and found["phone"] and found["born"] and found["seen"] for found in planted.values())
    assert {found["ward"] for found in planted.values()} == {None} == {found["outcome"] for found in planted.values()}
    assert Counter(bool(found["note"]) + bool(found["plan"]) for found in planted.values()) == {1: len(planted)}
    assert {bool(found["plan"]) for found in planted.values()} == {True, False}, "both text columns get some"


@pytest.mark.parametrize("name", available())
def test_every_kind_of_every_policy_has_its_values_at_exact_places(name: str, tmp_path: Path) -> None:
    policy = load_policy(name)
    ctx, shards = context(
        tmp_path, values=9, mask={"policy": policy_file(tmp_path, name), "language": policy.languages[0]}
    )
    added = plant.run(ctx)[len(shards) :]
    artifact, found = ctx.open(added[0]), rows_of(ctx, added)
    table = pq.read_table(artifact.local("planted.parquet"))
    assert table.schema.equals(PLANTED_SCHEMA)
    places = table.to_pylist()
    assert places == sorted(places, key=lambda p: (p["record_id"], p["column"], p["start"]))
    counts = Counter(place["entity"] for place in places)
    assert set(policy.gate_entities) <= set(counts) and set(counts.values()) == {9}
    assert set(counts) <= set(policy.text_entities)
    assert artifact.ref.counts["kinds"] == [kind for kind in policy.text_entities if kind in counts]
    assert artifact.ref.counts["not_planted"] == []
    assert len({(p["record_id"], p["entity"]) for p in places}) == len(places)

    for place in places:
        text = found[place["record_id"]][place["column"]]
        value = text[place["start"] : place["end"]]
        assert value and value == value.strip() and place["language"] == policy.languages[0]
        assert place["context"] in ("carrier", "in place")
        # Nobody of the corpus stands in a listed place, and no place cuts a word in two.
        assert not any(word in value for person in NAMES for word in person.split())
        if value.isascii():
            for edge, beyond in (
                (value[0], text[place["start"] - 1 : place["start"]]),
                (value[-1], text[place["end"] :]),
            ):
                assert not (edge.isalnum() and beyond.isascii() and beyond.isalnum()), place["format"]
    for kind, holds in SIGNS.items():
        for place in places:
            if place["entity"] == kind:
                text = found[place["record_id"]][place["column"]]
                assert holds(text[place["start"] : place["end"]]), kind


def _digits(value: str) -> int:
    return sum(c.isdigit() for c in value)


SIGNS = {
    "EMAIL_ADDRESS": lambda v: "@" in v or "at" in v.lower(),
    "IP_ADDRESS": lambda v: v.count(".") == 3 or ":" in v,
    "US_SSN": lambda v: _digits(v) == 9,
    "UK_NHS": lambda v: _digits(v) == 10,
    "CN_RESIDENT_ID": lambda v: sum(c.isalnum() for c in v) == 18,
    "ROUTING_NUMBER": lambda v: v.isdigit() and len(v) == 9,
    "AGE": lambda v: v.isdigit() or "十" in v,
    "CREDIT_CARD": lambda v: _digits(v) in (15, 16, 19),
}
"""What a value of a kind must look like wherever its place is."""


def test_some_values_stand_where_the_corpus_had_its_own(tmp_path: Path) -> None:
    ctx, shards = context(tmp_path, values=40)
    added = plant.run(ctx)[len(shards) :]
    found = rows_of(ctx, added)
    places = pq.read_table(ctx.open(added[0]).local("planted.parquet")).to_pylist()
    in_place = Counter(place["entity"] for place in places if place["context"] == "in place")
    assert set(in_place) == {"PERSON", "PHONE_NUMBER"} and min(in_place.values()) >= 8
    for place in places:
        text = found[place["record_id"]][place["column"]]
        if place["context"] == "in place" and place["entity"] == "PERSON" and place["column"] == "plan":
            assert text[: place["start"]].endswith("See ") and text[place["end"] :].startswith(" again.")
    # The row's own column holds another name, so that masking can't look the planted one up there.
    for place in places:
        if place["entity"] == "PERSON":
            line = found[place["record_id"]]
            assert line[place["column"]][place["start"] : place["end"]] != line["name"]


def test_two_languages_in_one_corpus(tmp_path: Path) -> None:
    path = tmp_path / "both.yaml"
    policy = yaml.safe_load(Path(policy_file(tmp_path)).read_text(encoding="utf-8"))
    policy["languages"] = ["en", "zh"]
    policy["entities"]["CN_RESIDENT_ID"] = {"operator": "tag", "reason": "It names its bearer."}
    policy["entities"]["BADGE"] = {"operator": "tag", "reason": "A kind of one's own."}
    path.write_text(yaml.safe_dump(policy, sort_keys=False), encoding="utf-8")
    ctx, shards = context(tmp_path, values=12, mask={"policy": str(path), "language": "auto"})
    added = plant.run(ctx)[len(shards) :]
    places = pq.read_table(ctx.open(added[0]).local("planted.parquet")).to_pylist()
    spoken = {kind: {p["language"] for p in places if p["entity"] == kind} for kind in ("US_SSN", "CN_RESIDENT_ID")}
    assert spoken == {"US_SSN": {"en"}, "CN_RESIDENT_ID": {"zh"}}
    assert {p["language"] for p in places if p["entity"] == "PERSON"} == {"en", "zh"}
    assert set(Counter(place["entity"] for place in places).values()) == {12}
    assert ctx.open(added[0]).ref.counts["not_planted"] == ["BADGE"]


def test_same_inputs_same_bytes_and_a_changed_corpus_is_planted_anew(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    first, again = (plant.run(context(tmp_path / name)[0]) for name in "ab")
    assert [ref.digest for ref in first] == [ref.digest for ref in again]
    ctx, _ = context(tmp_path / "a")
    assert plant.run(ctx) == first and ctx.reused[-1]
    more = plant.run(context(tmp_path / "c", rows=31)[0])
    assert more[-1].digest != first[-1].digest
    other, _ = context(tmp_path / "a", values=6)
    assert plant.run(other)[-1].key != first[-1].key


def test_the_cut_of_the_planted_shards_is_part_of_the_key(tmp_path: Path) -> None:
    """Two cuts that leave ingest's one shard as it is cut the planted rows differently."""
    runs = [context(tmp_path, values=9, ingest={"shard_rows": rows}) for rows in (40, 50)]
    assert [ref.digest for ref in runs[0][1]] == [ref.digest for ref in runs[1][1]]
    (first, other) = (plant.run(ctx) for ctx, _ in runs)
    assert first[-1].key != other[-1].key and first[1].counts["rows"] == 40 and other[1].counts["rows"] == 50


def test_the_limit_on_planted_values_decides_nothing_about_them(tmp_path: Path) -> None:
    ctx, _ = context(tmp_path)
    first = plant.run(ctx)
    path = Path(ctx.config.mask.policy)
    path.write_text(path.read_text(encoding="utf-8").replace("default: 0.1", "default: 0.2"), encoding="utf-8")
    assert plant.run(ctx) == first


@pytest.mark.parametrize(("values", "asked"), [(0, True), (5, False)])
def test_nothing_is_planted_unasked(tmp_path: Path, values: int, asked: bool) -> None:
    ctx, shards = context(tmp_path, values=values, mask={"policy": policy_file(tmp_path, planted=asked)})
    assert plant.run(ctx) == shards
    assert not (tmp_path / "store" / "raw" / "plant").exists()


@pytest.mark.slow
def test_planted_rows_are_masked_like_any_other(tmp_path: Path) -> None:
    ctx, shards = context(tmp_path)
    ref = plant.run(ctx)[-1]
    masked = mask.run(replace(ctx, inputs={"shard": [ref]}, shard=ref.counts["shard"]))
    assert masked.counts["rows"] == ref.counts["rows"] and masked.counts["shard"] == ref.counts["shard"]
    artifact = ctx.open(masked)
    assert set(pq.read_table(artifact.local("rows.parquet"))["split"].to_pylist()) == {SPLIT}
    planted = pq.read_table(ctx.open(ref).local("planted.parquet")).to_pylist()
    spans = pq.read_table(artifact.local("spans.parquet")).to_pylist()
    covered = {(s["record_id"], s["column"], i) for s in spans for i in range(s["start"], s["end"])}
    # Rows of this shard whose kind the quick detectors do look for.
    here = [
        p for p in planted if p["entity"] in ("EMAIL_ADDRESS", "IBAN_CODE") and p["record_id"] in rows_of(ctx, [ref])
    ]
    assert here and sum((p["record_id"], p["column"], p["start"]) in covered for p in here) > len(here) / 2


def test_training_never_reads_a_planted_row(tmp_path: Path) -> None:
    """Even from a table that a gate forgot to take them out of."""
    ctx, shards = context(tmp_path)
    refs = plant.run(ctx)
    paths = [ctx.open(ref).local(ref.counts["file"]) for ref in refs]
    real = rows_of(ctx, shards)
    read = []
    for split in ("train", "heldout"):
        read += texts.documents(paths, ["note"], split, texts.count(paths, split))
    assert texts.count(paths, "train") + texts.count(paths, "heldout") == len(real)
    assert sorted(read) == sorted(found["note"] for found in real.values())
    assert SPLIT not in ("train", "heldout")


def test_a_fault_tells_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.methods.plant import corpus

    def broken(*_: Any) -> None:
        raise ValueError(f"cannot read {NAMES[0]}")

    ctx, _ = context(tmp_path)
    monkeypatch.setattr(corpus, "read", broken)
    with pytest.raises(AirlockError, match="^plant: internal fault ValueError") as caught:
        plant.run(ctx)
    assert NAMES[0] not in str(caught.value) and caught.value.__suppress_context__


def test_values_stay_in_the_raw_zone(tmp_path: Path) -> None:
    ctx, _ = context(tmp_path)
    refs = plant.run(ctx)
    assert refs[-1].uri.startswith(str(tmp_path / "store" / "raw"))
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["raw"]
    manifest = json.dumps(ctx.open(refs[-1]).manifest) + json.dumps([ref.to_dict() for ref in refs])
    values = {
        line[column]
        for line in rows_of(ctx, refs[2:]).values()
        for column in ("name", "phone", "note", "plan")
        if line[column]
    }
    assert len(values) > 50 and not any(value in manifest for value in values)
