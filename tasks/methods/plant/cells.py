"""What stands in the other columns of a planted row.

They are filled apart from the text: a planted value never stands in a column of its own row, so that masking has to
find it by what the text says.
"""

from __future__ import annotations

import datetime
import random
from typing import Any

from tasks.methods.plant.kinds import FORMATS
from tasks.methods.sample import dates, numbers

_LAST = datetime.date(2025, 12, 31)


def cell(rng: random.Random, language: str, kind: str, type_: str, low: float | None, high: float | None) -> Any:
    """A plausible cell of a structured column, or ``None`` where its kind says nothing about its content.

    Args:
        rng: where the draws come from.
        language: of the record.
        kind: of the column.
        type_: its declared type.
        low: its public lower bound, where one is declared.
        high: its public upper bound, where one is declared.
    """
    match type_:
        case "string":
            formats = FORMATS[language].get(kind)
            return formats[0].make(rng) if formats else None
        case "date":
            return _day(rng, kind)
        case "datetime":
            noon = datetime.time(rng.randint(0, 23), rng.randint(0, 59), tzinfo=datetime.UTC)
            return datetime.datetime.combine(_day(rng, kind), noon)
        case "boolean":
            return rng.random() < 0.5
        case "integer":
            return _integer(rng, language, kind, low, high)
        case "number":
            if low is not None and high is not None:
                return rng.uniform(low, high)
            return numbers.money(rng, 10, 9000)
    raise ValueError(f"no such type: {type_}")


def _integer(rng: random.Random, language: str, kind: str, low: float | None, high: float | None) -> int:
    if low is not None and high is not None:
        return rng.randint(round(low), round(high))
    if kind == "AGE":
        return rng.randint(18, 96)
    formats = FORMATS[language].get(kind)
    written = "".join(c for c in formats[0].make(rng) if c in "0123456789") if formats else ""
    return int(written[:18]) if written else rng.randint(1, 900)


def _day(rng: random.Random, kind: str) -> datetime.date:
    if kind == "DATE_OF_BIRTH":
        return dates.between(rng, datetime.date(1931, 1, 1), datetime.date(2007, 12, 31))
    return dates.between(rng, datetime.date(2012, 1, 1), _LAST)
