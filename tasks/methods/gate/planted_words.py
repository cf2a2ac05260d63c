"""Sentences about planted values, in words that need no list of kinds beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_NAMES = {
    "ACCOUNT_NUMBER": "account numbers",
    "ADDRESS": "street addresses",
    "AGE": "ages",
    "CASE_NUMBER": "case numbers",
    "CN_CREDIT_CODE": "Chinese credit codes",
    "CN_RESIDENT_ID": "Chinese resident IDs",
    "COORDINATES": "coordinates",
    "CREDIT_CARD": "card numbers",
    "CRYPTO": "wallet addresses",
    "DATE": "dates",
    "DATE_OF_BIRTH": "dates of birth",
    "DEVICE_ID": "device numbers",
    "DRIVERS_LICENSE": "driver's licence numbers",
    "EMAIL_ADDRESS": "e-mail addresses",
    "GENDER": "genders",
    "HEALTH_PLAN_NUMBER": "health plan numbers",
    "IBAN_CODE": "IBANs",
    "IP_ADDRESS": "internet addresses",
    "LICENSE_NUMBER": "professional licence numbers",
    "LICENSE_PLATE": "number plates",
    "LOCATION": "places",
    "MAC_ADDRESS": "MAC addresses",
    "MEDICAL_RECORD_NUMBER": "medical record numbers",
    "NRP": "nationalities, religions and political groups",
    "ORGANIZATION": "organizations",
    "PASSPORT": "passport numbers",
    "PERSON": "names of persons",
    "PHONE_NUMBER": "phone numbers",
    "ROUTING_NUMBER": "routing numbers",
    "SECRET": "passwords and keys",
    "SWIFT_CODE": "SWIFT codes",
    "TAX_ID": "tax numbers",
    "TITLE": "titles",
    "UK_NHS": "NHS numbers",
    "URL": "links",
    "USERNAME": "user names",
    "US_SSN": "social security numbers",
    "VEHICLE_ID": "vehicle numbers",
    "ZIP_CODE": "postal codes",
}


def plain_name(entity: str) -> str:
    """A kind in the plural.

    >>> plain_name("PHONE_NUMBER"), plain_name("BADGE_COLOUR")
    ('phone numbers', 'values of kind BADGE_COLOUR')
    """
    return _NAMES.get(entity, f"values of kind {entity}")


def sentence(line: Mapping[str, Any], after_remask: bool = False) -> str:
    """What a kind's line says.

    Args:
        line: one of ``entities`` of :func:`tasks.methods.gate.planted.judge_planted`.
        after_remask: of the rows as the gate masked them again.

    >>> sentence({"name": "phone numbers", "planted": 300, "through": 0, "bound": 0.009936, "confidence": 0.95})
    'at most 1.0 % of planted phone numbers came through (one-sided 95 %, 0 of 300)'
    """
    end = "_after_remask" if after_remask else ""
    what = f"planted {line['name']} came through{', masked again by the gate,' if after_remask else ''}"
    sure = f"one-sided {at_most_percent(line['confidence'])}, {line['through' + end]:,} of {line['planted']:,}"
    return f"at most {at_most_percent(line['bound' + end], 1)} of {what} ({sure})"


def sentence_weaker(line: Mapping[str, Any]) -> str:
    """What a kind's line says of values taken for a kind that leaves a part of them; empty where there are none.

    >>> sentence_weaker({"name": "dates of birth", "planted": 300, "by": {"weaker": 108}})
    '108 of 300 planted dates of birth were masked as a kind of which a part stays, such as the year of a date'
    >>> sentence_weaker({"name": "dates of birth", "planted": 300, "by": {"weaker": 0}})
    ''
    """
    if not line["by"].get("weaker"):
        return ""
    count = f"{line['by']['weaker']:,} of {line['planted']:,} planted {line['name']}"
    return f"{count} were masked as a kind of which a part stays, such as the year of a date"


def sentence_all(judged: Mapping[str, Any], after_remask: bool = False) -> str:
    """What holds of all promised kinds at once.

    Args:
        judged: what :func:`tasks.methods.gate.planted.judge_planted` returns.
        after_remask: of the rows as the gate masked them again.
    """
    kinds = judged["kinds"]
    if not kinds:
        return "nothing was planted"
    bound = judged["bound_all_after_remask" if after_remask else "bound_all"]
    again = ", masked again by the gate" if after_remask else ""
    each = "the one planted kind" if kinds == 1 else f"each of the {kinds} planted kinds"
    together = "" if kinds == 1 else ", all kinds together by Bonferroni's inequality"
    sure = f"one-sided {at_most_percent(judged['confidence'])}{together}"
    said = f"of {each} at most {at_most_percent(bound, 1)} came through{again} ({sure})"
    return f"{said}; this is about planted values, written and placed as they were"


def at_most_percent(share: float, places: int = 0) -> str:
    """A share in percent, rounded up: a bound stays one.

    >>> at_most_percent(0.009936, 1), at_most_percent(0.01001, 1), at_most_percent(0.95)
    ('1.0 %', '1.1 %', '95 %')
    """
    unit = 10**places
    return f"{math.ceil(round(100 * share * unit, 6)) / unit:.{places}f} %"
