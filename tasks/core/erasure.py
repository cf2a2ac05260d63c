"""Erasing people: opted out first, then whatever holds a row of them destroyed, with a journal that survives a kill.

Formal guarantees:
    *Nothing comes back.* Before anything is looked for, the people are on the opt-out lists, which ingest reads last of
    all; before anything is deleted, a journal in the raw zone names it. An attempt that began before the last look at
    the zones is seen by it. One that began later finds its input's tombstone before it can publish
    (:meth:`tasks.core.stage.Context.artifact`).

    *A kill loses nothing.* Killed at any instant, either nothing has been deleted, or the journal is open and the next
    erasure finishes it first. Each step may be repeated.

    *Nothing is given back.* Charges stay as they are: what was released about a person stays released.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Self

from tasks.core import artifacts, lease, lineage, runs
from tasks.core.canonical import canonical_json
from tasks.core.errors import TryAgain, UserError
from tasks.core.ledger import Ledger
from tasks.core.lineage import Descent, Place
from tasks.core.store import Store

FOLDER = "forget"
USE = "forgotten"
"""The use of a person's mark in closed journals and the ledger (:func:`tasks.core.optout.mark`)."""
_KEPT = ("begun.json", "lease")
"""What stays of an interrupted training: how many steps it had begun, which its charge counts."""

Held = Callable[[BinaryIO, Collection[str]], set[str]]
"""Which of some unit ids a Parquet file has rows of."""


@dataclass
class Journal:
    """One erasure, as it is kept in the raw zone.

    Attributes:
        id: 16 hex characters.
        by: who asked for it.
        reference: the request's number, in the caller's words.
        units: unit ids while it is open; none once it is closed.
        marks: the people as they are called from then on.
        datasets: whose opt-out lists they are on, and whose logs get an entry.
        erased: what was destroyed.
        digests: of all that held their rows.
        checkpoints: keys of interrupted trainings whose checkpoints were destroyed.
        models: keys of the models that were trained on their rows.
        finished: when it was closed.
    """

    id: str
    started: str
    by: str
    reference: str
    units: list[str]
    marks: list[str]
    datasets: list[str]
    erased: list[Place] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    models: list[Place] = field(default_factory=list)
    finished: str = ""

    @classmethod
    def begin(
        cls, by: str, reference: str, units: Iterable[str], marks: Iterable[str], datasets: Iterable[str]
    ) -> Self:
        """A fresh one, not yet written."""
        return cls(secrets.token_hex(8), now(), by, reference, sorted(units), sorted(marks), sorted(datasets))

    def write(self, raw: Store) -> None:
        """Keep it; what was there is replaced whole."""
        raw.write_bytes(f"{FOLDER}/{self.id}.json", canonical_json(asdict(self)) + b"\n")


def now() -> str:
    """The time, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def journals(raw: Store) -> list[Journal]:
    """All erasures of a deployment, oldest first.

    Raises:
        UserError: where one can't be read: it may be open, and what it had begun must be finished.
    """
    found = []
    for item in raw.listing(FOLDER):
        if not item["name"].endswith(".json"):
            continue
        try:
            plain: dict[str, Any] = json.loads(raw.read_bytes(f"{FOLDER}/{item['name']}"))
            for name in ("erased", "models"):
                plain[name] = [Place(**place) for place in plain[name]]
            found.append(Journal(**plain))
        except (ValueError, TypeError, KeyError):
            raise UserError(f"forget: the journal {raw.url}/{FOLDER}/{item['name']} is damaged; restore it") from None
    return sorted(found, key=lambda one: (one.started, one.id))


@dataclass(frozen=True)
class Found:
    """What an erasure concerns.

    Attributes:
        descent: what holds the rows, and the models that were trained on them.
        direct: what has a row of theirs, or can't be read.
        seen: the unit ids that were seen in these.
        checkpoints: keys of trainings, on their rows or perhaps so, that left a checkpoint.
    """

    descent: Descent
    direct: list[Place]
    seen: frozenset[str]
    checkpoints: list[str]


def look(
    stores: Mapping[str, Store],
    ledger: Ledger | None,
    units: Collection[str],
    held: Held,
    datasets: Collection[str] | None = None,
    digests: Iterable[str] = (),
) -> Found:
    """What holds rows of some people, or may, and which models were trained on them.

    Args:
        ledger: the privacy ledger; ``None`` where there is none.
        units: unit ids.
        datasets: theirs alone; ``None``: whichever. An artifact that the index of runs doesn't know counts for all.
        digests: of what is known to have held them and is gone.
    """
    nodes = list(lineage.nodes(stores))
    index = datasets_of(stores["clean"])
    direct, seen, theirs = list[Place](), set[str](), set(digests)
    for node in nodes:
        place = node.place
        known = index.get(place.key, set())
        if place.stage in lineage.WITHOUT_ROWS or (datasets is not None and known and not known & set(datasets)):
            continue
        for name in (name for name in node.files if name.endswith(".parquet")):
            within = _within(stores[place.zone], f"{node.payload}/{name}", units, held)
            if within is None or within:
                direct.append(place)
                theirs |= {node.files[name], *(node.digests - set(node.files.values()))}
                seen |= within or set()
    descent = lineage.descent(nodes, direct, theirs)
    return Found(descent, direct, frozenset(seen), _interrupted(stores, ledger, descent, datasets))


def _interrupted(
    stores: Mapping[str, Store], ledger: Ledger | None, descent: Descent, datasets: Collection[str] | None
) -> list[str]:
    trained = [node.place for node in [*descent.holding, *descent.models]]
    keys = {place.key for place in trained if place.stage == lineage.TRAINING}
    if ledger is not None:
        noisy = [one for one in ledger.entries() if one.state == "noise"]
        mine = {one.key for one in noisy if datasets is None or one.dataset in datasets}
        # Its attempt would say what it was made of; where that is gone it may have been their rows.
        keys |= {key for key in mine if not stores["clean"].listing(f"{lineage.TRAINING}/{key}/attempts")}
    return sorted(key for key in keys if _left(stores["sealed"], key))


def carry_out(
    journal: Journal, stores: Mapping[str, Store], ledger: Ledger | None, held: Held, say: Callable[[str], None]
) -> None:
    """Erase, until nothing that holds them is left; then close the journal.

    Args:
        ledger: the privacy ledger, writable; ``None`` where there is none.
        say: told of each step.

    Raises:
        TryAgain: something that holds their rows is being written. What was erased stays erased; repeat it.
    """
    while True:
        found = look(stores, ledger, journal.units, held, journal.datasets, journal.digests)
        _refuse_live(stores, found)
        doomed = [node.place for node in found.descent.holding]
        if not doomed and not found.checkpoints:
            break
        journal.erased = _with(journal.erased, doomed)
        journal.models = _with(journal.models, [node.place for node in found.descent.models])
        journal.digests = sorted({*journal.digests, *found.descent.digests})
        journal.checkpoints = sorted({*journal.checkpoints, *found.checkpoints})
        journal.write(stores["raw"])
        for place in doomed:
            say(f"{place.zone:7} {place.folder}")
            _destroy(stores[place.zone], place, journal.id)
        for key in found.checkpoints:
            say(f"sealed  {lineage.TRAINING}/{key} (checkpoint)")
            for name in _left(stores["sealed"], key):
                stores["sealed"].remove(f"{lineage.TRAINING}/{key}/{name}")
    # An interrupted erasure may have destroyed what led to a model: what the journal knew stays in it.
    journal.models = _with(journal.models, [node.place for node in found.descent.models])
    if ledger is not None:
        _note(ledger, journal)
    journal.units, journal.finished = [], now()
    journal.write(stores["raw"])


def datasets_of(clean: Store) -> dict[str, set[str]]:
    """From the key of each artifact in the index of runs to the data sets of these runs."""
    found: dict[str, set[str]] = {}
    for run_id in runs.run_ids(clean):
        for step in runs.steps(clean, run_id):
            for ref in step["refs"]:
                found.setdefault(ref["key"], set()).add(str(step.get("dataset", "")))
    return found


def _within(store: Store, name: str, units: Collection[str], held: Held) -> set[str] | None:
    """Which of them a table has rows of; ``None`` where it is damaged, and may have any."""
    try:
        with store.reading(name) as stream:
            return held(stream, units)
    except FileNotFoundError:
        return set()
    except (TryAgain, UserError):
        raise
    except Exception:  # whatever Arrow says of it could quote a row
        return None


def _refuse_live(stores: Mapping[str, Store], found: Found) -> None:
    at_work = {f"{node.place.stage} {node.place.key[:12]}" for node in found.descent.holding if node.live}
    at_work |= {f"train {key[:12]}" for key in found.checkpoints if lease.holder(stores["sealed"], f"train/{key}")}
    if at_work:
        raise TryAgain(
            f"forget: {', '.join(sorted(at_work))} may hold their rows and is being written, or was a minute ago; "
            "stop that run or let it end, and try again"
        )


def _destroy(store: Store, place: Place, erasure: str) -> None:
    if place.attempt:
        store.remove(place.folder)
    else:
        artifacts.erase(store, place.stage, place.key, f"erasure {erasure}")


def _left(sealed: Store, key: str) -> list[str]:
    return [
        item["name"] for item in sealed.listing(f"{lineage.TRAINING}/{key}") if item["name"] not in _KEPT
    ]  # half-written checkpoints among them


def _with(known: list[Place], more: Iterable[Place]) -> list[Place]:
    return known + [place for place in dict.fromkeys(more) if place not in known]


def _note(ledger: Ledger, journal: Journal) -> None:
    registered = {one.name for one in ledger.datasets()}
    body = {
        "erasure": journal.id, "marks": journal.marks, "by": journal.by, "reference": journal.reference,
        "erased": len(journal.erased), "models": sorted(place.key for place in journal.models),
    }  # fmt: skip
    for name in sorted(registered & set(journal.datasets)):
        if not any(_is_of(record.body, journal.id) for record in ledger.records(name) if record.kind == "forget"):
            ledger.note(name, "forget", body)


def _is_of(body: str, erasure: str) -> bool:
    return bool(json.loads(body).get("erasure") == erasure)
