"""kill -9 between any two statements of a run: the ledger never counts less than what noise was drawn for."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from tasks.core.dp_events import SampledGaussian
from tasks.core.ledger import Entry, Heads, Ledger, Verifier
from tasks.core.ledger.verify import verify
from tasks.core.store import Store
from tests.ledgers import SIGNER, budget, charge, gaussian_for, open_ledger, people, tight
from tests.postgres import empty_database

PLANNED = SampledGaussian(1.1, 0.01, 100)
BEGUN = 40
KILLS = 200
EPSILON = 20.0


class Case:
    """One ledger with its store and the side file in which a run says what noise it draws, before it does."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.store, self.side = url, folder / "store", folder / "noise"
        folder.mkdir(exist_ok=True)
        ledger = self.ledger()
        for name in ("visits", "taxes"):
            budget(ledger, name, epsilon=EPSILON, parallel=True)
        first = ledger.reserve(charge(PLANNED, dataset="taxes", key="before"), fingerprint="f" * 64)
        ledger.mark(first.id)
        ledger.commit(first.id, "d" * 64)

    def ledger(self) -> Ledger:
        return open_ledger(self.url, self.store)

    def draw(self, entry: Entry, steps: int) -> None:
        """Note durably that noise is drawn under an entry: what comes after this line may have been released."""
        with open(self.side, "a") as out:
            out.write(f"{entry.id} {steps}\n")
            out.flush()
            os.fsync(out.fileno())

    def drawn(self) -> dict[str, int]:
        """Steps for which noise was drawn, by entry."""
        found: dict[str, int] = {}
        for line in self.side.read_text().splitlines() if self.side.exists() else []:
            name, steps = line.split()
            found[name] = max(found.get(name, 0), int(steps))
        return found


def run(case: Case, fingerprint: str = "f" * 64) -> None:
    """What train does, its data set named and its people known."""
    ledger = case.ledger()
    asked = charge(PLANNED, block="2020", units=people(1, 2), claim="c" * 64)
    entry = ledger.reserve(asked, fingerprint=fingerprint)
    ledger.mark(entry.id)
    case.draw(entry, PLANNED.steps)
    ledger.commit(entry.id, "d" * 64)


def replace(case: Case) -> None:
    """A run whose first attempt reserved elsewhere and never drew noise."""
    case.ledger().reserve(charge(PLANNED), fingerprint="x" * 64)
    ledger = case.ledger()
    entry = ledger.reserve(charge(PLANNED), fingerprint="f" * 64)
    ledger.mark(entry.id)
    case.draw(entry, PLANNED.steps)


def resume(case: Case) -> None:
    """A run that another machine goes on with from its checkpoint."""
    ledger = case.ledger()
    entry = ledger.reserve(charge(PLANNED), fingerprint="x" * 64)
    ledger.mark(entry.id)
    case.draw(entry, BEGUN)
    again = case.ledger().reserve(charge(PLANNED), fingerprint="f" * 64, resumes=lambda found: found.id == entry.id)
    case.draw(again, PLANNED.steps)
    case.ledger().commit(again.id, "d" * 64)


def free(case: Case) -> None:
    ledger = case.ledger()
    entry = ledger.reserve(charge(PLANNED, key="to be freed"), fingerprint="f" * 64)
    ledger.free(entry.id, "its process is gone")


def abandon(case: Case) -> None:
    ledger = case.ledger()
    entry = ledger.reserve(charge(PLANNED, key="to be abandoned"), fingerprint="f" * 64)
    ledger.mark(entry.id)
    case.draw(entry, BEGUN)
    ledger.abandon(entry.id, BEGUN, "given up")


def link(case: Case) -> None:
    """Two data sets, each charged, become one budget and are then charged together."""
    ledger = case.ledger()
    if not ledger.entries("visits"):
        entry = ledger.reserve(charge(PLANNED, key="first", block="a", units=people(1)), fingerprint="f" * 64)
        ledger.mark(entry.id)
        case.draw(entry, PLANNED.steps)
    ledger.link("visits", "taxes", "one town")
    ledger.know_units("visits", people(1, 2), block="b")
    budget(ledger, "taxes", epsilon=EPSILON, parallel=True, reason="again")


SCENARIOS: dict[str, Callable[[Case], None]] = {
    "run": run,
    "replace": replace,
    "resume": resume,
    "free": free,
    "abandon": abandon,
    "link": link,
}


@contextlib.contextmanager
def points(reached: Callable[[], None]) -> Iterator[None]:
    """Call ``reached`` before each statement that writes, and before and after each commit, head's copy and side line.

    Between what only reads nothing changes: a kill there is one before the next write.
    """
    commit, copy, draw = DefaultDialect.do_commit, Heads.write, Case.draw

    def around(act: Callable[..., Any]) -> Callable[..., Any]:
        def within(*args: Any) -> Any:
            reached()
            result = act(*args)
            reached()
            return result

        return within

    def statement(_: Any, __: Any, text: str, *___: Any) -> None:
        if text.startswith(("INSERT", "UPDATE", "DELETE")):
            reached()

    event.listen(Engine, "before_cursor_execute", statement)
    DefaultDialect.do_commit, Heads.write, Case.draw = around(commit), around(copy), around(draw)  # type: ignore
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        DefaultDialect.do_commit, Heads.write, Case.draw = commit, copy, draw  # type: ignore


def killed_at(number: int, act: Callable[[Case], None], case: Case) -> bool:
    """Run in a process that kills itself at a point; whether it came there."""

    def child() -> None:
        count = 0

        def reached() -> None:
            nonlocal count
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

        with points(reached):
            act(case)

    return in_a_process(child) == -signal.SIGKILL


def killed_after(seconds: float, act: Callable[[Case], None], case: Case) -> bool:
    """Run in a process that is killed after a time; whether it still ran."""
    process = multiprocessing.get_context("fork").Process(target=act, args=(case,))
    process.start()
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join(30)
    return process.exitcode == -signal.SIGKILL


def in_a_process(act: Callable[[], None]) -> int | None:
    process = multiprocessing.get_context("fork").Process(target=act)
    process.start()
    process.join(60)
    return process.exitcode


def count_points(act: Callable[[Case], None], case: Case) -> int:
    count = 0

    def reached() -> None:
        nonlocal count
        count += 1

    with points(reached):
        act(case)
    return count


def check(case: Case) -> None:
    """What must hold after a kill at any moment."""
    ledger = case.ledger()
    entries = {entry.id: entry for entry in ledger.entries()}
    for name, steps in case.drawn().items():
        assert entries[name].state in ("noise", "committed", "abandoned"), "noise was drawn that isn't counted"
        (counted,) = entries[name].events
        assert isinstance(counted, SampledGaussian) and counted.steps >= steps
        account = ledger.account(entries[name].dataset, tight)
        assert account.spent >= tight((PLANNED if steps == PLANNED.steps else counted,), 1e-6) * (1 - 1e-9)
    assert len({entry.nonce for entry in entries.values() if entry.nonce}) == sum(
        bool(entry.nonce) for entry in entries.values()
    )
    heads = Heads(Store(str(case.store)))
    report = verify(ledger.database, Verifier(SIGNER.public), heads)
    assert report.findings == [], "chain, books and sums agree"
    for dataset in ledger.datasets():
        newest = heads.newest(dataset.name)
        assert newest is not None and newest[0] <= dataset.head[0]
        ledger.quote(charge(gaussian_for(0.1), dataset=dataset.name, key="asked"))  # its heads let it go on


def check_restart(name: str, case: Case) -> None:
    """The same again, undisturbed, goes to its end and costs no more than it must."""
    done = sum(entry.state in ("committed", "abandoned") for entry in case.ledger().entries("visits"))
    noisy = sum(entry.state == "noise" for entry in case.ledger().entries("visits"))
    assert in_a_process(lambda: SCENARIOS[name](case)) == 0
    check(case)
    ledger = case.ledger()
    entries = [entry for entry in ledger.entries("visits") if entry.state != "freed"]
    if name == "run":  # what had ended is over: it is done once more, in a new entry; else the open one goes on
        assert [entry.state for entry in entries] == ["committed"] * (done + 1)
    if name in ("replace", "resume", "abandon"):
        assert len(entries) <= done + noisy + 1
    if name == "free":
        assert entries == []
    if name == "link":
        assert {dataset.pool for dataset in ledger.datasets()} == {"taxes"}
        assert ledger.account("visits", tight).charges == 1 + len(entries)
        assert ledger.account("visits", tight).spent >= tight((PLANNED, PLANNED), 1e-6)


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """New cases on the database that the test is for."""
    number = 0

    @contextlib.contextmanager
    def make(kind: str) -> Iterator[Case]:
        nonlocal number
        number += 1
        folder = tmp_path / f"case-{number}"
        if kind == "sqlite":
            folder.mkdir()
            yield Case(str(folder / "ledger.sqlite"), folder)
        else:
            with empty_database(request.getfixturevalue("postgres_server")) as url:
                yield Case(url, folder)

    yield make


def test_the_checks_notice_noise_that_is_not_counted(fresh: Any) -> None:
    with fresh("sqlite") as case:
        ledger = case.ledger()
        entry = ledger.reserve(charge(PLANNED), fingerprint="f" * 64)
        case.draw(entry, PLANNED.steps)  # without its mark
        with pytest.raises(AssertionError, match="isn't counted"):
            check(case)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_run_killed_here_and_there_is_never_undercounted(fresh: Any, kind: str) -> None:
    with fresh(kind) as case:
        count = count_points(run, case)
    for number in random.Random(5).sample(range(count), 3):
        with fresh(kind) as case:
            assert killed_at(number, run, case), f"point {number} of {count} wasn't reached"
            check(case)
            check_restart("run", case)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_kill_between_any_two_statements_is_never_undercounted(fresh: Any, kind: str) -> None:
    counts = {}
    for name, act in SCENARIOS.items():
        with fresh(kind) as case:
            counts[name] = count_points(act, case)
    kills = [(name, number) for name, count in counts.items() for number in range(count)]
    print(f"\n{kind}: {len(kills)} points, {counts}")
    assert len(kills) >= KILLS
    for name, number in kills:
        with fresh(kind) as case:
            assert killed_at(number, SCENARIOS[name], case), f"{name}: point {number} wasn't reached"
            try:
                check(case)
                check_restart(name, case)
            except BaseException as exc:
                raise AssertionError(f"{name}, killed at point {number} of {counts[name]}") from exc


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_run_killed_again_and_again_at_any_instant_is_never_undercounted(fresh: Any, kind: str) -> None:
    rng, hits = random.Random(7), 0
    seconds = {}
    for name, act in SCENARIOS.items():
        with fresh(kind) as case:
            started = time.monotonic()
            assert in_a_process(lambda act=act, case=case: act(case)) == 0
            seconds[name] = time.monotonic() - started
    while hits < KILLS // 8:  # every point between two statements is killed at above
        name = rng.choice(list(SCENARIOS))
        with fresh(kind) as case:
            for _ in range(4):  # the same, killed, begun again and killed again
                hits += killed_after(rng.uniform(0, seconds[name]), SCENARIOS[name], case)
                check(case)
            check_restart(name, case)
