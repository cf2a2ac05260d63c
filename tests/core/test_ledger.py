"""Charges are durable before noise, nonces are never shared, and a restart goes on under its own entry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tasks.core.dp_events import Gaussian, SampledGaussian
from tasks.core.errors import BudgetRefused, TryAgain, UserError
from tasks.core.ledger import Entry, Ledger
from tests.ledgers import DELTA, budget, charge, open_ledger, tight

PLANNED = SampledGaussian(1.1, 0.01, 100)


def reserve(ledger: Ledger, fingerprint: str = "f" * 64, resumes: Any = lambda entry: False, **changes: Any) -> Entry:
    return ledger.reserve(charge(PLANNED, **changes), fingerprint=fingerprint, resumes=resumes)


def ask(url: str, question: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url if "://" in url else f"sqlite:///{url}", poolclass=NullPool)
    with engine.connect() as db:
        return [tuple(row) for row in db.execute(text(question))]


def test_a_charge_is_on_disk_when_reserve_returns(ledger: Ledger, ledger_url: str) -> None:
    entry = reserve(ledger)
    assert ask(ledger_url, "SELECT id, state, epsilon FROM charge") == [(entry.id, "reserved", 1.0)]
    ledger.mark(entry.id)
    assert ask(ledger_url, "SELECT state FROM charge") == [("noise",)]


def test_an_entry_says_who_spent_what_on_whom(ledger: Ledger, ledger_url: str) -> None:
    made = reserve(ledger, interval="2026-01-01/2026-02-01", claim="c" * 64, released="mean of column age")
    (entry,) = open_ledger(ledger_url).entries()
    assert entry == made
    assert entry.events == (PLANNED,)
    assert (entry.dataset, entry.run_id, entry.actor, entry.key) == ("visits", "run-1", "ada", "k" * 64)
    assert (entry.unit, entry.relation, entry.released) == ("person", "add_or_remove", "mean of column age")
    assert (entry.interval, entry.claim, entry.digest) == ("2026-01-01/2026-02-01", "c" * 64, None)
    assert len(entry.nonce) == 32


@pytest.mark.parametrize("noisy", [False, True])
def test_an_identical_restart_goes_on_under_its_entry(ledger: Ledger, noisy: bool) -> None:
    first = reserve(ledger)
    if noisy:
        ledger.mark(first.id)
    again = reserve(ledger, run_id="run-2")
    assert (again.id, again.nonce) == (first.id, first.nonce)
    assert len(ledger.entries()) == 1
    assert ledger.account("visits", tight).charges == 1


@pytest.mark.parametrize("change", [{"key": "x" * 64}, {"fingerprint": "x" * 64}])
def test_anything_else_is_a_new_entry_with_a_new_nonce(ledger: Ledger, change: dict[str, Any]) -> None:
    first = reserve(ledger)
    ledger.mark(first.id)
    second = reserve(ledger, **change)
    assert second.id != first.id and second.nonce != first.nonce
    assert [e.state for e in ledger.entries()] == ["noise", "reserved"]  # the first stands whole
    assert ledger.account("visits", tight).charges == 2


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


def test_a_checkpoint_of_another_data_set_opens_nothing(ledger: Ledger) -> None:
    first = reserve(ledger)
    ledger.mark(first.id)
    budget(ledger, "taxes")
    other = reserve(ledger, dataset="taxes", resumes=lambda entry: True)
    assert other.nonce != first.nonce


def test_a_reservation_that_drew_no_noise_is_freed_by_another_fingerprint(ledger: Ledger) -> None:
    reserve(ledger)
    reserve(ledger, fingerprint="x" * 64)
    assert [e.state for e in ledger.entries()] == ["freed", "reserved"]
    assert ledger.account("visits", tight).charges == 1


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
    assert ledger.free(entry.id, "a mistake") is False
    reserve(ledger, fingerprint="x" * 64)
    assert ledger.entries()[0].state == "noise"


@pytest.mark.parametrize("end", ["freed", "committed", "abandoned"])
def test_no_noise_may_be_drawn_under_an_entry_that_has_ended(ledger: Ledger, end: str) -> None:
    entry = reserve(ledger)
    if end == "freed":
        assert ledger.free(entry.id, "its process is gone")
    else:
        ledger.mark(entry.id)
        ledger.commit(entry.id, "d" * 64) if end == "committed" else ledger.abandon(entry.id, 3, "given up")
    with pytest.raises(TryAgain, match=entry.id):
        ledger.mark(entry.id)
    assert ledger.entries()[0].state == end


@pytest.mark.parametrize("end", ["freed", "abandoned"])
def test_nothing_is_published_under_an_entry_that_was_given_up(ledger: Ledger, end: str) -> None:
    entry = reserve(ledger)
    if end == "freed":
        ledger.free(entry.id, "its process is gone")
    else:
        ledger.mark(entry.id)
        ledger.abandon(entry.id, 3, "given up")
    with pytest.raises(UserError, match=f"{end}; an output"):
        ledger.commit(entry.id, "d" * 64)


def test_freeing_gives_back_the_whole_charge(ledger: Ledger) -> None:
    entry = reserve(ledger)
    assert ledger.account("visits", tight).spent > 0
    assert ledger.free(entry.id, "its process is gone") is True
    assert ledger.free(entry.id, "twice") is False
    found = ledger.account("visits", tight)
    assert (found.spent, found.reserved, found.charges) == (0, 0, 0)


def test_abandoning_frees_the_steps_that_never_began_and_retires_the_nonce(ledger: Ledger) -> None:
    entry = reserve(ledger)
    with pytest.raises(UserError, match="reserved; only one that drew noise"):
        ledger.abandon(entry.id, 10, "too slow")
    ledger.mark(entry.id)
    whole = ledger.account("visits", tight).spent
    ledger.abandon(entry.id, 10, "too slow")
    (left,) = ledger.entries()
    assert (left.state, left.nonce, left.events) == ("abandoned", b"", (SampledGaussian(1.1, 0.01, 10),))
    assert ledger.account("visits", tight).spent == tight(left.events, 1e-6) < whole
    again = reserve(ledger, resumes=lambda found: found.id == entry.id)
    assert again.id != entry.id and len(again.nonce) == 32
    with pytest.raises(UserError, match="abandoned"):
        ledger.abandon(entry.id, 1, "once more")


def test_a_first_charge_that_passed_by_its_tight_figure_is_never_made_smaller(ledger: Ledger) -> None:
    """Else the filter would open again, and which argument holds would depend on what the run had shown."""
    planned = SampledGaussian(0.7, 0.02, 300)
    budget(ledger, epsilon=tight((planned,), DELTA) + 0.01)
    entry = ledger.reserve(charge(planned), fingerprint="f" * 64)
    ledger.mark(entry.id)
    ledger.abandon(entry.id, 10, "it diverged")
    (left,) = ledger.entries()
    assert (left.state, left.events) == ("abandoned", (planned,))
    with pytest.raises(BudgetRefused):
        ledger.reserve(charge(SampledGaussian(5.0, 0.01, 1), key="x" * 64), fingerprint="f" * 64)


@pytest.mark.parametrize("begun", [0, 100, 101])
def test_abandoning_without_a_useful_bound_frees_nothing(ledger: Ledger, begun: int) -> None:
    entry = reserve(ledger)
    ledger.mark(entry.id)
    ledger.abandon(entry.id, begun, "unknown")
    assert ledger.entries()[0].events == (PLANNED,)


def test_what_has_no_steps_is_abandoned_whole(ledger: Ledger) -> None:
    entry = ledger.reserve(charge(Gaussian(5.0, 8)), fingerprint="f" * 64)
    ledger.mark(entry.id)
    ledger.abandon(entry.id, 1, "given up")
    assert ledger.entries()[0].events == (Gaussian(5.0, 8),)


def test_a_claim_that_stands_is_paid(ledger: Ledger) -> None:
    asked = charge(PLANNED, claim="c" * 64)
    assert ledger.quote(asked).paid == ""
    entry = ledger.reserve(asked, fingerprint="f" * 64)
    assert ledger.quote(charge(PLANNED, claim="c" * 64, key="x" * 64)).paid == entry.id
    assert ledger.quote(charge(PLANNED, claim="e" * 64)).paid == ""
    budget(ledger, "taxes")
    assert ledger.quote(charge(PLANNED, claim="c" * 64, dataset="taxes")).paid == ""
    ledger.free(entry.id, "its process is gone")
    assert ledger.quote(asked).paid == ""


def test_a_quote_charges_nothing(ledger: Ledger) -> None:
    before = ledger.records("visits")
    assert ledger.quote(charge(PLANNED)).fits
    assert ledger.entries() == [] and ledger.records("visits") == before


def test_an_entry_that_is_not_there_is_said(ledger: Ledger) -> None:
    for act in (ledger.mark, lambda i: ledger.commit(i, "d" * 64), lambda i: ledger.free(i, "?")):
        with pytest.raises(UserError, match="no entry nowhere"):
            act("nowhere")


def test_entries_of_one_data_set_and_of_one_budget(ledger: Ledger) -> None:
    budget(ledger, "taxes")
    budget(ledger, "votes")
    for name in ("visits", "taxes", "votes"):
        reserve(ledger, dataset=name, key=name)
    assert [e.dataset for e in ledger.entries("taxes")] == ["taxes"]
    ledger.link("taxes", "visits", "the same people")
    assert [e.dataset for e in ledger.entries(pool="visits")] == ["visits", "taxes"]


def test_the_log_tells_every_move_and_never_the_nonce(ledger: Ledger) -> None:
    entry = reserve(ledger)
    ledger.mark(entry.id)
    ledger.commit(entry.id, "d" * 64)
    ledger.note("visits", "forget", {"artifacts": 3})
    records = ledger.records("visits")
    assert [record.kind for record in records] == ["register", "reserve", "mark", "commit", "forget"]
    assert [record.seq for record in records] == [1, 2, 3, 4, 5]
    assert records[1].read()["mechanism"] == entry.mechanism
    assert entry.nonce.hex() not in json.dumps([record.body for record in records])
    with pytest.raises(UserError, match="forget, note or release"):
        ledger.note("visits", "reserve", {})


def test_a_ledger_without_its_key_can_be_read_only(ledger: Ledger, ledger_url: str) -> None:
    reserve(ledger)
    reader = Ledger(ledger_url)
    assert len(reader.entries()) == 1 and reader.account("visits", tight).charges == 1
    with pytest.raises(UserError, match="holds no `ledger` key"):
        reserve(reader, key="x" * 64)
    assert len(ledger.entries()) == 1
