"""Which of many patterns a text can hold a match of, answered for all at once.

Asking :func:`~tasks.methods.detect.prefilter.admits` of every rule takes longer than matching the few that remain. Here
a set of patterns is a whole number with a bit for each, and every condition is one step for all of them; the strings
are looked for in one pass (Aho and Corasick, CACM 18(6), 1975).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ahocorasick

from tasks.methods.detect.prefilter import Need, Shape


class Admission:
    """The needs of some patterns.

    Args:
        needs: of each pattern, in its place.

    Formal guarantees:
        ``among(shape)`` is every ``i`` with ``admits(needs[i], shape)``, in ascending order.
    """

    def __init__(self, needs: Sequence[Need]) -> None:
        self._all = (1 << len(needs)) - 1
        self._width = _up_to([need.width for need in needs])
        self._digits = _up_to([need.digits for need in needs])
        self._digit_run = _up_to([need.digit_run for need in needs])
        self._word_run = _up_to([need.word_run for need in needs])
        groups = {group for need in needs for group in need.groups}
        self._groups = [(group, _bits([group in need.groups for need in needs])) for group in groups]
        self._without_strings = _bits([not need.strings for need in needs])
        strings: dict[str, int] = {}
        for place, need in enumerate(needs):
            for string in need.strings:
                strings[string] = strings.get(string, 0) | 1 << place
        self._strings = _automaton(strings) if strings else None

    def among(self, shape: Shape, wanted: int = -1) -> list[int]:
        """The places of the patterns that a text can hold, of those whose bit is set in ``wanted``."""
        left = self._all & wanted
        left &= _at(self._digits, shape.digits) & _at(self._digit_run, shape.digit_run)
        left &= _at(self._width, len(shape.text))
        for group, bits in self._groups:
            if left & bits and not shape.has(group):
                left &= ~bits
        left &= _at(self._word_run, shape.word_run)
        if self._strings is not None and left & ~self._without_strings:
            held = self._without_strings
            for _, bits in self._strings.iter(shape.folded):
                held |= bits
            left &= held
        places = []
        while left:
            lowest = left & -left
            places.append(lowest.bit_length() - 1)
            left ^= lowest
        return places


def _automaton(bits: Mapping[str, int]) -> Any:
    automaton = ahocorasick.Automaton()
    for string, places in bits.items():
        automaton.add_word(string, places)
    automaton.make_automaton()
    return automaton


def _bits(wanted: Sequence[bool]) -> int:
    return sum(1 << place for place, one in enumerate(wanted) if one)


def _up_to(least: Sequence[int]) -> list[int]:
    """For each number, the patterns for which it is enough; the last entry stands for all larger ones."""
    return [_bits([one <= n for one in least]) for n in range(max(least, default=0) + 1)]


def _at(table: list[int], number: int) -> int:
    return table[min(number, len(table) - 1)]
