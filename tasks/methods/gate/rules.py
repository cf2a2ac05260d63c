"""The gate's own rules: patterns with check digits or telling words, read on a normalised view."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.methods.gate.finding import Finding, without_overlaps
from tasks.methods.gate.organizations import organizations
from tasks.methods.gate.view import View, normalise

_HAN = re.compile(r"[\u4e00-\u9fff]")

VERSION = 2
"""Raised whenever a rule would find something else: part of the key of the evidence."""


@dataclass(frozen=True)
class Rule:
    """One pattern.

    Attributes:
        name: what the finding's detector is called, behind the name of the set.
        entity: kind of personal data.
        pattern: what the value looks like; its group ``v``, where it has one, is the value.
        check: what the value must satisfy besides; a number says how much of it, from its start, does.
        near: words that must stand before the value. A column of the rule's kind needs none.
        unless: words that must not stand right before the value.
        before: how many characters before the value are searched for those words.
        latin: whether the rule reads only texts in Latin letters, by and large.
    """

    name: str
    entity: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool | int] | None = None
    near: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    before: int = 40
    latin: bool = False

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
        rules: the rules; :func:`default_rules` and :func:`prose_rules` give the project's.
        name: the detector's name.
        reads_language: whether the rules judge words by their sentence. Such rules leave the cells of a structured
            column alone, but for a column of their own kind.
    """

    def __init__(self, rules: Sequence[Rule], name: str = "airlock-rules", reads_language: bool = False) -> None:
        self.rules, self.name, self.reads_language = tuple(rules), name, reads_language
        self.entities = frozenset(rule.entity for rule in rules)

    def identity(self) -> dict[str, Any]:
        """Name and version; the rules are code."""
        return {"name": self.name, "version": VERSION, "rules": [rule.name for rule in self.rules]}

    def detect(self, texts: Sequence[str], kind: str = "") -> list[list[Finding]]:
        """See :class:`~tasks.methods.gate.finding.Detector`."""
        return [self._one(text, kind) for text in texts]

    def _one(self, text: str, kind: str) -> list[Finding]:
        view = normalise(text)
        rules = [rule for rule in self.rules if rule.entity == kind] if self.reads_language and kind else self.rules
        if len(_HAN.findall(view.text)) * 4 > len(view.text):
            rules = [rule for rule in rules if not rule.latin]
        found = [
            Finding(*view.span(start, end), rule.entity, f"{self.name}:{rule.name}")
            for rule in rules
            for start, end in rule.find(view.text, kind)
        ]
        return without_overlaps(self._outside_organizations(view, found) if self.reads_language else found)

    def _outside_organizations(self, view: View, found: list[Finding]) -> list[Finding]:
        """The findings without the names and places in an organisation's name, which bears a founder's or a town's."""
        named = [view.span(start, end) for start, end in organizations(view.text)]
        named += [(f.start, f.end) for f in found if f.entity == "ORGANIZATION"]
        return [
            f
            for f in found
            if f.entity not in ("PERSON", "LOCATION") or not any(a < f.end and f.start < b for a, b in named)
        ]


def default_rules() -> Rules:
    """The gate's rules that go by a value's form, for English and Chinese text."""
    from tasks.methods.gate.patterns import RULES

    return Rules(RULES)


def prose_rules() -> Rules:
    """The gate's rules for what sentences say of somebody: names, places, organisations, titles, age, origin."""
    from tasks.methods.gate import companies, names, traits

    return Rules((*traits.RULES, *companies.RULES, *names.RULES), "airlock-prose", reads_language=True)
