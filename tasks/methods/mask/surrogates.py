"""Surrogates: another value of the same kind, the same for the same person, drawn under the mask key.

Names, streets, towns and firms come from Faker's lists for the policy's locale, numbers and codes from
:mod:`tasks.methods.mask.reserved`. What is drawn depends on the key, the kind and the normalised value; how it is
written follows the mention, so that the same number with and without dashes gets the same digits only as far as its
normal form is the same.
"""

from __future__ import annotations

import datetime
import functools
import re
from typing import Any

from faker import Faker
from faker.config import AVAILABLE_LOCALES

from tasks.core.errors import UserError
from tasks.methods.mask.dates import move_written
from tasks.methods.mask.document import Document
from tasks.methods.mask.keyed import Draw, MaskKey
from tasks.methods.mask.names import HAN_TITLES, POSSESSIVE, SUFFIXES, TITLES, WORD, fold
from tasks.methods.mask.reserved import RULES, scramble

_DATES: dict[str, tuple[datetime.date, datetime.date]] = {
    "DATE_OF_BIRTH": (datetime.date(1940, 1, 1), datetime.date(2005, 12, 31)),
    "DATE": (datetime.date(2005, 1, 1), datetime.date(2024, 12, 31)),
}
"""From when to when surrogate dates lie: public constants, nothing of the old date stays but how it is written."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_MOST_TRIES = 100


class Surrogates:
    """Makes surrogates of one kind.

    Formal guarantees:
        A surrogate is a function of the key, the kind, the identity of the value in its document and the way it is
        written. It never equals the value it replaces, in whatever case or spacing, nor a word of a replaced name.
        Different persons may get the same surrogate.

    Args:
        key: the mask key.
        kind: the kind.
        locale: where names and places come from.
        day_first: whether 3/4 is the third of April.
        tag: stands in the place of what can't be read.

    Raises:
        UserError: where Faker has no such locale.
    """

    def __init__(self, key: MaskKey, kind: str, locale: str, tag: str, day_first: bool = False) -> None:
        if locale not in AVAILABLE_LOCALES:
            raise UserError(f"policy: the surrogates of {kind} have locale {locale}, which Faker doesn't know")
        self._key, self._kind, self._tag, self._day_first = key, kind, tag, day_first
        self._locale = locale
        self._remembered = functools.lru_cache(maxsize=1 << 14)(self._text)

    def text(self, value: str, document: Document) -> str:
        """The surrogate of a written value."""
        if not any(c.isalnum() for c in value):
            return self._tag if value.strip() else value
        return self._remembered(value, document.identity(self._kind, value, self._day_first))

    def _text(self, value: str, identity: str) -> str:
        for attempt in range(_MOST_TRIES):
            draw = self._key.draw("surrogate", self._kind, identity, str(attempt))
            made = self._made(draw, value, identity)
            if made is None:
                break
            if _loose(made) != _loose(value):
                return made
        return self._tag

    def date(self, value: datetime.date, document: Document) -> datetime.date:
        """The surrogate of a date cell."""
        return datetime.date.fromisoformat(self.text(value.isoformat(), document))

    def _made(self, draw: Draw, value: str, identity: str) -> str | None:
        if self._kind == "PERSON":
            return _person(draw, value, identity, self._locale)
        if self._kind in _DATES:
            low, high = _DATES[self._kind]
            day = low + datetime.timedelta(days=draw.below((high - low).days + 1))
            found = move_written(value, lambda _: day, 0, self._day_first)
            return None if found is None or re.fullmatch(r"\s*\d{4}\s*", value) else found
        if self._kind in RULES:
            return RULES[self._kind](draw, value)
        made = _from_faker(self._kind, draw, "zh_CN" if _HAN.search(value) else self._locale)
        return made if made is not None else scramble(draw, value)


def _from_faker(kind: str, draw: Draw, locale: str) -> str | None:
    faker = _faker(locale)
    faker.seed_instance(draw.below(1 << 60))
    if kind == "ADDRESS":
        return " ".join(faker.street_address().split())
    if kind == "LOCATION":
        return faker.city()
    if kind == "ORGANIZATION":
        return faker.company()
    if kind == "USERNAME":
        return f"user{draw.digits(8)}"
    return None


def _person(draw: Draw, mention: str, identity: str, locale: str) -> str:
    """A mention of a person with the surrogate's names in the places of theirs."""
    if _HAN.search(identity):
        return _han(draw, mention, identity)
    possessive = match.group() if (match := POSSESSIVE.search(mention)) else ""
    core = mention.removesuffix(possessive) if possessive else mention
    words = identity.split()
    names = _lists("en_US" if locale.startswith("zh") else locale)
    given = _given(names, words[0], draw)
    last = _other(names["last"], words, draw)
    middle = [_other(given, words, draw) for _ in range(4)]
    first = _other(given, words, draw)
    position = 0

    def another(match: re.Match[str]) -> str:
        nonlocal position
        word = fold(match.group())
        if word in TITLES or word in SUFFIXES:
            return match.group()
        if len(words) == 1:
            new = first if word in names["known"] else last
        elif word == words[-1]:
            new = last
        elif word == words[0] or (len(word) == 1 and words[0].startswith(word) and position == 0):
            new = first
        else:
            new = middle[position % len(middle)]
        position += 1
        return _as(match.group(), new)

    return WORD.sub(another, core) + possessive


def _han(draw: Draw, mention: str, identity: str) -> str:
    names = _lists("zh_CN")
    last = _other(names["last"], [identity[:1], identity[:2]], draw)
    given = _other(names["male"] if draw.below(2) else names["female"], [identity[1:], identity[2:]], draw)
    title = next((title for title in HAN_TITLES if mention.endswith(title) and mention != title), "")
    written = mention.removesuffix(title).strip()
    return (last if len(written) == 1 else last + given) + title


def _given(names: dict[str, Any], word: str, draw: Draw) -> list[str]:
    """The list of given names that fits a given name: by its usual gender, or one of both where that isn't plain."""
    male, female = word in names["male_known"], word in names["female_known"]
    if male != female:
        return names["male"] if male else names["female"]
    return names["male"] if draw.below(2) else names["female"]


def _other(options: list[str], words: list[str], draw: Draw) -> str:
    """One of the options that is none of the words."""
    start = draw.below(len(options))
    return next(option for i in range(len(options)) if fold(option := options[(start + i) % len(options)]) not in words)


def _as(old: str, new: str) -> str:
    """``new`` in the capitals of ``old``; its first letter where ``old`` is an initial."""
    if len(old) == 1:
        new = new[:1]
    if old.isupper() and (len(old) > 1 or old.isupper()):
        return new.upper()
    return new.lower() if old.islower() else new


@functools.lru_cache(maxsize=8)
def _faker(locale: str) -> Faker:
    return Faker(locale, use_weighting=False)


@functools.lru_cache(maxsize=8)
def _lists(locale: str) -> dict[str, Any]:
    """A locale's names: given names by gender, surnames, and the same folded for looking up."""
    (factory,) = _faker(locale).factories
    provider = next(p for p in factory.providers if hasattr(p, "last_names") and hasattr(p, "first_names"))
    both = list(provider.first_names)
    male = list(getattr(provider, "first_names_male", both))
    female = list(getattr(provider, "first_names_female", both))
    folded = {fold(name) for name in male}, {fold(name) for name in female}
    return {
        "male": male,
        "female": female,
        "last": list(provider.last_names),
        "male_known": folded[0],
        "female_known": folded[1],
        "known": folded[0] | folded[1],
    }


def _loose(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
