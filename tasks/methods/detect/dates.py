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
_D = r"(?:0?[1-9]|[12]\d|3[01])"
_FOREIGN_MONTH = (
    r"(?i:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre|janv\.|f[ée]vr\.|juil\.|sept\.|d[ée]c\."
    r"|januar|jänner|februar|märz|april|juni|juli|august|september|oktober|november|dezember"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre"
    r"|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|novembre|dicembre"
    r"|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|dezembro|januari|februari|maart|mei|augustus)"
)
_FOREIGN_DATE = rf"(?<![\p{{L}}\p{{N}}.\-/])(?:{_D}(?:\.|er|º)?[ ](?:de[ ])?{_FOREIGN_MONTH}(?:[ ](?:de[l]?[ ])?{_YEAR})?|{_FOREIGN_MONTH}[ ](?:de[ ])?{_YEAR})(?![\d\p{{L}}])"
"""A date in French, German, Spanish, Italian, Portuguese or Dutch among English words."""
_HOLIDAY = (
    r"(?i:new[ ]year['’]?s?(?:[ ](?:eve|day))?|christmas(?:[ ](?:eve|day))?|xmas|thanksgiving(?:[ ]day)?|easter(?:[ ](?:sunday|monday))?|good friday|halloween"
    r"|valentine['’]?s?(?:[ ]day)?|boxing[ ]day|labou?r[ ]day|memorial[ ]day|independence[ ]day|mother['’]?s[ ]day|father['’]?s[ ]day|st\.?[ ]patrick['’]?s[ ]day)"
)
DATE = (
    rf"(?:(?<![\d/.\-])(?:\d{{1,2}}[/\-.]\d{{1,2}}[/\-.]\d{{4}}|{_D}[/\-.]{_D}[/\-.]\d{{2}}|\d{{4}}[/\-.]\d{{1,2}}[/\-.]\d{{1,2}})(?!\d|[/\-.]\d)"
    rf"|(?<![\p{{L}}\p{{N}}])\d{{1,2}}[/\-.]{MONTH}[/\-.]\d{{2,4}}(?!\d)"
    rf"|(?<!\p{{L}}){MONTH}\.?[ ]+\d{{1,2}}(?i:st|nd|rd|th)?(?:,?[ ]+{_YEAR})?(?![\d\p{{L}}])"
    rf"|(?<!\d)\d{{1,2}}(?i:st|nd|rd|th)?[ \-](?:(?:day[ ])?of[ ])?{MONTH}\.?(?:,?[ \-]+{_YEAR})?(?![\d\p{{L}}])"
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
    # A quarter or a week of a year: "Q3 2021", "2021-W05" (ISO 8601, section 4.1.4)
    Rule(
        "DATE",
        r"(?<![\p{L}\p{N}])(?:(?i:Q[1-4][ \-/]?['’]?)(?:19|20)\d\d|(?:19|20)\d\d[ \-/]?(?i:Q[1-4])|(?:19|20)\d\d-?W[0-5]\d(?:-[1-7])?)(?![\p{L}\p{N}])",
        0.6,
        needs=_DIGITS,
    ),
    # ... on the label's next line, without marks between its figures, or in another language
    Rule(
        "DATE_OF_BIRTH",
        rf"(?<!\p{{L}})(?i:d\.?o\.?b\.?|date[ _]of[ _]birth|birth[ _]?date|birthday|geburtsdatum|geboren(?:[ ]am)?|geb\.|date de naissance|n[ée]e?[ ]le|fecha de nacimiento|nacid[oa][ ]el|data di nascita|nat[oa][ ]il|data de nascimento|geboortedatum)"
        rf"[\"']?[ \t]*(?:is|was|:|=|-|,)?[ \t]*(?:\n[ \t]*)?[\"'“]?(?P<v>{_FOREIGN_DATE}|{DATE}|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)|{_D}[ ]{_D}[ ](?:19|20)?\d\d(?!\d)|(?:0[1-9]|[12]\d|3[01]){{2}}(?:19|20)\d\d(?!\d))",
        0.95,
        needs=_DIGITS,
    ),
    Rule("DATE", _FOREIGN_DATE, 0.6, needs=_DIGITS),
    Rule("DATE", rf"(?<!\p{{L}}){_HOLIDAY},?[ ](?:of[ ]|in[ ])?{_YEAR}(?!\d)", 0.6, needs=_DIGITS),
    # Month and day alone, where the words before them speak of time: "seen 8/9 and again 8/23"
    Rule(
        "DATE",
        rf"(?i:\b(?:on|since|until|till|through|thru|seen|again|dated?|due|effective|started|admitted|discharged|appt|appointment|visit|follow-?up)[ ])(?P<v>(?:0?[1-9]|1[0-2])/{_D})(?![\p{{N}}/%]|[.,]\d|[ ](?:of|cups?|tsp|tbsp|inch(?:es)?|lbs?|stars?)\b)",
        0.5,
        needs="/",
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
    # "He'll be 80 in June", "im 22 and", "Age/Sex: 64/M", "my son, 6, has", "age" on the line above
    Rule(
        "AGE",
        r"(?i:\b(?:he|she|i|they|who|we)(?:['’]ll|[ ]will)[ ](?:be|turn))[ ](?P<v>1[01]\d|[1-9]\d?)(?=[ ](?:in|on|this|next|soon|by)\b|[,;]|\.[ ]|\.?$)",
        0.55,
        needs=_DIGITS,
    ),
    Rule(
        "AGE",
        r"(?i:\b(?:im|i['’]m|i[ ]am))[ ](?P<v>1[01]\d|[1-9]\d?)(?=[ ](?:and|but|now|so|male|female|from|years?)\b|[,;]|\.[ ]|\.?$)",
        0.5,
        needs=_DIGITS,
    ),
    Rule(
        "AGE",
        r"(?<!\p{L})(?i:age(?:[ ]?/[ ]?(?:sex|gender))?|sex/age)[\"']?[ \t]*[:=]?[ \t]*(?:\n[ \t]*(?=[\w/ ]{1,10}$))?[\"']?(?P<v>1[01]\d|\d{1,2})(?![\p{L}\p{N}%]|[.,:\-]\d|/\d)",
        0.6,
        needs=_DIGITS,
    ),
    Rule(
        "AGE",
        r"(?i:\b(?:son|daughter|wife|husband|mother|father|brother|sister|grandson|granddaughter|child|boy|girl|nephew|niece)),[ ](?P<v>1[01]\d|[1-9]\d?),[ ](?=\p{L})",
        0.5,
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
