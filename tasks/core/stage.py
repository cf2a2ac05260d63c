"""The contract of every stage: a function of its config section and its input artifacts to one output artifact."""

from __future__ import annotations

import importlib.metadata
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import artifacts
from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_json
from tasks.core.config import Config
from tasks.core.config.base import Section
from tasks.core.errors import AirlockError
from tasks.core.keys import Keys
from tasks.core.progress import Progress
from tasks.core.store import Store

if TYPE_CHECKING:
    from tasks.core.ledger import Ledger


@dataclass(frozen=True)
class Stage:
    """What is fixed about a stage.

    Attributes:
        name: the stage's name and the folder of its artifacts.
        version: raised whenever the same inputs would now give another payload.
        zone: where its artifact lies.
        libraries: distributions whose version decides the result.
    """

    name: str
    version: int
    zone: str
    libraries: tuple[str, ...] = ()


@dataclass
class Context:
    """What a stage is given.

    Attributes:
        inputs: references by role, in an order that means something (shards by number).
        shard: the shard's number where the stage is mapped.
        ledger_path: the ledger's SQLite file or database URL.
        interval: start and end of the partition, ISO 8601, where the run is scheduled.
        scheduled: whether the schedule or a backfill chose the interval, and not a person.
        backfill: whether the run is one of a backfill.
    """

    config: Config
    run_id: str
    keys: Keys
    home: Path
    ledger_path: str | Path
    inputs: dict[str, list[Ref]] = field(default_factory=dict)
    shard: int | None = None
    interval: tuple[str, str] | None = None
    scheduled: bool = False
    backfill: bool = False
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("airlock"))
    log_seconds: float = 5.0
    reused: list[bool] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    build_seconds: float = 0.0

    def zone(self, name: str) -> Store:
        """The storage of a zone."""
        return Store(self.config.store.zone(name, self.home))

    def ledger(self) -> Ledger:
        """The privacy ledger, with copies of its heads in the clean zone. Written to by whoever holds its key."""
        from tasks.core.ledger import Heads, Ledger, Signer

        signer = Signer(self.keys.secret("ledger")) if "ledger" in self.keys.roles else None
        return Ledger(self.ledger_path, signer, Heads(self.zone("clean")))

    def open(self, ref: Ref) -> Artifact:
        """Open an input; every file is verified against the manifest."""
        return artifacts.open_ref(ref)

    def open_all(self, refs: Iterable[Ref]) -> list[Artifact]:
        """Open inputs; one with many shards is verified once."""
        return artifacts.open_refs(refs)

    def progress(self, label: str, total: int | None = None, unit: str = "rows") -> Progress:
        """Progress of long work."""
        return Progress(label, total, unit, every=self.log_seconds)

    def key(
        self, stage: Stage, section: Section | None, decides: dict[str, Any], inputs: dict[str, list[Ref]] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """The key of a stage's artifact, and all that went into it.

        Args:
            section: the stage's part of the configuration; its knobs don't count.
            decides: whatever else decides the result: digests of policies, word lists, model files and sources, and
                the id of every secret used.
            inputs: the references whose digests count; by default all of this context's.
        """
        used = self.inputs if inputs is None else inputs
        decided_by = {
            "stage": stage.name,
            "version": stage.version,
            "config": section.deciding() if section is not None else {},
            "inputs": {role: [ref.digest for ref in refs] for role, refs in used.items()},
            "decides": decides,
            "libraries": {name: importlib.metadata.version(name) for name in stage.libraries},
        }
        return sha256_json(decided_by), decided_by

    def artifact(
        self,
        stage: Stage,
        section: Section | None,
        decides: dict[str, Any],
        build: Callable[[Writer], dict[str, Any]],
        inputs: dict[str, list[Ref]] | None = None,
        zone: str | None = None,
    ) -> Ref:
        """Reuse the artifact of this key, or build and publish it. The reference is the same either way."""
        key, decided_by = self.key(stage, section, decides, inputs)
        # The configuration may name paths; the manifest shows only what decided, as digests and plain settings.
        started = time.monotonic()
        shown = {"sha256": key, "libraries": decided_by["libraries"], "inputs": decided_by["inputs"]}
        used = [ref for refs in (self.inputs if inputs is None else inputs).values() for ref in refs]

        def checked(writer: Writer) -> dict[str, Any]:
            counts = build(writer)
            # Whoever erases looks for attempts last: one that began too late to be seen finds its input erased.
            artifacts.refuse_erased_refs(used)
            return counts

        ref, reused, facts = artifacts.reuse_or_build(self.zone(zone or stage.zone), stage.name, key, shown, checked)
        self.reused.append(reused)
        self.facts.update(facts)
        self.build_seconds += 0.0 if reused else time.monotonic() - started
        self.log.info("%s: %s artifact %s", stage.name, "reused" if reused else "published", key[:12])
        return ref

    def input(self, role: str) -> Ref:
        """The one input of a role.

        Raises:
            AirlockError: where the role has none or several.
        """
        refs: Sequence[Ref] = self.inputs.get(role, ())
        if len(refs) != 1:
            raise AirlockError(f"input {role}: expected one reference, got {len(refs)}")
        return refs[0]
