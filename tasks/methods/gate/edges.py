r"""What the gate's patterns share: edges, spaced digits, flags.

Edges are stated by look-around on ASCII letters and digits, not by ``\b``, which sees no edge between a Han
character and a digit.
"""

from __future__ import annotations

import re

L = r"(?<![0-9A-Za-z])"
R = r"(?![0-9A-Za-z])"
HAN = r"\u4e00-\u9fff"
GAP = r"[ .\-]{0,2}"
"""What may stand between the digits of one number."""


def plain(pattern: str) -> re.Pattern[str]:
    """A pattern in which case counts."""
    return re.compile(pattern)


def ire(pattern: str) -> re.Pattern[str]:
    """A pattern in which case doesn't count."""
    return re.compile(pattern, re.IGNORECASE)


def spaced(count: str) -> str:
    """One digit and then so many more, each perhaps set off from the last.

    >>> bool(re.fullmatch(spaced("3"), "1 2-34"))
    True
    """
    return rf"\d(?:{GAP}\d){{{count}}}"
