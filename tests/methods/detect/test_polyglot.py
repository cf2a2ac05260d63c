from __future__ import annotations

from collections.abc import Sequence

from tasks.methods.detect.polyglot import UNREAD, Polyglot
from tasks.methods.detect.spans import Span


class Recorder:
    """Marks the first character of every text with its language's name."""

    def __init__(self, language: str) -> None:
        self.language, self.own = language, []

    def find(self, texts: Sequence[str | None], own: object = None) -> list[list[Span]]:
        self.own.append(own)
        return [[Span(0, 1, self.language.upper(), 1.0, "recorder")] for _ in texts]


def language_of(text: str) -> str:
    return {"H": "en", "你": "zh", "B": "fr"}.get(text[0], "en")


def test_each_text_goes_to_its_languages_masker_and_back_to_its_place() -> None:
    made: dict[str, Recorder] = {}
    finder = Polyglot(["en", "zh"], lambda name: made.setdefault(name, Recorder(name)), language_of)
    own = [[("PERSON", str(i))] for i in range(6)]
    found = finder.find(["你好", "Hello", None, "12", " ", "Bonjour à tous"], own)
    assert [[span.entity for span in spans] for spans in found] == [["ZH"], ["EN"], [], ["EN"], [], [UNREAD]]
    assert made["en"].own == [[own[1], own[3]]] and made["zh"].own == [[own[0]]]
    assert (found[5][0].start, found[5][0].end) == (0, len("Bonjour à tous"))


def test_a_masker_is_made_when_its_first_text_comes() -> None:
    made: list[str] = []

    def make(name: str) -> Recorder:
        made.append(name)
        return Recorder(name)

    finder = Polyglot(["en", "zh"], make, language_of)
    finder.find(["Hello"])
    finder.find(["Hi", "Hello"])
    assert made == ["en"]
