"""What tests of keyed masking share: three rows of two persons, a policy of one's own, and a masker that is quick."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from tasks.core.artifacts import Ref
from tasks.core.config import Config
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.methods.detect.spans import Span
from tasks.stages import ingest, mask

COLUMNS: list[dict[str, Any]] = [
    {"name": "who", "role": "person"},
    {"name": "name", "role": "structured", "kind": "PERSON"},
    {"name": "seen", "role": "structured", "kind": "DATE", "type": "date"},
    {"name": "pay", "role": "structured", "kind": "AMOUNT", "type": "number"},
    {"name": "note", "role": "text"},
]
ROWS: list[dict[str, Any]] = [
    {"who": "p0", "name": "Maria Lopez", "seen": "2021-03-04", "pay": 1.5, "note": "Maria Lopez rang on 2021-03-09."},
    {"who": "p1", "name": "Bob Stone", "seen": "2021-05-06", "pay": 2.5, "note": "Nothing from Bob Stone."},
    {"who": "p0", "name": "LOPEZ, Maria", "seen": "2021-07-08", "pay": 3.5, "note": None},
]
_FOUND = {"PERSON": re.compile(r"Maria Lopez|Bob Stone"), "DATE": re.compile(r"\d{4}-\d\d-\d\d")}


class Finder:
    """Stands for the masker: finds the names and dates of these rows."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def find(self, texts: Sequence[str | None], own: object = None) -> list[list[Span]]:
        return [
            [
                Span(*match.span(), kind, 1.0, "fake")
                for kind, pattern in _FOUND.items()
                for match in pattern.finditer(text or "")
            ]
            for text in texts
        ]


def policy_file(folder: Path, entities: dict[str, str], vault: bool = False, standard: str = "", **more: Any) -> str:
    """Write a policy that gives each kind an operator; ``more`` adds parameters to a kind's line."""
    lines = {
        kind: {"operator": operator, "reason": "A line of a test.", **more.get(kind, {})}
        for kind, operator in entities.items()
    }
    policy: dict[str, Any] = {
        "name": "mine",
        "description": "A policy for a test.",
        "languages": ["en"],
        "entities": lines,
        "detectors": {"masker": ["spacy"], "gate": ["rampart"]},
        "vault": vault,
    }
    if standard:
        policy["standard"] = standard
    path = folder / f"{'-'.join(entities.values())}{vault}{bool(standard)}.yaml"
    path.write_text(yaml.safe_dump(policy, sort_keys=False), encoding="utf-8")
    return str(path)


def run_mask(
    folder: Path, policy: str, keys: Keys, only: Sequence[str] | None = None, without: str = ""
) -> tuple[Context, Ref]:
    """Ingest and mask the rows.

    Args:
        only: the roles that mask's process is given; by default all.
        without: a person whose rows are left out of the source.
    """
    source = folder / "rows.jsonl"
    rows = [row for row in ROWS if row["who"] != without]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = Config.parse(
        {
            "ingest": {"source": str(source), "columns": COLUMNS},
            "mask": {"policy": policy},
            "store": {"root": str(folder / "store")},
        }
    )
    # The keys of ingest stay the same, so that only masking's own change with `keys`.
    ctx = Context(config, "run", Keys.from_master(b"i" * 32), folder, folder / "ledger")
    (shard,) = ingest.run(ctx)
    given = keys if only is None else Keys.from_wire(keys.to_wire(only))
    ctx = replace(ctx, keys=given, inputs={"shard": [shard]}, shard=0)
    return ctx, mask.run(ctx)
