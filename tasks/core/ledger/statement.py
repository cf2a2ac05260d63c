"""What a data set's ledger says to whoever is handed a model: charges and what they come to, signed, and nobody's name.

The whole log (:mod:`tasks.core.ledger.extract`) names runs, owners and reasons and stays inside; this leaves them out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tasks.core.canonical import canonical_json
from tasks.core.ledger.accounts import STANDING
from tasks.core.ledger.book import Pool
from tasks.core.ledger.chain import START, Record, Signer, Verifier

FORMAT = "airlock/ledger-statement/1"


def statement(pool: Pool, log: list[Record], counted: float, tight: float | None, at: str) -> dict[str, Any]:
    """A data set's charges as they stood at one moment.

    Args:
        pool: the data set and all that it shares a budget with.
        log: the data set's records.
        counted: ε of all that stands in the current period, by the argument that decides.
        tight: the same were all parameters fixed beforehand, or ``None``.
        at: the moment, UTC.
    """
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
                "stands": entry.state in STANDING,
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
