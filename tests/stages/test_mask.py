"""mask as a stage: rows kept, values gone, the key, and what bad input gets."""

from __future__ import annotations

import importlib
import json
import logging
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.errors import AirlockError, GateRefused, UserError
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.stages import ingest, leakcheck, mask

COLUMNS: list[dict[str, Any]] = [
    {"name": "who", "role": "person"},
    {"name": "name", "role": "structured", "kind": "PERSON"},
    {"name": "birth", "role": "structured", "kind": "DATE_OF_BIRTH", "type": "date"},
    {"name": "seen", "role": "structured", "kind": "DATE", "type": "date"},
    {"name": "pay", "role": "structured", "kind": "AMOUNT", "type": "number"},
    {"name": "income", "role": "structured", "kind": "INCOME", "type": "number"},
    {"name": "ref", "role": "structured"},
    {"name": "class", "role": "label"},
    {"name": "note", "role": "text"},
]
NAMES = ["Zorblax Quimby", "Maria Gonzalez", "Ulla Lindqvist", "Tamsin Oyelaran"]


def rows(n: int) -> list[dict[str, Any]]:
    return [
        {
            "who": f"p{i % 4}",
            "name": NAMES[i % 4],
            "birth": f"196{i % 10}-03-14",
            "seen": "2021-05-06",
            "pay": 10.5 + i,
            "income": 1000.0 + i,
            "ref": f"R{i}",
            "class": "a",
            "note": None
            if i == 2
            else f"We rang {NAMES[i % 4].lower()} on (217) 555-01{i:02d}; born 3/14/196{i % 10}. Paid {i} bills.",
        }
        for i in range(n)
    ]


def context(tmp_path: Path, n: int = 6, columns: list[dict[str, Any]] = COLUMNS, **section: Any) -> Context:
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows(n)), encoding="utf-8")
    config = {
        "ingest": {"source": str(source), "columns": columns, "shard_rows": 4},
        "mask": section,
        "store": {"root": str(tmp_path / "store")},
    }
    keys = Keys.from_master(b"k" * 32, ["unit", "split", "mask"])
    return Context(Config.parse(config), "run", keys, tmp_path, tmp_path / "ledger")


def masked(ctx: Context) -> list[Ref]:
    return [mask.run(replace(ctx, inputs={"shard": [ref]}, shard=ref.counts["shard"])) for ref in ingest.run(ctx)]


def test_a_masked_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    importlib.import_module("tasks.methods.detect.masker")  # urllib3, which spaCy imports, tries IPv6 as it is loaded
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("masking went to the network"))
    caplog.set_level(logging.DEBUG)
    ctx = context(tmp_path)
    refs = masked(ctx)
    assert [(ref.counts["shard"], ref.counts["rows"]) for ref in refs] == [(0, 4), (1, 2)]
    found = ctx.open(refs[0])
    assert found.files == ["columns.json", "rows.parquet", "spans.parquet"]
    table = pq.read_table(found.local("rows.parquet"))
    assert table.column_names == ["record_id", "unit_id", "split", "name", "birth", "seen", "pay", "class", "note"]
    first, third = table.to_pylist()[0], table.to_pylist()[2]
    assert first["name"] == "<PERSON>" and first["birth"] == "<DATE_OF_BIRTH>" and first["seen"] == 2021
    assert first["pay"] == 10.5 and first["class"] == "a" and first["record_id"] == 0
    assert first["note"] == "We rang <PERSON> on <PHONE_NUMBER>; born <DATE_OF_BIRTH>. Paid 0 bills."
    assert third["note"] is None
    columns = {c["name"]: c["type"] for c in found.read_json("columns.json")}
    assert columns == {
        "who": "string", "name": "string", "birth": "string", "seen": "integer", "pay": "number", "class": "string",
        "note": "string",
    }  # fmt: skip
    spans = pq.read_table(found.local("spans.parquet")).to_pylist()
    raw = rows(4)
    assert {"record_id", "column", "start", "end", "entity", "score", "detector"} == set(spans[0])
    assert [raw[0]["note"][s["start"] : s["end"]] for s in spans if s["record_id"] == 0] == [
        "zorblax quimby", "(217) 555-0100", "3/14/1960",
    ]  # fmt: skip
    assert refs[0].counts["entities"] == {"DATE_OF_BIRTH": 3, "PERSON": 3, "PHONE_NUMBER": 3}
    for name in NAMES:
        for word in name.split():
            assert word.lower() not in caplog.text.lower()
            for file in found.files:
                assert word.lower().encode() not in found.read_bytes(file).lower()
            assert word.lower() not in json.dumps([ref.to_dict() for ref in refs]).lower()


def test_again_is_the_same_reference_and_loads_nothing_heavy(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    refs = masked(ctx)
    assert masked(ctx) == refs
    code = f"""
import sys
from pathlib import Path
from dataclasses import replace
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tasks.core.config import Config
from tasks.core.artifacts import Ref
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.stages import mask
config = Config.parse({ctx.config.model_dump(mode="json")!r})
keys = Keys.from_master(b"k" * 32, ["unit", "split", "mask"])
shard = Ref.from_dict({ingest.run(ctx)[0].to_dict()!r})
ctx = Context(config, "run", keys, Path({str(tmp_path)!r}), Path("ledger"), inputs={{"shard": [shard]}}, shard=0)
print(mask.run(ctx).key)
heavy = ("spacy", "presidio_analyzer", "presidio_anonymizer", "pyarrow", "polars", "regex")
print(sorted(m for m in heavy if m in sys.modules))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split("\n")[:2] == [refs[0].key, "[]"]


def test_what_decides_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Path(mask.load_policy.__globals__["FOLDER"]) / "default.yaml"
    own = tmp_path / "own.yaml"
    own.write_text(policy.read_text(encoding="utf-8"), encoding="utf-8")

    def key(**section: Any) -> str:
        ctx = context(tmp_path, **{"policy": str(own), **section})
        shard = ingest.run(ctx)[0]
        keys: list[str] = []

        def artifact(stage: Any, config: Any, decides: dict[str, Any], _build: Any, inputs: Any) -> Ref:
            keys.append(at.key(stage, config, decides, inputs)[0])
            return shard

        at = replace(ctx, inputs={"shard": [shard]}, shard=0)
        monkeypatch.setattr(at, "artifact", artifact)
        mask.run(at)
        return keys[0]

    usual = key()
    assert key(batch_rows=7) == usual
    assert key(own_values=False) != usual
    own.write_text(own.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert key() != usual


def notes_of(tmp_path: Path, changed: dict[str, Any], notes: list[str], **section: Any) -> list[str]:
    """The masked notes under the default policy with some fields changed."""
    folder = Path(mask.load_policy.__globals__["FOLDER"])
    policy = yaml.safe_load((folder / "default.yaml").read_text(encoding="utf-8")) | changed
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    ctx = context(tmp_path, columns=[COLUMNS[-1]], policy=str(tmp_path / "own.yaml"), **section)
    lines = "".join(json.dumps({"note": note}) + "\n" for note in notes)
    Path(ctx.config.ingest.source).write_text(lines, encoding="utf-8")
    (ref,) = masked(ctx)
    return pq.read_table(ctx.open(ref).local("rows.parquet"))["note"].to_pylist()


def test_the_policys_lists_and_thresholds_reach_the_detectors(tmp_path: Path) -> None:
    changed = {
        "deny": {"project heron": "ORGANIZATION"},
        "allow": ["Lisbon"],
        "thresholds": {"default": 0.4, "EMAIL_ADDRESS": 1.0},
        "detectors": {"masker": ["airlock-identifiers", "airlock-people", "airlock-gazetteer"], "gate": ["rampart"]},
        "detector_thresholds": {"airlock-people": 1.0},
    }
    notes = ["Dr. Qwfpx saw the Project Heron files in Lisbon, a@b.org", "SSN 900-12-3456"]
    assert notes_of(tmp_path, changed, notes) == [
        "Dr. Qwfpx saw the <ORGANIZATION> files in Lisbon, a@b.org", "SSN <US_SSN>",
    ]  # fmt: skip


def test_each_text_is_read_in_its_own_language_and_none_passes_unread(tmp_path: Path) -> None:
    detectors = {"masker": ["airlock-identifiers", "airlock-people", "airlock-zh"], "gate": ["rampart"]}
    changed = {"languages": ["en", "zh"], "detectors": detectors}
    notes = [
        "My name is Ingrid Larsson, call 217-555-0199.",
        "患者：王小明，电话13800138000，住院三天。",
        "Иван, 8 916 123-45-67",
    ]
    english, chinese, russian = notes_of(tmp_path, changed, notes, language="auto")
    assert english == "My name is <PERSON>, call <PHONE_NUMBER>."
    assert "王小明" not in chinese and "138" not in chinese and "住院" in chinese
    assert russian == "<UNREAD_TEXT>"


def test_a_language_in_which_nobody_finds_persons_is_refused(tmp_path: Path) -> None:
    detectors = {"masker": ["airlock-people", "presidio-patterns"], "gate": ["rampart"]}
    with pytest.raises(UserError, match="finds persons in language zh"):
        notes_of(
            tmp_path, {"languages": ["en", "zh"], "detectors": detectors}, ["患者王小明今天出院了。"], language="auto"
        )
    entities = {"PERSON": {"operator": "tag", "reason": "A name names."}}
    with pytest.raises(UserError, match="has no line UNREAD_TEXT"):
        notes_of(tmp_path, {"entities": entities, "limits": {}, "evidence": {}}, ["a"], language="auto")


def test_one_persons_rows_do_not_touch_anothers(tmp_path: Path) -> None:
    """Invariant 4: drop a person, and everyone else's masked rows are byte for byte what they were."""
    (tmp_path / "all").mkdir()
    (tmp_path / "less").mkdir()
    everyone = context(tmp_path / "all", 8, batch_rows=5)
    fewer = context(tmp_path / "less", 8, batch_rows=3)
    source = Path(fewer.config.ingest.source)
    kept = [line for line in source.read_text().splitlines() if json.loads(line)["who"] != "p1"]
    source.write_text("\n".join(kept) + "\n")

    def by_text(ctx: Context) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for ref in masked(ctx):
            for row in pq.read_table(ctx.open(ref).local("rows.parquet")).to_pylist():
                found.append(tuple(value for name, value in row.items() if name != "record_id"))
        return found

    units = {row[0] for row in by_text(everyone)} - {row[0] for row in by_text(fewer)}
    assert len(units) == 1
    assert [row for row in by_text(everyone) if row[0] not in units] == by_text(fewer)


def test_what_does_not_fit_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    odd = [*COLUMNS, {"name": "salary", "role": "structured", "kind": "SALARY", "type": "number"}]
    cases: list[tuple[Context, str]] = [
        (context(tmp_path, policy="nowhere"), "there is no policy of this name"),
        (context(tmp_path, language="zh"), "is written for en, not for mask.language zh"),
        (context(tmp_path, spacy_model="no_such_model"), "is not installed"),
    ]
    shard = ingest.run(cases[0][0])[0]
    wrong_kind = context(tmp_path, columns=odd)
    cases.append((wrong_kind, "policy 'default' says nothing about kind SALARY of column salary: add a line"))
    wrong_type = [dict(c, kind="PERSON") if c["name"] == "pay" else c for c in COLUMNS]
    cases.append((context(tmp_path, columns=wrong_type), "column pay has type number, on which .*`tag`"))
    for ctx, sentence in cases:
        with pytest.raises(UserError, match=sentence):
            mask.run(replace(ctx, inputs={"shard": [shard]}, shard=0))
    assert not (tmp_path / "store" / "raw" / "mask").exists()


def test_a_fault_inside_shows_no_value_and_leaves_no_artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.methods.mask.table import TableMasker

    def fail(*_: object) -> None:
        raise ValueError(NAMES[0])

    monkeypatch.setattr(TableMasker, "mask", fail)
    with pytest.raises(AirlockError) as caught:
        masked(context(tmp_path))
    assert NAMES[0] not in str(caught.value) and caught.value.__suppress_context__
    assert not list((tmp_path / "store" / "raw" / "mask").glob("*/manifest.json"))


RUSSIAN = "Сегодня пациента выписали из больницы, он чувствует себя хорошо и поехал домой с женой."
ENGLISH = {"detectors": {"masker": ["airlock-identifiers", "airlock-people"], "gate": ["airlock-rules"]}}


def notes_artifact(tmp_path: Path, changed: dict[str, Any], notes: list[Any], **section: Any) -> tuple[Context, Ref]:
    folder = Path(mask.load_policy.__globals__["FOLDER"])
    policy = yaml.safe_load((folder / "default.yaml").read_text(encoding="utf-8")) | ENGLISH | changed
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    columns = [{"name": "who", "role": "person"}, {"name": "note", "role": "text"}, {"name": "more", "role": "text"}]
    ctx = context(tmp_path, columns=columns, policy=str(tmp_path / "own.yaml"), **section)
    lines = [{"who": f"p{i}", "note": note, "more": None} for i, note in enumerate(notes)]
    Path(ctx.config.ingest.source).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (ref,) = masked(ctx)
    return ctx, ref


@pytest.mark.parametrize("language", ["en", "auto"])
def test_a_row_that_nobody_reads_is_set_aside_with_its_reason(tmp_path: Path, language: str) -> None:
    notes = ["My name is Ingrid Larsson.", RUSSIAN, None, "She rang 217-555-0199."]
    ctx, ref = notes_artifact(tmp_path, {"unread": "quarantine"}, notes, language=language)
    found = ctx.open(ref)
    rows = pq.read_table(found.local("rows.parquet")).to_pylist()
    assert [(row["record_id"], row["note"]) for row in rows] == [
        (0, "My name is <PERSON>."), (2, None), (3, "She rang <PHONE_NUMBER>."),
    ]  # fmt: skip
    aside = pq.read_table(found.local("aside.parquet")).to_pylist()
    assert aside == [{"record_id": 1, "column": "note", "reason": "unread_language"}]
    assert (ref.counts["rows"], ref.counts["quarantined"], ref.counts["reasons"]) == (3, 1, {"unread_language": 1})
    assert {s["record_id"] for s in pq.read_table(found.local("spans.parquet")).to_pylist()} == {0, 3}
    for file in found.files:
        assert "пациента".encode() not in found.read_bytes(file)


def test_a_policy_says_what_happens_to_unread_text_whatever_the_language_named(tmp_path: Path) -> None:
    def masked_notes(changed: dict[str, Any], language: str) -> list[str]:
        ctx, ref = notes_artifact(tmp_path, changed, [RUSSIAN], language=language)
        assert ref.counts["rows"] == 1 and "quarantined" not in ref.counts
        return list(pq.read_table(ctx.open(ref).local("rows.parquet"))["note"].to_pylist())

    assert masked_notes({"unread": "mask"}, "en") == masked_notes({}, "auto") == ["<UNREAD_TEXT>"]
    assert masked_notes({}, "en") == [RUSSIAN]


def test_the_gate_counts_what_masking_left_over(tmp_path: Path) -> None:
    """Also where a whole shard was set aside; where every row was, there is no clean table."""
    notes = [RUSSIAN] * 4 + ["She rang 217-555-0199."] * 3
    folder = Path(mask.load_policy.__globals__["FOLDER"])
    policy = yaml.safe_load((folder / "default.yaml").read_text(encoding="utf-8")) | ENGLISH | {"unread": "quarantine"}
    del policy["evidence"]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    ctx = context(tmp_path, columns=[COLUMNS[-1]], policy=str(tmp_path / "own.yaml"))
    lines = "".join(json.dumps({"note": note}) + "\n" for note in notes)
    Path(ctx.config.ingest.source).write_text(lines, encoding="utf-8")
    refs, raw = masked(ctx), ingest.run(ctx)
    assert [(ref.counts["rows"], ref.counts["quarantined"]) for ref in refs] == [(0, 4), (3, 0)]
    clean = leakcheck.run(replace(ctx, inputs={"masked": refs, "raw": raw}))
    assert (clean.counts["rows_in"], clean.counts["rows"]) == (3, 3)
    with pytest.raises(GateRefused, match="no row is left"):
        leakcheck.run(replace(ctx, inputs={"masked": refs[:1], "raw": raw[:1]}))
