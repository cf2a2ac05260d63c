"""What each person brings to a statistic: their cells on the public grid, at most as many as the cap."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tasks.core.errors import UserError
from tasks.methods.numeric.grid import Grid
from tasks.methods.numeric.stream import encoded


def contributions(cells: Iterable[tuple[str, Any]], grid: Grid, max_rows: int, rank_key: bytes) -> list[int]:
    """Grid points that count, in steps: for each person at most ``max_rows``; empty cells count for nothing.

    Of more, those with the smallest keyed hashes count, so that the choice hangs on the person's own cells and not on
    their order. Memory grows with the number of people and their different values.

    Args:
        cells: a person's ``unit_id`` and a cell, a pair a row.
        grid: public bounds and granularity.
        max_rows: the cap.
        rank_key: decides the choice.

    Formal guarantees:
        One person changes the multiset that comes out by at most ``max_rows`` members more or fewer.

    Raises:
        UserError: where a row has no person, or a cell is no number.
    """
    people: dict[str, Counter[int]] = {}
    for unit, cell in cells:
        if not unit:
            raise UserError(
                "a statistic that counts people needs to know whose a row is: declare a column with role person"
            )
        index = grid.index(cell)
        if index is not None:
            people.setdefault(unit, Counter())[index] += 1
    counted: list[int] = []
    for unit, values in people.items():
        own = [(index, copy) for index, copies in values.items() for copy in range(copies)]
        if len(own) > max_rows:
            own.sort(key=lambda item: hmac.digest(rank_key, encoded((unit, str(item[0]), str(item[1]))), "sha256"))
        counted += [index for index, _ in own[:max_rows]]
    return counted
