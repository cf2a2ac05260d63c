"""Coordinates of a place on the earth: decimal degrees in pairs, and degrees, minutes and seconds."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import re

from tasks.methods.detect.rules import Rule

_LATITUDE = r"[+\-−]?(?:[0-8]?\d(?:\.\d{3,12})|90\.0{3,12})"
_LONGITUDE = r"[+\-−]?(?:1[0-7]\d|\d{1,2})\.\d{3,12}|[+\-−]?180\.0{3,12}"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def in_range(value: str) -> bool:
    """Whether a pair's first figure is a latitude and the second a longitude.

    >>> in_range("41.8781, -87.6298"), in_range("95.1234, 10.1234")
    (True, False)
    """
    figures = [float(figure) for figure in _NUMBER.findall(value)]
    return len(figures) == 2 and figures[0] <= 90 and figures[1] <= 180


_DMS = r"\d{1,3}[ ]?[°º][ ]?(?:\d{1,2}(?:\.\d+)?[ ]?['’′][ ]?(?:\d{1,2}(?:\.\d{1,6})?[ ]?(?:[\"”″]|''))?)?[ ]?"

RULES = (
    Rule(
        "COORDINATES",
        rf"(?<![\p{{L}}\p{{N}}.$€£])(?:{_LATITUDE})[ ]?°?[ ]?[NS]?[ ]?[,;/ ][ ]?(?:{_LONGITUDE})(?:[ ]?°?[ ]?[EW](?!\p{{L}}))?(?![\p{{N}}%]|\.\d)",
        0.8,
        in_range,
        True,
        needs=".",
    ),
    Rule("COORDINATES", rf"(?<![\p{{L}}\p{{N}}.]){_DMS}[NS][ ]?[,;/]?[ ]?{_DMS}[EW](?!\p{{L}})", 0.95, needs="°º"),
    Rule(
        "COORDINATES",
        r"(?<![\p{L}\p{N}.])[NS][ ]?\d{1,2}(?:\.\d{2,10})?[ ]?°?(?:[ ]?\d{1,2}(?:\.\d{1,6})?[ ]?['’′]?)?[ ,;/]{1,3}[EW][ ]?\d{1,3}(?:\.\d{2,10})?[ ]?°?(?:[ ]?\d{1,2}(?:\.\d{1,6})?[ ]?['’′]?)?(?!\p{N})",
        0.7,
        needs="NS",
    ),
    Rule(
        "COORDINATES",
        r"(?<!\p{L})(?i:lat(?:itude)?)[ \t]*[:=]?[ \t]*(?P<v>[+\-−]?\d{1,2}\.\d{1,12}[ ]?°?[ ]?[NS]?)",
        0.85,
        needs=".",
    ),
    Rule(
        "COORDINATES",
        r"(?<!\p{L})(?i:lon(?:g(?:itude)?)?|lng)[ \t]*[:=]?[ \t]*(?P<v>[+\-−]?\d{1,3}\.\d{1,12}[ ]?°?[ ]?[EW]?)",
        0.85,
        needs=".",
    ),
)
"""Rules of the detector ``airlock-identifiers``."""
