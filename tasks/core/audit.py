"""An append-only log of who looked at raw values: JSON lines, each with the hash of the one before.

Formal guarantees:
    A line changed, removed or put between others is found by :func:`verify`. Lines cut from the end are not: whoever
    must be kept from that can't be given the right to write the file, or each line is sent elsewhere as well.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import time
from pathlib import Path
from typing import Any

from tasks.core.canonical import canonical_json
from tasks.core.errors import UserError

START = "0" * 64
"""What the first line has in place of the hash of the one before."""


def log_path(home: Path) -> Path:
    """The log in Airlock's home."""
    return home / "audit" / "reveal.jsonl"


def append(path: Path, entry: dict[str, Any]) -> None:
    """Write one line and wait until it is on the disk.

    Time, the operating system's name of the user and the hash of the last line are added.

    Args:
        entry: what was done; never a value of a row.

    Raises:
        UserError: where the log can't be written, or its last line isn't whole.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            line = {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "user": user(),
                **entry,
                "before": _last_hash(log.read(), path),
            }
            log.write(canonical_json(line) + b"\n")
            log.flush()
            os.fsync(log.fileno())
    except OSError:
        raise UserError(f"audit: {path} can't be written, so nothing is shown; see AIRLOCK_HOME") from None


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of the log, in order; none where there is no log.

    Raises:
        UserError: where it can't be read or isn't a log.
    """
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        raise UserError(f"audit: {path} can't be read, or a line of it is damaged") from None


def verify(path: Path) -> int | None:
    """The number, from 1, of the first line that doesn't follow from the one before; ``None`` where all do."""
    before = START
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return None
    except OSError:
        raise UserError(f"audit: {path} can't be read, so nothing is shown") from None
    for number, line in enumerate(lines, 1):
        try:
            if json.loads(line)["before"] != before:
                return number
        except (ValueError, KeyError, TypeError):
            return number
        before = hashlib.sha256(line).hexdigest()
    return None


def _last_hash(content: bytes, path: Path) -> str:
    if not content:
        return START
    if not content.endswith(b"\n"):
        raise UserError(f"audit: the last line of {path} isn't whole, so nothing is shown; look into it first")
    return hashlib.sha256(content.splitlines()[-1]).hexdigest()


def user() -> str:
    """This process's user by the operating system, not by the environment, which anybody sets."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
