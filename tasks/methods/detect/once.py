"""Answering identical rows once: tables and logs repeat themselves."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from tasks.methods.detect.polyglot import Finds
from tasks.methods.detect.spans import Span

Own = Sequence[tuple[str, object]]


class Once:
    """Asks a finder for texts that it hasn't answered yet, and takes its place.

    A row's answer depends on its text and its own columns alone, so rows that agree in both get the same. Rows are
    known by a 128-bit digest (BLAKE2b, RFC 7693), so no text is kept.

    Args:
        finder: what answers.
        most: answers and spans kept together; the longest unused go first.

    Attributes:
        answered: rows that were answered from an earlier one.

    Formal guarantees:
        The answers are those of the finder, if that answers each row by its text and own columns alone.
    """

    def __init__(self, finder: Finds, most: int = 100_000) -> None:
        self._finder = finder
        self._most = most
        self._size = 0
        self._known: OrderedDict[bytes, tuple[Span, ...]] = OrderedDict()
        self.answered = 0

    def find(self, texts: Sequence[str | None], own: Sequence[Own] | None = None) -> list[list[Span]]:
        """The findings in each text, as the finder gives them."""
        keys = [_key(text, own[row] if own is not None else ()) for row, text in enumerate(texts)]
        answers: dict[bytes, tuple[Span, ...]] = {}
        new: dict[bytes, int] = {}
        for row, key in enumerate(keys):
            if key in self._known:
                self._known.move_to_end(key)
                answers[key] = self._known[key]
            else:
                new.setdefault(key, row)
        rows = list(new.values())
        asked = [texts[row] for row in rows]
        found = self._finder.find(asked, [own[row] for row in rows] if own is not None else None) if rows else []
        for key, spans in zip(new, found, strict=True):
            answers[key] = tuple(spans)
            self._remember(key, answers[key])
        self.answered += len(texts) - len(rows)
        return [list(answers[key]) for key in keys]

    def _remember(self, key: bytes, spans: tuple[Span, ...]) -> None:
        self._known[key] = spans
        self._size += 1 + len(spans)
        while self._size > self._most:
            _, dropped = self._known.popitem(last=False)
            self._size -= 1 + len(dropped)


def _key(text: str | None, own: Own) -> bytes:
    cells = [(kind, type(cell).__name__, repr(cell)) for kind, cell in own]
    return hashlib.blake2b(repr((text, cells)).encode(), digest_size=16).digest()
