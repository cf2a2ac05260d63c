"""Seconds for the privacy ledger's decision where a data set has been charged many times, on SQLite and PostgreSQL.

Run it from the repository's root on a machine that does nothing else:

    python benchmarks/ledger.py [--charges 10000] [--repeats 50] [--json OUT]

One data set is given ``--charges`` charges as reserve enters them, many in a transaction: training runs, no two of the
same noise. Then ``quote`` (what a run is told in its first seconds), ``reserve`` (a charge that fits: one transaction,
durable, its head copied to a local folder), a refusal with what would fit, a reservation freed and taken anew, the
account and ``verify`` are timed, each by a ledger opened afresh. PostgreSQL is a server of its own on this machine,
which writes through to the disk. ``processor_seconds`` is the calling process's own work, which others disturb less.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tasks.core.dp_events import Event, SampledGaussian
from tasks.core.errors import BudgetRefused
from tasks.core.ledger import Charge, Entry, Heads, Ledger, Signer, Verifier, accounts
from tasks.core.ledger.verify import verify
from tasks.core.store import Store
from tasks.methods.dp.tight import tight
from tests.postgres import empty_database, running_server

SIGNER = Signer(b"b" * 32)
WANTED = 0.1
DELTA = 1e-6
BATCH = 500


def charge(number: int, event: Event) -> Charge:
    """One run's charge; its noise is so loud that ten thousand fit."""
    return Charge(
        dataset="visits",
        run_id=f"run-{number}",
        key=f"{number:064x}",
        events=(event,),
        epsilon=0.01,
        delta=DELTA,
        unit="person",
        relation="add_or_remove",
        tight=tight,
        claim=f"{number:064x}",
        actor="benchmark",
    )


def event(number: int) -> SampledGaussian:
    """The mechanism of a run."""
    return SampledGaussian(20.0 + number / 1000, 0.001, 1000)


def measure(act: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Median and worst seconds of a call."""
    seconds, work = [], []
    for _ in range(repeats):
        started, worked = time.perf_counter(), time.process_time()
        act()
        seconds.append(time.perf_counter() - started)
        work.append(time.process_time() - worked)
    found = {"median": statistics.median(seconds), "worst": max(seconds), "processor_seconds": statistics.median(work)}
    return {name: round(value, 4) for name, value in found.items()}


def fill(ledger: Ledger, charges: int) -> None:
    """Enter charges, without asking whether each fits."""
    ledger.set_budget("visits", epsilon=10.0, delta=DELTA, owner="benchmark", reason="benchmark")
    for first in range(0, charges, BATCH):
        with ledger._writing() as (db, made):
            found = accounts.locked(db, "visits")
            for number in range(first, min(first + BATCH, charges)):
                ledger._enter(db, found, charge(number, event(number)), "f" * 64, accounts.now(), made)
        print(f"{min(first + BATCH, charges)} charges", file=sys.stderr, flush=True)


def bench(name: str, url: str, heads: Heads, charges: int, repeats: int) -> dict[str, Any]:
    """What each call costs on one database."""

    def opened() -> Ledger:
        return Ledger(url, SIGNER, heads)

    fill(opened(), charges)
    numbers = itertools.count(charges)
    loud = SampledGaussian(0.5, 0.01, 10**6)

    def reserve(number: int, fingerprint: str = "f" * 64) -> Entry:
        return opened().reserve(charge(number, event(number)), fingerprint=fingerprint)

    def refused() -> None:
        try:
            opened().reserve(charge(next(numbers), loud), fingerprint="f" * 64)
        except BudgetRefused:
            return
        raise AssertionError("it fits")

    def checked() -> None:
        ledger = opened()
        assert not verify(ledger.database, Verifier(SIGNER.public), heads).findings

    prints = (f"{number:064x}" for number in itertools.count())
    found = {
        "quote": measure(lambda: opened().quote(charge(number := next(numbers), event(number))), repeats),
        "reserve": measure(lambda: reserve(next(numbers)), repeats),
        "refuse": measure(refused, repeats),
        "free_and_reserve_anew": measure(lambda: reserve(charges // 2, next(prints)), min(repeats, 10)),
        "account": measure(lambda: opened().account("visits", tight), min(repeats, 10)),
        "verify": measure(checked, 1),
    }
    account = opened().account("visits", tight)
    return {
        "database": name,
        "charges": account.charges,
        "spent": account.spent,
        "seconds": found,
        "wanted": {"quote": WANTED, "reserve": WANTED},
        "holds": {how: all(found[what][how] <= WANTED for what in ("quote", "reserve")) for how in ("median", "worst")},
    }


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """An SQLite file and a PostgreSQL database whose commits are durable."""
    with running_server(fsync=True) as server, empty_database(server) as url:
        yield {"sqlite": str(folder / "ledger.sqlite"), "postgres": url}


def machine() -> dict[str, Any]:
    """Where and when this was measured."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False)
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "commit": commit.stdout.strip() + ("+changes" if dirty.stdout.strip() else ""),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": names[0].split(":", 1)[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "versions": {p: version(p) for p in ("sqlalchemy", "psycopg2-binary", "numpy")}
        | {"python": platform.python_version()},
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--charges", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="airlock-") as name, databases(Path(name)) as urls:
        for database, url in urls.items():
            heads = Heads(Store(f"{name}/{database}-store"))
            results.append(bench(database, url, heads, args.charges, args.repeats))
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    text = json.dumps({"machine": machine(), "results": results}, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
