"""The slips of people who type in a hurry: misspellings, never inside a value that is gold."""

from __future__ import annotations

import random
import re

from tasks.methods.sample.grammar import Piece

_SLIPS = {
    "received": "recieved", "definitely": "definately", "their": "thier", "because": "becuase", "tomorrow": "tommorow",
    "until": "untill", "separate": "seperate", "appointment": "appoinment", "patient": "pateint", "occurred": "occured",
    "medication": "medicaton", "payment": "paymnet", "account": "acount", "address": "adress", "business": "buisness",
    "previous": "prevous", "which": "wich", "company": "comapny", "charged": "chraged", "immediately": "immediatly",
    "please": "pls", "necessary": "neccessary", "believe": "beleive", "statement": "statment", "income": "incom",
    "application": "aplication", "household": "houshold", "weeks": "wks", "with": "w/", "without": "w/o", "again": "agian",
    "about": "abuot", "through": "thru", "family": "famly", "pressure": "presure", "reported": "reprted", "though": "tho",
}  # fmt: skip
_WORD = re.compile(r"[a-z]{4,}")


def slips(pieces: list[Piece], rng: random.Random, rate: float = 0.05) -> list[Piece]:
    """Misspell known words at six times ``rate`` and swap two letters of others at a tenth of it."""

    def slip(match: re.Match[str]) -> str:
        word = match.group()
        r = rng.random()
        if word in _SLIPS:
            return _SLIPS[word] if r < 6 * rate else word
        if r < rate / 10:
            at = rng.randint(1, len(word) - 2)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word

    return [p if p.entity else Piece(_WORD.sub(slip, p.text)) for p in pieces]
