"""Dates, and the ways people write them."""

from __future__ import annotations

import datetime
import random

_MONTHS = "January February March April May June July August September October November December".split()
_ZH_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")

EN_STYLES = ("mdy/", "mdy/", "iso", "long", "long", "uk", "short", "mdy2", "dmon", "dot", "abbr")
ZH_STYLES = ("年月日", "年月日", "年月日", "iso", ".", "/", "漢字", "padded")


def written(day: datetime.date, style: str) -> str:
    """``day`` in one of the English or Chinese styles.

    >>> written(datetime.date(2024, 3, 9), "long")
    'March 9, 2024'
    """
    month = _MONTHS[day.month - 1]
    y, m, d = day.year, day.month, day.day
    match style:
        case "iso":
            return day.isoformat()
        case "long":
            return f"{month} {d}, {y}"
        case "uk":
            return f"{d} {month} {y}"
        case "short":
            return f"{month[:3]} {d} {y}"
        case "abbr":
            return f"{month[:3]}. {d}, {y}"
        case "mdy2":
            return f"{m}/{d}/{y % 100:02d}"
        case "dmon":
            return f"{d:02d}-{month[:3]}-{y}"
        case "dot":
            return f"{m:02d}.{d:02d}.{y}"
        case "年月日":
            return f"{y}年{m}月{d}日"
        case "padded":
            return f"{y}年{m:02d}月{d:02d}日"
        case ".":
            return f"{y}.{m}.{d}"
        case "/":
            return f"{y}/{m:02d}/{d:02d}"
        case "漢字":
            return f"{str(y).translate(_ZH_DIGITS)}年{_hanzi(m)}月{_hanzi(d)}日"
    return f"{m:02d}/{d:02d}/{y}"


def month_written(day: datetime.date, rng: random.Random) -> str:
    """Month and year in English."""
    month = _MONTHS[day.month - 1]
    return rng.choice((f"{month} {day.year}", f"{month[:3]} {day.year}", f"{day.month:02d}/{day.year}"))


def _hanzi(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = {0: "", 1: "十"}.get(tens, f"{tens}".translate(_ZH_DIGITS) + "十")
    return head + (f"{ones}".translate(_ZH_DIGITS) if ones else "")


def between(rng: random.Random, first: datetime.date, last: datetime.date) -> datetime.date:
    """A day of ``[first, last]``."""
    return first + datetime.timedelta(days=rng.randint(0, max((last - first).days, 0)))


def near(rng: random.Random, day: datetime.date, low: int, high: int) -> datetime.date:
    """``low`` to ``high`` days after ``day`` (negative: before)."""
    return day + datetime.timedelta(days=rng.randint(low, high))


def birthday(rng: random.Random, youngest: int, oldest: int) -> datetime.date:
    """A birth date of someone that old at the beginning of 2019, before any record of the samples."""
    return datetime.date(2019, 1, 1) - datetime.timedelta(days=rng.randint(youngest * 365 + 9, oldest * 365 + 364))


def age(born: datetime.date, on: datetime.date) -> int:
    """Full years from ``born`` to ``on``."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
