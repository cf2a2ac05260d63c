"""Pieces that the patterns of identifiers share: what stands between a number and the words that say what it is."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

OWN_LINE = r"(?:[ \t]*\n[ \t]*(?=\S{1,40}(?:[ ]\S{1,12}){0,3}[ \t]*$))?"
"""The end of a line behind a label, where the next line is so short that it can hold but the value."""

IS = (
    r"(?:(?<=\b(?i:no|nr|num|ref))\.)?[\"'”’]?[ \t]*+(?:\([\w .#]{1,12}\))?[ \t]*+"
    r"(?i:(?:is|was|of(?![ \t]+\d{1,4}(?!\d))|no|num|number|nr|n[°º]|№|id|ending in|are|:|#|=|-|–|—)\b?\.?[ \t]*+){0,4}"
    rf"{OWN_LINE}[\"'“‘]?"
)
"""What joins the words and the value: "no.", "is:", "(last 4) #", the marks of a key in JSON, the end of a line."""

GROUPED = (
    r"(?=(?:[A-Z]{0,4}[ ]?\d){6})(?=[A-Z0-9])[A-Z]{0,4}\d{0,6}(?:[ ][A-Z]{0,2}\d{2,6}[A-Z]{0,2}){1,4}(?:[ ]\d)?"
    r"(?![\p{L}\p{N}]|[.,:/\-]\d|[ ]?(?:[$€£%]|(?i:euros?|eur|dollars?|usd|pounds?|gbp|people|times|units|kr)\b))"
)
"""Six figures or more in groups, capitals before them or around them: "W2290 18834", "JQU 2093 8817"."""

CODE = (
    rf"(?P<v>{GROUPED}|(?=[A-Za-z0-9\-./]{{0,30}}\d)[A-Za-z0-9]"
    r"(?:[A-Za-z0-9]|[\-.](?=[A-Za-z0-9])|/(?=[A-Za-z0-9])(?![A-Za-z]{3})){3,23})(?![A-Za-z0-9])"
)
"""A value without a format: 4 to 24 letters and digits with at least one digit, joined by single separators, or grouped."""


_APART = r"(?<!\p{L}(?=\p{L}))"
"""No letter on both sides: the words don't end within another word, as BIC does in "bicarbonate"."""


def after(words: str, value: str = CODE) -> str:
    """The pattern of a value behind the words that name it, whatever their case, joined by spaces or as a key's name."""
    return rf"(?<![\p{{L}}\p{{N}}])(?i:{words.replace('[ ]', ' ').replace(' ', '[ _]')}){IS}{_APART}{value}"
