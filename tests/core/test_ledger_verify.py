"""Every kind of tampering is found and named, and an honest ledger verifies clean after whatever it did."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.dp_events import Gaussian, Laplace, SampledGaussian
from tasks.core.errors import AirlockError, UserError
from tasks.core.ledger import Charge, Entry, Heads, Ledger, Signer, UnitSet, Verifier
from tasks.core.ledger import extract as extracts
from tasks.core.ledger.verify import Finding, verify
from tasks.core.store import Store
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

SIGNER, OTHER = Signer(b"k" * 32), Signer(b"o" * 32)
TRAINING = SampledGaussian(1.1, 0.01, 500)


def people(*numbers: int, key: str = "key-1") -> UnitSet:
    return UnitSet.of(key, (f"{number:064x}"[::-1] for number in numbers))


def charge(**changes: Any) -> Charge:
    fields: dict[str, Any] = {
        "dataset": "visits",
        "run_id": "run-1",
        "key": "1" * 64,
        "events": (TRAINING,),
        "epsilon": 1.0,
        "delta": 1e-6,
        "unit": "person",
        "relation": "add_or_remove",
        "tight": lambda events, delta: 0.5,
        "actor": "ann",
    }
    return Charge(**{**fields, **changes})


class Bench:
    """A ledger with its heads, as it is written to and as somebody tampers with it."""

    def __init__(self, where: str | Path, root: Path) -> None:
        self.where, self.store = where, Store(str(root / "clean"))
        self.heads = Heads(self.store)
        self.ledger = Ledger(where, SIGNER, self.heads)

    def budget(self, name: str = "visits", epsilon: float = 50.0, **changes: Any) -> None:
        fields: dict[str, Any] = {"delta": 1e-5, "owner": "dpo", "reason": "study", "parallel": True}
        self.ledger.set_budget(name, epsilon=epsilon, **{**fields, **changes})

    def reserve(self, **changes: Any) -> Entry:
        return self.ledger.reserve(charge(**changes), fingerprint="f" * 64)

    def sql(self, text: str, *values: Any) -> None:
        with sqlite3.connect(self.where) as db:
            db.execute(text, values)
        db.close()

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.where) as db:
            found = db.execute(text, values).fetchall()
        db.close()
        return found

    def verify(self, heads: bool = True, signer: Signer = SIGNER) -> list[Finding]:
        return verify(self.ledger.database, Verifier(signer.public), self.heads if heads else None).findings

    def says(self, heads: bool = True) -> str:
        return "\n".join(finding.sentence for finding in self.verify(heads))


def everything(bench: Bench) -> None:
    """Whatever a ledger can do, at least once."""
    bench.budget()
    bench.budget("labs", epsilon=20.0, period="year")
    bench.budget("trial", reason="apart")
    bench.ledger.declare_distinct("visits", "trial", "other clinics")
    bench.reserve(key="a" * 64, units=people(1, 2), block="north")
    two = bench.reserve(key="b" * 64, units=people(2, 3), block="south")
    bench.ledger.mark(two.id)
    bench.ledger.commit(two.id, "d" * 64)
    three = bench.reserve(key="c" * 64, dataset="labs", events=(Gaussian(20.0), Laplace(30.0)))
    bench.ledger.free(three.id, "not needed")
    four = bench.reserve(key="d" * 64, dataset="labs", claim="claim", interval="2026-11-01/2026-11-02")
    bench.ledger.mark(four.id)
    bench.ledger.reserve(
        charge(key="d" * 64, dataset="labs"), fingerprint="e" * 64, resumes=lambda entry: entry.id == four.id
    )
    five = bench.reserve(key="e" * 64)
    bench.ledger.mark(five.id)
    bench.ledger.abandon(five.id, 100, "a broken disk")
    bench.ledger.link("labs", "visits", "the same patients")
    bench.budget(epsilon=60.0, reason="a second study")
    bench.reserve(key="f" * 64, dataset="labs")
    bench.ledger.note("visits", "forget", {"unit": "0" * 64})


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("used")
    everything(Bench(folder / "ledger.sqlite", folder))
    return folder


@pytest.fixture
def bench(used: Path, tmp_path: Path) -> Bench:
    shutil.copytree(used, tmp_path, dirs_exist_ok=True)
    return Bench(tmp_path / "ledger.sqlite", tmp_path)


def test_an_honest_ledger_verifies_clean(bench: Bench) -> None:
    report = verify(bench.ledger.database, Verifier(SIGNER.public), bench.heads)
    assert report.findings == []
    assert (report.datasets, report.charges, report.heads) == (3, 6, True)
    assert report.records == sum(len(bench.ledger.records(name)) for name in ("visits", "labs", "trial"))


def test_an_honest_ledger_verifies_clean_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    bench = Bench(postgres_url, tmp_path)
    everything(bench)
    assert bench.verify() == []


def test_an_empty_ledger_verifies_clean(tmp_path: Path) -> None:
    assert Bench(tmp_path / "ledger.sqlite", tmp_path).verify() == []


def test_a_changed_record(bench: Bench) -> None:
    bench.sql("UPDATE record SET body = replace(body, '0.01', '0.001') WHERE dataset = 'visits' AND kind = 'reserve'")
    said = bench.says()
    assert "was changed, moved or put in: its hash isn't that of its content" in said
    assert 'mechanism is [{"type": "poisson_sampled_gaussian"' in said  # the charge's row says another one


def test_a_changed_record_whose_hash_was_mended_too(bench: Bench) -> None:
    [(seq,)] = bench.ask("SELECT max(seq) FROM record WHERE dataset = 'visits'")
    mend(bench, seq, lambda record: {**record, "body": record["body"].replace("0" * 64, "1" * 64)})
    assert [f.sentence for f in bench.verify(heads=False)] == [
        f"data set visits, record {seq}: isn't signed by the ledger's key"
    ]
    assert f"record {seq} in this ledger is another than the one whose head the artifact store holds" in bench.says()


def test_a_record_signed_by_another_key(bench: Bench) -> None:
    [(seq,)] = bench.ask("SELECT max(seq) FROM record WHERE dataset = 'visits'")
    mend(bench, seq, lambda record: record, signer=OTHER)
    assert [f.sentence for f in bench.verify()] == [f"data set visits, record {seq}: isn't signed by the ledger's key"]
    assert len(bench.verify(signer=OTHER)) > 20


def mend(bench: Bench, seq: int, change: Callable[[dict[str, Any]], dict[str, Any]], signer: Signer = OTHER) -> None:
    """Change the last record, and all that must agree with it."""
    from tasks.core.ledger.chain import chained

    columns = ("dataset", "seq", "kind", "created", "body")
    [row] = bench.ask("SELECT dataset, seq, kind, created, body FROM record WHERE dataset = 'visits' AND seq = ?", seq)
    [(before,)] = bench.ask("SELECT hash FROM record WHERE dataset = 'visits' AND seq = ?", seq - 1)
    record = change(dict(zip(columns, row, strict=True)))
    digest = chained(*(record[name] for name in columns), before)
    values = (record["body"], digest, signer.sign(digest), seq)
    bench.sql("UPDATE record SET body = ?, hash = ?, signature = ? WHERE dataset = 'visits' AND seq = ?", *values)
    bench.sql("UPDATE dataset SET head_hash = ? WHERE name = 'visits'", digest)


def test_a_record_dropped_from_the_middle(bench: Bench) -> None:
    bench.sql("DELETE FROM record WHERE dataset = 'visits' AND seq = 4")
    assert "data set visits: record 4 is missing from its log" in bench.says(heads=False)
    bench.sql("DELETE FROM record WHERE dataset = 'visits' AND seq IN (5, 6)")
    assert "data set visits: records 4 to 6 are missing from its log" in bench.says(heads=False)


def test_records_dropped_from_the_end(bench: Bench) -> None:
    [(last,)] = bench.ask("SELECT max(seq) FROM record WHERE dataset = 'visits'")
    bench.sql("DELETE FROM record WHERE dataset = 'visits' AND seq > ?", last - 3)
    # Whoever knows the tables takes the head along.
    bench.sql(
        "UPDATE dataset SET head_seq = ?, head_hash = (SELECT hash FROM record WHERE dataset = 'visits' AND seq = ?) "
        "WHERE name = 'visits'",
        *(last - 3, last - 3),
    )
    assert (
        f"data set visits: this ledger is older than the artifact store's head {last}: "
        f"records {last - 2} to {last} at its log's end are missing"
    ) in bench.says()
    assert not any(finding.place.startswith("head") for finding in bench.verify(heads=False))


def test_a_restored_backup(bench: Bench, tmp_path: Path) -> None:
    shutil.copy(bench.where, tmp_path / "backup")
    bench.ledger.note("visits", "note", {"text": "after the backup"})
    assert bench.verify() == []
    shutil.copy(tmp_path / "backup", bench.where)
    [finding] = bench.verify()
    assert "this ledger is older than the artifact store's head" in finding.sentence
    assert finding.sentence.endswith("at its log's end is missing")


def test_two_ledgers_in_use(bench: Bench, tmp_path: Path) -> None:
    shutil.copy(bench.where, tmp_path / "backup")
    bench.ledger.note("visits", "note", {"text": "here"})
    shutil.copy(tmp_path / "backup", bench.where)
    Ledger(bench.where, SIGNER).note("visits", "note", {"text": "there"})
    [finding] = bench.verify()
    assert finding.sentence.endswith("its log was changed, or two ledgers are in use")


def test_reordered_records(bench: Bench) -> None:
    for old, new in ((3, -1), (4, 3), (-1, 4)):
        bench.sql("UPDATE record SET seq = ? WHERE dataset = 'visits' AND seq = ?", new, old)
    places = {f.place for f in bench.verify() if "was changed, moved or put in" in f.sentence}
    assert {"record 3", "record 4"} <= places


def test_an_inserted_record(bench: Bench) -> None:
    for seq in range(40, 4, -1):
        bench.sql("UPDATE record SET seq = seq + 1 WHERE dataset = 'visits' AND seq = ?", seq)
    bench.sql(
        "INSERT INTO record SELECT dataset, 5, 'note', created, '{}', hash, signature FROM record "
        "WHERE dataset = 'visits' AND seq = 4"
    )
    assert "data set visits, record 5: was changed, moved or put in" in bench.says()


def test_a_record_put_at_the_end(bench: Bench) -> None:
    [(last,)] = bench.ask("SELECT max(seq) FROM record WHERE dataset = 'visits'")
    bench.sql(
        "INSERT INTO record SELECT dataset, seq + 1, kind, created, body, hash, signature FROM record "
        "WHERE dataset = 'visits' AND seq = ?",
        last,
    )
    said = bench.says()
    assert f"data set visits, record {last + 1}: was changed, moved or put in" in said
    assert f"its head is at record {last}, its log ends with another, {last + 1}" in said


def test_a_record_taken_from_another_log(bench: Bench) -> None:
    bench.sql("UPDATE record SET dataset = 'trial' WHERE dataset = 'labs' AND seq = 2")
    said = bench.says()
    assert "data set labs: record 2 is missing" in said
    assert "data set trial, record 2: was changed, moved or put in" in said


def test_a_data_set_dropped_whole(bench: Bench) -> None:
    for table, column in (("record", "dataset"), ("charge", "dataset"), ("dataset", "name"), ("unit_set", "dataset")):
        bench.sql(f"DELETE FROM {table} WHERE {column} = 'trial'")
    [finding, *_] = bench.verify()
    assert finding.sentence == (
        "data set trial is missing from the ledger, though the artifact store holds the head of its record 1"
    )
    bench.sql("DELETE FROM dataset WHERE name = 'labs'")
    assert "data set labs has records but isn't among the data sets" in bench.says(heads=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE charge SET state = 'freed' WHERE state = 'committed'", 'state is freed; its log says committed'),
        ("UPDATE charge SET epsilon = 0.1 WHERE state = 'committed'", "epsilon is 0.1; its log says 1.0"),
        ("UPDATE charge SET digest = 'x' WHERE state = 'committed'", "digest is x; its log says ddd"),
        ("UPDATE charge SET created = '2020' WHERE state = 'committed'", "created is 2020; its log says 20"),
        ("UPDATE charge SET number = 99 WHERE state = 'committed'", "number is 99; its log says 2"),
        ("UPDATE charge SET fingerprint = 'x' WHERE dataset = 'labs' AND state = 'noise'",
         "fingerprint is x; its log says resumed under another fingerprint"),
        ("UPDATE charge SET mechanism = '[]' WHERE state = 'committed'", "mechanism is []; its log says [{"),
        ("UPDATE charge SET mechanism = 'x' WHERE state = 'committed'", "mechanism is null; its log says [{"),
        ("UPDATE charge SET nonce = x'00' WHERE state = 'committed'", "its nonce isn't the one whose hash its record"),
        ("UPDATE charge SET nonce = x'00' WHERE state = 'abandoned'", "its nonce isn't the one whose hash its record"),
        ("DELETE FROM charge WHERE state = 'committed'", "is in the log but not among the charges"),
        ("UPDATE charge SET id = 'ffff' WHERE state = 'committed'", "entry ffff: was put in: no record enters it"),
        ("UPDATE spent SET charges = charges - 1", "charges stand"),
        ("UPDATE spent SET sums = '[0, 0, 0, 0, 0, 0]'", "isn't what the charges in its log add up to"),
        ("UPDATE spent SET sums = '[0]'", "isn't what the charges in its log add up to"),
        ("UPDATE spent SET sums = 'x'", "counts nothing that can be read"),
        ("UPDATE spent SET truncated = 1e-9", "isn't what the charges in its log add up to"),
        ("DELETE FROM spent WHERE block = 'north'", "the sum of block north is missing"),
        ("UPDATE spent SET block = 'x' WHERE block = 'north'", "the sum of block x was put in"),
        ("UPDATE dataset SET epsilon = 1000 WHERE name = 'visits'", "epsilon is 1000.0; its log says 60.0"),
        ("UPDATE dataset SET pool = 'labs' WHERE name = 'labs'", "pool is labs; its log says visits"),
        ("UPDATE dataset SET parallel = 0 WHERE name = 'visits'", "parallel is false; its log says true"),
        ("UPDATE dataset SET head_seq = 1 WHERE name = 'visits'", "its head is at record 1, its log ends with another"),
        ("INSERT INTO dataset SELECT 'new', 'new', epsilon, delta, period, owner, reason, unit, parallel, created, 0, "
         "'' FROM dataset WHERE name = 'visits'", "data set new was put in: no record registers it"),
        ("DELETE FROM pair WHERE kind = 'shared'", "that its blocks north and south share people is missing"),
        ("INSERT INTO pair VALUES ('distinct', '', 'a', 'b')", "that it shares nobody with b was put in"),
        ("UPDATE unit_set SET hashes = x'' WHERE block = 'north'",
         "the hashes of its people in block north under key key-1 aren't those that its log tells of"),
        ("UPDATE unit_set SET hashes = x'00' WHERE block = 'north'", "aren't those that its log tells of"),
        ("UPDATE unit_set SET members = 7 WHERE block = 'north'", "aren't those that its log tells of"),
        ("DELETE FROM unit_set WHERE block = 'north'", "under key key-1 are missing"),
        ("UPDATE unit_set SET block = 'x' WHERE block = 'north'", "in block x under key key-1 were put in"),
    ],
)  # fmt: skip
def test_a_changed_table(bench: Bench, change: str, said: str) -> None:
    bench.sql(change)
    assert said in bench.says(heads=False)


def test_heads_that_somebody_changed(bench: Bench) -> None:
    [*_, newest] = bench.heads.kept("visits")
    name = f"ledger/visits/{newest.seq:012d}.json"
    bench.store.write_bytes(name, b"{")
    [finding] = bench.verify()
    assert finding.sentence == (
        f"data set visits, head {newest.seq}: in the artifact store isn't signed by the ledger's key"
    )
    plain = {"seq": newest.seq, "hash": newest.hash, "signature": OTHER.sign(newest.hash)}
    bench.store.write_bytes(name, json.dumps(plain).encode())
    assert [one.place for one in bench.verify()] == [f"head {newest.seq}"]


def test_records_that_the_ledger_would_not_have_written_are_named(bench: Bench) -> None:
    """Whoever holds the key can sign nonsense: it is found all the same."""
    from tasks.core.ledger import accounts

    bodies: list[tuple[str, Any]] = [
        ("free", {"id": "nobody", "why": "x"}), ("mark", {}), ("note", {}), ("budget", {"epsilon": 1}), ("other", {}),
        ("register", {}), ("units", []), ("link", {}),
    ]  # fmt: skip
    with bench.ledger.database.writing() as db:
        for kind, body in bodies:
            accounts.append(db, SIGNER, "trial", kind, body)
    faults = [finding.place for finding in bench.verify() if finding.place.startswith("record")]
    assert faults == [f"record {seq}" for seq in (2, 3, 5, 6, 7, 8, 9)]


def test_a_committed_charge_that_a_signed_record_frees_is_named(bench: Bench) -> None:
    from tasks.core.ledger import accounts

    [entry] = [entry for entry in bench.ledger.entries() if entry.state == "committed"]
    with bench.ledger.database.writing() as db:
        accounts.append(db, SIGNER, "visits", "free", {"id": entry.id, "why": "x"})
    assert f"can't follow: entry {entry.id} was committed when it was written" in bench.says()


def test_an_extract_is_checked_offline(bench: Bench) -> None:
    log = bench.ledger.records("visits")
    made = extracts.extract("visits", log, "2026-11-23T00:00:00Z", SIGNER)
    text = json.dumps(made)
    assert all(entry.nonce.hex() not in text for entry in bench.ledger.entries() if entry.nonce)
    findings, at, books = extracts.check(text, SIGNER.public)
    assert (findings, at) == ([], "2026-11-23T00:00:00Z")
    assert sorted(one["state"] for one in books.charges.values()) == ["abandoned", "committed", "reserved"]
    assert len(extracts.check(text, OTHER.public)[0]) == len(log) + 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: made["records"].pop(), "its log ended with record"),
        (lambda made: made["records"].pop(3), "record 4 is missing from its log"),
        (lambda made: made["records"][2].update(body="{}"), "record 3: was changed"),
        (
            lambda made: made["end"].update(at="2030-01-01T00:00:00Z"),
            "the statement of where its log ended isn't signed",
        ),
        (lambda made: made.update(dataset="labs"), "record 1: was changed"),
    ],
)
def test_a_changed_extract_is_found(bench: Bench, change: Callable[[dict[str, Any]], Any], said: str) -> None:
    made = extracts.extract("visits", bench.ledger.records("visits"), "2026-11-23T00:00:00Z", SIGNER)
    change(made)
    findings, _, _ = extracts.check(json.dumps(made), SIGNER.public)
    assert any(said in finding.sentence for finding in findings)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "x", "dataset": "a", "end": {}, "records": []}'])
def test_what_is_no_extract_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="isn't an extract"):
        extracts.check(text, SIGNER.public)


# --- whatever happens, in whatever order

NAMES = st.sampled_from(["a", "b", "c"])
OPERATIONS = st.one_of(
    st.tuples(st.just("budget"), NAMES, st.sampled_from([5.0, 50.0]), st.sampled_from(["lifetime", "month"])),
    st.tuples(st.just("reserve"), NAMES, st.sampled_from(["", "x", "y"]), st.sampled_from("123"), st.booleans()),
    st.tuples(st.just("move"), st.sampled_from(["mark", "commit", "free", "abandon"]), st.integers(0, 9)),
    st.tuples(st.just("link"), NAMES, NAMES),
    st.tuples(st.just("distinct"), NAMES, NAMES),
    st.tuples(st.just("units"), NAMES, st.sampled_from(["", "x", "y"]), st.integers(1, 6), st.booleans()),
)


def do(bench: Bench, operation: tuple[Any, ...]) -> None:
    kind, *words = operation
    ledger = bench.ledger
    if kind == "budget":
        bench.budget(words[0], epsilon=words[1], period=words[2])
    elif kind == "reserve":
        name, block, key, large = words
        events = (SampledGaussian(0.8, 0.05, 400, 90, 1000),) if large else (Gaussian(4.0),)
        units = people(*range(3)) if block else None
        bench.reserve(dataset=name, block=block, key=key * 64, events=events, units=units)
    elif kind == "move":
        entries = ledger.entries()
        entry = entries[words[1] % len(entries)].id if entries else "none"
        match words[0]:
            case "mark":
                ledger.mark(entry)
            case "commit":
                ledger.commit(entry, "d" * 64)
            case "free":
                ledger.free(entry, "x")
            case "abandon":
                ledger.abandon(entry, 7, "x")
    elif kind == "link":
        ledger.link(words[0], words[1], "x")
    elif kind == "distinct":
        ledger.declare_distinct(words[0], words[1], "x")
    else:
        name, block, number, other_key = words
        ledger.know_units(name, people(number, number + 1, key="k2" if other_key else "k1"), block)


@pytest.fixture(scope="module")
def registered() -> Iterator[Path]:
    """A ledger with three data sets, to copy: making its tables is what takes time."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "ledger.sqlite", Path(folder))
        for name in "abc":
            bench.budget(name)
        yield Path(folder)


@settings(max_examples=40, deadline=None)
@given(operations=st.lists(OPERATIONS, min_size=5, max_size=25))
def test_no_sequence_of_operations_leaves_a_finding(registered: Path, operations: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(registered, folder, dirs_exist_ok=True)
        bench = Bench(Path(folder) / "ledger.sqlite", Path(folder))
        for operation in operations:
            with contextlib.suppress(AirlockError):  # a refused one must leave nothing behind
                do(bench, operation)
        assert bench.verify() == []
