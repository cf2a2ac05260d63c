"""The pipeline as a list: which stage takes what from which, and which keys it may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Step:
    """A stage's place in the pipeline.

    Attributes:
        stage: the stage's name; its code is ``tasks.stages.<stage>``.
        inputs: role to the stage whose output it takes.
        mapped: run once for each reference of its first input: for each shard. The others it takes whole.
        keys: roles of the subkeys that its process is given, and no others.
        after: stages that must have ended before, though nothing of theirs is taken.
    """

    stage: str
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    mapped: bool = False
    keys: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


PIPELINE: tuple[Step, ...] = (
    Step("ingest", keys=("unit", "split")),
    Step("budget", {"shards": "ingest"}, keys=("unit", "ledger")),
    Step("plant", {"shards": "ingest"}, after=("budget",)),
    Step("statistics", {"shards": "ingest", "budget": "budget"}, keys=("noise", "ledger")),
    Step("mask", {"shard": "plant", "statistics": "statistics"}, mapped=True, keys=("mask", "vault")),
    Step("review", {"masked": "mask", "raw": "plant"}),
    Step("leakcheck", {"masked": "mask", "raw": "plant", "review": "review"}),
    Step("canary", {"clean": "leakcheck"}, keys=("canary",)),
    Step(
        "train",
        {"clean": "leakcheck", "budget": "budget", "statistics": "statistics", "canaries": "canary"},
        keys=("noise", "ledger"),
    ),
    Step("clip", {"model": "train"}, keys=("noise",)),
    Step("export", {"model": "clip", "training": "train"}),
    Step(
        "audit",
        {"model": "export", "training": "train", "clean": "leakcheck", "canaries": "canary"},
    ),
    Step(
        "release",
        {"model": "export", "clipped": "clip", "training": "train", "clean": "leakcheck", "audit": "audit"},
        keys=("release", "ledger"),
    ),
)
"""From raw rows to a signed bundle in the hand-off zone."""

STEPS: Mapping[str, Step] = MappingProxyType({step.stage: step for step in PIPELINE})
