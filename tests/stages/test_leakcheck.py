"""The gate as a stage: it shuts on a leak, judges anew on the same evidence, and tells no value."""

from __future__ import annotations

import io
import json
import logging
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tasks.core import artifacts
from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.errors import AirlockError, GateRefused, UserError
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.methods.gate import verdict
from tasks.methods.gate.report import as_html
from tasks.methods.gate.tables import GROUP_ROWS, TableWriter
from tasks.stages import leakcheck

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


def policy(folder: Path, gate: list[str] | None = None, **limits: float) -> str:
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
    ctx.inputs["masked"] = masked
    return ctx


def shard(
    tmp_path: Path, number: int, notes: list[str | None], spans: list[int] | None = None, promised: int | None = None
) -> Ref:
    """A masked shard as mask leaves it."""
    ids = [(number << 40) | k for k in range(len(notes))]
    rows = pa.table(
        {
            "record_id": pa.array(ids, pa.int64()),
            "unit_id": [f"{k:064x}" for k in ids],
            "split": ["train"] * len(ids),
            "note": pa.array(notes, pa.string()),
            "who": ["<PERSON>"] * len(ids),
            "product": ["Dr. Pepper"] * len(ids),
        }
    )
    spans = spans or []
    span_rows = pa.table(
        {
            "record_id": pa.array([ids[k] for k in spans], pa.int64()),
            "column": pa.array(["note"] * len(spans), pa.string()),
        }
    )
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

    key = f"{abs(hash((number, tuple(notes), tuple(spans), promised))):064x}"[-64:]
    store = Store(str(tmp_path / "store" / "raw"))
    return artifacts.reuse_or_build(store, "mask", key, {}, build)[0]


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
    assert report.read_text().startswith("<!doctype html>") and "The gate is shut." in report.read_text()


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
    assert open_gate.reused == [True, False, False]
    again = context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.25), shards)
    assert leakcheck.run(again) == first and again.reused == [True, True, True]
    shut = context(tmp_path, policy(tmp_path, PHONE_NUMBER=0.24), shards)
    with pytest.raises(GateRefused, match="PHONE_NUMBER"):
        leakcheck.run(shut)
    assert shut.reused[0] and len(clean_tables(tmp_path)) == 1


def test_what_decides_the_evidence_is_in_its_key(tmp_path: Path) -> None:
    shards = [shard(tmp_path, 0, CLEAN)]
    leakcheck.run(context(tmp_path, policy(tmp_path), shards))
    for changed in ({"batch_rows": 1}, {"workers": 1}):
        ctx = context(tmp_path, policy(tmp_path), shards, **changed)
        leakcheck.run(ctx)
        assert ctx.reused == [True, True, True]
    other = context(tmp_path, policy(tmp_path), [shard(tmp_path, 0, CLEAN[::-1])])
    leakcheck.run(other)
    assert other.reused == [False, True, False], "other rows, other evidence; no finding in either, so the same report"
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
        ({"spans": [1], "notes": ["a b", None, "c"]}, "text"),
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
    assert rows and all(MARKER in decoded(path) for path in rows)
    others = [p for p in (tmp_path / "store").rglob("*") if p.is_file() and p not in rows]
    assert {"report.html", "report.json", "findings.parquet", "run.json"} <= {p.name for p in others}
    assert any("data_docs/validations" in str(p) for p in others)
    secrets = [MARKER, "Morgan", "morgan", "415-555", "WEST", "05-1120", "192.0.2", "Oak Street", "March", "00482913"]
    for text in [*said, *(decoded(path) + str(path) for path in others)]:
        assert not [secret for secret in secrets if secret in text]


def test_a_gate_that_cannot_look_is_shut(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.sqlite") as database:
        database.execute("create table rows (record_id integer)")
        database.execute("create table shards (rows integer)")
    with pytest.raises(RuntimeError, match="could not evaluate"):
        verdict.judge(tmp_path / "x.sqlite", 0, "", {"PERSON": 0.0})


def test_the_report_escapes_what_it_is_given() -> None:
    line = {"name": "<b>X", "found": 1, "share": 0.5, "limit": 0.1, "passed": False}
    report = {
        "passed": False, "rows": 2, "on_finding": "keep", "entities": [line],
        "shape": [{"name": "<i>", "passed": True}],
        "no_independent_evidence": ["<u>"], "columns_kept_by_policy": ["<s>"], "found_by": {},
        "detectors": [{"name": "<q>"}],
    }  # fmt: skip
    page = as_html(report)
    assert not [tag for tag in ("<b>", "<i>", "<u>", "<s>", "<q>") if tag in page]
    assert "<svg" in page and "prefers-color-scheme:dark" in page and "http" not in page.replace("http-equiv", "")


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
