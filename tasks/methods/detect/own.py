"""A row's own evidence: the values of its structured columns, and the names found in it, looked for in its text.

What is found depends on the row alone, so masking stays a function of the row (the plan's fourth invariant). Values are
compared word by word, not by a pattern made for each: compiling patterns would cost more than the rest of detection.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from tasks.methods.detect.checksums import digits
from tasks.methods.detect.spans import Span
from tasks.methods.detect.words import ALSO_WORDS, LINKS

SCORE = 1.0
ECHO_SCORE = 0.65

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_HAN_NAME = re.compile(r"[\u3400-\u9fff·]+")
_FIGURES = re.compile(r"\d(?:[ ().\-/]{0,3}\d)*")
_HANDLE = re.compile(r"(?<![\w.@\-])[A-Za-z][A-Za-z0-9._\-]{3,}[A-Za-z0-9]")
_DATE = re.compile(
    r"\d{1,4}[\-/.]\d{1,2}[\-/.]\d{1,4}|\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2}"
    r"|[^\W\d_]{3,9}\.? +\d{1,2}(?:st|nd|rd|th)?,? +['’]?\d{2,4}"
    r"|\d{1,2}(?:st|nd|rd|th)?[ \-](?:of )?[^\W\d_]{3,9}\.?,?[ \-]+['’]?\d{2,4}|(?:19|20)\d{6}"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERED = frozenset(
    {
        "ACCOUNT_NUMBER", "CASE_NUMBER", "CN_RESIDENT_ID", "CREDIT_CARD", "DEVICE_ID", "DRIVERS_LICENSE",
        "HEALTH_PLAN_NUMBER", "LICENSE_NUMBER", "MEDICAL_RECORD_NUMBER", "PASSPORT", "PHONE_NUMBER", "ROUTING_NUMBER",
        "TAX_ID", "UK_NHS", "US_SSN",
    }
)  # fmt: skip
"""Kinds whose values are told by their digits."""
_WIDEST_GAP = 3
_FIELD_LIMIT = 300


class _Words:
    """The words and numbers of a text with their places, for looking up one or a sequence of them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.raw, self.starts, self.ends = [], [], []
        self.at: dict[str, list[int]] = {}
        for i, match in enumerate(_TOKEN.finditer(text)):
            self.raw.append(match.group())
            self.starts.append(match.start())
            self.ends.append(match.end())
            self.at.setdefault(match.group().casefold(), []).append(i)
        self.folded = [word.casefold() for word in self.raw]

    def sequence(self, words: list[str]) -> Iterator[tuple[int, int]]:
        """Places of ``words``, in any case, with at most three other characters between two of them."""
        for first in self.at.get(words[0], ()):
            last = first + len(words) - 1
            if last >= len(self.raw) or self.folded[first : last + 1] != words:
                continue
            if any(self.starts[i + 1] - self.ends[i] > _WIDEST_GAP for i in range(first, last)):
                continue
            start, end = self.starts[first], self.ends[last]
            if not (self._inside(start - 1) or self._inside(end)):
                yield start, end

    def _inside(self, place: int) -> bool:
        return 0 <= place < len(self.text) and self.text[place].isalnum() and self.text[place].isascii()


def own_values(text: str, values: Iterable[tuple[str, object]]) -> list[Span]:
    """The places in ``text`` where a value of the row's own columns stands.

    Found are the value in any case and with other punctuation or spacing between its words, the parts of a name with
    three letters or more, a name's initials, a number however its digits are grouped, and a date in other notations.

    Args:
        values: ``(kind, cell)`` of the row's structured columns that the policy masks.
    """
    words = _Words(text)
    spans = []
    for kind, value in values:
        spans += [
            Span(start, end, kind, SCORE, "own-column") for start, end in sorted(set(_places(words, kind, value)))
        ]
    return spans


def _places(words: _Words, kind: str, value: object) -> Iterator[tuple[int, int]]:
    if value is None or isinstance(value, bool | float):
        return
    text = str(value.date() if isinstance(value, datetime.datetime) else value).strip()[:_FIELD_LIMIT]
    date = _as_date(text)
    if date is not None:
        yield from _dates(words.text, date)
        return
    number = digits(text)
    if kind != "PERSON" and len(number) >= 7 and not any(c.isalpha() for c in text):
        yield from _numbers(words.text, number)
        return
    if len(text) >= 2 and not text.isascii():
        yield from _exact(words.text, text)
    tokens = [token.casefold() for token in _TOKEN.findall(text)]
    if tokens and len(text) >= 3:
        yield from words.sequence(tokens)
    if kind == "PERSON":
        yield from _names(words, text)
    elif kind == "ADDRESS":
        street = [token.casefold() for token in _TOKEN.findall(re.split(r"[,\n]", text)[0])]
        if 2 <= len(street) < len(tokens):
            yield from words.sequence(street)


def _names(words: _Words, name: str) -> Iterator[tuple[int, int]]:
    parts = [part for part in _TOKEN.findall(name) if part.casefold() not in LINKS]
    folded = [part.casefold() for part in parts]
    if len(parts) >= 2:
        yield from words.sequence([folded[-1], *folded[:-1]])
        yield from words.sequence([folded[-1], folded[0]])
        yield from words.sequence([folded[0][0], folded[-1]])
        initials = [part[0] for part in folded]
        for start, end in (*words.sequence(initials), *words.sequence(["".join(initials)])):
            if words.text[start:end].isupper() or not words.text[start:end].isascii():
                yield start, end
        given, *rest = (" ".join(reversed(name.split(",", 1))) if "," in name else name).split()
        for last in dict.fromkeys((_plain("".join(rest)), _plain(rest[-1]) if rest else "")):
            yield from _handles(words.text, _plain(given), last)
    for part in folded:
        if len(part) < 3:
            continue
        for i in words.at.get(part, ()):
            if part not in ALSO_WORDS or words.raw[i][0].isupper():
                yield words.starts[i], words.ends[i]


def _handles(text: str, first: str, last: str) -> Iterator[tuple[int, int]]:
    """User names made of both names: one of them whole, at least a letter of the other, then figures or none."""
    if len(first) < 2 or len(last) < 2:
        return
    for match in _HANDLE.finditer(text):
        letters = "".join(c for c in match.group().casefold() if c.isalpha())
        for one, other in ((first, last), (last, first)):
            whole = letters.startswith(one) and other.startswith(letters[len(one) :])
            short = letters.endswith(other) and one.startswith(letters[: len(letters) - len(other)])
            if len(letters) >= 5 and letters not in (one, other) and (whole or short):
                yield match.span()
                break


def _plain(name: str) -> str:
    """A name as a user name writes it: without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalpha() and c.isascii())


def echoes(text: str, spans: Iterable[Span], strong: Mapping[str, float]) -> list[Span]:
    """Other mentions of the persons found in ``text``: their whole names, and the parts of three letters or more.

    Only a name of two words or more, or one found by a detector that ``strong`` names with at least its score, is
    looked for again: a single word that a tagger took for a name would be masked everywhere.
    """
    parts: set[str] = set()
    wholes: dict[tuple[str, ...], None] = {}
    hans: dict[str, None] = {}
    for span in spans:
        value = text[span.start : span.end]
        if span.entity != "PERSON" or "\n" in value:
            continue
        if _HAN_NAME.fullmatch(value):
            if len(value) >= 3:
                hans[value] = None
            continue
        names = _TOKEN.findall(re.sub(r"['’]s\b", "", value))
        if 2 <= len(names) <= 5 or (names and span.score >= strong.get(span.detector, 2.0)):
            parts.update(name for name in names if _telling(name))
            if len(names) > 1:
                wholes[tuple(name.casefold() for name in names)] = None
    if not (parts or wholes or hans):
        return []
    parts |= {part.upper() for part in parts}
    words = _Words(text)
    places = {
        (start, end) for start, end, word in zip(words.starts, words.ends, words.raw, strict=True) if word in parts
    }
    for whole in wholes:
        places.update(words.sequence(list(whole)))
    for han in hans:
        places.update(_exact(text, han))
    return [Span(start, end, "PERSON", ECHO_SCORE, "echo") for start, end in sorted(places)]


def number_echoes(text: str, spans: Iterable[Span]) -> list[Span]:
    """Other mentions of the numbers found in ``text``, however their digits are grouped.

    A number is often told by the words beside it; said again, in another spelling, it has none. Only numbers of seven
    digits or more are looked for.
    """
    kinds: dict[str, str] = {}
    for span in spans:
        number = digits(text[span.start : span.end])
        if span.entity in _NUMBERED and len(number) >= 7:
            kinds.setdefault(number, span.entity)
    if not kinds:
        return []
    found = ((match, kinds.get(digits(match.group()))) for match in _FIGURES.finditer(text))
    return [Span(match.start(), match.end(), kind, ECHO_SCORE, "echo") for match, kind in found if kind]


def _telling(word: str) -> bool:
    folded = word.casefold()
    short = word.isupper() and len(word) <= 4
    return len(word) >= 3 and word[0].isupper() and not short and folded not in LINKS and folded not in ALSO_WORDS


def _exact(text: str, value: str) -> Iterator[tuple[int, int]]:
    """A value in a script without spaces between words, to the letter."""
    start = text.find(value)
    while start >= 0:
        yield start, start + len(value)
        start = text.find(value, start + 1)


def _numbers(text: str, number: str) -> Iterator[tuple[int, int]]:
    """The digits however they are grouped; a telephone number also without its country's code."""
    wanted = [number, number[1:]] if len(number) == 11 and number[0] == "1" else [number]
    for match in _FIGURES.finditer(text):
        places = [i for i in range(match.start(), match.end()) if text[i].isdecimal()]
        figures = digits(match.group())
        for one in wanted:
            at = figures.find(one)
            while at >= 0:
                start, end = places[at], places[at + len(one) - 1] + 1
                if not text[start - 1 : start].isdecimal() and not text[end : end + 1].isdecimal():
                    yield start, end
                at = figures.find(one, at + 1)


def _as_date(text: str) -> datetime.date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?", text):
        return None
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None


def _dates(text: str, date: datetime.date) -> Iterator[tuple[int, int]]:
    compact = f"{date:%Y%m%d}"
    years = {date.year, date.year % 100}
    for match in _DATE.finditer(text):
        written = match.group()
        figures = [int(figure) for figure in re.findall(r"\d+", written)]
        month = re.search(r"[A-Za-z]{3}", re.sub(r"\d+(?:st|nd|rd|th)", "", written))
        same = written == compact
        if month and len(figures) == 2:
            same = month.group().lower() == _MONTHS[date.month - 1] and figures[0] == date.day and figures[1] in years
        elif len(figures) == 3:
            first, second, third = figures
            same = (first == date.year and (second, third) == (date.month, date.day)) or (
                third in years and {first, second} == {date.month, date.day}
            )
        if same:
            yield match.start(), match.end()
