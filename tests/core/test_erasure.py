"""Erasing people from a small store: what goes, what stays, and that a kill at any step is made good by another try."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core import artifacts, erasure, lease, runs
from tasks.core.artifacts import Ref, Writer, find, reuse_or_build, tombstone
from tasks.core.erasure import Journal
from tasks.core.errors import TryAgain, UserError
from tasks.core.ledger import Ledger
from tasks.core.store import Store
from tasks.methods.records.holders import held
from tests.ledgers import budget, charge, gaussian_for, people, tight

ADA, BOB, EVE = ("a" * 64, "b" * 64, "e" * 64)
Stores = dict[str, Store]


def table(rows: list[str]) -> pa.Table:
    return pa.table({"unit_id": rows, "note": [f"note {n}" for n in range(len(rows))]})


def put(
    store: Store, stage: str, number: int, inputs: list[str], files: dict[str, pa.Table | str], counts: Any = None
) -> Ref:
    """Publish an artifact with a key of its own."""

    def build(writer: Writer) -> dict[str, Any]:
        for name, content in files.items():
            with writer.open(name) as out:
                if isinstance(content, str):
                    out.write(content.encode())
                else:
                    pq.write_table(content, out)
        return counts or {"rows": 1}

    decided_by = {"inputs": {"table": inputs} if inputs else {}}
    return reuse_or_build(store, stage, f"{number:064x}", decided_by, build)[0]


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    """Two shards, Ada in the first; each masked; one clean table of both, a model of it, and another data set's."""
    stores = {zone: Store(str(tmp_path / zone)) for zone in ("raw", "sealed", "clean", "handoff")}
    raw, clean = stores["raw"], stores["clean"]
    units = pa.table({"unit_id": [ADA, BOB, EVE], "person": ["ada", "bob", "eve"]})
    shards = {"shards/00000.parquet": table([ADA, BOB]), "shards/00001.parquet": table([EVE])}
    ingest = put(raw, "ingest", 1, [], {**shards, "units.parquet": units})
    manifest = json.loads(raw.read_bytes(f"ingest/{ingest.key}/manifest.json"))
    digests = [manifest["files"][name]["sha256"] for name in sorted(shards)]
    masks = [
        put(raw, "mask", 2 + n, [digest], {"rows.parquet": table(rows), "vault.parquet": pa.table({"x": [n]})})
        for n, (digest, rows) in enumerate(zip(digests, ([ADA, BOB], [EVE]), strict=True))
    ]
    found = put(raw, "leakcheck-evidence", 4, [masks[0].digest], {"findings.json": "[]"})
    gate = put(clean, "leakcheck", 5, [*(ref.digest for ref in masks), found.digest], {"t.parquet": table([ADA, EVE])})
    train = put(clean, "train", 6, [gate.digest], {"model.json": "{}"}, {"ledger_entry": "x"})
    put(stores["sealed"], "train-curves", 6, [gate.digest], {"curves.json": "[]"})
    clip = put(clean, "clip", 7, [train.digest], {"model.json": "{}"})
    put(clean, "release", 10, [gate.digest, train.digest, clip.digest], {"release.json": "{}"})
    other = put(clean, "leakcheck", 8, [], {"t.parquet": table([EVE])})
    put(clean, "train", 9, [other.digest], {"model.json": "{ }"})
    for stage, ref in (("ingest", ingest), ("mask", masks[0]), ("leakcheck", gate), ("train", train), ("clip", clip)):
        runs.record(clean, "run-1", stage, None, {"refs": [ref.to_dict()], "dataset": "visits", "exit_code": 0})
    runs.record(clean, "run-2", "leakcheck", None, {"refs": [other.to_dict()], "dataset": "others", "exit_code": 0})
    return stores


@pytest.fixture
def ledger(tmp_path: Path, stores: Stores) -> Ledger:
    from tests.ledgers import open_ledger

    ledger = open_ledger(tmp_path / "ledger.sqlite", tmp_path / "clean")
    budget(ledger)
    return ledger


def journal(*units: str, datasets: tuple[str, ...] = ("visits",)) -> Journal:
    return Journal.begin("ada", "DSR-1", units, ["mark"], datasets)


def stages(stores: Stores) -> set[tuple[str, int]]:
    """Stage and number of what can still be opened."""
    return {
        (stage, int(key, 16))
        for zone in ("raw", "sealed", "clean")
        for stage, key in artifacts.everything(stores[zone])
        if find(stores[zone], stage, key) is not None
    }


HELD = {("ingest", 1), ("mask", 2), ("leakcheck-evidence", 4), ("leakcheck", 5), ("train-curves", 6)}
STAYS = {("mask", 3), ("train", 6), ("clip", 7), ("leakcheck", 8), ("train", 9), ("release", 10)}


def said(line: str) -> None:
    pass


def test_what_holds_them_goes_and_nothing_else(stores: Stores, ledger: Ledger) -> None:
    assert stages(stores) == HELD | STAYS
    erasure.carry_out(journal(ADA), stores, ledger, held, said)
    assert stages(stores) == STAYS
    for zone in ("raw", "sealed", "clean"):
        for path in Path(stores[zone].root).rglob("*.parquet"):
            assert ADA not in pq.read_table(path).column(0).to_pylist()
    (closed,) = erasure.journals(stores["raw"])
    assert closed.finished and not closed.units and closed.marks == ["mark"]
    assert {(place.stage, int(place.key, 16)) for place in closed.models} == {
        ("train", 6),
        ("clip", 7),
        ("release", 10),
    }
    assert {(place.stage, int(place.key, 16)) for place in closed.erased} == HELD
    left = tombstone(stores["raw"], "ingest", f"{1:064x}")
    assert left is not None and closed.id in left["why"]
    with pytest.raises(UserError, match="was erased"):
        put(stores["raw"], "ingest", 1, [], {})


def test_the_dry_look_changes_nothing(stores: Stores, ledger: Ledger) -> None:
    before = sorted(str(path) for path in Path(stores["raw"].root).rglob("*"))
    found = erasure.look(stores, ledger, [ADA], held)
    assert {(node.place.stage, int(node.place.key, 16)) for node in found.descent.holding} == HELD
    assert found.seen == {ADA}
    assert before == sorted(str(path) for path in Path(stores["raw"].root).rglob("*"))
    assert stages(stores) == HELD | STAYS
    assert not erasure.look(stores, ledger, ["f" * 64], held).descent.holding


def test_only_in_the_data_sets_that_are_named(stores: Stores, ledger: Ledger) -> None:
    erasure.carry_out(journal(EVE, datasets=("others",)), stores, ledger, held, said)
    gone = (HELD | STAYS) - stages(stores)
    # Mask 3 and the curves are in no run's index: they may be of any data set.
    assert ("leakcheck", 8) in gone and not {("ingest", 1), ("mask", 2)} & gone


def test_the_ledger_gets_an_entry_and_keeps_its_charges(stores: Stores, ledger: Ledger) -> None:
    entry = ledger.reserve(charge(gaussian_for(2.0), units=people(1, 2)), fingerprint="f")
    ledger.mark(entry.id)
    ledger.commit(entry.id, "d" * 64)
    before = ledger.account("visits", tight).spent
    erasure.carry_out(journal(ADA), stores, ledger, held, said)
    assert ledger.account("visits", tight).spent == before > 0
    (note,) = [record.read() for record in ledger.records("visits") if record.kind == "forget"]
    assert note["marks"] == ["mark"] and note["erased"] == len(HELD) and note["reference"] == "DSR-1"
    assert note["models"] == [f"{n:064x}" for n in (6, 7, 10)]


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


def test_killed_between_any_two_writes_another_try_ends_it(
    stores: Stores, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-fresh"), dirs_exist_ok=True)
    fresh = tmp_path.with_name(f"{tmp_path.name}-fresh")
    allowed, original = 0, {name: getattr(Store, name) for name in ("write_bytes", "create", "remove")}
    note = Ledger.note

    def counted(do: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return do(*args)

        return step

    while True:
        for zone in ("raw", "sealed", "clean"):
            shutil.rmtree(tmp_path / zone)
            shutil.copytree(fresh / zone, tmp_path / zone)
        shutil.copy(fresh / "ledger.sqlite", tmp_path / "ledger.sqlite")
        asked, left = journal(ADA), allowed
        with monkeypatch.context() as patched:
            for name, do in original.items():
                patched.setattr(Store, name, counted(do))
            patched.setattr(Ledger, "note", counted(note))
            try:
                erasure.carry_out(asked, stores, ledger, held, said)
                whole = True
            except Killed:
                whole = False
        found = erasure.journals(stores["raw"])
        if stages(stores) != HELD | STAYS:
            assert len(found) == 1, "something was deleted, and no journal says of what"
        for one in found:
            if not one.finished:
                erasure.carry_out(one, stores, ledger, held, said)
        if found:
            assert stages(stores) == STAYS
            (closed,) = erasure.journals(stores["raw"])
            assert closed.finished and {place.stage for place in closed.models} == {"train", "clip", "release"}
            assert sum(record.kind == "forget" for record in ledger.records("visits")) == 1
        else:
            assert stages(stores) == HELD | STAYS
        if whole:
            break
        allowed += 1
    assert allowed > 2 * len(HELD)


def test_what_is_being_written_is_waited_for(stores: Stores, ledger: Ledger) -> None:
    clean = json.loads(stores["clean"].read_bytes(f"leakcheck/{5:064x}/manifest.json"))["digest"]
    with Writer(stores["clean"], "train", "c" * 64, {"clean": [clean]}), pytest.raises(TryAgain, match="train cccc"):
        erasure.carry_out(journal(ADA), stores, ledger, held, said)
    assert stages(stores) == HELD | STAYS and not erasure.journals(stores["raw"])
    # What reads a source may hold anybody.
    with Writer(stores["raw"], "ingest", "d" * 64, {}), pytest.raises(TryAgain, match="ingest dddd"):
        erasure.carry_out(journal(ADA), stores, ledger, held, said)
    with Writer(stores["clean"], "train", "f" * 64, {"clean": ["other"]}):
        erasure.carry_out(journal(ADA), stores, ledger, held, said)
    assert stages(stores) == STAYS


def test_attempts_that_ended_go_too(stores: Stores, ledger: Ledger) -> None:
    clean = json.loads(stores["clean"].read_bytes(f"leakcheck/{5:064x}/manifest.json"))["digest"]
    for store, stage, inputs in (
        (stores["raw"], "ingest", {}),
        (stores["raw"], "mask", None),
        (stores["clean"], "train", {"clean": [clean]}),
    ):
        with Writer(store, stage, "c" * 64, inputs) as writer:
            writer.write_json("part.json", [ADA])
    with Writer(stores["clean"], "export", "c" * 64, {"model": ["another"]}) as writer:
        writer.write_json("part.json", [])
    erasure.carry_out(journal(ADA), stores, ledger, held, said)
    left = [str(path) for zone in ("raw", "clean") for path in Path(stores[zone].root).rglob("part.json")]
    assert len(left) == 1 and "export" in left[0]


def test_checkpoints_on_their_rows_go_and_their_charge_stays(stores: Stores, ledger: Ledger) -> None:
    clean = json.loads(stores["clean"].read_bytes(f"leakcheck/{5:064x}/manifest.json"))["digest"]
    for letter, inputs in (("c", [clean]), ("d", ["another"]), ("f", None)):
        key = letter * 64
        if inputs is not None:
            with Writer(stores["clean"], "train", key, {"clean": inputs}) as writer:
                writer.write_json("part.json", [])
        for name in ("checkpoint.safetensors", "begun.json", ".half.tmp"):
            stores["sealed"].write_bytes(f"train/{key}/{name}", b"x")
        entry = ledger.reserve(charge(gaussian_for(0.5), key=key), fingerprint="f")
        ledger.mark(entry.id)
    before = ledger.account("visits", tight).spent
    held_by = f"train/{'c' * 64}"
    with lease.hold(stores["sealed"], held_by), pytest.raises(TryAgain, match="train cccc"):
        erasure.carry_out(journal(ADA), stores, ledger, held, said)
    erasure.carry_out(journal(ADA), stores, ledger, held, said)
    left = {letter: {i["name"] for i in stores["sealed"].listing(f"train/{letter * 64}")} for letter in "cdf"}
    assert left["c"] - {"lease"} == {"begun.json"}
    assert len(left["d"]) == 3  # on another table
    assert left["f"] == {"begun.json"}  # nothing says on which
    assert [entry.state for entry in ledger.entries()] == ["noise"] * 3
    assert ledger.account("visits", tight).spent == before > 0


def test_a_damaged_table_counts_as_holding_them(stores: Stores, ledger: Ledger) -> None:
    (path,) = Path(stores["raw"].root).glob(f"mask/{3:064x}/attempts/*/payload/rows.parquet")
    path.write_bytes(b"PAR1 not a table")
    found = erasure.look(stores, ledger, [ADA], held)
    assert ("mask", 3) in {(node.place.stage, int(node.place.key, 16)) for node in found.descent.holding}


def test_an_artifact_that_does_not_say_what_it_is_of_goes(stores: Stores, ledger: Ledger) -> None:
    ref = reuse_or_build(stores["clean"], "report", "c" * 64, {}, lambda writer: {"rows": 1})[0]
    erasure.carry_out(journal(ADA), stores, ledger, held, said)
    assert tombstone(stores["clean"], "report", ref.key) is not None


def test_a_damaged_journal_stops_everything(stores: Stores) -> None:
    stores["raw"].write_bytes("forget/00.json", b"{")
    with pytest.raises(UserError, match="is damaged"):
        erasure.journals(stores["raw"])


def test_a_store_that_fails_leaves_the_journal_open(
    stores: Stores, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(store: Store, name: str) -> NoReturn:
        raise TryAgain("store: down")

    with monkeypatch.context() as patched, pytest.raises(TryAgain, match="down"):
        patched.setattr(Store, "remove", refuse)
        erasure.carry_out(journal(ADA), stores, ledger, held, said)
    (one,) = erasure.journals(stores["raw"])
    assert not one.finished and one.units == [ADA]
    erasure.carry_out(one, stores, ledger, held, said)
    assert stages(stores) == STAYS
