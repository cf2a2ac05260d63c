"""Charges are durable before noise, nonces are never shared, and a restart goes on under its own entry."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tasks.core.errors import UserError
from tasks.core.ledger import Entry, Ledger


def reserve(ledger: Ledger, **changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "dataset": "visits",
        "run_id": "run-1",
        "key": "k" * 64,
        "fingerprint": "f" * 64,
        "mechanism": {"type": "poisson-gaussian", "sigma": 1.1, "q": 0.01, "steps": 100},
        "epsilon": 8.0,
        "delta": 1e-6,
        "unit": "record",
        "relation": "add-remove",
    }
    return ledger.reserve(**{**fields, **changes})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def test_a_charge_is_on_disk_when_reserve_returns(ledger: Ledger) -> None:
    entry = reserve(ledger)
    with sqlite3.connect(f"file:{ledger.path}?mode=ro", uri=True) as db:
        assert db.execute("SELECT id, state, epsilon FROM entry").fetchall() == [(entry.id, "reserved", 8.0)]


@pytest.mark.parametrize("noisy", [False, True])
def test_an_identical_restart_goes_on_under_its_entry(ledger: Ledger, noisy: bool) -> None:
    first = reserve(ledger)
    if noisy:
        ledger.mark(first.id)
    again = reserve(ledger, run_id="run-2")
    assert (again.id, again.nonce) == (first.id, first.nonce)
    assert len(ledger.entries()) == 1


@pytest.mark.parametrize("change", [{"key": "x" * 64}, {"fingerprint": "x" * 64}])
def test_anything_else_is_a_new_entry_with_a_new_nonce(ledger: Ledger, change: dict[str, Any]) -> None:
    first = reserve(ledger)
    ledger.mark(first.id)
    second = reserve(ledger, **change)
    assert second.id != first.id and second.nonce != first.nonce
    assert [e.state for e in ledger.entries()] == ["noise", "reserved"]  # the first stands whole


def test_a_checkpoint_goes_on_under_its_entry_whatever_the_fingerprint(ledger: Ledger) -> None:
    first = reserve(ledger)
    ledger.mark(first.id)
    resumed = reserve(ledger, fingerprint="x" * 64, resumes=lambda entry: entry.nonce == first.nonce)
    assert (resumed.id, resumed.nonce) == (first.id, first.nonce)
    assert len(ledger.entries()) == 1
    # From here on steps under that nonce may have been computed in two ways: only a checkpoint may go on.
    for fingerprint in ("f" * 64, "x" * 64):
        assert reserve(ledger, fingerprint=fingerprint).nonce != first.nonce
    assert reserve(ledger, resumes=lambda entry: entry.id == first.id).nonce == first.nonce


def test_a_checkpoint_opens_no_entry_of_another_key_nor_one_without_noise_nor_one_that_released(ledger: Ledger) -> None:
    first = reserve(ledger)
    asked: list[str] = []

    def resumes(entry: Entry) -> bool:
        asked.append(entry.id)
        return True

    assert reserve(ledger, fingerprint="x" * 64, resumes=resumes).nonce != first.nonce  # no noise was drawn under it
    ledger.mark(ledger.entries()[1].id)
    assert reserve(ledger, key="x" * 64, resumes=resumes).nonce not in {e.nonce for e in ledger.entries()[:2]}
    ledger.commit(ledger.entries()[1].id, "d" * 64)
    assert reserve(ledger, fingerprint="y" * 64, resumes=resumes).id not in {e.id for e in ledger.entries()[:3]}
    assert asked == []


def test_a_reservation_that_drew_no_noise_is_freed_by_another_fingerprint(ledger: Ledger) -> None:
    reserve(ledger)
    reserve(ledger, fingerprint="x" * 64)
    assert [e.state for e in ledger.entries()] == ["freed", "reserved"]


def test_one_entry_releases_one_output(ledger: Ledger) -> None:
    first = reserve(ledger)
    ledger.mark(first.id)
    ledger.commit(first.id, "d" * 64)
    ledger.commit(first.id, "e" * 64)
    assert [(e.state, e.digest) for e in ledger.entries()] == [("committed", "d" * 64)]
    assert reserve(ledger).nonce != first.nonce  # the artifact is lost: that is a new charge


def test_a_marked_entry_never_goes_back(ledger: Ledger) -> None:
    entry = reserve(ledger)
    ledger.mark(entry.id)
    ledger.mark(entry.id)
    reserve(ledger, fingerprint="x" * 64)
    assert ledger.entries()[0].state == "noise"


def _many(path: str, worker: int, out: Any) -> None:
    ledger = Ledger(path)
    out.put([reserve(ledger, key=f"{worker}-{i}").nonce for i in range(5)] + [reserve(ledger).nonce])


def test_processes_at_once_lose_nothing_and_share_only_the_same_key(ledger: Ledger) -> None:
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    workers = [context.Process(target=_many, args=(str(ledger.path), i, out)) for i in range(6)]
    for worker in workers:
        worker.start()
    nonces = [out.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert len(ledger.entries()) == 31
    assert len({nonce for found in nonces for nonce in found[:5]}) == 30
    assert len({found[5] for found in nonces}) == 1


def test_a_ledger_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(UserError, match="AIRLOCK_LEDGER"):
        reserve(Ledger(tmp_path / "ledger.sqlite"))


def test_entries_of_one_data_set(ledger: Ledger) -> None:
    reserve(ledger)
    reserve(ledger, dataset="taxes", key="t")
    assert [e.dataset for e in ledger.entries("taxes")] == ["taxes"]
