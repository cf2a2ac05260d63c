"""Lines of the audit log: what may stand in them, and how they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.core import audit
from tasks.core.errors import UserError


def log_failure(log: Path, asked: dict[str, Any], exc: Exception, records: list[int]) -> None:
    """Who tried without success is on record as well. A sentence of ours holds no value."""
    why = printable(str(exc))[:500] if isinstance(exc, UserError) else type(exc).__name__
    audit.append(log, {**asked, "outcome": "nothing shown", "why": why, "values": 0, "record_ids": records})


def short(typed: str | None) -> str:
    """What was typed as an id, fit for a line of the log: printable, and no longer than ids are."""
    return printable(typed or "")[:200]


def printable(value: str) -> str:
    """A value as one line that a terminal takes no orders from."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in value)


def show_log(path: Path) -> int:
    """Print the log, once it is whole.

    Raises:
        UserError: where a line of it was changed.
    """
    broken = audit.verify(path)
    if broken is not None:
        raise UserError(f"reveal: line {broken} of {path} doesn't follow from the line before: the log was changed")
    for entry in audit.read(path):
        rows = ", ".join(map(str, entry.get("record_ids", []))) or "-"
        why = printable(entry.get("why", ""))
        shown = f"{entry['values']} values" if entry["values"] else f"nothing shown: {why}"
        tokens = f"  tokens {', '.join(entry['tokens'])}" if entry.get("tokens") else ""
        columns = f"  columns {', '.join(map(printable, entry['columns']))}" if entry.get("columns") else ""
        run = printable(entry.get("run") or "-")
        print(f"{entry['time']}  {entry['user']}  run {run}  {shown}  rows {rows}{columns}{tokens}")
    return 0
