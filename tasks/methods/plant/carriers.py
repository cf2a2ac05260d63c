"""The sentences that a value of a kind may stand in, by language, and the value put into one."""

from __future__ import annotations

import random
from types import ModuleType

from tasks.methods.plant import carriers_en, carriers_zh
from tasks.methods.plant.value import Value
from tasks.methods.sample import names, zh_names
from tasks.methods.sample.grammar import Piece, Slots, render

_SETS = ("PEOPLE", "PLACES", "CONTACTS", "TIMES", "REGISTERS", "MONEY", "THINGS")


def _read(module: ModuleType) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in _SETS:
        for block in getattr(module, name).strip().split("\n\n"):
            kind, *lines = block.split("\n")
            found[kind] = tuple(line.replace("\\n", "\n") for line in lines)
    return found


CARRIERS: dict[str, dict[str, tuple[str, ...]]] = {"en": _read(carriers_en), "zh": _read(carriers_zh)}
"""By language and kind, templates with ``{v}`` where the value stands."""


def carry(rng: random.Random, language: str, value: Value) -> tuple[str, int]:
    """A sentence, drawn uniformly, with the value in it.

    Returns:
        the text, and where in it the value begins.
    """
    template = rng.choice(CARRIERS[language][value.entity])
    slots: Slots = {
        "v": (Piece(value.before), Piece(value.text, value.entity), Piece(value.after)),
        "last": lambda r: _last(r, language),
    }
    pieces = render(template, slots, rng)
    at = next(i for i, piece in enumerate(pieces) if piece.entity)
    return "".join(piece.text for piece in pieces), sum(len(piece.text) for piece in pieces[:at])


def _last(rng: random.Random, language: str) -> str:
    return names.draw(rng).last if language == "en" else zh_names.draw(rng).calling
