"""The opt-out list: people whose rows ingest leaves out, by data set, in the raw zone.

One small file a person, ``optout/<data set>/<id of the key>/<mark>``, created only if it is absent: writers side by
side can't lose each other's entries.
"""

from __future__ import annotations

import hmac

from tasks.core.canonical import sha256_json
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.store import Store

FOLDER = "optout"


def mark(unit_id: str, unit_key: bytes, use: str = "opted out") -> str:
    """What a person is called outside of artifacts, for one use, 64 hex characters.

    Formal guarantees:
        A PRF of the unit id under a key of its own for each use: without the `unit` key it can't be linked to a
        ``unit_id`` in a table, nor to the mark of another use.
    """
    subkey = hmac.digest(unit_key, f"airlock/{use}".encode(), "sha256")
    return hmac.digest(subkey, unit_id.encode(), "sha256").hex()


def add(raw: Store, dataset: str, keys: Keys, unit_id: str) -> bool:
    """Put a person on a data set's list.

    Returns:
        False where they were on it.
    """
    name = f"{FOLDER}/{dataset}/{keys.key_id('unit')}/{mark(unit_id, keys.secret('unit'))}"
    return not raw.exists(name) and raw.create(name, b"1\n")


def read(raw: Store, dataset: str, keys: Keys) -> frozenset[str]:
    """The marks on a data set's list.

    Raises:
        UserError: where it has entries under another key: nobody on these could be recognised.
    """
    mine = keys.key_id("unit")
    for found in raw.listing(f"{FOLDER}/{dataset}"):
        if found["name"] != mine and raw.listing(f"{FOLDER}/{dataset}/{found['name']}"):
            raise UserError(
                f"opt-out list of {dataset}: it has entries under another `unit` key, id {found['name']}, which this "
                "key can't recognise: their rows would come back. Enter these people under the key in "
                f"use, then remove {FOLDER}/{dataset}/{found['name']} from the raw zone"
            )
    return frozenset(found["name"] for found in raw.listing(f"{FOLDER}/{dataset}/{mine}") if len(found["name"]) == 64)


def digest(marks: frozenset[str]) -> str:
    """Names a list by its content."""
    return sha256_json(sorted(marks))
