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
_DEG = r"\d{1,3}(?:\.\d{1,10})?[ ]?(?i:deg(?:rees?)?\.?)(?:[ ,]{0,2}\d{1,2}(?:\.\d{1,8})?[ ]?(?i:min(?:utes?)?\.?)(?:[ ,]{0,2}\d{1,2}(?:\.\d{1,8})?[ ]?(?i:sec(?:onds?)?\.?))?)?"
_PLUS = "[23456789CFGHJMPQRVWX]"
"""The figures of an Open Location Code."""

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
    # 38 deg 53 min 23 sec N, 77 deg 00 min 32 sec W
    Rule(
        "COORDINATES",
        rf"(?<![\p{{L}}\p{{N}}.]){_DEG}[ ]?(?i:n(?:orth)?|s(?:outh)?)[ ,;/]{{0,3}}(?:and[ ])?{_DEG}[ ]?(?i:e(?:ast)?|w(?:est)?)(?!\p{{L}})",
        0.9,
        needs="dD",
    ),
    # Degrees and decimal minutes: 41 24.2028 N, 2 10.4418 E, or behind a word that says what it is
    Rule(
        "COORDINATES",
        r"(?<![\p{L}\p{N}.])\d{1,2}[ °]{1,2}[0-5]?\d\.\d{2,6}['’′]?[ ]?[NS][ ,;/]{1,3}\d{1,3}[ °]{1,2}[0-5]?\d\.\d{2,6}['’′]?[ ]?[EW](?!\p{L})",
        0.85,
        needs=".",
    ),
    Rule(
        "COORDINATES",
        r"(?<!\p{L})(?i:gps|position|pos|coord(?:inate)?s?|location|waypoint|fix)[ \t]{0,3}[:=]?[ \t]{0,3}"
        r"(?P<v>[NS+\-−]?\d{1,2}[ °]{1,2}[0-5]?\d\.\d{2,6}['’′]?[ ]?[NS]?[ ,;/]{1,3}[EW+\-−]?\d{1,3}[ °]{1,2}[0-5]?\d\.\d{2,6}['’′]?(?:[ ]?[EW](?!\p{L}))?)",
        0.8,
        needs=".",
    ),
    # UTM and MGRS: a zone and its band, then metres east and north
    Rule(
        "COORDINATES",
        r"(?<![\p{L}\p{N}])(?:0?[1-9]|[1-5]\d|60)[ ]?[C-HJ-NP-X][ ,]{1,2}\d{6}(?:\.\d{1,3})?[ ]?(?:m?E)?[ ,]{1,2}\d{6,7}(?:\.\d{1,3})?(?:[ ]?m?N)?(?![\p{L}\p{N}])",
        0.9,
        needs="0123456789",
    ),
    Rule(
        "COORDINATES",
        r"(?<![\p{L}\p{N}])(?:0?[1-9]|[1-5]\d|60)[C-HJ-NP-X][ ]?[A-HJ-NP-Z][A-HJ-NP-V](?:[ ]\d{4}[ ]\d{4}|[ ]\d{5}[ ]\d{5}|[ ]?\d{8}|[ ]?\d{10})(?![\p{L}\p{N}])",
        0.8,
        needs="0123456789",
    ),
    # The grids of Britain and Ireland
    Rule(
        "COORDINATES",
        r"(?<!\p{L})(?i:grid[ ]ref(?:erence|\.)?|osgr|ngr|os[ ]grid)[ \t]{0,3}(?:is|[:=])?[ \t]{0,3}(?P<v>[A-HJ-Za-hj-z]{1,2}[ ]?(?:\d{3}[ ]?\d{3}|\d{4}[ ]?\d{4}|\d{5}[ ]?\d{5}))(?![\p{L}\p{N}])",
        0.85,
        needs="0123456789",
    ),
    # Open Location Codes, whole ones, and short ones before a town; what3words
    Rule(
        "COORDINATES",
        rf"(?<![\p{{L}}\p{{N}}+])(?:{_PLUS}{{8}}\+{_PLUS}{{2,7}}|(?=[A-Z0-9]{{0,3}}\d){_PLUS}{{4}}\+{_PLUS}{{2,3}})(?![\p{{L}}\p{{N}}+])",
        0.75,
        needs="+",
    ),
    Rule(
        "COORDINATES",
        r"(?:(?i:what3words|w3w)(?:\.com/|[ \t]{0,2}(?:is|:|=)?[ \t]{0,2}(?:///)?)|(?<![\p{L}\p{N}:/])///)(?P<v>\p{L}{3,20}\.\p{L}{3,20}\.\p{L}{3,20})(?![\p{L}\p{N}.]\p{L})",
        0.85,
        needs=".",
    ),
    Rule("COORDINATES", r"(?i:\bgeo:)(?P<v>-?\d{1,2}(?:\.\d{1,12})?,-?\d{1,3}(?:\.\d{1,12})?)", 0.95, needs=":"),
    Rule(
        "COORDINATES",
        r"(?<!\p{L})(?i:lat(?:itude)?)[\"'”]?[ \t]*[:=]?[ \t]*(?:\n[ \t]*)?[\"'“]?(?P<v>[+\-−]?\d{1,2}\.\d{1,12}[ ]?°?[ ]?[NS]?)",
        0.85,
        needs=".",
    ),
    Rule(
        "COORDINATES",
        r"(?<!\p{L})(?i:lon(?:g(?:itude)?)?|lng)[\"'”]?[ \t]*[:=]?[ \t]*(?:\n[ \t]*)?[\"'“]?(?P<v>[+\-−]?\d{1,3}\.\d{1,12}[ ]?°?[ ]?[EW]?)",
        0.85,
        needs=".",
    ),
)
"""Rules of the detector ``airlock-identifiers``."""
