"""Many processes at one ledger: the sum never passes the budget, and nobody is refused who would have fitted."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tasks.core.errors import BudgetRefused, TryAgain
from tasks.core.ledger import Ledger, Verifier
from tasks.core.ledger.verify import verify
from tests.ledgers import SIGNER, budget, charge, gaussian_for, open_ledger, people, tight

PROCESSES = 50
ONE = gaussian_for(1.0)


def at_once(work: Callable[..., Any], jobs: list[tuple[Any, ...]]) -> list[Any]:
    """What each job returns, all begun at the same moment in processes of their own."""
    context = multiprocessing.get_context("fork")
    gate, out = context.Barrier(len(jobs)), context.Queue()

    def go(number: int) -> None:
        gate.wait(60)
        try:
            out.put((number, work(*jobs[number])))
        except BaseException as exc:
            out.put((number, exc))

    workers = [context.Process(target=go, args=(number,)) for number in range(len(jobs))]
    for worker in workers:
        worker.start()
    found = dict(out.get(timeout=240) for _ in workers)
    for worker in workers:
        worker.join()
    return [found[number] for number in range(len(jobs))]


def patiently(act: Callable[[], Any]) -> Any:
    """What an orchestrator does: an attempt that met another is made again."""
    for _ in range(20):
        try:
            return act()
        except TryAgain:
            time.sleep(0.05)
    raise AssertionError("never got through")


def try_to_spend(url: str, store: str, dataset: str, number: int) -> str:
    """``committed``, or ``refused``."""
    ledger = open_ledger(url, Path(store))
    asked = charge(ONE, dataset=dataset, key=f"key-{number}")
    try:
        entry = patiently(lambda: ledger.reserve(asked, fingerprint="f" * 64))
    except BudgetRefused:
        return "refused"
    patiently(lambda: ledger.mark(entry.id))
    patiently(lambda: ledger.commit(entry.id, "d" * 64))
    return "committed"


def consistent(ledger: Ledger) -> None:
    """Each data set's log is whole and signed, and the charges and sums are what it tells."""
    report = verify(ledger.database, Verifier(SIGNER.public))
    assert report.findings == [] and report.charges == len(ledger.entries())


def sequential(tmp_path: Path, **changes: Any) -> int:
    """How many charges pass, one after the other."""
    ledger, made = open_ledger(tmp_path / "alone.sqlite"), 0
    budget(ledger, **changes)
    while True:
        try:
            ledger.reserve(charge(ONE, key=f"key-{made}"), fingerprint="f" * 64)
        except BudgetRefused:
            return made
        made += 1


def test_fifty_processes_race_for_the_last_of_a_budget(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    budget(ledger, epsilon=4.0)
    fits = sequential(tmp_path, epsilon=4.0)
    assert 5 < fits < PROCESSES - 10
    jobs = [(ledger_url, str(tmp_path / "store"), "visits", number) for number in range(PROCESSES)]
    found = at_once(try_to_spend, jobs)
    assert sorted(found) == ["committed"] * fits + ["refused"] * (PROCESSES - fits)
    entries = ledger.entries()
    assert len(entries) == len({entry.nonce for entry in entries}) == fits
    account = ledger.account("visits", tight)
    assert account.charges == fits and tight((ONE,) * fits, 1e-6) <= account.spent <= 4
    consistent(open_ledger(ledger_url, tmp_path / "store"))
    open_ledger(ledger_url, tmp_path / "store").quote(charge(key="asked"))  # the heads agree


def test_linked_data_sets_race_for_one_budget(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    budget(ledger, epsilon=3.0)
    names = ["visits", "taxes", "votes", "atlas"]
    for name in names[1:]:
        budget(ledger, name)
        ledger.link(name, "visits", "one town")
    fits = sequential(tmp_path, epsilon=3.0)
    jobs = [(ledger_url, str(tmp_path / "store"), names[number % 4], number) for number in range(24)]
    found = at_once(try_to_spend, jobs)
    assert sorted(found) == ["committed"] * fits + ["refused"] * (24 - fits)
    assert ledger.account("votes", tight).charges == fits
    consistent(ledger)


def with_people(url: str, number: int) -> str:
    ledger = open_ledger(url)
    name = f"set-{number}"
    patiently(lambda: budget(ledger, name, only_new=True))
    asked = charge(ONE, dataset=name, units=people(number, number + 100))
    entry = patiently(lambda: ledger.reserve(asked, fingerprint="f" * 64))
    patiently(lambda: ledger.mark(entry.id))
    return entry.id


def test_data_sets_that_share_nobody_do_not_get_in_each_others_way(ledger: Ledger, ledger_url: str) -> None:
    found = at_once(with_people, [(ledger_url, number) for number in range(12)])
    assert len(set(found)) == 12 and all(isinstance(one, str) for one in found)
    assert len(ledger.datasets()) == 13
    consistent(ledger)


def test_a_data_set_is_registered_once(ledger: Ledger, ledger_url: str) -> None:
    def register(number: int) -> float:
        return budget(open_ledger(ledger_url), "taxes", epsilon=1.0 + number, only_new=True).epsilon

    found = at_once(register, [(number,) for number in range(12)])
    assert len(set(found)) == 1 and isinstance(found[0], float)
    assert [record.kind for record in ledger.records("taxes")] == ["register"]


def test_two_who_share_people_never_both_get_in(ledger: Ledger, ledger_url: str) -> None:
    for name in ("taxes", "votes"):
        budget(ledger, name)

    def enter(name: str) -> str:
        try:
            patiently(lambda: open_ledger(ledger_url).know_units(name, people(1, 2)))
        except Exception as exc:
            return type(exc).__name__
        return "in"

    assert sorted(at_once(enter, [("taxes",), ("votes",), ("visits",)])) == ["UserError", "UserError", "in"]


def test_links_and_charges_at_once_lose_nothing(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    names = ["atlas", "taxes", "visits", "votes"]
    for name in names:
        budget(ledger, name, epsilon=50.0)

    def spend_some(name: str) -> None:
        own = open_ledger(ledger_url)
        for number in range(4):
            asked = charge(ONE, dataset=name, key=f"{name}-{number}")
            patiently(lambda asked=asked: own.reserve(asked, fingerprint="f" * 64))

    def link(name: str) -> None:
        patiently(lambda: open_ledger(ledger_url).link(name, "taxes", "one town"))

    jobs = [(spend_some, name) for name in names] + [(link, name) for name in ("visits", "atlas", "votes")]
    found = at_once(lambda act, name: act(name), jobs)
    assert found == [None] * 7
    assert {dataset.pool for dataset in ledger.datasets()} == {"taxes"}
    assert ledger.account("atlas", tight).charges == 16
    whole = ledger.account("atlas", tight).spent
    budget(ledger, "taxes", epsilon=50.0)  # computes the sums anew from the charges
    assert ledger.account("atlas", tight).spent == pytest.approx(whole, rel=1e-12)
    consistent(ledger)


def test_one_stage_restarted_in_many_places_has_one_entry(ledger: Ledger, ledger_url: str) -> None:
    def restart(number: int) -> bytes:
        asked = charge(ONE, run_id=f"run-{number}")
        nonce: bytes = patiently(lambda: open_ledger(ledger_url).reserve(asked, fingerprint="f" * 64)).nonce
        return nonce

    assert len(set(at_once(restart, [(number,) for number in range(10)]))) == 1
    assert len(ledger.entries()) == 1


def test_a_long_transaction_on_one_data_set_holds_up_no_other(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    budget(ledger)
    budget(ledger, "taxes")
    with ledger.database.writing() as db:
        db.execute(text("SELECT name FROM dataset WHERE name = 'visits' FOR UPDATE"))
        (found,) = at_once(try_to_spend_one, [(postgres_url, "taxes")])
    assert found == "committed"


def try_to_spend_one(url: str, dataset: str) -> str:
    ledger = open_ledger(url)
    entry = ledger.reserve(charge(ONE, dataset=dataset), fingerprint="f" * 64)
    ledger.mark(entry.id)
    ledger.commit(entry.id, "d" * 64)
    return "committed"
