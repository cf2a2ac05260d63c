"""Pieces that the patterns of identifiers share: what stands between a number and the words that say what it is."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

IS = r"[ \t]*+(?:\([\w .#]{1,12}\))?[ \t]*+(?:(?:is|was|of|no|num|number|id|ending in|are|:|#|=|-|–|—)\b?\.?[ \t]*+){0,4}"
"""What joins the words and the value: "no.", "is:", "(last 4) #"."""

CODE = r"(?P<v>(?=[A-Za-z0-9\-./]{0,30}\d)[A-Za-z0-9](?:[A-Za-z0-9]|[\-./](?=[A-Za-z0-9])){3,23})(?![A-Za-z0-9])"
"""A value without a format: 4 to 24 letters and digits with at least one digit, joined by single separators."""


def after(words: str, value: str = CODE) -> str:
    """The pattern of a value behind the words that name it, whatever their case."""
    return rf"(?<![\p{{L}}\p{{N}}])(?i:{words}){IS}{value}"
