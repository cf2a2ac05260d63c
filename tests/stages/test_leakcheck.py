"""The gate as a stage: it shuts on a leak, judges anew on the same evidence, and tells no value."""

from __future__ import annotations

import io
import json
import logging
import socket
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core import answers, artifacts
from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.errors import AirlockError, GateRefused, TryAgain, UserError
from tasks.core.keys import Keys
from tasks.core.policies import load_policy
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.methods.gate import verdict
from tasks.methods.gate.tables import GROUP_ROWS, TableWriter
from tasks.methods.mask.table import SPANS_SCHEMA
from tasks.methods.plant.table import FIRST_RECORD, PLANTED_SCHEMA
from tasks.stages import leakcheck
from tasks.stages.leakcheck import independent

MARKER = "zebrafinch"
"""Stands beside what leaks; must be nowhere but in the tables of rows."""

LEAKS = {
    "PERSON": "seen by Dr. Morgan Hale",
    "EMAIL_ADDRESS": "write to morgan.hale@example.org",
    "PHONE_NUMBER": "call 415-555-0134",
    "CREDIT_CARD": "card 4111 1111 1111 1111",
    "IBAN_CODE": "to GB82 WEST 1234 5698 7654 32",
    "US_SSN": "ssn 078-05-1120",
    "IP_ADDRESS": "from 192.0.2.20",
    "ADDRESS": "at 12 Oak Street",
    "DATE_OF_BIRTH": "born on March 4, 1961",
    "MEDICAL_RECORD_NUMBER": "MRN: 00482913",
    "ACCOUNT_NUMBER": "account number 8830021947",
    "CN_RESIDENT_ID": "身份证11010519491231002X",
}


RAW: dict[str, Ref] = {}
"""The raw shard of each masked one, by the masked one's key."""


def policy(folder: Path, gate: list[str] | None = None, evidence: dict[str, Any] | None = None, **limits: float) -> str:
    entities = {
        e: {"operator": "tag", "reason": "It points to a person."} for e in [*LEAKS, "LOCATION", "GALAXY_NUMBER"]
    }
    entities["CATEGORY"] = {"operator": "keep", "reason": "It names nobody at all."}
    path = folder / "own.yaml"
    content = {
        "name": "own",
        "description": "For tests.",
        "languages": ["en"],
        "entities": entities,
        "detectors": {"masker": ["m"], "gate": gate or ["airlock-rules"]},
        "limits": {"default": 0.0, **limits},
        "evidence": evidence or {},
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def context(tmp_path: Path, policy_path: str, masked: list[Ref], **gate: Any) -> Context:
    columns = [
        {"name": "note", "role": "text", "required": True},
        {"name": "who", "role": "structured", "kind": "PERSON"},
        {"name": "product", "role": "structured", "kind": "CATEGORY"},
    ]
    config = Config.parse(
        {
            "store": {"root": str(tmp_path / "store")},
            "ingest": {"source": "x.csv", "columns": columns},
            "mask": {"policy": policy_path},
            "leakcheck": gate,
        }
    )
    home = tmp_path / "home"
    ctx = Context(config, "run", Keys.from_master(b"k" * 32), home, home / "ledger.sqlite", log_seconds=1e9)
    ctx.inputs |= {"masked": masked, "raw": [RAW[ref.key] for ref in masked]}
    return ctx


def shard(
    tmp_path: Path,
    number: int,
    notes: list[str | None],
    spans: Sequence[tuple[int, int, int, str]] = (),
    promised: int | None = None,
    raw: list[str | None] | None = None,
    products: list[str] | None = None,
    planted: list[tuple[int, int, int, str]] | None = None,
) -> Ref:
    """A masked shard as mask leaves it, and the raw one that it was; spans are (row, start, end, entity)."""
    first = FIRST_RECORD if planted is not None else number << 40
    ids = [first | k for k in range(len(notes))]
    split = "planted" if planted is not None else "train"
    rows = pa.table(
        {
            "record_id": pa.array(ids, pa.int64()),
            "unit_id": [f"{k:064x}" for k in ids],
            "split": [split] * len(ids),
            "note": pa.array(notes, pa.string()),
            "who": ["<PERSON>"] * len(ids),
            "product": products or ["Dr. Pepper"] * len(ids),
        }
    )
    before = rows.set_column(3, "note", pa.array(raw or notes, pa.string()))
    span_rows = pa.Table.from_pylist(
        [
            {"record_id": ids[k], "column": "note", "start": a, "end": b, "entity": e, "score": 1.0, "detector": "m"}
            for k, a, b, e in spans
        ],
        SPANS_SCHEMA,
    )
    values = [
        {
            "record_id": ids[k],
            "column": "note",
            "start": a,
            "end": b,
            "entity": e,
            "format": "plain",
            "context": "carrier",
            "language": "en",
        }
        for k, a, b, e in planted or ()
    ]
    columns = [
        {"name": "note", "role": "text", "kind": "", "type": "string", "required": True, "unique": False},
        {"name": "who", "role": "structured", "kind": "PERSON", "type": "string", "required": False, "unique": False},
        {
            "name": "product",
            "role": "structured",
            "kind": "CATEGORY",
            "type": "string",
            "required": False,
            "unique": False,
        },
    ]

    def build(writer: artifacts.Writer) -> dict[str, Any]:
        for name, table in (("rows.parquet", rows), ("spans.parquet", span_rows)):
            with writer.open(name) as out:
                pq.write_table(table, out)
        writer.write_json("columns.json", columns)
        return {"shard": number, "rows": len(ids) if promised is None else promised}

    def build_raw(writer: artifacts.Writer) -> dict[str, Any]:
        with writer.open("shard.parquet") as out:
            pq.write_table(before, out)
        if planted is not None:
            with writer.open("planted.parquet") as out:
                pq.write_table(pa.Table.from_pylist(values, PLANTED_SCHEMA), out)
        return {"shard": number, "rows": len(ids), "file": "shard.parquet"}

    key = f"{abs(hash((number, tuple(notes), tuple(spans), promised, str(raw), str(products)))):064x}"[-64:]
    store = Store(str(tmp_path / "store" / "raw"))
    masked = artifacts.reuse_or_build(store, "mask", key, {}, build)[0]
    stage = "plant" if planted is not None else "ingest"
    RAW[masked.key] = artifacts.reuse_or_build(store, stage, key, {}, build_raw)[0]
    return masked


def clean_tables(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "store").glob("clean/leakcheck/*/manifest.json"))


@pytest.fixture(autouse=True)
def _no_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data Docs take most of a verdict's time: only the test that reads them builds them."""
    if "value" not in request.node.name:
        judge = verdict.judge
        monkeypatch.setattr(verdict, "judge", lambda *args: judge(*args[:4]))


CLEAN = ["<PERSON> asked about the fee .", "the card was closed in 2019", "<PHONE_NUMBER> *****"]


def test_clean_text_passes_and_rows_are_the_masked_rows(tmp_path: Path) -> None:
    shards = [shard(tmp_path, 0, CLEAN), shard(tmp_path, 1, CLEAN[::-1])]
    ctx = context(tmp_path, policy(tmp_path), shards[::-1])
    ref = leakcheck.run(ctx)
    assert ref.counts["rows_in"] == ref.counts["rows"] == 6 and ref.counts["quarantined"] == 0
    artifact = ctx.open(ref)
    assert artifact.files == ["columns.json", "table/00000.parquet", "table/00001.parquet"]
    for number, masked in enumerate(shards):
        with artifact.open(f"table/{number:05d}.parquet") as out, ctx.open(masked).open("rows.parquet") as source:
            assert pq.read_table(out).equals(pq.read_table(source))


@pytest.mark.parametrize("entity", ["PERSON", "PHONE_NUMBER", "CN_RESIDENT_ID"])
def test_a_planted_leak_shuts_the_gate(tmp_path: Path, entity: str) -> None:
    ctx = context(tmp_path, policy(tmp_path), [shard(tmp_path, 0, [*CLEAN, LEAKS[entity]])])
    with pytest.raises(GateRefused, match="still in 1 of 4 rows") as caught:
        leakcheck.run(ctx)
    assert entity in str(caught.value) and not clean_tables(tmp_path)
    report = Path(str(caught.value).split("the report is ")[1])
    assert report.read_text().startswith("<!doctype html>") and "gate is shut" in report.read_text().lower()


def test_a_leak_of_every_kind_is_over_its_limit(tmp_path: Path) -> None:
    with pytest.raises(GateRefused):
        leakcheck.run(context(tmp_path, policy(tmp_path), [shard(tmp_path, 0, [*CLEAN, *LEAKS.values()])]))
    (report,) = (tmp_path / "store").rglob("payload/report.json")
    entities = json.loads(report.read_text(encoding="utf-8"))["entities"]
    assert {line["name"] for line in entities if not line["passed"]} == set(LEAKS)


def test_the_verdict_is_new_in_every_run_and_the_evidence_is_not(tmp_path: Path) -> None:
    shards = [shard(tmp_path, 0, [*CLEAN, LEAKS["PHONE_NUMBER"]])]
    with pytest.raises(GateRefused):
        leakcheck.run(context(tmp_path, policy(tmp_path), shards))
    open_gate = context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.25), shards)
    first = leakcheck.run(open_gate)
    assert open_gate.reused == [True, False, False, False]
    again = context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.25), shards)
    assert leakcheck.run(again) == first and again.reused == [True, True, True, True]
    shut = context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.24), shards)
    with pytest.raises(GateRefused, match="PHONE_NUMBER"):
        leakcheck.run(shut)
    assert shut.reused[0] and len(clean_tables(tmp_path)) == 1


def test_what_may_leave_holds_no_count_of_rows(tmp_path: Path) -> None:
    shards = [shard(tmp_path, 0, [*CLEAN, LEAKS["PHONE_NUMBER"]])]
    clean = leakcheck.run(context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.25), shards))
    ref = Ref.from_dict(clean.counts["leak_check"])
    assert "/clean/" in ref.uri
    leaves = artifacts.open_ref(ref).read_json("leak_check.json")
    assert leaves["passed"] and leaves["independent"]["limits"]["PHONE_NUMBER"] == 0.25
    numbers = [value for value in leaves["independent"].values() if isinstance(value, int) and value is not True]
    assert not numbers and "found" not in json.dumps(leaves["independent"])
    (tmp_path / "more").mkdir()
    more = [shard(tmp_path / "more", 0, [*CLEAN, *CLEAN, LEAKS["PHONE_NUMBER"]])]
    again = leakcheck.run(context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.25), more))
    assert artifacts.open_ref(Ref.from_dict(again.counts["leak_check"])).read_json("leak_check.json") == leaves


def test_what_decides_the_evidence_is_in_its_key(tmp_path: Path) -> None:
    shards = [shard(tmp_path, 0, CLEAN)]
    leakcheck.run(context(tmp_path, policy(tmp_path), shards))
    for changed in ({"batch_rows": 1}, {"workers": 1}):
        ctx = context(tmp_path, policy(tmp_path), shards, **changed)
        leakcheck.run(ctx)
        assert ctx.reused == [True, True, True, True]
    other = context(tmp_path, policy(tmp_path), [shard(tmp_path, 0, CLEAN[::-1])])
    leakcheck.run(other)
    # Other rows, other evidence; no finding in either, so the same report.
    assert other.reused == [False, True, True, False]
    own = yaml.safe_load(Path(policy(tmp_path)).read_text(encoding="utf-8"))
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({**own, "allow": ["Hale"]}), encoding="utf-8")
    allowed = context(tmp_path, str(tmp_path / "own.yaml"), shards)
    leakcheck.run(allowed)
    assert not allowed.reused[0]


def test_quarantine_leaves_out_only_rows_with_their_own_finding(tmp_path: Path) -> None:
    notes = [*CLEAN, LEAKS["PHONE_NUMBER"], "ok"]
    gate = {"on_finding": "quarantine", "max_quarantined_share": 0.2}
    ctx = context(tmp_path, policy(tmp_path), [shard(tmp_path, 0, notes)], **gate)
    ref = leakcheck.run(ctx)
    assert (ref.counts["rows_in"], ref.counts["rows"], ref.counts["quarantined"]) == (5, 4, 1)
    with ctx.open(ref).open("table/00000.parquet") as out:
        assert pq.read_table(out)["note"].to_pylist() == [*CLEAN, "ok"]
    tight = context(
        tmp_path, policy(tmp_path), ctx.inputs["masked"], on_finding="quarantine", max_quarantined_share=0.1
    )
    with pytest.raises(GateRefused, match="a finding of any kind is still in 1 of 5 rows"):
        leakcheck.run(tight)


def test_what_the_gate_finds_is_masked_in_the_clean_table(tmp_path: Path) -> None:
    leaks = [LEAKS["PHONE_NUMBER"], LEAKS["EMAIL_ADDRESS"]]
    shards = [shard(tmp_path, 0, [*CLEAN, leaks[0]]), shard(tmp_path, 1, [leaks[1], "ok"])]
    ctx = context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.5, EMAIL_ADDRESS=0.5), shards, on_finding="remask")
    ref = leakcheck.run(ctx)
    assert (ref.counts["rows_in"], ref.counts["rows"], ref.counts["remasked"]) == (6, 6, 2)
    assert ref.counts["rows_with"]["PHONE_NUMBER"] == 1, "the report counts the findings before"
    with ctx.open(ref).open("table/00000.parquet") as out:
        *clean, phone = pq.read_table(out)["note"].to_pylist()
    assert clean == CLEAN and "<PHONE_NUMBER>" in phone and not any(c.isdecimal() for c in phone)
    with ctx.open(ref).open("table/00001.parquet") as out:
        mail, ok = pq.read_table(out)["note"].to_pylist()
    assert "<EMAIL_ADDRESS>" in mail and "@" not in mail and ok == "ok"


@pytest.mark.parametrize(
    "gate",
    [{"on_finding": "quarantine", "max_quarantined_share": 1.0}, {"on_finding": "remask"}],
    ids=["quarantine", "remask"],
)
def test_one_persons_rows_do_not_change_anothers(tmp_path: Path, gate: dict[str, Any]) -> None:
    notes = [*CLEAN, LEAKS["EMAIL_ADDRESS"], "the loan is paid", "Jane"]

    def table(kept: list[str]) -> list[str]:
        ctx = context(tmp_path, policy(tmp_path, EMAIL_ADDRESS=1.0, PERSON=1.0), [shard(tmp_path, 0, kept)], **gate)
        with ctx.open(leakcheck.run(ctx)).open("table/00000.parquet") as out:
            return pq.read_table(out)["note"].to_pylist()

    whole = table(notes)
    assert LEAKS["EMAIL_ADDRESS"] not in whole
    for k in range(1, len(notes), 2):
        others = [n for i, n in enumerate(whole) if i != k] if len(whole) == len(notes) else None
        kept = table(notes[:k] + notes[k + 1 :])
        assert kept == (others if others is not None else [n for n in whole if n != notes[k]])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"promised": 5}, "row"),
        ({"spans": [(1, 0, 1, "PERSON")], "notes": ["a b", None, "c"]}, "text"),
        ({"notes": ["a", "b", None]}, "text"),
    ],
)
def test_a_table_that_is_not_what_masking_promised_shuts_the_gate(
    tmp_path: Path, changes: dict[str, Any], what: str
) -> None:
    notes = changes.pop("notes", CLEAN)
    ctx = context(tmp_path, policy(tmp_path), [shard(tmp_path, 0, notes, **changes)])
    with pytest.raises(GateRefused, match=f"not what masking promised.*{what}"):
        leakcheck.run(ctx)
    assert not clean_tables(tmp_path)


def test_missing_shards_and_unknown_detectors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AirlockError, match="without a gap"):
        leakcheck.run(context(tmp_path, policy(tmp_path), [shard(tmp_path, 1, CLEAN)]))
    with pytest.raises(UserError, match="no detector of the gate"):
        leakcheck.run(context(tmp_path, policy(tmp_path, gate=["magic"]), [shard(tmp_path, 0, CLEAN)]))


def test_evidence_has_the_same_bytes_whatever_the_batches(tmp_path: Path) -> None:
    notes = [*CLEAN, *LEAKS.values()] * 3
    digests = set()
    for place, rows in (("a", 1), ("b", 7), ("c", 256)):
        root = tmp_path / place
        root.mkdir()
        ctx = context(root, policy(root), [shard(root, 0, notes), shard(root, 1, CLEAN)], batch_rows=rows)
        with pytest.raises(GateRefused):
            leakcheck.run(ctx)
        (manifest,) = root.glob("store/raw/leakcheck-evidence/*/manifest.json")
        digests.add(json.loads(manifest.read_text())["digest"])
    assert len(digests) == 1


def test_a_kind_without_a_detector_is_reported(tmp_path: Path) -> None:
    leakcheck.run(context(tmp_path, policy(tmp_path), [shard(tmp_path, 0, CLEAN)]))
    (report,) = (tmp_path / "store").rglob("payload/report.json")
    content = json.loads(report.read_text())
    assert content["no_independent_evidence"] == ["GALAXY_NUMBER", "LOCATION"]
    assert content["columns_kept_by_policy"] == ["product"]


def decoded(path: Path) -> str:
    """What a file says: Parquet and SQLite cells too."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return str(table.to_pylist()) + str(table.schema.metadata)
    if path.read_bytes()[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as database:
            return "\n".join(database.iterdump())
    return path.read_bytes().decode("utf-8", "replace")


def test_no_value_in_anything_but_tables_of_rows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the gate opened a socket")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    caplog.set_level(logging.DEBUG)
    notes = [*CLEAN, *(f"{MARKER} {leak} {MARKER}" for leak in LEAKS.values())]
    shards = [shard(tmp_path, 0, notes)]
    gate = ["airlock-rules", "rampart"]
    with pytest.raises(GateRefused) as caught:
        leakcheck.run(context(tmp_path, policy(tmp_path, gate=gate), shards))
    wide = dict.fromkeys([*LEAKS, "LOCATION", "GALAXY_NUMBER"], 1.0)
    leakcheck.run(context(tmp_path, policy(tmp_path, gate=gate, **wide), shards))
    captured = capfd.readouterr()
    said = [str(caught.value), caplog.text, captured.out, captured.err]
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    rows = [p for p in (tmp_path / "store").rglob("*.parquet") if p.name == "rows.parquet" and "/mask/" in str(p)]
    rows += (tmp_path / "store" / "clean").rglob("table/*.parquet")
    rows += (tmp_path / "store" / "raw" / "ingest").rglob("shard.parquet")
    assert rows and all(MARKER in decoded(path) for path in rows)
    others = [p for p in (tmp_path / "store").rglob("*") if p.is_file() and p not in rows]
    assert {"report.html", "report.json", "findings.parquet", "run.json"} <= {p.name for p in others}
    assert any("data_docs/validations" in str(p) for p in others)
    secrets = [MARKER, "Morgan", "morgan", "415-555", "WEST", "05-1120", "192.0.2", "Oak Street", "March", "00482913"]
    for text in [*said, *(decoded(path) + str(path) for path in others)]:
        assert not [secret for secret in secrets if secret in text]


NAME = "Anna Kowalczyk"


def name_leak(tmp_path: Path, number: int = 0) -> Ref:
    """Three rows with the name masked, and one in which masking missed a part of it."""
    raw = [f"{NAME} called", "the loan is paid", f"so {NAME} and ms Kowalczyk came", f"{NAME} wrote"]
    masked = ["<PERSON> called", "the loan is paid", "so <PERSON> and ms Kowalczyk came", "<PERSON> wrote"]
    spans = [(0, 0, 14, "PERSON"), (2, 3, 17, "PERSON"), (3, 0, 14, "PERSON")]
    return shard(tmp_path, number, masked, spans, raw=raw)


def test_a_value_masked_elsewhere_shuts_the_gate_where_it_still_stands(tmp_path: Path) -> None:
    shards = [name_leak(tmp_path)]
    leakcheck.run(context(tmp_path, policy(tmp_path, PERSON=1.0), shards))
    asked = {"known_values": {"default": 0.0}}
    with pytest.raises(GateRefused, match=r"PERSON.* 1 of 4 rows"):
        leakcheck.run(context(tmp_path, policy(tmp_path, evidence=asked, PERSON=1.0), shards))
    room = {"known_values": {"default": 0.0, "PERSON": 0.25}}
    ctx = context(tmp_path, policy(tmp_path, evidence=room, PERSON=1.0), shards)
    leakcheck.run(ctx)
    (found,) = (tmp_path / "store").glob("raw/leakcheck-known/*/attempts/*/payload/findings.parquet")
    (line,) = pq.read_table(found).to_pylist()
    assert line["record_id"] == 2 and line["entity"] == "PERSON"
    assert set(line) == {"record_id", "column", "entity", "start", "end", "detector"}
    for path in (tmp_path / "store").glob("raw/leakcheck*/**/*"):
        assert not path.is_file() or "Kowalczyk" not in decoded(path)


def planted_shard(tmp_path: Path, missed: int, number: int = 1) -> Ref:
    """Sixty planted numbers, of which some came through."""
    raw = [f"reach me on 415-555-0{k:03d} today" for k in range(60)]
    kept = [text if k < missed else "reach me on <PHONE_NUMBER> today" for k, text in enumerate(raw)]
    spans = [(k, 12, 24, "PHONE_NUMBER") for k in range(missed, 60)]
    places = [(k, 12, 24, "PHONE_NUMBER") for k in range(60)]
    return shard(tmp_path, number, list(kept), spans, raw=list(raw), planted=places)


def promises(limit: float) -> dict[str, Any]:
    return {"planted": {"default": 1.0, "PHONE_NUMBER": limit}}


def test_planted_values_that_came_through_shut_the_gate_and_none_is_in_the_clean_table(tmp_path: Path) -> None:
    good = [shard(tmp_path, 0, CLEAN), planted_shard(tmp_path, 0)]
    ctx = context(tmp_path, policy(tmp_path, evidence=promises(0.05)), good)
    ref = leakcheck.run(ctx)
    assert ref.counts["rows"] == 3 and ref.counts["planted_removed"] == 60 and ref.counts["rows_in"] == 63
    artifact = ctx.open(ref)
    assert artifact.files == ["columns.json", "table/00000.parquet"]
    with artifact.open("table/00000.parquet") as out:
        table = pq.read_table(out)
    assert max(table["record_id"].to_pylist()) < FIRST_RECORD and set(table["split"].to_pylist()) == {"train"}
    bad = [shard(tmp_path, 0, CLEAN), planted_shard(tmp_path, 3)]
    with pytest.raises(GateRefused, match=r"phone|PHONE_NUMBER"):
        leakcheck.run(context(tmp_path, policy(tmp_path, evidence=promises(0.05)), bad))


def test_planted_rows_do_not_count_as_rows_with_a_finding(tmp_path: Path) -> None:
    both = [shard(tmp_path, 0, CLEAN), planted_shard(tmp_path, 60)]
    ref = leakcheck.run(context(tmp_path, policy(tmp_path, evidence=promises(1.0)), both))
    assert ref.counts["rows_with"]["PHONE_NUMBER"] == 0


def test_a_planted_row_among_peoples_rows_is_a_fault(tmp_path: Path) -> None:
    masked = planted_shard(tmp_path, 0, number=0)
    ctx = context(tmp_path, policy(tmp_path), [masked])
    (raw,) = ctx.inputs["raw"]
    ctx.inputs["raw"] = [replace(raw, stage="ingest")]
    with pytest.raises(AirlockError, match="planted row"):
        leakcheck.run(ctx)
    assert not clean_tables(tmp_path)


def test_nothing_planted_is_no_evidence_of_planted_values(tmp_path: Path) -> None:
    ctx = context(tmp_path, policy(tmp_path, evidence=promises(0.05)), [shard(tmp_path, 0, CLEAN)])
    with pytest.raises(GateRefused, match="plant"):
        leakcheck.run(ctx)


def test_a_kind_without_a_detector_shuts_the_gate_of_a_policy_that_requires_one(tmp_path: Path) -> None:
    ctx = context(tmp_path, policy(tmp_path, evidence={"independent": "required"}), [shard(tmp_path, 0, CLEAN)])
    with pytest.raises(GateRefused, match="GALAXY_NUMBER"):
        leakcheck.run(ctx)


def test_small_groups_shut_the_gate(tmp_path: Path) -> None:
    products = ["loan", "loan", "card"]
    asked = {"groups": {"quasi_identifiers": ["CATEGORY"], "k": 2}}
    shards = [shard(tmp_path, 0, CLEAN, products=products)]
    with pytest.raises(GateRefused, match="1 of 3 rows"):
        leakcheck.run(context(tmp_path, policy(tmp_path, evidence=asked), shards))
    asked["groups"]["limit"] = 0.34
    leakcheck.run(context(tmp_path, policy(tmp_path, evidence=asked), shards))
    asked["groups"]["quasi_identifiers"] = ["colour"]
    with pytest.raises(UserError, match="neither a column"):
        leakcheck.run(context(tmp_path, policy(tmp_path, evidence=asked), shards))


def test_groups_are_those_of_the_rows_that_are_handed_over(tmp_path: Path) -> None:
    asked = {"groups": {"quasi_identifiers": ["CATEGORY"], "k": 3}}
    gate = {"on_finding": "quarantine", "max_quarantined_share": 0.5}
    shards = [shard(tmp_path, 0, [*CLEAN, LEAKS["PHONE_NUMBER"]], products=["card", "card", "card", "card"])]
    assert leakcheck.run(context(tmp_path, policy(tmp_path, evidence=asked), shards, **gate)).counts["rows"] == 3
    asked["groups"]["k"] = 4
    with pytest.raises(GateRefused, match="k-anonymity"):
        leakcheck.run(context(tmp_path, policy(tmp_path, evidence=asked), shards, **gate))


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 3), st.permutations(range(4)), st.sampled_from(["remask", "keep", "quarantine"]))
def test_whatever_evidence_rests_on_others_leaves_a_row_as_it_is(
    tmp_path: Path, gone: int, order: list[int], on_finding: str
) -> None:
    """One person's rows are taken away: the evidence of all is another one, and the others' rows are the same."""
    leak = f"ms Kowalczyk came to {LEAKS['EMAIL_ADDRESS']}"
    raw = [f"{NAME} called", leak, "the loan is paid", "so it was closed"]
    kept = ["<PERSON> called", *raw[1:]]
    spans = {0: (0, 14, "PERSON")}
    asked = {
        "known_values": {"default": 1.0},
        "planted": {"default": 1.0},
        "groups": {"quasi_identifiers": ["CATEGORY"], "k": 4, "limit": 1.0},
    }
    gate = {"on_finding": on_finding, "max_quarantined_share": 1.0}

    def table(rows: list[int]) -> tuple[dict[str, str], list[bool]]:
        """The clean rows by what they were, and whether known values and groups flagged any."""
        root = Path(tempfile.mkdtemp(dir=tmp_path))
        places = [(at, *spans[row]) for at, row in enumerate(rows) if row in spans]
        real = shard(root, 0, [kept[row] for row in rows], places, raw=[raw[row] for row in rows])
        wide = dict.fromkeys([*LEAKS, "LOCATION", "GALAXY_NUMBER"], 1.0)
        ctx = context(root, policy(root, evidence=asked, **wide), [real, planted_shard(root, 2)], **gate)
        with ctx.open(leakcheck.run(ctx)).open("table/00000.parquet") as out:
            found = pq.read_table(out).select(["record_id", "note"]).to_pylist()
        (report,) = root.rglob("payload/report.json")
        by = json.loads(report.read_text(encoding="utf-8"))["flagged_by"]
        return {raw[rows[row["record_id"]]]: row["note"] for row in found}, [bool(by["known"]), bool(by["groups"])]

    (whole, told), (without, told_without) = table(order), table([row for row in order if row != gone])
    if on_finding == "keep":
        assert told == [True, False] and told_without == [gone > 1, True], "what the evidence says is another thing"
    assert without == {text: note for text, note in whole.items() if text != raw[gone]}


def test_a_gate_that_cannot_look_is_shut(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.sqlite") as database:
        database.execute("create table rows (record_id integer)")
        database.execute("create table shards (rows integer)")
    with pytest.raises(RuntimeError, match="could not evaluate"):
        verdict.judge(tmp_path / "x.sqlite", 0, "", verdict.Limits({"PERSON": 0.0}))


def test_limits_are_exact() -> None:
    for rows in range(1, 400):
        for cents in range(0, 101):
            assert verdict.allowed_rows(cents / 100, rows) == rows * cents // 100


def test_parquet_rows_do_not_depend_on_batches() -> None:
    schema = pa.schema([("a", pa.int64())])
    written = set()
    for size in (1000, 9999, 40_000):
        sink = io.BytesIO()
        with TableWriter(sink, schema) as table:
            for start in range(0, 40_000, size):
                table.write(pa.RecordBatch.from_pydict({"a": list(range(start, min(start + size, 40_000)))}, schema))
        assert pq.ParquetFile(io.BytesIO(sink.getvalue())).metadata.row_group(0).num_rows == GROUP_ROWS
        written.add(sink.getvalue())
    assert len(written) == 1


def sampled(tmp_path: Path, seeded: int = 6, real: int = 6) -> Ref:
    """A sample as the review stage leaves it: the first rows are seeded."""

    def build(writer: artifacts.Writer) -> dict[str, Any]:
        rows = [{"ordinal": k + 1, "seeded": k < seeded, "record_id": k, "shard": 0} for k in range(seeded + real)]
        schema = pa.schema(
            [("ordinal", pa.int32()), ("seeded", pa.bool_()), ("record_id", pa.int64()), ("shard", pa.int32())]
        )
        with writer.open("key.parquet") as out:
            pq.write_table(pa.Table.from_pylist(rows, schema), out)
        return {"rows": real, "seeded": seeded, "population": real}

    store = Store(str(tmp_path / "store" / "raw"))
    return artifacts.reuse_or_build(store, "review", "5" * 64, {}, build)[0]


def test_a_policy_that_asks_for_a_persons_sample_waits_for_it_and_counts_what_the_reader_missed(tmp_path: Path) -> None:
    asked = {"review": {"rows": 6, "seeded": 6, "limit": 0.9}}
    ctx = context(tmp_path, policy(tmp_path, evidence=asked), [shard(tmp_path, 0, CLEAN)])
    ctx.inputs["review"] = [sample] = [sampled(tmp_path)]
    with pytest.raises(TryAgain, match="airlock review"):
        leakcheck.run(ctx)
    assert not clean_tables(tmp_path)
    store = ctx.zone("raw")
    answers.record(store, sample, answers.Answer(12, (1, 2)), ctx.home)
    with pytest.raises(GateRefused, match="known leaks"):
        leakcheck.run(ctx)
    answers.record(store, sample, answers.Answer(12, (1, 2, 3, 4, 5, 6)), ctx.home, replace=True)
    assert leakcheck.run(ctx).counts["rows"] == 3


@pytest.mark.parametrize("package", ["gate", "rowwise"])
def test_the_code_of_the_detectors_is_part_of_the_evidences_key(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leakcheck, ingest = SimpleNamespace(model_threshold=0.7), SimpleNamespace(columns=[])
    ctx: Any = SimpleNamespace(config=SimpleNamespace(leakcheck=leakcheck, ingest=ingest))
    before = independent.decided_by(ctx, load_policy("default"))
    sources = independent.sha256_sources
    monkeypatch.setattr(
        independent, "sha256_sources", lambda name: "new" if name == f"tasks.methods.{package}" else sources(name)
    )
    assert independent.decided_by(ctx, load_policy("default")) != before
