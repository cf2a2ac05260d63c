"""The privacy ledger's interface over one SQLite file: reserve, mark, commit.

An entry is durable before the first noisy step, and nothing is refused yet: budgets, composition over runs and
tamper evidence are not in this file.

Formal guarantees:
    A charge is on disk (``synchronous=FULL``) when :meth:`Ledger.reserve` returns, so a crash can only over-count.
    A nonce is handed out again only for the same stage key, while its entry has released nothing, and only to one of
    two:

    - a restart under the same fingerprint of code, libraries, device and threads. It draws the identical noise for the
      identical data, so that what a killed attempt computed and what the restart computes are the same numbers.
    - a run that holds a checkpoint of the entry, under any fingerprint. The steps up to the checkpoint are not computed
      again. Those after it may have been computed by a killed attempt with the same noise and other rounding, but that
      attempt's weights after the checkpoint died with it: they were neither released nor kept, and the one output
      that the entry may release is a single path through the planned steps, each with its noise added once. From then
      on no fingerprint restarts the entry: without its checkpoint the next attempt is a new charge.

    Every other restart gets a new entry and a new nonce. That two attempts never compute beside each other is for the
    caller's lease (:mod:`tasks.core.lease`).
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.errors import TryAgain, UserError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id TEXT PRIMARY KEY,
    dataset TEXT NOT NULL,
    run_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    mechanism TEXT NOT NULL,
    epsilon REAL NOT NULL,
    delta REAL NOT NULL,
    unit TEXT NOT NULL,
    relation TEXT NOT NULL,
    nonce BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'noise', 'committed', 'freed')),
    digest TEXT,
    created TEXT NOT NULL
)
"""

_CHECKPOINT_ONLY = "resumed under another fingerprint"
"""Stands where a fingerprint stood: no fingerprint is this."""


@dataclass(frozen=True)
class Entry:
    """One charge.

    Attributes:
        state: ``reserved`` (no noise drawn yet), ``noise``, ``committed`` (its one output is published), or
            ``freed`` (given up before any noise was drawn; costs nothing).
        nonce: 32 random bytes; the noise is a function of the secret, the stage's key and this.
    """

    id: str
    dataset: str
    run_id: str
    key: str
    fingerprint: str
    mechanism: dict[str, Any]
    epsilon: float
    delta: float
    unit: str
    relation: str
    nonce: bytes
    state: str
    digest: str | None
    created: str


class Ledger:
    """The charges of every run. Safe for several processes on one host.

    Args:
        path: the SQLite file; made where it isn't there.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def reserve(
        self,
        *,
        dataset: str,
        run_id: str,
        key: str,
        fingerprint: str,
        mechanism: dict[str, Any],
        epsilon: float,
        delta: float,
        unit: str,
        relation: str,
        resumes: Callable[[Entry], bool] = lambda entry: False,
    ) -> Entry:
        """Enter a charge before anything noisy is computed, or return the open one that a restart continues.

        Args:
            key: the stage's key, so the data and every setting that decides the result.
            fingerprint: digest of code, libraries, device and thread count.
            mechanism: events with their parameters, plain JSON.
            resumes: whether the caller holds a checkpoint of an entry. It is asked of this key's entries under which
                noise was drawn and nothing published; the first it says yes to is returned.

        Raises:
            TryAgain: where another process holds the ledger for too long.
            UserError: where its file can't be written.
        """
        with self._transaction() as db:
            noisy = db.execute("SELECT * FROM entry WHERE key=? AND state='noise' ORDER BY created", (key,)).fetchall()
            for row in noisy:
                if resumes(entry := _entry(row)):
                    if entry.fingerprint != fingerprint:
                        db.execute("UPDATE entry SET fingerprint=? WHERE id=?", (_CHECKPOINT_ONLY, entry.id))
                    return entry
            row = db.execute(
                "SELECT * FROM entry WHERE key=? AND fingerprint=? AND state IN ('reserved','noise') ORDER BY created",
                (key, fingerprint),
            ).fetchone()
            if row is not None:
                return _entry(row)
            # No noise was drawn under these, and this fingerprint will never draw it.
            db.execute("UPDATE entry SET state='freed' WHERE key=? AND state='reserved'", (key,))
            entry_id = secrets.token_hex(8)
            db.execute(
                "INSERT INTO entry VALUES (?,?,?,?,?,?,?,?,?,?,?,'reserved',NULL,?)",
                (
                    entry_id,
                    dataset,
                    run_id,
                    key,
                    fingerprint,
                    json.dumps(mechanism, sort_keys=True, allow_nan=False),
                    epsilon,
                    delta,
                    unit,
                    relation,
                    secrets.token_bytes(32),
                    time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                ),
            )
            return _entry(db.execute("SELECT * FROM entry WHERE id=?", (entry_id,)).fetchone())

    def mark(self, entry_id: str) -> None:
        """Make durable that noise is about to be drawn: from here on the charge stands."""
        with self._transaction() as db:
            db.execute("UPDATE entry SET state='noise' WHERE id=? AND state='reserved'", (entry_id,))

    def commit(self, entry_id: str, digest: str) -> None:
        """Record that the entry's one output was published. Repeating it changes nothing."""
        with self._transaction() as db:
            db.execute(
                "UPDATE entry SET state='committed', digest=? WHERE id=? AND state IN ('reserved','noise')",
                (digest, entry_id),
            )

    def entries(self, dataset: str | None = None) -> list[Entry]:
        """All entries, oldest first; of one data set where it is named."""
        where, values = ("WHERE dataset=?", (dataset,)) if dataset else ("", ())
        with self._transaction() as db:
            return [_entry(row) for row in db.execute(f"SELECT * FROM entry {where} ORDER BY created, rowid", values)]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous=FULL")
            # BEGIN IMMEDIATE takes the write lock before anything is read: two runs can't both act on the same sum.
            db.execute("BEGIN IMMEDIATE")
            db.execute(_SCHEMA)
            yield db
            db.execute("COMMIT")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise TryAgain(f"ledger {self.path}: another process holds it; try again") from None
            raise UserError(
                f"ledger {self.path}: can't be opened and written by this user; see AIRLOCK_LEDGER"
            ) from None
        finally:
            if db is not None:
                db.close()


def _entry(row: sqlite3.Row) -> Entry:
    values = dict(row)
    values["mechanism"] = json.loads(values["mechanism"])
    return Entry(**values)
