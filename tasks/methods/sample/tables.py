"""Reads the compact tables in which the fragments of a domain are written.

A table is blocks parted by blank lines. The first line of a block is its head, with fields parted by ``;``. Every
further line starts with a word naming what it holds, and gives fragments parted by ``;``; lines of the same word add up.
"""

from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """One block of a table: the fields of its head, and fragments by word."""

    head: tuple[str, ...]
    parts: dict[str, tuple[str, ...]]


def blocks(table: str) -> tuple[Block, ...]:
    r"""Read a table.

    >>> blocks("cold ; 3-9\nSIGN cough ; sneezing")
    (Block(head=('cold', '3-9'), parts={'SIGN': ('cough', 'sneezing')}),)
    """
    out = []
    for chunk in table.strip().split("\n\n"):
        lines = chunk.strip().split("\n")
        parts: dict[str, tuple[str, ...]] = {}
        for line in lines[1:]:
            word, _, rest = line.strip().partition(" ")
            parts[word] = parts.get(word, ()) + items(rest)
        out.append(Block(items(lines[0]), parts))
    return tuple(out)


def items(line: str) -> tuple[str, ...]:
    """The fragments of one line."""
    return tuple(part.strip() for part in line.split(";") if part.strip())
