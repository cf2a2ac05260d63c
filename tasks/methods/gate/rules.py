"""The gate's own rules: patterns with check digits or telling words, read on a normalised view."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.methods.gate.finding import Finding, without_overlaps
from tasks.methods.gate.view import normalise

VERSION = 1
"""Raised whenever a rule would find something else: part of the key of the evidence."""


@dataclass(frozen=True)
class Rule:
    """One pattern.

    Attributes:
        name: what the finding's detector is called, behind ``airlock-rules:``.
        entity: kind of personal data.
        pattern: what the value looks like; its group ``v``, where it has one, is the value.
        check: what the value must satisfy besides; a number says how much of it, from its start, does.
        near: words that must stand before the value. A column of the rule's kind needs none.
        unless: words that must not stand right before the value.
        before: how many characters before the value are searched for those words.
    """

    name: str
    entity: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool | int] | None = None
    near: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    before: int = 40

    def find(self, text: str, kind: str) -> Iterable[tuple[int, int]]:
        """Start and end of each value in a normalised text."""
        group = "v" if "v" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            start, end = match.span(group)
            if not self._in_place(text, start, kind):
                continue
            checked = True if self.check is None else self.check(text[start:end])
            if checked:
                yield start, end if checked is True else start + checked

    def _in_place(self, text: str, start: int, kind: str) -> bool:
        before = text[max(0, start - self.before) : start]
        if self.unless is not None and self.unless.search(before):
            return False
        return self.near is None or kind == self.entity or self.near.search(before) is not None


class Rules:
    """A set of rules as one detector.

    Args:
        rules: the rules; :func:`default_rules` gives the project's.
        name: the detector's name.
    """

    reads_language = False

    def __init__(self, rules: Sequence[Rule], name: str = "airlock-rules") -> None:
        self.rules, self.name = tuple(rules), name
        self.entities = frozenset(rule.entity for rule in rules)

    def identity(self) -> dict[str, Any]:
        """Name and version; the rules are code."""
        return {"name": self.name, "version": VERSION, "rules": [rule.name for rule in self.rules]}

    def detect(self, texts: Sequence[str], kind: str = "") -> list[list[Finding]]:
        """See :class:`~tasks.methods.gate.finding.Detector`."""
        return [self._one(text, kind) for text in texts]

    def _one(self, text: str, kind: str) -> list[Finding]:
        view = normalise(text)
        found = [
            Finding(*view.span(start, end), rule.entity, f"{self.name}:{rule.name}")
            for rule in self.rules
            for start, end in rule.find(view.text, kind)
        ]
        return without_overlaps(found)


def default_rules() -> Rules:
    """The gate's rules for English and Chinese text."""
    from tasks.methods.gate.patterns import RULES

    return Rules(RULES)
