"""The privacy loss of a data set's whole history, kept so that one more charge is added within a moment."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.canonical import canonical_json
from tasks.core.dp_events import Concentrated, Event, to_json
from tasks.core.errors import UserError
from tasks.methods.dp import blocks
from tasks.methods.dp.accounting import beside_caps
from tasks.methods.dp.blocks import Block
from tasks.methods.dp.mechanisms import ZeroConcentrated, cut_of, kinds_of
from tasks.methods.dp.privacy_loss import Kind

_TAIL = 3e-4
"""Share of δ spent on grids' ends: half for what is kept, half for adding it up."""
_MARKS = (4, 6, 8, 10, 12)
"""States are kept at the newest two multiples of 2 to each of these powers."""
_VERSION = 1
_DIRECTIONS = (False, True)
"""A unit removed, a unit added."""

Charge = tuple[Event, ...]
"""The mechanisms of one charge."""


@dataclass(frozen=True, eq=False)
class _State:
    """What a number of charges come to.

    Attributes:
        charges: how many.
        digest: of all of them in their order.
        stacks: a direction's blocks, of 2^rank charges each, ranks falling.
        rho: the sum of ρ of zero-concentrated mechanisms.
        cut: log of the chance that a batch was cut.
        beyond: whether there was a charge that has no grid.
    """

    charges: int
    digest: str
    stacks: tuple[tuple[tuple[int, Block], ...], ...]
    rho: float
    cut: float
    beyond: bool


_NOTHING = _State(0, "", ((), ()), 0.0, -math.inf, False)


class History:
    """Charges in their order, and an upper bound on the ε at δ of all of them.

    Charges are kept as a binary counter keeps ones: of n there are at most log2(n) + 1 blocks a direction, each the sum
    of as many charges as a power of two says, on a mesh of its own (:mod:`tasks.methods.dp.blocks`). One more charge
    adds a block, blocks of equal size are added up, and ε is read off the sum of those that are left. So memory stays
    below 100 MB and mostly below ten, however many the charges.

    Args:
        delta: δ.

    Attributes:
        delta: δ.

    Formal guarantees:
        Those of :func:`tasks.methods.dp.tight.tight`. Every mass is raised by a bound on the FFT's error.
    """

    def __init__(self, delta: float) -> None:
        self.delta = delta
        self._state = _NOTHING
        self._marks: list[_State] = []

    @classmethod
    def of(cls, charges: Sequence[Charge], delta: float, path: Path | None = None) -> History:
        """The history of given charges, the better part of it from a file where there is one.

        Args:
            charges: all charges, oldest first.
            delta: δ.
            path: a file that :meth:`save` wrote, for these charges or others; it is replaced by one for these. A file
                that is damaged, for another δ or for other charges is ignored, but for what the two have in common at
                the beginning, of which states are kept at some distances.
        """
        found = (None if path is None else cls._load(path, charges, delta)) or cls(delta)
        known = found.charges
        for charge in charges[known:]:
            found.add(charge)
        if path is not None and (known < len(charges) or not path.exists()):
            found.save(path)
        return found

    @property
    def charges(self) -> int:
        """How many."""
        return self._state.charges

    @property
    def digest(self) -> str:
        """SHA-256 in hex of all charges in their order; empty where there is none."""
        return self._state.digest

    def add(self, charge: Charge) -> None:
        """Add a charge."""
        self._state = _with(self._state, charge, self.delta)
        self._marks.append(self._state)
        kept = {(self.charges >> k << k) - less * 2**k for k in _MARKS for less in (0, 1)}
        self._marks = [mark for mark in self._marks if mark.charges in kept]

    def epsilon(self) -> float:
        """An upper bound on the ε of all charges; infinite where there is no figure."""
        return _epsilon(self._state, self.delta)

    def after(self, charge: Charge) -> float:
        """What :meth:`epsilon` would be after one more charge, which isn't added."""
        return _epsilon(_with(self._state, charge, self.delta), self.delta)

    def save(self, path: Path) -> None:
        """Write it to a file, which appears whole or not at all."""
        states = [*self._marks, self._state]
        places: dict[int, int] = {}
        kept: list[Block] = []
        for block in (block for state in states for stack in state.stacks for _, block in stack):
            if places.setdefault(id(block), len(kept)) == len(kept):
                kept.append(block)
        head: dict[str, Any] = {
            "version": _VERSION,
            "delta": self.delta,
            "blocks": [[one.exponent, one.first, len(one.pmf), one.infinite] for one in kept],
            "states": [
                {
                    "charges": one.charges,
                    "digest": one.digest,
                    "stacks": [[[rank, places[id(block)]] for rank, block in stack] for stack in one.stacks],
                    "rho": one.rho,
                    "cut": None if one.cut == -math.inf else one.cut,
                    "beyond": one.beyond,
                }
                for one in states
            ],
        }
        text = canonical_json(head)
        masses = np.concatenate([one.pmf for one in kept]) if kept else np.zeros(0)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".history-")
        try:
            with os.fdopen(handle, "wb") as stream:
                digest = np.frombuffer(_sum_of(text, masses), np.uint8)
                np.savez(stream, head=np.frombuffer(text, np.uint8), masses=masses, sha256=digest)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @classmethod
    def _load(cls, path: Path, charges: Sequence[Charge], delta: float) -> History | None:
        """The newest state in a file that the charges begin with; ``None`` where there is none."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                text, masses = arrays["head"].tobytes(), arrays["masses"]
                if arrays["sha256"].tobytes() != _sum_of(text, masses):
                    return None
        except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile):
            return None
        head = json.loads(text)
        if head["version"] != _VERSION or head["delta"] != delta:
            return None
        digests = list(_digests(charges))
        kept, start = [], 0
        for exponent, first, points, infinite in head["blocks"]:
            kept.append(Block(exponent, first, masses[start : start + points], infinite))
            start += points
        states = [
            _State(
                one["charges"],
                one["digest"],
                tuple(tuple((rank, kept[place]) for rank, place in stack) for stack in one["stacks"]),
                one["rho"],
                -math.inf if one["cut"] is None else one["cut"],
                one["beyond"],
            )
            for one in head["states"]
            if one["charges"] < len(digests) and digests[one["charges"]] == one["digest"]
        ]
        if not states:
            return None
        found = cls(delta)
        found._state = max(states, key=lambda state: state.charges)
        found._marks = states[:-1] if len(states) == len(head["states"]) else states
        return found


def _digests(charges: Sequence[Charge]) -> Iterator[str]:
    """Digests of the first 0, 1, 2, ... charges."""
    digest = ""
    yield digest
    for charge in charges:
        digest = _next_digest(digest, charge)
        yield digest


def _next_digest(digest: str, charge: Charge) -> str:
    return hashlib.sha256(digest.encode() + canonical_json(to_json(charge))).hexdigest()


def _sum_of(text: bytes, masses: np.ndarray) -> bytes:
    return hashlib.sha256(text + hashlib.sha256(masses.tobytes()).digest()).digest()


def _with(state: _State, charge: Charge, delta: float) -> _State:
    """The state after one more charge."""
    number = state.charges + 1
    # Over all charges these add up to less than a half.
    tail = _TAIL * delta / 4.0 ** number.bit_length() / 2
    kinds = tuple(kinds_of(event for event in charge if not isinstance(event, Concentrated)))
    stacks, beyond = [], state.beyond
    for stack, added in zip(state.stacks, _DIRECTIONS, strict=True):
        block = None if beyond else _block(kinds, tail, added)
        beyond = block is None
        if block is None:
            stacks.append(stack)
            continue
        rank, rest = 0, list(stack)
        while rest and rest[-1][0] == rank:
            block = blocks.added_up(rest.pop()[1], block, tail / 32)
            rank += 1
        stacks.append((*rest, (rank, block)))
    return _State(
        number,
        _next_digest(state.digest, charge),
        tuple(stacks),
        state.rho + math.fsum(event.rho for event in charge if isinstance(event, Concentrated)),
        float(np.logaddexp(state.cut, cut_of(charge))),
        beyond,
    )


@functools.lru_cache(maxsize=64)
def _block(kinds: tuple[Kind, ...], tail: float, added: bool) -> Block | None:
    """The loss of one charge."""
    found = []
    for kind in kinds:
        block = blocks.block_of(kind, tail / (2 * len(kinds)), added)
        if block is None:
            return None
        found.append(block)
    # In pairs, pairs of pairs and so on, so that a small one doesn't vanish in the mesh of a large one.
    found.sort(key=lambda block: block.exponent)
    while len(found) > 1:
        pairs = zip(found[::2], found[1::2], strict=False)
        alone = found[len(found) // 2 * 2 :]
        found = [blocks.added_up(one, other, tail / (2 * len(kinds))) for one, other in pairs] + alone
    return found[0] if found else blocks.NOTHING


def _epsilon(state: _State, delta: float) -> float:
    if state.beyond:
        return math.inf
    tail = _TAIL * delta / 2 / 64
    totals = []
    for stack, added in zip(state.stacks, _DIRECTIONS, strict=True):
        total = blocks.NOTHING
        if state.rho:
            concentrated = blocks.block_of(ZeroConcentrated(state.rho), tail, added)
            if concentrated is None:
                return math.inf
            stack = tuple(sorted((*stack, (0, concentrated)), key=lambda one: -one[1].exponent))
        for _, block in reversed(stack):
            total = block if total is blocks.NOTHING else blocks.added_up(block, total, tail)
        totals.append(total)
    try:
        return beside_caps(state.cut, delta, lambda rest: max(blocks.epsilon(total, rest) for total in totals))
    except UserError:
        return math.inf
