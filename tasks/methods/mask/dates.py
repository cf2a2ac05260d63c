"""Written dates: reading them, and moving them by days while they stay written as they were."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH_NUMBERS = {month[:3]: number for number, month in enumerate(_MONTHS, 1)}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HAN_DAYS = "一二三四五六日"
_MONTH = (
    r"(?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_D = r"(?P<d>\d{1,2})(?P<o>st|nd|rd|th)?"
_Y = r"(?P<y>\d{4}|(?:(?<=['’])|(?<![\d'’]))\d\d)"
_FORMS = [
    r"(?P<y>\d{4})(?P<s>[\-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})",
    r"(?P<a>\d{1,2})(?P<s>[\-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|\d\d)",
    r"(?P<y>(?:18|19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*[日号])?",
    r"(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]",
    rf"{_MONTH}\.?\s+{_D}(?:\s*,\s*['’]?|\s+(?:of\s+)?['’]?){_Y}(?!:)",
    rf"{_D}(?:\s+of)?[\s\-]*{_MONTH}\.?(?:\s*,\s*['’]?|[\s\-]+(?:of\s+)?['’]?){_Y}(?!:)",
    rf"{_MONTH}\.?(?:\s*,\s*|[\s\-]+(?:of\s+)?)(?P<y>\d{{4}})",
    rf"{_MONTH}\.?\s+{_D}",
    rf"{_D}(?:\s+of)?[\s\-]+{_MONTH}",
    r"(?P<a>\d{1,2})(?P<s>/)(?P<b>\d{1,2})",
]
_PATTERNS = [
    re.compile(rf"(?<![\w])(?<!\d[/.\-]){form}(?![^\W_年月日号T])(?![/.\-]\d)", re.IGNORECASE) for form in _FORMS
]
_REST = re.compile(
    r"(?P<day>(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)(?![^\W\d_])"
    r"|(?P<han>(?:星期|礼拜|周)(?P<number>[一二三四五六日天]))"
    r"|T?\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\s*[ap]\.?m\b\.?)?(?:\s*(?:Z|UTC|GMT)\b|\s*[+\-]\d\d:?\d\d)?"
    r"|(?:on|at|of|the|from|to|until|till|through|between|and|since|before|after|by|in|至|到|在|于)(?![^\W\d_至到在于])"
    r"|[^\w]+",
    re.IGNORECASE,
)
_COMMON_YEAR = 2001
"""Stands in for the year of a date that names none."""


@dataclass(frozen=True)
class _Written:
    match: re.Match[str]
    date: datetime.date
    groups: dict[str, str]
    """From year, month and day to the group of the match that writes it."""


def iso_date(text: str, day_first: bool = False) -> str | None:
    """The date that a text is, as ISO 8601; ``None`` where it isn't one date with day, month and year."""
    found = list(_dates(text, day_first))
    if len(found) != 1 or set(found[0].groups) != {"y", "m", "d"}:
        return None
    match = found[0].match
    around = _rest(text[: match.start()] + " " + text[match.end() :], 0)
    return None if around is None else found[0].date.isoformat()


def shift_written(text: str, days: int, day_first: bool = False) -> str | None:
    """A written date, or several, moved by ``days`` and written as before; ``None`` where part of it can't be read.

    Order, separators, leading zeros, two-digit years, month names long or short, ordinals, capitals and times of day
    stay; a weekday moves along. A month without a day is moved from its 15th, a date without a year as in a year
    of 365 days, and a year alone stays.

    >>> shift_written("Wed, March 3rd, 2021", 30), shift_written("3/4/21 10:30", -60), shift_written("last week", 5)
    ('Fri, April 2nd, 2021', '1/3/21 10:30', None)
    """
    return move_written(text, lambda date: date + datetime.timedelta(days=days), days, day_first)


def move_written(
    text: str, move: Callable[[datetime.date], datetime.date], weekdays: int = 0, day_first: bool = False
) -> str | None:
    """A written date with another in its place, written as before; ``None`` where part of it can't be read.

    Args:
        move: from the date read to the date written.
        weekdays: by how many days a weekday's name moves.
    """
    if re.fullmatch(r"(?:18|19|20)\d\d", text.strip()):
        return text
    pieces, at = [], 0
    for written in _dates(text, day_first):
        between = _rest(text[at : written.match.start()], weekdays)
        try:
            moved = _write(written, move(written.date))
        except (OverflowError, ValueError):
            return None
        if between is None:
            return None
        pieces += [between, moved]
        at = written.match.end()
    rest = _rest(text[at:], weekdays)
    return "".join([*pieces, rest]) if pieces and rest is not None else None


def _dates(text: str, day_first: bool) -> Iterator[_Written]:
    at = 0
    while at < len(text):
        found = [match for pattern in _PATTERNS if (match := pattern.search(text, at))]
        read = [
            written
            for match in sorted(found, key=lambda m: (m.start(), -m.end()))
            if (written := _read(match, day_first))
        ]
        if not read:
            return
        yield read[0]
        at = read[0].match.end()


def _read(match: re.Match[str], day_first: bool) -> _Written | None:
    named = {name: text for name, text in match.groupdict().items() if text is not None}
    groups: dict[str, str] = {name: name for name in ("y", "m", "d") if name in named}
    if "a" in named:
        first, second = int(named["a"]), int(named["b"])
        day_leads = first > 12 or (second <= 12 and (day_first or named["s"] == "."))
        groups |= {"d": "a", "m": "b"} if day_leads else {"m": "a", "d": "b"}
    if "mon" in named:
        groups["m"] = "mon"
    year = _year(named["y"]) if "y" in named else _COMMON_YEAR
    month = named[groups["m"]]
    number = int(month) if month.isdecimal() else _MONTH_NUMBERS[month[:3].lower()]
    try:
        return _Written(match, datetime.date(year, number, int(named[groups["d"]]) if "d" in groups else 15), groups)
    except ValueError:
        return None


def _year(written: str) -> int:
    """Two digits are 1969 to 2068, as POSIX reads them."""
    year = int(written)
    return year if len(written) == 4 else year + (2000 if year < 69 else 1900)


def _write(written: _Written, date: datetime.date) -> str:
    match, groups = written.match, written.groups
    figures = [match[groups[name]] for name in ("m", "d") if name in groups and match[groups[name]].isdecimal()]
    padded = _padded(figures, default=not re.search(r"[^\W\d_]", match.group()) or "-" in match.group())
    new: dict[str, str] = {}
    if "y" in groups:
        digits = len(match["y"])
        new["y"] = f"{date.year:04d}" if digits == 4 else f"{date.year % 100:02d}"
    for name, number in (("m", date.month), ("d", date.day)):
        if name in groups:
            new[groups[name]] = f"{number:02d}" if padded else str(number)
    if "mon" in new:
        new["mon"] = _like(match["mon"], _MONTHS[date.month - 1], full=("may", *_MONTHS))
    if match.groupdict().get("o"):
        new["o"] = _like(match["o"], _ordinal(date.day))
    text, start = match.group(), match.start()
    for name in sorted(new, key=match.start, reverse=True):
        text = text[: match.start(name) - start] + new[name] + text[match.end(name) - start :]
    return text


def _padded(figures: list[str], default: bool) -> bool:
    """Whether a writer puts a 0 before a single digit."""
    if any(figure.startswith("0") for figure in figures):
        return True
    return default and all(len(figure) == 2 for figure in figures)


def _ordinal(day: int) -> str:
    return "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _like(old: str, new: str, full: tuple[str, ...] = ()) -> str:
    """``new`` in the capitals of ``old``, and cut to three letters where ``old`` is cut."""
    if full and old.lower() not in full:
        new = new[:3]
    if old.isupper():
        return new.upper()
    return new if old.islower() else new.capitalize()


def _rest(text: str, days: int) -> str | None:
    """What stands around a date, its weekdays moved; ``None`` where there is more than weekdays, times and links."""
    pieces, at = [], 0
    while at < len(text):
        match = _REST.match(text, at)
        if match is None:
            return None
        piece = match.group()
        if match["day"]:
            old = next(i for i, day in enumerate(_DAYS) if day[:3] == piece[:3].lower())
            piece = _like(piece, _DAYS[(old + days) % 7], full=_DAYS)
        elif match["han"]:
            old = _HAN_DAYS.index(match["number"].replace("天", "日"))
            piece = piece[:-1] + _HAN_DAYS[(old + days) % 7]
        pieces.append(piece)
        at = match.end()
    return "".join(pieces)
