"""What a stage's process is asked to do, and what it answers: plain JSON over pipes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tasks.core.artifacts import Ref


@dataclass(frozen=True)
class Request:
    """One stage of one run.

    Attributes:
        config: the whole configuration as plain data.
        inputs: references by role, as dicts.
        keys: subkeys on the wire (see :meth:`tasks.core.keys.Keys.to_wire`). A request is therefore a secret: it
            goes through a pipe, never through argv, the environment or a file.
        interval: start and end of the partition, ISO 8601.
        scheduled: whether the schedule or a backfill chose the interval, and not a person.
        backfill: whether the run is one of a backfill.
    """

    stage: str
    run_id: str
    config: dict[str, Any]
    inputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    shard: int | None = None
    keys: dict[str, list[str]] = field(default_factory=dict, repr=False)
    interval: tuple[str, str] | None = None
    scheduled: bool = False
    backfill: bool = False
    log_seconds: float = 5.0

    def to_bytes(self) -> bytes:
        """Serialise."""
        return json.dumps(vars(self), allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Request:
        """The inverse of :meth:`to_bytes`."""
        fields = json.loads(data)
        if fields["interval"] is not None:
            fields["interval"] = tuple(fields["interval"])
        return cls(**fields)

    def refs(self) -> dict[str, list[Ref]]:
        """The inputs as references."""
        return {role: [Ref.from_dict(ref) for ref in refs] for role, refs in self.inputs.items()}


@dataclass(frozen=True)
class Answer:
    """How a stage ended.

    Attributes:
        code: the exit code (``tasks.core.errors.EXIT_CODES``).
        refs: the output; one reference a shard where the stage makes shards.
        message: the sentence for the user where it failed.
        kind: the error's class name.
        reused: whether every artifact was there already.
        seconds: wall time inside the stage.
    """

    code: int = 0
    refs: list[dict[str, Any]] = field(default_factory=list)
    message: str = ""
    kind: str = ""
    reused: bool = False
    seconds: float = 0.0

    def to_bytes(self) -> bytes:
        """Serialise."""
        return json.dumps(vars(self), allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Answer:
        """The inverse of :meth:`to_bytes`."""
        return cls(**json.loads(data))
