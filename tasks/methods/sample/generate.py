"""Records of a domain, one after the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tasks.core.errors import UserError
from tasks.methods.sample import (
    finance,
    government,
    healthcare,
    person,
    zh_finance,
    zh_government,
    zh_healthcare,
    zh_person,
)
from tasks.methods.sample.grammar import Doc, Piece, join
from tasks.methods.sample.leaks import planted
from tasks.methods.sample.noise import slips
from tasks.methods.sample.record import ENTITIES, Column, Record, Span
from tasks.methods.sample.stream import place, stream

DOMAINS = ("healthcare", "finance", "government")
LANGUAGES = ("en", "zh")
MISSING = {"phone": 0.03, "email": 0.08, "address": 0.02}
"""Columns that are empty in a share of people's records."""


@dataclass(frozen=True)
class _Maker:
    columns: tuple[Column, ...]
    person: Callable[[str, int], Any]
    compose: Callable[[Any, int, random.Random], tuple[dict[str, object], Doc]]


_MAKERS = {
    ("healthcare", "en"): _Maker(healthcare.COLUMNS, person.make, healthcare.compose),
    ("finance", "en"): _Maker(finance.COLUMNS, person.make, finance.compose),
    ("government", "en"): _Maker(government.COLUMNS, person.make, government.compose),
    ("healthcare", "zh"): _Maker(healthcare.COLUMNS, zh_person.make, zh_healthcare.compose),
    ("finance", "zh"): _Maker(finance.COLUMNS, zh_person.make, zh_finance.compose),
    ("government", "zh"): _Maker(zh_government.COLUMNS, zh_person.make, zh_government.compose),
}


def columns(domain: str, lang: str = "en") -> list[Column]:
    """The declared columns of a domain, in the order of a record's fields after ``id``.

    The record's ``id`` names it in the gold file; it isn't declared, so the pipeline doesn't read it.

    Raises:
        UserError: there is no such domain or language.
    """
    return list(_maker(domain, lang).columns)


def records(domain: str, rows: int, lang: str = "en", seed: int = 0, planted_leaks: int = 0) -> Iterator[Record]:
    """Yield ``rows`` records, each a function of (domain, lang, seed, its index) alone.

    Memory doesn't grow with ``rows``: people are made anew from their ordinal for each of their records.

    Args:
        domain: ``healthcare``, ``finance`` or ``government``.
        rows: how many records.
        lang: ``en`` or ``zh``.
        seed: another seed gives other people and texts.
        planted_leaks: that many records, evenly spread, get a line more with an identifying value in a disguised form
            (see :mod:`tasks.methods.sample.leaks`). It is gold too.

    Raises:
        UserError: an argument out of range, before the first record.
    """
    maker = _maker(domain, lang)
    if rows < 1:
        raise UserError("sample: rows must be at least 1")
    if not 0 <= planted_leaks <= rows:
        raise UserError("sample: planted leaks must be between 0 and the number of rows")
    return _records(maker, f"{domain}/{lang}/{seed}", lang, rows, planted_leaks)


def is_first(domain: str, lang: str, seed: int, index: int) -> bool:
    """Whether the record is its person's first one: the number of such records is the number of people."""
    return place(f"{domain}/{lang}/{seed}", index)[1] == 0


def _maker(domain: str, lang: str) -> _Maker:
    if domain not in DOMAINS:
        raise UserError(f"sample: domain must be one of {', '.join(DOMAINS)}")
    if lang not in LANGUAGES:
        raise UserError(f"sample: lang must be one of {', '.join(LANGUAGES)}")
    return _MAKERS[domain, lang]


def _records(maker: _Maker, key: str, lang: str, rows: int, leaks: int) -> Iterator[Record]:
    planted_so_far = 0
    for index in range(rows):
        leak = None
        # The middle of each of `leaks` equal stretches of rows.
        if planted_so_far < leaks and index == (2 * planted_so_far + 1) * rows // (2 * leaks):
            leak = planted(stream(key, "leak", planted_so_far), lang, planted_so_far)
            planted_so_far += 1
        yield _record(maker, key, lang, index, leak)


def _record(maker: _Maker, key: str, lang: str, index: int, leak: list[Piece] | None) -> Record:
    ordinal, visit, _ = place(key, index)
    rng = stream(key, "record", index)
    drawn, doc = maker.compose(maker.person(key, ordinal), visit, rng)
    pieces = doc.pieces
    if lang == "en" and rng.random() < 0.2:
        pieces = slips(pieces, rng)
    text, text_spans = join(pieces + (leak or []))
    absent = stream(key, "missing", ordinal)
    missing = {name for name, share in MISSING.items() if absent.random() < share}
    drawn["text"] = text
    fields: dict[str, object] = {"id": f"{stream(key, 'record id', index).getrandbits(32):08x}-{index:07d}"}
    fields |= {c.name: None if c.name in missing else drawn[c.name] for c in maker.columns}
    spans = {c.name: [Span(0, len(str(fields[c.name])), c.kind)]
             for c in maker.columns if c.kind in ENTITIES and fields[c.name] is not None}  # fmt: skip
    return Record(fields, spans | {"text": text_spans})
