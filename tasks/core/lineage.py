"""What in the zones was made of what: from the digests of inputs that every manifest and every attempt names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.core import artifacts
from tasks.core.store import Store

ZONES = ("raw", "sealed", "clean")
"""Where artifacts lie that may hold rows."""
TRAINING = "train"
WITHOUT_ROWS = frozenset({TRAINING, "release"})
"""Stages that take a table of rows and whose artifacts hold none: weights, and the record of what was handed over."""


@dataclass(frozen=True)
class Place:
    """An artifact, or where ``attempt`` is named one attempt at it that was never published."""

    zone: str
    stage: str
    key: str
    attempt: str = ""

    @property
    def folder(self) -> str:
        """Its path below the zone."""
        return f"{self.stage}/{self.key}" + (f"/attempts/{self.attempt}" if self.attempt else "")


@dataclass(frozen=True)
class Node:
    """What a zone holds at one place.

    Attributes:
        digests: what others name it by as their input: its payload's digest and those of its files; none of an attempt.
        files: its payload's files and their SHA-256; none of an attempt.
        inputs: digests of what it was made of; ``None`` where it doesn't say.
        payload: the folder of its payload below the zone.
        live: whether somebody is writing it.
    """

    place: Place
    digests: frozenset[str]
    files: Mapping[str, str]
    inputs: frozenset[str] | None
    payload: str
    live: bool = False


@dataclass(frozen=True)
class Descent:
    """What was made of some rows.

    Attributes:
        holding: artifacts and attempts that may hold something of them.
        models: models that were trained on them, and what was made of these.
        digests: of all that may hold something of them.
    """

    holding: list[Node]
    models: list[Node]
    digests: frozenset[str]


def nodes(stores: Mapping[str, Store]) -> Iterator[Node]:
    """Everything in the zones but what was erased."""
    for zone in ZONES:
        for stage, key in artifacts.everything(stores[zone]):
            yield from _at(stores[zone], zone, stage, key)


def _at(store: Store, zone: str, stage: str, key: str) -> Iterator[Node]:
    manifest = _read(store, f"{stage}/{key}/manifest.json")
    erased = manifest is not None and bool(manifest.get("tombstone"))
    published = str(manifest.get("attempt", "")) if manifest is not None else ""
    if manifest is not None and not erased:
        files = _files(manifest)
        digests = frozenset([*files.values(), *([str(manifest["digest"])] if "digest" in manifest else [])])
        inputs = _inputs((manifest.get("decided_by") or {}).get("inputs"))
        payload = f"{stage}/{key}/attempts/{published}/payload"
        yield Node(Place(zone, stage, key), digests, files, inputs, payload)
    for attempt, _, live in artifacts.attempts(store, stage, key):
        if attempt != published or erased:
            place = Place(zone, stage, key, attempt)
            inputs = _inputs(_read(store, f"{place.folder}/inputs.json"))
            yield Node(place, frozenset(), {}, inputs, f"{place.folder}/payload", live)


def descent(found: Iterable[Node], held: Iterable[Place], digests: Iterable[str]) -> Descent:
    """What was made of rows, to any depth.

    What doesn't say what it was made of, and an attempt at reading a source, may hold anything: both count.

    Args:
        found: everything in the zones.
        held: what is known to hold the rows.
        digests: digests of what holds them.
    """
    left, direct = list(found), set(held)
    holding, models = [], []
    rows, weights = set(digests), set[str]()
    while True:
        later: list[Node] = []
        for node in left:
            place = node.place
            attempt = bool(place.attempt)
            known = node.inputs is not None and not (attempt and not node.inputs)
            of_rows = not known or bool((node.inputs or frozenset()) & rows)
            if place in direct or (of_rows and (attempt or place.stage not in WITHOUT_ROWS)):
                holding.append(node)
                # Of what was read from a source only the files that the caller named: the others go on as they are.
                rows |= node.digests if node.inputs or of_rows else frozenset()
            elif of_rows or (node.inputs or frozenset()) & weights:
                models.append(node)
                weights |= node.digests
            else:
                later.append(node)
        if len(later) == len(left):
            return Descent(holding, models, frozenset(rows))
        left = later


def _read(store: Store, name: str) -> dict[str, Any] | None:
    """A JSON object; an empty one where it is damaged, ``None`` where there is none."""
    try:
        found = json.loads(store.read_bytes(name))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _files(manifest: dict[str, Any]) -> dict[str, str]:
    try:
        return {str(name): str(entry["sha256"]) for name, entry in manifest["files"].items()}
    except (KeyError, TypeError, AttributeError):
        return {}


def _inputs(by_role: Any) -> frozenset[str] | None:
    if not isinstance(by_role, dict):
        return None
    return frozenset(digest for digests in by_role.values() for digest in digests)
