"""Names of people and places out of lists: what a tagger misses where a text gives it no sentence to go by.

The lists lie in ``data/`` (sources and licences in its README) and are made by ``benchmarks/gazetteer/build.py``. A
line is a mark and a name in small letters without accents. The mark says how far the name alone can be trusted:

========  ==========================================================================================
``-``     no word of English: a name wherever it has a capital
``r``     a rare word as well, or of three letters: a name where the words beside it agree
``w``     a common word as well ("will", "reading"): a name only as a part of one
``L``     a place so well known that it is found in small letters too
========  ==========================================================================================
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, a list of words better than a thousand quotes.
from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import regex

from tasks.methods.detect.rules import Function
from tasks.methods.detect.words import NEVER_NAMES, NEVER_SURNAMES

_DATA = Path(__file__).with_name("data")
_WORD = regex.compile(r"[^\W\d_]++(?:['’\-][^\W\d_]++)*+")
_LINKS = frozenset("de da do dos das del della di la le van von der den bin ibn al el y e af zu ter ten".split())
_LONGEST = 5
_MARKS = "@#_"
_FIRM = regex.compile(
    r"(?<![\p{L}\p{N}])[^\W\d_]{2,20}+(?:-[^\W\d_]{2,20}+|(?:,[ ][^\W\d_]{2,20}+){1,3}+,?[ ](?:and|&)[ ][^\W\d_]{2,20}+)(?![\p{L}\p{N}])"
)
"""Family names in a row, as partners put them on their door: "Marsh, Okafor and Lind", "Ortega-Flynn"."""

Found = list[tuple[int, int, float]]


@cache
def listed(name: str) -> Mapping[str, str]:
    """The list ``data/NAME.txt.gz``: each name with its mark."""
    lines = gzip.decompress((_DATA / f"{name}.txt.gz").read_bytes()).decode().split("\n")
    return {line[1:]: line[0] for line in lines if line}


def plain(word: str) -> str:
    """A word as the lists write it: small letters, no accents, no possessive.

    >>> plain("Zoë's"), plain("D’Angelo")
    ('zoe', "d'angelo")
    """
    folded = word.lower().replace("’", "'").removesuffix("'s")
    if folded.isascii():
        return folded
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))


class _Text:
    """The words of a text with their places and their plain forms."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]
        self.plain = [plain(word) for word, _, _ in self.words]

    def joined(self, i: int) -> bool:
        """Whether word ``i + 1`` follows word ``i`` on the same line, after a blank or two."""
        if i + 1 >= len(self.words):
            return False
        gap = self.text[self.words[i][2] : self.words[i + 1][1]]
        return 0 < len(gap) <= 2 and not gap.strip(" \t")

    def capital(self, i: int) -> bool:
        return self.words[i][0][0].isupper()

    def inside(self, i: int) -> bool:
        """Whether word ``i`` is part of a handle, an address on the network or a number."""
        _, start, end = self.words[i]
        before, after = self.text[start - 1 : start], self.text[end : end + 2]
        return (
            before.isdigit() or (before != "" and before in _MARKS + "/\\") or (before == "." and self.text[start - 2 : start - 1].isalnum())
            or (after[:1] != "" and after[0] in _MARKS) or after[:1].isdigit() or (after[:1] == "." and after[1:].isalnum())
        )  # fmt: skip

    def midway(self, i: int) -> bool:
        """Whether word ``i`` stands within a sentence: a blank or a comma parts it from a small word."""
        if i == 0:
            return False
        word, _, end = self.words[i - 1]
        gap = self.text[end : self.words[i][1]]
        return word[-1].islower() and gap in (" ", ", ")


def names(text: str) -> Found:
    """``(start, end, score)`` of persons by the names of the lists.

    A first name without another meaning is enough where it has a capital; it takes the family name behind it along. A
    first name that is a word as well needs a family name that isn't. In small letters both must be listed and neither
    a word.
    """
    given, family = listed("given"), listed("surnames")
    read = _Text(text)
    found: Found = []
    i = 0
    while i < len(read.words):
        mark = given.get(read.plain[i])
        if (mark is None and read.plain[i] not in family) or read.inside(i) or read.plain[i] in NEVER_SURNAMES:
            i += 1
            continue
        last, score = _person(read, i, mark, given, family)
        if last >= i:
            end = read.words[last][2]
            if read.words[last][0].endswith(("'s", "’s")):
                end -= 2
            found.append((read.words[i][1], end, score))
        i = max(i, last) + 1
    return found


def _person(
    read: _Text, i: int, mark: str | None, given: Mapping[str, str], family: Mapping[str, str]
) -> tuple[int, float]:
    """The last word of the name that begins with word ``i``, and its score; a smaller number where none begins."""
    word = read.words[i][0]
    if not read.capital(i):
        trusted = mark == "-" and len(word) >= 4
        after = i + 1 if read.joined(i) else -1
        if trusted and after > 0 and family.get(read.plain[after]) == "-" and len(read.plain[after]) >= 4:
            return after, 0.55
        return (i, 0.45) if trusted and len(word) >= 5 else (-1, 0.0)
    last, surname = _family(read, i, given, family)
    if mark == "-":
        return last, 0.75 if surname else 0.5
    if mark is not None and last > i and surname and (mark == "r" or surname in "-r"):
        return last, 0.6
    if mark == "r" and len(word) >= 3 and (read.midway(i) or last > i) and not word.isupper():
        return last, 0.45
    if family.get(read.plain[i]) == "-" and read.midway(i) and len(word) >= 4 and not word.isupper():
        return i, 0.4
    return -1, 0.0


def _family(read: _Text, i: int, given: Mapping[str, str], family: Mapping[str, str]) -> tuple[int, str]:
    """The last word of a name whose first is word ``i``, and the mark of its family name, ``""`` if it isn't listed."""
    last, surname, at = i, "", i
    shouted = read.words[i][0].isupper() and len(read.words[i][0]) > 1
    for _ in range(4):
        step = at + 1
        if step >= len(read.words):
            break
        word, start, _ = read.words[step]
        gap = read.text[read.words[at][2] : start]
        if gap.strip(" \t") not in ("", ".") or not 0 < len(gap) <= 2 or (gap[0] == "." and len(read.words[at][0]) > 1):
            break
        if word in _LINKS and at == last:
            at = step
            continue
        folded = read.plain[step]
        if not word[0].isupper() or folded in NEVER_SURNAMES or read.inside(step):
            break
        initial = len(word) == 1 and word != "I"
        mark = family.get(folded, given.get(folded, ""))
        if not initial and not mark and (len(word) < 3 or word.isupper() != shouted):
            break
        at = last = step
        surname = surname or mark
        if word.endswith(("'s", "’s")):
            break
    return last, surname


def places(text: str) -> Found:
    """``(start, end, score)`` of countries, regions and cities of the lists, the longest first.

    Every word needs a capital, but for the places marked ``L``. A city whose name is a word is found after a word such
    as "in", or before a comma and another place.
    """
    cities, regions = listed("cities"), listed("regions")
    read = _Text(text)
    found: Found = []
    i = 0
    while i < len(read.words):
        step = 1
        if not read.inside(i):
            phrase, best = "", (0, "")
            for last in range(i, min(i + _LONGEST, len(read.words))):
                if last > i and not read.joined(last - 1):
                    break
                phrase = f"{phrase} {read.plain[last]}" if phrase else read.plain[last]
                mark = regions.get(phrase) or cities.get(phrase)
                if mark and (
                    mark == "L" or all(read.capital(j) or read.words[j][0] in _LINKS for j in range(i, last + 1))
                ):
                    best = (last, mark)
            last, mark = best
            if (
                mark
                and (mark in "-L" or _placed(read, i, last))
                and (last > i or (len(read.plain[i]) >= 4 and read.plain[i] not in NEVER_NAMES))
            ):
                end = read.words[last][2] - 2 * read.words[last][0].endswith(("'s", "’s"))
                found.append((read.words[i][1], end, 0.6 if mark == "L" else 0.45))
                step = last - i + 1
        i += step
    return found


_BEFORE = frozenset("in from to near at of outside visit visited visiting toward towards around via".split())


def _placed(read: _Text, first: int, last: int) -> bool:
    if not all(read.capital(j) for j in range(first, last + 1)):
        return False
    if first and read.plain[first - 1] in _BEFORE and read.joined(first - 1):
        return True
    if last + 1 >= len(read.words):
        return False
    gap = read.text[read.words[last][2] : read.words[last + 1][1]]
    return gap.strip() == "," and (
        listed("regions").get(read.plain[last + 1], "") != "" or read.words[last + 1][0].isupper()
    )


def firms(text: str) -> Found:
    """``(start, end, score)`` of firms named after their partners: two or more of the names must be listed."""
    family = listed("surnames")
    found = []
    for match in _FIRM.finditer(text):
        parts = [word for word in regex.split(r"[,\- ]+", match.group()) if word not in ("and", "&")]
        marks = [family.get(plain(word), "") for word in parts]
        if all(word[0].isupper() for word in parts):
            good = all(marks) and any(mark in "-r" for mark in marks)
        else:
            good = all(marks) and marks.count("-") >= max(2, len(marks) - 1)
        if good and not any(word.lower() in NEVER_SURNAMES for word in parts):
            found.append((*match.span(), 0.5))
    return found


RULES = (Function("PERSON", names), Function("LOCATION", places), Function("ORGANIZATION", firms))
"""Rules of the detector ``airlock-gazetteer``."""
