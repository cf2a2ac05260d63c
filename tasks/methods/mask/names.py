"""Whom a written name means: names folded for comparison, and the mentions of one person within a document."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
POSSESSIVE = re.compile(r"(?<=\w)(?:['’]s|(?<=s)['’])$", re.IGNORECASE)
TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor doctor sir madam rev reverend hon judge officer nurse".split()  # noqa: SIM905
)
SUFFIXES = frozenset("jr sr ii iii iv md phd rn esq dds cpa do np".split())  # noqa: SIM905
HAN_TITLES = tuple("先生 女士 小姐 太太 医生 医师 大夫 护士 老师 教授 经理 主任 律师 同志 阿姨 叔叔".split())  # noqa: SIM905
_MOST_NAMESAKES = 50
"""With more bearers of a surname in one document, only equal names are the same person: looking further would take
time that grows with the square of their number."""
_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True)
class Name:
    """A name folded: case, spacing, accents, titles, suffixes and the possessive don't count.

    Attributes:
        words: given name first, surname last; a Han name is one word.
        han: whether it is written in Han characters.
    """

    words: tuple[str, ...]
    han: bool = False

    @property
    def key(self) -> str:
        """The name without middle initials.

        >>> parse("LOPEZ, Maria C.").key
        'maria lopez'
        """
        middle = [word for word in self.words[1:-1] if len(word) > 1]
        return " ".join([self.words[0], *middle, *self.words[1:][-1:]])

    @property
    def full(self) -> bool:
        """Whether it has a given name and a surname."""
        return len(self.words) > 1 or (self.han and len(self.words[0]) > 1)


def fold(word: str) -> str:
    """A word without case and accents."""
    plain = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def parse(text: str) -> Name | None:
    """The name in a mention; ``None`` where there is no letter.

    >>> parse("Ms. Lopez's").words, parse("Lopez, Maria").words, parse("张伟先生").words
    (('lopez',), ('maria', 'lopez'), ('张伟',))
    """
    text = POSSESSIVE.sub("", unicodedata.normalize("NFKC", text).strip())
    if _HAN.search(text):
        han = "".join(_HAN.findall(text))
        for title in HAN_TITLES:
            if len(han) > len(title):
                han = han.removesuffix(title)
        return Name((han,), han=True)
    before, comma, after = text.partition(",")
    first = [fold(word) for word in WORD.findall(after)]
    words = [fold(word) for word in WORD.findall(before)]
    if comma and not set(first) <= SUFFIXES:
        words = first + words
    kept = [word for word in words if word not in TITLES]
    while len(kept) > 1 and kept[-1] in SUFFIXES:
        kept.pop()
    kept = kept or words
    return Name(tuple(kept)) if kept else None


@dataclass(eq=False)
class _Person:
    """A person and the full names under which the document knows them."""

    key: str
    mentions: list[Name] = field(default_factory=list)
    words: set[str] = field(default_factory=set)


def persons(mentions: Sequence[tuple[str, bool]]) -> dict[str, str]:
    """Which person each mention in a document means.

    Full names are persons: two are the same where surname, given name (or its initial) and what there is of middle
    names agree. A lone word or surname with title is the one person who bears it; where several or none do, it
    stands for itself. A table's cell names its person before the text does.

    Args:
        mentions: the written name, and whether it is a cell.

    Returns:
        from the written name to the person's key, which is equal for equal full names in other documents.

    >>> persons([("Maria Lopez", False), ("Ms. Lopez's", False), ("Bob", False)])
    {'Maria Lopez': 'maria lopez', "Ms. Lopez's": 'maria lopez', 'Bob': 'bob'}
    """
    parsed: dict[str, Name] = {}
    cells: set[str] = set()
    for text, cell in mentions:
        if text not in parsed and (name := parse(text)) is not None:
            parsed[text] = name
        if cell:
            cells.add(text)
    names: dict[Name, bool] = {}
    for text, name in parsed.items():
        names[name] = names.get(name, False) or (text in cells and name.full)
    order = sorted(names, key=lambda name: (not names[name], -_strength(name)))  # equal ones as in the text
    known = _Known()
    person_of = {name: known.person(name).key for name in order}
    return {text: person_of[name] for text, name in parsed.items()}


class _Known:
    """The persons of a document so far, found by the words that a mention must share with them."""

    def __init__(self) -> None:
        self._by_key: dict[str, _Person] = {}
        self._by_word: dict[str, list[_Person]] = {}

    def person(self, name: Name) -> _Person:
        """The one person a name may mean, else a person of its own."""
        shared = self._by_word.get(name.words[0][0] if name.han else name.words[-1], [])
        same = [person for person in shared if _is(name, person)] if len(shared) <= _MOST_NAMESAKES else []
        found = same[0] if len(same) == 1 else self._by_key.get(name.key)
        if found is None:
            found = self._by_key[name.key] = _Person(name.key)
        if name.full and name not in found.mentions:
            found.mentions.append(name)
            words = {name.words[0][0]} if name.han else set(name.words)
            for word in words - found.words:
                self._by_word.setdefault(word, []).append(found)
            found.words |= words
        return found


def _strength(name: Name) -> int:
    return len(name.words[0]) if name.han else 10 * sum(len(word) > 1 for word in name.words) + len(name.words)


def _is(name: Name, person: _Person) -> bool:
    """Whether a name may mean a person: a full name agrees with every full mention so far, a lone word with one."""
    agrees = [_agree(name, mention) for mention in person.mentions]
    return all(agrees) if name.full else any(agrees)


def _agree(name: Name, other: Name) -> bool:
    if name.han != other.han:
        return False
    if name.han:
        short, long = sorted((name.words[0], other.words[0]), key=len)
        return short == long or (len(short) == 1 and long.startswith(short))
    if len(name.words) == 1 or len(other.words) == 1:
        one, many = (name, other) if len(name.words) == 1 else (other, name)
        return one.words[0] in many.words
    if name.words[-1] != other.words[-1] or not _initial(name.words[0], other.words[0]):
        return False
    few, more = sorted((name.words[1:-1], other.words[1:-1]), key=len)
    return all(any(_initial(word, candidate) for candidate in more) for word in few)


def _initial(one: str, other: str) -> bool:
    """Whether two words are equal or one is the other's first letter."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) == 1 and long.startswith(short))
