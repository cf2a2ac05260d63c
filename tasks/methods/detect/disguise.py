"""Values that are written out, spaced out or broken up, so that no rule for their usual form finds them.

These are readings of a text, not facts about it: each is a short window in which the disguise is taken off, and only
what a rule finds in it counts. Text without a disguise costs a few searches and gives no window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tasks.methods.detect.broken import broken_addresses, broken_numbers
from tasks.methods.detect.numerals import confused_letters, odd_shapes, single_digits, spelled_numbers
from tasks.methods.detect.rewrite import Rewrite
from tasks.methods.detect.spelled import spelled_addresses

_READINGS: tuple[Callable[[str], Iterator[Rewrite]], ...] = (
    spelled_addresses, spelled_numbers, single_digits, odd_shapes, confused_letters, broken_numbers, broken_addresses,
)  # fmt: skip


def rewrites(text: str) -> list[Rewrite]:
    """The windows of a view's text in which a disguise can be taken off.

    >>> [window.text for window in rewrites("write to john [at] example [dot] com today")]
    ['write to john@example.com today']
    """
    return [window for reading in _READINGS for window in reading(text)]
