"""What tests of the privacy ledger share: ledgers, charges and an accountant, exact for the Gaussian mechanism."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr

from tasks.core.dp_events import Event, Gaussian, SampledGaussian
from tasks.core.ledger import Charge, Heads, Ledger, Signer, UnitSet
from tasks.core.ledger.accounts import DataSet
from tasks.core.store import Store
from tasks.methods.dp.accounting import Mechanism, epsilon_of

DELTA = 1e-6
SIGNER = Signer(b"s" * 32)


def tight(events: tuple[Event, ...], delta: float) -> float:
    """The least ε of events that were fixed beforehand."""
    if all(isinstance(event, Gaussian) for event in events):
        return gaussian_epsilon(math.sqrt(sum(e.count / e.noise_multiplier**2 for e in events)), delta)
    runs = tuple(
        Mechanism(e.noise_multiplier, e.sample_rate, e.steps, e.batch_cap, e.population)
        if isinstance(e, SampledGaussian)
        else Mechanism(e.noise_multiplier, 1.0, e.count)
        for e in events
    )
    return epsilon_of(runs, delta)


def gaussian_epsilon(mu: float, delta: float) -> float:
    """ε of means mu apart under unit variance (Balle and Wang 2018, Theorem 8)."""

    def excess(epsilon: float) -> float:
        second = math.exp(epsilon + float(log_ndtr(-mu / 2 - epsilon / mu)))
        return float(ndtr(mu / 2 - epsilon / mu)) - second - delta

    return 0.0 if excess(0) <= 0 else float(brentq(excess, 0, mu**2 / 2 + 40 * mu))


def gaussian_for(epsilon: float, delta: float = DELTA) -> Gaussian:
    """The Gaussian mechanism with just so much noise that it is (ε, δ)-private, a rounding error below ε."""
    mu = float(brentq(lambda mu: gaussian_epsilon(mu, delta) - epsilon, 1e-4, 50.0))
    return Gaussian(1 / (mu * (1 - 1e-9)))


def charge(*events: Event, **changes: Any) -> Charge:
    """A charge on ``visits``; ε = 1 at ``DELTA`` where no mechanism is named."""
    events = events or (Gaussian(4.7),)
    fields: dict[str, Any] = {
        "dataset": "visits",
        "run_id": "run-1",
        "key": "k" * 64,
        "events": events,
        "epsilon": 1.0,
        "delta": DELTA,
        "unit": "person",
        "relation": "add_or_remove",
        "tight": tight,
        "actor": "ada",
    }
    return Charge(**{**fields, **changes})


def open_ledger(where: str | Path, store: Path | None = None) -> Ledger:
    """A ledger that can be written to; its heads are copied to a folder where one is named."""
    return Ledger(where, SIGNER, None if store is None else Heads(Store(str(store))))


def budget(ledger: Ledger, name: str = "visits", epsilon: float = 8.0, **changes: Any) -> DataSet:
    """Register a data set or change its budget."""
    return ledger.set_budget(name, **{"epsilon": epsilon, "delta": DELTA, "owner": "ada", "reason": "test", **changes})


def people(*names: int, key: str = "key-1") -> UnitSet:
    """Persons by number, hashed under a key."""
    return UnitSet.of(key, (f"{name * 0x9E3779B97F4A7C15 % 2**64:016x}{'0' * 48}" for name in names))


def spend(ledger: Ledger, *events: Event, fingerprint: str = "f" * 64, **changes: Any) -> str:
    """Reserve, mark and commit; the entry's id. Each charge has a key of its own where none is named."""
    changes.setdefault("key", f"key-{len(ledger.entries())}")
    entry = ledger.reserve(charge(*events, **changes), fingerprint=fingerprint)
    ledger.mark(entry.id)
    ledger.commit(entry.id, "d" * 64)
    return entry.id


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty ledger's place: on SQLite a path, on PostgreSQL a URL."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def ledger(ledger_url: str) -> Ledger:
    """A ledger on either database with one data set, ``visits``, that may spend ε = 8."""
    ledger = open_ledger(ledger_url)
    budget(ledger)
    return ledger
