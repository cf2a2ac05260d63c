"""Characters that are read as others: compatibility forms, digits of all scripts, what nobody sees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from tasks.methods.detect.edits import Edits, substitute

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What ASCII text may hold that is not read as it stands."""

_SINGLE = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2043\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u201b\u02b9\u02bc\u02c8\u2032\u00b4\uff07", "'"),
    **dict.fromkeys("\u2028\u2029\u0085\x0b\x0c", "\n"),
    **dict.fromkeys("\u2800\x1c\x1d\x1e\x1f", " "),
}
"""Hyphens, apostrophes, line ends and blanks that compatibility forms leave as they are."""

_QUOTES = {**dict.fromkeys("\u2018\u2019", "'"), **dict.fromkeys("\u201c\u201d\u201e\u201f", '"')}
_CHINESE_MARKS = frozenset("，：；！？（）") | _QUOTES.keys()
"""What Chinese text is punctuated with. Its rules and its tagger know these forms, so they stay as they are there."""

_KEPT = frozenset("…") | {chr(code) for code in range(0x3131, 0x318F)}
"""The ellipsis, which belongs to running text, and Korean letters by themselves, whose folded forms aren't in use."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffc") | {
    chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
"""Without a shape, though Unicode doesn't class them as format characters: fillers, variation selectors."""

_HAN = re.compile("[\u3400-\u9fff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}[A-Za-z]")
_RAISED = re.compile("[\u00b2\u00b3\u00b9\u2070-\u209c]{3,}")
"""A number in raised or lowered digits; one or two are a footnote or a unit and stay."""

_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
_MARK = re.compile(f"[{_MARKS}]")
_CLUSTER = re.compile(rf"[^\s{_MARKS}]?[{_MARKS}]+|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")

_LONG_DASH = re.compile("(?<=[0-9])[—―](?=[0-9])")
_MIDDLE_DOT = re.compile("(?<=[0-9])[·•∙⋅・‧](?=[0-9])")
_APOSTROPHE = re.compile("(?<=[A-Za-z])[‘’](?=[A-Za-z])")
_DOMAIN = re.compile("@[A-Za-z0-9.-]{1,255}。[A-Za-z0-9.。-]{1,255}")


def characters(text: str) -> tuple[str, list[Edits]]:
    """Every character read as what it stands for, letters composed with their accents; and the ways back, in order."""
    layers: list[Edits] = []
    if text.isascii() and not CONTROL.search(text):
        return text, layers
    for pattern, new in ((_PAIR, _joined), (_COLOUR, _gone), (_RAISED, _lowered)):
        text = _step(text, pattern, new, layers)
    chinese = _HAN.search(text) is not None
    single: dict[int, str] = {}
    several: dict[str, str] = {}
    for character in set(text):
        new_form = character if chinese and character in _CHINESE_MARKS else _read_as(character)
        if len(new_form) != 1:
            several[character] = new_form
        elif new_form != character:
            single[ord(character)] = new_form
    if single:
        text = text.translate(single)
    if several:
        pattern = re.compile("[" + re.escape("".join(sorted(several))) + "]+")
        text = _step(text, pattern, lambda match: "".join(several[c] for c in match.group()), layers)
    return _step(text, _CLUSTER, _composed, layers), layers


def punctuation(text: str) -> str:
    """Marks whose reading depends on their neighbours; one character for one, so that offsets stay."""
    if text.isascii():
        return text
    text = _LONG_DASH.sub("-", text)
    text = _MIDDLE_DOT.sub(".", text)
    text = _APOSTROPHE.sub("'", text)
    return _DOMAIN.sub(lambda match: match.group().replace("。", "."), text)


def _step(text: str, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str | None], layers: list[Edits]) -> str:
    text, edits = substitute(pattern, new, text)
    if edits is not None:
        layers.append(edits)
    return text


def _joined(match: re.Match[str]) -> str:
    """The character of which a faulty decoder left two halves."""
    return match.group().encode("utf-16", "surrogatepass").decode("utf-16")


def _gone(match: re.Match[str]) -> str:
    return ""


def _lowered(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match.group())


def _composed(match: re.Match[str]) -> str | None:
    old = match.group()
    new = _MARK.sub("", unicodedata.normalize("NFC", old))
    return new if new != old else None


@lru_cache(maxsize=8192)
def _read_as(character: str) -> str:
    """What a character stands for by itself: one character, several, or none."""
    if character.isascii() and not CONTROL.match(character):
        return character
    if character in _SINGLE:
        return _SINGLE[character]
    if character in _QUOTES:
        return _QUOTES[character]
    if character in _KEPT:
        return character
    category = unicodedata.category(character)
    if category in ("Cc", "Cf") or character in _INVISIBLE:
        return ""
    if category == "Zs":
        return " "
    if category == "Cs":
        return "\ufffd"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if unicodedata.decomposition(character).startswith(("<super>", "<sub>", "<fraction>")):
        return character
    form = unicodedata.normalize("NFKC", character)
    # A form that opens with a blank is a spacing accent, not text.
    if form == character or form[:1].isspace():
        return character
    return "".join(_read_as(part) for part in form)
