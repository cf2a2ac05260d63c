"""What became of one planted value: whether it came through the masking, and whether the gate's remasking stops it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tasks.core.errors import AirlockError
from tasks.core.operators import HIDES
from tasks.methods.gate.kept import Stretch, kept, spared
from tasks.methods.gate.placeholders import Placeholders
from tasks.methods.gate.remask import Place, replace
from tasks.methods.gate.standing import reduced, stands
from tasks.methods.mask.values import age_band

BANDS = r"(?<!\d)(?:{})(?!\d)".format("|".join(age_band(age).replace("+", r"\+") for age in range(0, 100, 10)))
"""What ``age_band`` leaves."""

UNCOVERED, STANDING, WEAKER = "uncovered", "standing", "weaker"
"""The rules by which a value came through; the last one is told beside them (see :class:`Fate`)."""


@dataclass(frozen=True)
class Promise:
    """What the policy says of each kind.

    Attributes:
        operators: the operator of every kind.
        kinds: the kinds that it promises to mask: those a sentence over all kinds speaks of.
        tags: the tag of every kind.
        marks: patterns of what else its operators leave in text.
    """

    operators: Mapping[str, str]
    kinds: Collection[str]
    tags: Mapping[str, str]
    marks: Sequence[str] = ()

    def tag(self, entity: str) -> str:
        """What stands in the place of a kind."""
        return self.tags.get(entity, f"<{entity}>")


class Fate(NamedTuple):
    """What became of a planted value.

    Attributes:
        rules: by which it came through: ``uncovered``, ``standing``; none: it didn't.
        after: whether it still does when the gate has masked the row again.
        weaker: it is wholly covered, but taken for a kind whose operator leaves a part where its own leaves nothing:
            a date of birth, masked as a date, keeps its year. That is told, and isn't counted as come through.
    """

    rules: tuple[str, ...] = ()
    after: bool = False
    weaker: bool = False


class Judge:
    """Decides about one value.

    Args:
        promise: what the policy says of each kind.
    """

    def __init__(self, promise: Promise) -> None:
        self._promise = promise
        marks = [*promise.marks, *([BANDS] if "age_band" in promise.operators.values() else [])]
        self._placeholders = Placeholders(promise.tags.values(), marks)

    def of(
        self, place: Mapping[str, Any], raw: Any, masked: Any, stretches: list[Stretch], places: list[Place]
    ) -> Fate:
        """What became of a value.

        Args:
            place: its ``entity``, and where it stands in a text: ``start``, ``end``.
            raw: the cell as it was planted.
            masked: the same after masking; ``None``: nothing is there.
            stretches: what masking replaced in it, disjoint and in order, in places of ``raw``.
            places: the gate's findings in it, in places of ``masked``.

        Raises:
            AirlockError: where there is no value at that place.
        """
        entity, start, end = place["entity"], place["start"], place["end"]
        if not isinstance(raw, str) or not 0 <= start < end <= len(raw) or not reduced(raw[start:end]):
            raise AirlockError(f"leakcheck: a planted value of kind {entity} is not where it should be")
        return Fate() if masked is None else self._text(entity, start, end, raw, masked, stretches, places)

    def _text(
        self,
        entity: str,
        start: int,
        end: int,
        raw: str,
        masked: str,
        stretches: list[Stretch],
        places: list[Place],
    ) -> Fate:
        operator = self._promise.operators.get(entity, "tag")
        value = raw[start:end]
        free = spared(operator, value)
        letters = [start + i for i, char in enumerate(value) if char.isalnum() and i not in free]
        if not letters:
            return Fate()
        over = [stretch for stretch in stretches if stretch.start < end and start < stretch.end]
        bare = [i for i in letters if not any(s.start <= i < s.end for s in over)]
        form = reduced(value)
        # What the text says elsewhere says nothing of this place.
        elsewhere = stands(form, reduced(f"{raw[:start]}\n{raw[end:]}"))
        standing = not elsewhere and self._stands(form, masked)
        rules = tuple(rule for rule, holds in ((UNCOVERED, bare), (STANDING, standing)) if holds)
        weaker = (
            not rules and operator in HIDES and any(self._promise.operators.get(s.entity) not in HIDES for s in over)
        )
        if not rules:
            return Fate(weaker=weaker)
        still = not elsewhere and self._stands(form, replace(masked, places, self._promise.tag))
        return Fate(rules, still or not self._found(bare, raw, masked, stretches, places))

    def _stands(self, form: str, masked: str) -> bool:
        pieces, done = [], 0
        for start, end in self._placeholders.places(masked):
            pieces += [masked[done:start], "\n"]
            done = end
        return stands(form, reduced("".join([*pieces, masked[done:]])))

    def _found(
        self, bare: Sequence[int], raw: str, masked: str, stretches: list[Stretch], places: Sequence[Place]
    ) -> bool:
        """Whether findings cover every character that masking left."""
        if not bare:
            return True
        pieces = kept(raw, masked, stretches, self._promise.operators, self._promise.tag) if places else None
        if pieces is None:
            return False
        at = {origin + i: place + i for place, origin, length in pieces for i in range(length) if origin + i in bare}
        return all(i in at and any(low <= at[i] < high for low, high, _ in places) for i in bare)
