"""Copies of the logs' heads show that a ledger is older than what was seen of it, or another than it was."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.core.errors import BudgetRefused, TryAgain
from tasks.core.ledger import Charge, Heads, Ledger, Record, Verifier
from tasks.core.ledger.chain import START, chained
from tasks.core.store import Store
from tests.ledgers import SIGNER, budget, charge, gaussian_for, open_ledger, people, spend, tight

ONE = gaussian_for(1.0)


class Deployment:
    """An SQLite ledger with a store, whose backups can be brought back."""

    def __init__(self, folder: Path) -> None:
        self.path, self.store = folder / "ledger.sqlite", folder / "store"
        self.heads = Heads(Store(str(self.store)))

    def ledger(self) -> Ledger:
        return open_ledger(self.path, self.store)

    def back_up(self, name: str = "backup") -> None:
        shutil.copy(self.path, self.path.with_name(name))

    def restore(self, name: str = "backup") -> None:
        shutil.copy(self.path.with_name(name), self.path)


@pytest.fixture
def here(tmp_path: Path) -> Deployment:
    here = Deployment(tmp_path)
    budget(here.ledger())
    return here


ASK: list[Callable[[Ledger, Charge], object]] = [
    lambda ledger, one: ledger.quote(one),
    lambda ledger, one: ledger.reserve(one, fingerprint="f" * 64),
]


def test_the_newest_head_lies_in_the_store_and_few_before_it(here: Deployment) -> None:
    for _ in range(12):
        spend(here.ledger(), gaussian_for(0.1))
    newest = here.ledger().records("visits")[-1]
    assert here.heads.newest("visits") == (newest.seq, newest.hash)
    assert here.heads.newest("taxes") is None
    assert len(list((here.store / "ledger/visits").iterdir())) <= 8
    assert not any("nonce" in path.read_text() for path in (here.store / "ledger/visits").iterdir())


@pytest.mark.parametrize("ask", ASK)
def test_a_restored_backup_refuses_to_spend(here: Deployment, ask: Callable[[Ledger, Charge], object]) -> None:
    spend(here.ledger(), ONE)
    here.back_up()
    spend(here.ledger(), ONE)
    here.back_up("newest")
    here.restore()
    before = here.ledger().records("visits")
    with pytest.raises(BudgetRefused, match="is older than.*record 7 of data set visits"):
        ask(here.ledger(), charge(ONE, key="x" * 64, units=people(1)))
    assert here.ledger().records("visits") == before, "a refusing ledger writes nothing"
    here.restore("newest")
    ask(here.ledger(), charge(ONE, key="x" * 64))


def test_an_empty_ledger_in_place_of_a_lost_one_refuses(here: Deployment) -> None:
    spend(here.ledger(), ONE)
    here.path.unlink()
    with pytest.raises(BudgetRefused):
        budget(here.ledger())
        here.ledger().reserve(charge(ONE), fingerprint="f" * 64)


def test_a_backup_that_misses_the_charges_of_a_linked_data_set_refuses(here: Deployment) -> None:
    ledger = here.ledger()
    budget(ledger, "taxes")
    ledger.link("taxes", "visits", "the same people")
    here.back_up()
    spend(ledger, ONE, dataset="taxes")
    here.restore()
    with pytest.raises(BudgetRefused, match="of data set taxes"):
        here.ledger().quote(charge(ONE, key="x" * 64))


def test_a_backup_from_before_a_link_refuses(here: Deployment) -> None:
    ledger = here.ledger()
    budget(ledger, "taxes")
    budget(ledger, "votes")
    ledger.link("votes", "visits", "the same people")
    here.back_up()
    ledger.link("taxes", "visits", "the same people")
    here.restore()
    for name in ("visits", "taxes", "votes"):
        with pytest.raises(BudgetRefused):
            here.ledger().quote(charge(ONE, dataset=name))


def test_no_backup_refuses_because_of_another_data_set(here: Deployment) -> None:
    budget(here.ledger(), "taxes")
    here.back_up()
    spend(here.ledger(), ONE, dataset="taxes")
    here.restore()
    spend(here.ledger(), ONE)  # visits' log is whole


def test_a_backup_takes_no_new_budget_nor_link(here: Deployment) -> None:
    budget(here.ledger(), "taxes")
    here.back_up()
    spend(here.ledger(), ONE)
    here.restore()
    with pytest.raises(BudgetRefused, match="older"):
        budget(here.ledger(), epsilon=100.0)
    with pytest.raises(BudgetRefused, match="older"):
        here.ledger().link("visits", "taxes", "to get away with it")
    with pytest.raises(BudgetRefused, match="older"):
        here.ledger().link("taxes", "visits", "to get away with it")


def test_two_ledgers_in_use_for_one_data_set_are_noticed(here: Deployment) -> None:
    other = open_ledger(here.path.with_name("other.sqlite"), here.store)
    here.back_up("other.sqlite")
    mine, theirs = here.ledger(), other
    first = mine.reserve(charge(ONE), fingerprint="f" * 64)
    with pytest.raises(BudgetRefused):
        theirs.reserve(charge(ONE, key="x" * 64), fingerprint="f" * 64)
    mine.mark(first.id)


def test_a_fork_at_the_same_moment_is_noticed_by_the_second(here: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    here.back_up("other.sqlite")
    other = open_ledger(here.path.with_name("other.sqlite"), here.store)
    # Both look before either has written.
    monkeypatch.setattr(Heads, "newest", lambda *_: None)
    here.ledger().reserve(charge(ONE), fingerprint="f" * 64)
    with pytest.raises(BudgetRefused, match="has two records 2: two ledgers are in use"):
        other.reserve(charge(ONE, key="x" * 64), fingerprint="f" * 64)


def test_a_crash_before_the_head_was_copied_stops_nobody(here: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Heads, "write", dies)
        here.ledger().reserve(charge(ONE), fingerprint="f" * 64)
    assert here.heads.newest("visits") == (1, here.ledger().records("visits")[0].hash)
    entry = here.ledger().reserve(charge(ONE), fingerprint="f" * 64)  # a restart goes on under its charge
    here.ledger().mark(entry.id)
    assert here.heads.newest("visits") == (3, here.ledger().records("visits")[2].hash)
    assert here.ledger().account("visits", tight).charges == 1


def test_a_store_that_is_away_stops_the_run_after_the_charge(here: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bool:
        raise TryAgain("the store is away")

    with monkeypatch.context() as patch, pytest.raises(TryAgain):
        patch.setattr(Heads, "write", away)
        here.ledger().reserve(charge(ONE), fingerprint="f" * 64)
    assert here.ledger().account("visits", tight).charges == 1  # it may only count too much
    spend(here.ledger(), ONE, key="k" * 64)
    assert here.ledger().account("visits", tight).charges == 1


def test_heads_lie_in_s3_too(tmp_path: Path, s3_url: str) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", SIGNER, Heads(Store(s3_url)))
    budget(ledger)
    for _ in range(3):
        spend(ledger, gaussian_for(0.1))
    assert Heads(Store(s3_url)).newest("visits") == (10, ledger.records("visits")[-1].hash)


def test_the_newest_head_is_found_while_others_write(tmp_path: Path) -> None:
    heads, stop = Heads(Store(str(tmp_path))), threading.Event()
    heads.write(Record("visits", 1, "note", "", "{}", "0" * 64, ""))

    def write() -> None:
        seq = 1
        while not stop.is_set():
            heads.write(Record("visits", seq := seq + 1, "note", "", "{}", "0" * 64, ""))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [heads.newest("visits") for _ in range(300)]
    finally:
        stop.set()
        writer.join()
    numbers = [one[0] for one in found if one is not None]
    assert len(numbers) == 300 and numbers == sorted(numbers)


def test_records_are_chained_and_signed(here: Deployment) -> None:
    spend(here.ledger(), ONE)
    verifier, before = Verifier(SIGNER.public), START
    for record in here.ledger().records("visits"):
        assert record.hash == chained("visits", record.seq, record.kind, record.created, record.body, before)
        assert verifier.signed(record.hash, record.signature)
        assert not verifier.signed(before, record.signature)
        before = record.hash
    assert here.ledger().datasets()[0].head == (4, before)
