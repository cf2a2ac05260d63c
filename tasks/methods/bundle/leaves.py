"""The last look at a bundle: every file decoded and searched for what must not leave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.methods.export.scan import Problem, in_text, scan_bundle

_TEXTS = (".md", ".html", ".json", ".sig")
_NAMES = re.compile(
    r"nonce|unit_id|record_ids?|flagged_records|optimizer_state|gradients?_norms|losses|coins|checkpoint", re.IGNORECASE
)
"""Keys of JSON that hold secrets, ids of rows or what training rows showed."""


def problems(folder: Path) -> list[Problem]:
    """What must not leave, in a bundle that isn't signed yet.

    Args:
        folder: the bundle; ``model/`` in it is a model folder, all else text, HTML or JSON.
    """
    found = [Problem(f"model/{one.file}", one.where, one.what) for one in scan_bundle(folder / "model")]
    for path in sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if not name.startswith("model/"):
            found += (Problem(name, where, what) for where, what in _text_file(path))
    return sorted(found)


def _text_file(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_symlink() or path.suffix not in _TEXTS:
        yield "", "a file that isn't part of a bundle"
        return
    try:
        text = path.read_bytes().decode("utf-8")
        if path.suffix == ".json":
            yield from _json(json.loads(text), "")
            return
    except ValueError:
        yield "", "not the text or JSON that its name promises"
        return
    for number, line in enumerate(text.splitlines(), 1):
        yield from ((f"line {number}", what) for what in in_text(line))


def _json(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield from ((where, what) for what in in_text(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            if _NAMES.fullmatch(key):
                yield where, "an entry that isn't for others"
            yield from _json(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _json(item, f"{where}[{number}]")
