"""Dates, dates of birth and ages in English text."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.rules import Rule

MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_TIME = r"(?:(?:,?[ ]|[T_])(?:at[ ])?(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:[ ]?[AaPp]\.?[Mm]\b\.?)?(?:[ ]?(?:Z|UTC|GMT|[ECMP][SD]T|[+\-]\d\d:?\d\d)\b)?)?"
_YEAR = r"(?:19|20)\d\d"
DATE = (
    r"(?:(?<![\d/.\-])(?:\d{1,2}[/\-.]\d{1,2}[/\-.](?:\d{4}|\d{2})|\d{4}[/\-.]\d{1,2}[/\-.]\d{1,2})(?![\d]|[/\-]\d)"
    rf"|(?<![\p{{L}}\p{{N}}])\d{{1,2}}[/\-.]{MONTH}[/\-.]\d{{2,4}}(?!\d)"
    rf"|(?<!\p{{L}}){MONTH}\.?[ ]+\d{{1,2}}(?:st|nd|rd|th)?(?:,?[ ]+{_YEAR})?(?![\d\p{{L}}])"
    rf"|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)?[ \-](?:(?:day[ ])?of[ ])?{MONTH}\.?(?:,?[ \-]+{_YEAR})?(?![\d\p{{L}}])"
    rf"|(?<![\d/.\-])(?:0?[1-9]|1[0-2])/{_YEAR}(?![\d/])"
    rf"|(?<!\p{{L}}){MONTH}\.?,?[ ]+(?:of[ ]+)?{_YEAR}(?!\d))"
)
"""A calendar date: with day and month, or with month and year."""

_NO_UNIT = (
    r"(?![ ]?(?:%|°)|[ ](?i:mg|ml|kg|km|lbs?|miles?|meters?|metres?|feet|ft|people|persons|users|employees|dollars|euros|pounds|usd|calories|kcal"
    r"|words|pages|items|units|copies|shares|students|seats|watts?|hours|minutes|seconds|days|weeks|months|years|points|times|times|votes|tons)\b)"
)
_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_SPELLED = (
    rf"(?i:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ \-]{_ONES})?|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    rf"|seventeen|eighteen|nineteen|{_ONES})"
)
_AGE = r"(?:1[0-2]\d|\d{1,2})"
_DIGITS = "0123456789"

RULES = (
    Rule(
        "DATE_OF_BIRTH",
        rf"(?<!\p{{L}})(?i:d\.?o\.?b\.?|date of birth|birth[ ]?date|birthday|born(?: on| in)?|b/d)[ \t]*(?:\(\w{{2,12}}\))?[ \t]*(?:is|was|:|=|-|,)?[ \t]*(?:on[ ])?(?P<v>{DATE}|{_YEAR}(?!\d))",
        0.95,
        needs=_DIGITS,
    ),
    Rule("DATE", rf"{DATE}{_TIME}", 0.6, needs=_DIGITS),
    Rule(
        "DATE",
        rf"(?<![\p{{L}}\p{{N}}$€£¥.,:/#&=@_\-])(?:(?i:mid|pre|post)-)?(?:19\d\d|20[0-4]\d)(?:'?s)?(?![\p{{L}}\p{{N}}_@]|[.,:/\-]\d){_NO_UNIT}",
        0.45,
        needs=_DIGITS,
    ),
    Rule(
        "DATE",
        r"(?i:\b(?:in|of|since|class of|back in|summer|winter|spring|fall|early|late)[ ])(?P<v>['’]\d\d)(?!\d)",
        0.45,
        needs=_DIGITS,
    ),
    Rule("DATE", r"(?<![\p{L}\p{N}_@#])(?i:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)(?![\p{L}\p{N}_@])", 0.45),
    Rule(
        "AGE",
        rf"(?<![\p{{L}}\p{{N}}.\-/$])(?P<v>{_AGE})(?=(?:[ ]|-)?(?i:years?|yrs?|y)\.?(?:[ ]|-)?(?i:old|of[ ]age|o)\b)",
        0.8,
        needs=_DIGITS,
    ),
    Rule(
        "AGE",
        rf"(?<![\p{{L}}\p{{N}}])(?P<v>{_SPELLED})(?=[ \-](?i:years?|months?|weeks?)[ \-](?i:old|of[ ]age)\b)",
        0.7,
    ),
    Rule(
        "AGE",
        rf"(?<![\p{{L}}\p{{N}}.\-/$])(?P<v>{_AGE})[ \-]?(?i:y/?o\b|months?[ \-]old|weeks?[ \-]old|m/o\b|yrs?\b(?=[ ]*[,;)MF]))",
        0.8,
        needs=_DIGITS,
    ),
    Rule(
        "AGE",
        r"(?<!\p{L})(?i:aged?|age of|turn(?:ed|ing|s)?|at the age of)[ \t]*(?:is|:|=)?[ \t]*(?P<v>1[0-2]\d|\d{1,2})(?![\p{L}\p{N}%]|[.,:/\-]\d|[ ](?:degrees|pages|times))",
        0.7,
        needs=_DIGITS,
    ),
    Rule("AGE", rf"(?<!\p{{L}})(?i:aged|the age of|turn(?:ed|ing|s)|just turned)[ ](?P<v>{_SPELLED})(?!\p{{L}})", 0.6),
    Rule(
        "AGE",
        rf"\p{{Lu}}\p{{L}}{{1,30}}(?<!{MONTH})(?:,[ ](?P<v>{_AGE})(?=,[ ]|\.$)|[ ]\((?P<v>{_AGE})\))",
        0.5,
        needs=_DIGITS,
    ),
    Rule(
        "AGE",
        r"(?i:\b(?:diagnosed|died|passed(?: away)?|deceased|retired|onset|stroke|cancer|widowed|married)[ ]at)[ ](?:age[ ])?(?P<v>1[01]\d|\d{1,2})(?![\p{L}\p{N}%]|[.,:/\-]\d|[ ]?(?:am|pm|AM|PM|mg|ml)\b)",
        0.6,
        needs=_DIGITS,
    ),
    Rule("AGE", r"\([\p{L} ]{1,20},[ ](?P<v>1[01]\d|\d{1,2})\)", 0.6, needs=_DIGITS),
    Rule(
        "AGE",
        r"(?i:\b(?:he|she|patient|who|i|they|mother|father|son|daughter|wife|husband)(?:'s|'m|[ ](?:is|was|am|are|turned|turns)))[ ](?P<v>1[01]\d|[1-9]\d?)(?=[ ]and\b|[,;]|\.[ ]|\.?$)",
        0.5,
        needs=_DIGITS,
    ),
    Rule("AGE", r"(?<![\p{L}\p{N}.\-/$])(?P<v>1[01]\d|[1-9]\d)[ ]?[MF](?![\p{L}\p{N}])", 0.6, needs=_DIGITS),
)
"""Rules for dates and ages, of the detector ``airlock-identifiers``."""
