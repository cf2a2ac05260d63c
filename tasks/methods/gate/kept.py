"""What masking leaves of a text, and where it stands afterwards: told from the two texts and the masked stretches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


class Stretch(NamedTuple):
    """A stretch of raw text that masking replaced, and the kind it took it for."""

    start: int
    end: int
    entity: str


def spared(operator: str, value: str) -> range:
    """The places in a value that its operator is meant to leave as they are.

    >>> spared("year", "March 3rd, 2021"), spared("tag", "March 3rd, 2021")
    (range(11, 15), range(0, 0))
    """
    match = _YEAR.search(value) if operator == "year" else None
    return range(*match.span()) if match else range(0)


def kept(
    raw: str,
    masked: str,
    stretches: Sequence[Stretch],
    operators: Mapping[str, str],
    tag: Callable[[str], str],
) -> list[tuple[int, int, int]] | None:
    """Where the pieces of ``raw`` between the stretches stand in ``masked``: (place there, place in raw, length).

    The masked text is read as the pieces with what each operator writes between them. Behind a replacement that may
    be anything (a surrogate), a piece is taken where it stands first, the last one at the end: no text takes long.

    Args:
        raw: the raw text.
        masked: the same after masking.
        stretches: disjoint and in order.
        operators: the operator of each kind.
        tag: the tag of each kind.

    Returns:
        the pieces; ``None`` where the two texts don't fit together that way.

    >>> kept("Ann met Bo", "<P> met Bo", [Stretch(0, 3, "P")], {"P": "tag"}, lambda kind: f"<{kind}>")
    [(3, 3, 7)]
    """
    pattern, between, done = "", "", 0
    origins: list[int] = []
    for stretch in (*stretches, Stretch(len(raw), len(raw), "")):
        if piece := raw[done : stretch.start]:
            step = f"{between}({re.escape(piece)})"
            # No steps back, which over many surrogates would take for ever; but the last piece stands at the end.
            pattern += f"(?>{step})" if _ANYTHING in between and stretch.entity else step
            between = ""
            origins.append(done)
        if stretch.entity:
            operator = operators.get(stretch.entity, "")
            between += _written(operator, re.escape(tag(stretch.entity)), stretch.end - stretch.start)
        done = stretch.end
    match = re.fullmatch(pattern + between, masked, re.DOTALL)
    if match is None:
        return None
    return [(match.start(i), origin, match.end(i) - match.start(i)) for i, origin in enumerate(origins, 1)]


_ANYTHING = ".*?"


def _written(operator: str, tag: str, length: int) -> str:
    """A pattern of what an operator writes in the place of so many characters."""
    name = tag[:-1]
    return {
        "tag": tag,
        "noise": tag,
        "jitter": tag,
        "mean": tag,
        "redact": "",
        "delete": "",
        "stars": rf"\*{{{length}}}",
        "numbered_tag": rf"{name}_\d{{1,6}}>",
        "hash": f"{name}:[0-9a-f]{{20}}>",
        "encrypt": f"{name}:[a-z2-7]{{26,}}>",
        "partial": r"\*{4}(?:\w{0,4})",
        "zip3": rf"(?:\d{{3}}\*\*|{tag})",
        "year": rf"(?:\d{{4}}|{tag})",
        "age_band": rf"(?:\d{{1,2}}-\d{{1,2}}|90\+|{tag})",
    }.get(operator, _ANYTHING)
