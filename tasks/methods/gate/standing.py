"""Whether a value still stands in a text, however it is written: what a value is reduced to, and how it is looked for.

Both are reduced alike: case, spacing, punctuation, invisible characters and full-width forms don't count, and words,
numbers and Han characters stand apart. A value stands where its words and numbers follow each other; a number of
many digits also where its digits do, however they are grouped.
"""

from __future__ import annotations

import re

from tasks.methods.gate.view import normalise

DIGITS = 7
"""From so many digits on, a number is its digits alone. Fewer could come together by chance."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKENS = re.compile(rf"\d+|[{_HAN}]|[^\W\d_{_HAN}]+")
_RUNS = re.compile(r"(?<= )\d+(?: \d+)*(?= )")


def reduced(text: str) -> str:
    """Words, numbers and Han characters, each between blanks.

    >>> reduced("Call Ann-Marie: (217)５５５-0142，张伟")
    ' call ann marie 217 555 0142 张 伟 '
    """
    tokens = _TOKENS.findall(normalise(text).text.casefold())
    return f" {' '.join(tokens)} " if tokens else ""


def stands(value: str, text: str) -> bool:
    """Whether the reduced ``value`` is in the reduced ``text``.

    >>> stands(reduced("Ann"), reduced("Joanna")), stands(reduced("217-555-0142"), reduced("at 2175550142."))
    (False, True)
    """
    if not value:
        return False
    if value in text:
        return True
    digits = "".join(c for c in value if c.isdecimal())
    if len(digits) < DIGITS or any(c.isalpha() for c in value):
        return False
    return any(digits in run.replace(" ", "") for run in _RUNS.findall(text))
