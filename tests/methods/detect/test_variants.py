"""What the policies promise, as people write it: each kind in twenty forms and more, and near misses that must stay.

The sentences in ``variants/`` were written without looking at any recognizer's pattern. Double brackets mark the value:
every letter and digit of it must be masked, whatever the kind it is masked as, by the masker or by the gate's remask
(``found``); in near misses none may be (``spared``). What a recognizer can't do yet stands under ``missed`` and
``overmasked``. These lists are exact: a sentence that is done by now must move up, so that no loss goes unseen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.command.scanner import Scanner, default_look
from tasks.core.policies import load_policy

FOLDER = Path(__file__).parent / "variants"
POLICIES = {"en": "default", "zh": "zh"}
POSITIVES, NEGATIVES = 20, 8
WHOLE = {"UNREAD_TEXT"}
"""Kinds that stand for a whole text, not for a value in one."""
_MARKED = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True)
class Sentence:
    """A text and the places of its marked values.

    Attributes:
        text: without the marks.
        marked: start and end of each value.
    """

    text: str
    marked: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, written: str) -> Sentence:
        """Take the marks out of a sentence."""
        pieces: list[str] = []
        marked: list[tuple[int, int]] = []
        length = done = 0
        for match in _MARKED.finditer(written):
            before, value = written[done : match.start()], match[1]
            pieces += before, value
            marked.append((length + len(before), length + len(before) + len(value)))
            length += len(before) + len(value)
            done = match.end()
        return cls("".join([*pieces, written[done:]]), tuple(marked))


@dataclass(frozen=True)
class Variants:
    """One file: a kind's sentences by id, in four lists."""

    kind: str
    language: str
    found: dict[str, Sentence]
    missed: dict[str, Sentence]
    spared: dict[str, Sentence]
    overmasked: dict[str, Sentence]

    @classmethod
    def load(cls, path: Path) -> Variants:
        """Read a file."""
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        lists = {
            name: {key: Sentence.read(text) for key, text in data[name].items()}
            for name in ("found", "missed", "spared", "overmasked")
        }
        return cls(data["kind"], data["language"], **lists)


NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
VARIANTS = {name: Variants.load(FOLDER / f"{name}.yaml") for name in NAMES}


class Looker:
    """Finds what the policies mask in the end, the gate's remask included, with one scanner a language."""

    def __init__(self) -> None:
        self._scanners: dict[str, Scanner] = {}

    def masked(self, language: str, sentences: dict[str, Sentence]) -> dict[str, tuple[int, int]]:
        """How many letters and digits of the marked values are masked, and how many there are, by id."""
        if language not in self._scanners:
            self._scanners[language] = Scanner(default_look(POLICIES[language], language))
        spans = self._scanners[language].spans([one.text for one in sentences.values()])
        counted = {}
        for (key, one), found in zip(sentences.items(), spans, strict=True):
            places = {place for low, high in one.marked for place in range(low, high) if one.text[place].isalnum()}
            hidden = {place for span in found for place in range(span.start, span.end)}
            counted[key] = len(places & hidden), len(places)
        return counted


@pytest.fixture(scope="module")
def looker() -> Looker:
    return Looker()


def said(name: str, wrong: list[str], right: list[str], moves: tuple[str, str]) -> list[str]:
    """What to do about the sentences that aren't in the list where they belong; empty: all are."""
    rows = [f"{name}: {' '.join(wrong)}: {moves[0]}"] if wrong else []
    return [*rows, f"{name}: {' '.join(right)}: {moves[1]}"] if right else rows


@pytest.mark.parametrize("name", NAMES)
def test_written_values_are_masked(name: str, looker: Looker) -> None:
    variants = VARIANTS[name]
    counted = looker.masked(variants.language, variants.found | variants.missed)
    whole = {key for key, (hidden, all_of_it) in counted.items() if hidden == all_of_it}
    lost = sorted(variants.found.keys() - whole)
    gained = sorted(variants.missed.keys() & whole)
    rows = said(name, lost, gained, ("not wholly masked any more", "masked by now: move it up to 'found'"))
    assert not rows, f"{len(whole)} of {len(counted)} found. " + "; ".join(rows)


@pytest.mark.parametrize("name", NAMES)
def test_near_misses_stay(name: str, looker: Looker) -> None:
    variants = VARIANTS[name]
    counted = looker.masked(variants.language, variants.spared | variants.overmasked)
    clean = {key for key, (hidden, _) in counted.items() if not hidden}
    lost = sorted(variants.spared.keys() - clean)
    gained = sorted(variants.overmasked.keys() & clean)
    rows = said(name, lost, gained, ("masked, though nothing personal", "left alone by now: move it up to 'spared'"))
    assert not rows, f"{len(clean)} of {len(counted)} stay. " + "; ".join(rows)


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_sentences_and_each_has_its_mark(name: str) -> None:
    variants = VARIANTS[name]
    assert name == f"{variants.language}_{variants.kind.lower()}"
    lists = variants.found, variants.missed, variants.spared, variants.overmasked
    sentences = [one for each in lists for one in each.values()]
    assert len(variants.found) + len(variants.missed) >= POSITIVES
    assert len(variants.spared) + len(variants.overmasked) >= NEGATIVES
    assert len({key for each in lists for key in each}) == len(sentences) == len({one.text for one in sentences})
    assert all(one.marked and "[[" not in one.text and "]]" not in one.text for one in sentences)
    assert all(any(map(str.isalnum, one.text[low:high])) for one in sentences for low, high in one.marked)


def promised(policy: str) -> set[str]:
    """Kinds of values that a policy masks in text; ``delete`` is for columns."""
    loaded = load_policy(policy)
    return {kind for kind in loaded.text_entities if loaded.entities[kind].operator != "delete"} - WHOLE


@pytest.mark.parametrize("language", POLICIES)
def test_every_promised_kind_has_a_file(language: str) -> None:
    assert {one.kind for one in VARIANTS.values() if one.language == language} == promised(POLICIES[language])
