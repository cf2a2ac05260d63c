r"""Escapes that a program wrote and nobody undid: HTML entities, percent-encoding, JSON's ``\u``."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from html.entities import html5

from tasks.methods.detect.edits import Edits, substitute

MARK = re.compile(r"[&%\\]")
"""Without one of these nothing is escaped."""

_ESCAPE = re.compile(
    r"&(?P<again>(?:amp;)*)(?P<entity>#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)"
    r"|(?P<percent>(?:%(?:25)*[0-9A-Fa-f]{2})+)"
    r"|(?P<json>(?:\\{1,4}u[0-9A-Fa-f]{4})+)"
)
"""What is escaped again and again is undone at once, in linear time: ``&amp;amp;#64;``, ``%252540``."""

_PERCENT = re.compile("%(?:25)*([0-9A-Fa-f]{2})")
_CODE = re.compile("u([0-9A-Fa-f]{4})")
_ADDRESS = re.compile(r"(?:://|www\.)[^\s<>\"'’”\]]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENDS_ADDRESS = re.compile(r"[\s<>\"'’”\]]")


def decode(text: str) -> tuple[str, Edits | None]:
    """Undo well-formed escapes once, and the way back; ``None`` where there are none.

    A percent-encoded blank in a web address stays: undone, it would end the address for its detector.

    >>> decode("a%40b&#46;org")[0]
    'a@b.org'
    """
    if not MARK.search(text):
        return text, None
    addresses = [match.span() for match in _ADDRESS.finditer(text)] if "%" in text else []
    starts = [start for start, _ in addresses]

    def undone(match: re.Match[str]) -> str | None:
        if match["percent"]:
            new = _percent(match["percent"])
            if new is None or not _ENDS_ADDRESS.search(new):
                return new
            k = bisect_right(starts, match.start()) - 1
            return None if k >= 0 and match.start() < addresses[k][1] else new
        if match["json"]:
            codes = b"".join(bytes.fromhex(code) for code in _CODE.findall(match["json"]))
            return codes.decode("utf-16-be", "replace")
        name = match["entity"]
        if name[0] == "#" or name in html5:
            return html.unescape("&" + name)
        return "&" + name if match["again"] else None

    return substitute(_ESCAPE, undone, text)


def _percent(run: str) -> str | None:
    """The characters of percent-encoded UTF-8; ``None`` where the octets aren't text."""
    try:
        new = bytes.fromhex("".join(_PERCENT.findall(run))).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(new) else new
