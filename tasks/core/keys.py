"""Secrets: one master key of the deployment, and a subkey for each purpose.

The master key is 32 bytes, kept as 64 hex characters in the file ``AIRLOCK_KEY_FILE`` names, in the variable
``AIRLOCK_KEY``, or in ``key`` in Airlock's home. A worker that needs only some subkeys is given a file with those
instead (:func:`share`). It is never a field of the configuration, never an argument of a
process and never logged; a child process gets the subkeys it needs through a pipe.

Formal guarantees:
    Subkeys are HMAC-SHA-256(master, "airlock/1/secret/" + role) (HKDF-Expand with one block, RFC 5869 section 2.3):
    whoever holds one learns nothing about another. A key id is a PRF value under a separate label and reveals
    neither.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from tasks.core.errors import UserError

ROLES = ("unit", "split", "mask", "vault", "noise", "canary", "ledger", "release")
"""What subkeys are for: hashing persons' ids, splitting, masking, keeping what was masked, drawing noise, tossing the
canaries' coins, signing the privacy ledger, and signing what is handed over."""


class Keys:
    """The subkeys a process may use, by role."""

    def __init__(self, subkeys: dict[str, bytes], ids: dict[str, str]) -> None:
        self._subkeys, self._ids = subkeys, ids

    def __repr__(self) -> str:
        return f"Keys({', '.join(sorted(self._subkeys))})"

    @classmethod
    def from_master(cls, master: bytes, roles: Iterable[str] = ROLES) -> Keys:
        """Derive subkeys from a master key of 32 bytes."""
        roles = list(roles)
        return cls(
            {role: _derive(master, f"secret/{role}") for role in roles},
            {role: _derive(master, f"id/{role}").hex()[:16] for role in roles},
        )

    @property
    def roles(self) -> list[str]:
        """The roles this process has keys for, sorted."""
        return sorted(self._subkeys)

    def secret(self, role: str) -> bytes:
        """The 32-byte subkey of a role.

        Raises:
            UserError: where this process wasn't given it.
        """
        try:
            return self._subkeys[role]
        except KeyError:
            raise UserError(f"key: this worker holds no `{role}` key, which the stage needs") from None

    def key_id(self, role: str) -> str:
        """A public name of a role's key, 16 hex characters; it changes when the key does."""
        self.secret(role)
        return self._ids[role]

    def to_wire(self, roles: Iterable[str]) -> dict[str, list[str]]:
        """The subkeys of some roles as hex, for a pipe to a child process.

        A role that this process has no key for is left out: a stage that turns out to need it says so itself.
        """
        return {role: [self.secret(role).hex(), self._ids[role]] for role in roles if role in self._subkeys}

    @classmethod
    def from_wire(cls, wire: dict[str, list[str]]) -> Keys:
        """The inverse of :meth:`to_wire`."""
        return cls({r: bytes.fromhex(v[0]) for r, v in wire.items()}, {r: v[1] for r, v in wire.items()})


def load_keys(home: Path, create: bool = False) -> Keys:
    """Find the master key and derive every role's subkey.

    Args:
        home: Airlock's home.
        create: write a fresh key to ``home/key`` (mode 0600) where there is none. For a single user's machine:
            workers that share data must share one key.

    Raises:
        UserError: where there is no key, or it isn't 64 hex characters.
    """
    if text := os.environ.get("AIRLOCK_KEY"):
        return parse_keys(text, "AIRLOCK_KEY")
    path = Path(os.environ.get("AIRLOCK_KEY_FILE") or home / "key")
    try:
        return parse_keys(path.read_text(encoding="ascii", errors="replace"), str(path))
    except FileNotFoundError:
        if not create:
            raise UserError(
                f"key: {path} isn't there; make one with `airlock key new`, or name one by AIRLOCK_KEY_FILE"
            ) from None
    except OSError:
        raise UserError(f"key: {path} can't be read by this user") from None
    try:
        new_key(path)
    except OSError:
        raise UserError(f"key: {path} can't be written by this user; see AIRLOCK_HOME") from None
    return load_keys(home)


def new_key(path: Path) -> None:
    """Write a fresh master key, readable by its owner only. An existing key is left alone."""
    _write(path, secrets.token_hex(32))


def share(keys: Keys, roles: Iterable[str], path: Path) -> None:
    """Write the subkeys of some roles for a worker that must not hold the others. An existing file is left alone.

    Raises:
        UserError: where this process has no key for one of them.
    """
    roles = list(roles)
    for role in roles:
        keys.secret(role)
    _write(path, json.dumps(keys.to_wire(roles), sort_keys=True))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(text + "\n")
    try:
        os.link(temporary, path)  # of two processes at once, one key wins
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def parse_keys(text: str, where: str) -> Keys:
    """Keys from a master key of 64 hex characters, or from the subkeys that :func:`share` writes.

    Args:
        text: the secret.
        where: what to call its place in a message.

    Raises:
        UserError: where it is neither; the message doesn't quote it.
    """
    try:
        if text.lstrip().startswith("{"):
            wire = json.loads(text)
            if set(wire) <= set(ROLES) and all(len(bytes.fromhex(secret)) == 32 for secret, _ in wire.values()):
                return Keys.from_wire(wire)
        elif len(master := bytes.fromhex(text.strip())) == 32:
            return Keys.from_master(master)
    except (ValueError, TypeError):
        pass
    raise UserError(f"key: {where} must hold 64 hex characters; `airlock key new` writes such a file") from None


def _derive(master: bytes, label: str) -> bytes:
    return hmac.new(master, b"airlock/1/" + label.encode(), hashlib.sha256).digest()
