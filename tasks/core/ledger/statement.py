"""What a data set's ledger says to whoever is handed a model: charges and what they come to, signed, and nobody's name.

The whole log (:mod:`tasks.core.ledger.extract`) names runs, owners and reasons and stays inside; this leaves them out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tasks.core.canonical import canonical_json
from tasks.core.ledger.accounts import STANDING, period_of
from tasks.core.ledger.book import Entry, Pool
from tasks.core.ledger.chain import START, Record, Signer, Verifier

FORMAT = "airlock/ledger-statement/1"


def counts_now(pool: Pool, at: str) -> list[Entry]:
    """The charges that stand in the budget's period at a moment, oldest first."""
    kind = pool.budget.period
    return [
        entry
        for entry in pool.entries
        if entry.state in STANDING and period_of(kind, entry.created) == period_of(kind, at)
    ]


def statement(pool: Pool, log: list[Record], counted: float, tight: float | None, at: str) -> dict[str, Any]:
    """A data set's charges as they stood at one moment.

    Args:
        pool: the data set and all that it shares a budget with.
        log: the data set's records.
        counted: ε of all that stands in the current period, by the argument that decides.
        tight: the same were all parameters fixed beforehand, or ``None``.
        at: the moment, UTC.
    """
    standing = {entry.id for entry in counts_now(pool, at)}
    seq, digest = (log[-1].seq, log[-1].hash) if log else (0, START)
    return {
        "format": FORMAT,
        "dataset": pool.dataset.name,
        "at": at,
        "log": {"seq": seq, "hash": digest},
        "unit": pool.budget.unit,
        "budget": {"epsilon": pool.budget.epsilon, "delta": pool.budget.delta, "period": pool.budget.period},
        "linked_data_sets": len(pool.members) - 1,
        "counted_epsilon": counted,
        "tight_epsilon": tight,
        "charges": [
            {
                "id": entry.id,
                "created": entry.created,
                "state": entry.state,
                "stands": entry.id in standing,
                "released": entry.released,
                "key": entry.key,
                "mechanism": entry.mechanism,
                "epsilon": entry.epsilon,
                "delta": entry.delta,
                "unit": entry.unit,
                "relation": entry.relation,
            }
            for entry in pool.entries
        ],
    }


def to_bytes(said: Mapping[str, Any]) -> bytes:
    """The statement as it is signed and written."""
    return canonical_json(said) + b"\n"


def sign(data: bytes, signer: Signer) -> str:
    """The ledger's signature of a statement's bytes, hex (Ed25519 over their SHA-256)."""
    return signer.sign(hashlib.sha256(data).hexdigest())


def signed(data: bytes, signature: str, public: str) -> bool:
    """Whether a signature is the ledger's.

    Raises:
        UserError: where ``public`` is no public key.
    """
    return Verifier(public).signed(hashlib.sha256(data).hexdigest(), signature.strip())
