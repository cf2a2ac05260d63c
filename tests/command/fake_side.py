"""Detectors whose rules can be read, in place of the models: the commands' own work is what is tested."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from tasks.command import scanner
from tasks.core.policies import Policy
from tasks.methods.detect.spans import Span

RULES = (
    ("EMAIL_ADDRESS", re.compile(r"\S+@\S+\.\w+"), "airlock-identifiers"),
    ("PERSON", re.compile(r"Ann Lee|Bo Ray|李雷"), "airlock-people"),
    ("PHONE_NUMBER", re.compile(r"\d{3}-\d{4}"), "airlock-rules:phone"),
)


class FakeSide:
    """Finds by :data:`RULES`, and the row's own cells."""

    def __init__(self, policy: Policy, language: str, look: scanner.Look) -> None:
        self.kinds = policy.text_entities

    def find(self, texts: list[str], own: list[Sequence[tuple[str, object]]] | None) -> list[list[Span]]:
        found = []
        for row, text in enumerate(texts):
            spans = [Span(*m.span(), kind, 0.9, by) for kind, rule, by in RULES for m in rule.finditer(text)]
            for kind, cell in own[row] if own else ():
                at = text.find(str(cell)) if cell else -1
                if at >= 0 and not any(s.start < at + len(str(cell)) and at < s.end for s in spans):
                    spans.append(Span(at, at + len(str(cell)), kind, 1.0, "own-column"))
            found.append(sorted((s for s in spans if s.entity in self.kinds), key=lambda s: s.start))
        return found


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "_Side", FakeSide)
