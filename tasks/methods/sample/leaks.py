"""Identifying values written so that a plain masker passes over them.

People space out digits, type them full-width or paste them with invisible characters. A card's Luhn digit, a resident
id's check character and the word before the number still give them away to a checker that normalises what it reads.
The value belongs to none of the record's own columns.
"""

from __future__ import annotations

import random

from tasks.methods.sample import numbers, zh_numbers
from tasks.methods.sample.grammar import Piece

_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def disguise(rng: random.Random, value: str) -> str:
    """Write ``value`` with spaced, full-width or invisibly parted digits."""
    bare = "".join(c for c in value if c.isalnum())
    style = rng.choice(("spaced", "wide", "hidden"))
    if style == "spaced":
        return " ".join(bare)
    if style == "wide":
        return " ".join(bare.translate(_WIDE))
    return "\u200b \u200b".join(bare)


def planted(rng: random.Random, lang: str, number: int) -> list[Piece]:
    """The pieces to append to a text as its planted leak ``number``."""
    if lang == "zh":
        card = zh_numbers.union_card(rng)
        resident = zh_numbers.resident_id(rng, "330106", zh_numbers.any_birthday(rng), "f")
        value, entity = ((card, "CREDIT_CARD"), (resident, "CN_RESIDENT_ID"))[number % 2]
        lead = ("备注：家属代付银行卡号 ", "备注：陪同人身份证号 ")[number % 2]
    else:
        value, entity = ((numbers.card(rng), "CREDIT_CARD"), (numbers.ssn(rng), "US_SSN"))[number % 2]
        lead = ("Note: caller read out another credit card, ", "Note: spouse's social security number (SSN) is ")[
            number % 2
        ]
    return [Piece("\n" + lead), Piece(disguise(rng, value), entity)]
