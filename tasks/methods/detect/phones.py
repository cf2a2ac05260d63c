"""Telephone numbers as Presidio's ``PhoneRecognizer`` finds them, without reading most candidates.

Presidio runs ``phonenumbers.PhoneNumberMatcher`` over the text for every region, which reads every row of digits (a
year, an amount) as a number of the region and checks it, and then reads each match again. Whether digits can be a
valid number of a region is one regular expression of the library's own metadata; only those that can are read.

Formal guarantees:
    The places found are those of ``PhoneRecognizer.analyze`` with the same regions and leniency, but for one case:
    the library gives a text up after 65,535 candidates that are no numbers, and this goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import regex
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumberDesc,
    PhoneNumberMatch,
    PhoneNumberMatcher,
)

Check = Callable[[str], Any]
"""Takes digits without a sign for a country code; false where they are certainly no valid number of a region."""

_MARKS = str.maketrans("", "", " -./()[]")
"""Taken out of a candidate: if digits alone are left, nothing but they and the region decides what it is read as."""
_REFERENCE = regex.compile(r"[\\$]\d")
_TRIES = 2**31


class PhoneFinder:
    """Finds the telephone numbers of some regions.

    Args:
        regions: ISO 3166-1 codes: whose national notation is read.
        leniency: 0 to 3, as the library has it.

    Attributes:
        fewest_digits: a text with fewer digits holds no number.
    """

    def __init__(self, regions: Sequence[str], leniency: int) -> None:
        self._leniency = leniency
        self._checks: dict[str, Check | None] = {}
        alike = set()
        for region in regions:
            metadata = PhoneMetadata.metadata_for_region(region, None)
            if metadata is None:
                self._checks[region] = None
            elif _reading(metadata) not in alike:
                alike.add(_reading(metadata))
                self._checks[region] = _check(metadata) if leniency >= 1 else None
        certain = all(check is not None for check in self._checks.values())
        self.fewest_digits = _fewest_digits() if certain else 0

    def find(self, text: str) -> list[tuple[int, int]]:
        """``(start, end)`` of every match of every region; the same place may come more than once."""
        return [
            (match.start, match.end)
            for region, check in self._checks.items()
            for match in _Matcher(text, region, self._leniency, check)
        ]


class _Matcher(PhoneNumberMatcher):  # type: ignore[misc]
    """The library's matcher, which reads a candidate only if it can be a number."""

    def __init__(self, text: str, region: str, leniency: int, check: Check | None) -> None:
        super().__init__(text, region, leniency=leniency, max_tries=_TRIES)
        self._check = check

    def _parse_and_verify(self, candidate: str, offset: int) -> PhoneNumberMatch | None:
        if self._check is not None:
            digits = candidate.translate(_MARKS)
            if digits.isascii() and digits.isdecimal() and not self._check(digits):
                return None
        return super()._parse_and_verify(candidate, offset)


def _check(metadata: PhoneMetadata) -> Check | None:
    """What the digits of a number without a plus must match to be read as a valid number of a region.

    Either an international prefix stands first, behind which anything may follow; or the region's own calling code
    and its national prefix are taken off, each or not, and what is left is a number of some type of one of the
    regions with that code. Where a rule rewrites numbers, by taking parts off, only their number is looked at; ``None``
    where it may add something.
    """
    regions = COUNTRY_CODE_TO_REGION_CODE.get(metadata.country_code or 0, ())
    sharing = [one for one in (PhoneMetadata.metadata_for_region(region, None) for region in regions) if one]
    if not sharing or not metadata.international_prefix:
        return None
    read_as = (metadata, sharing[0])
    rules = {one.national_prefix_transform_rule or "" for one in read_as} - {""}
    if any(_REFERENCE.fullmatch(rule) is None for rule in rules):
        return None
    if rules:
        number = rf"\d{{{min(map(_shortest, sharing))},}}"
    else:
        prefixes = sorted({one.national_prefix_for_parsing or "" for one in read_as})
        strip = "".join(f"(?:{prefix})?" for prefix in prefixes * 2)
        types = sorted({pattern for one in sharing for pattern in _types(one)})
        number = rf"(?:{metadata.country_code})?{strip}(?:{'|'.join(types)})"
    return regex.compile(rf"(?:{metadata.international_prefix})|{number}\Z").match


def _types(metadata: PhoneMetadata) -> Iterator[str]:
    for name, description in vars(metadata).items():
        if name != "general_desc" and isinstance(description, PhoneNumberDesc):
            yield description.national_number_pattern or r"(?!)"


@cache
def _fewest_digits() -> int:
    """The fewest digits of a valid number of any country, its country code not counted."""
    every = [(code, region) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions]
    found = [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for code, region in every]
    return min(_shortest(metadata) for metadata in found if metadata is not None)


def _shortest(metadata: PhoneMetadata) -> int:
    lengths = metadata.general_desc.possible_length if metadata.general_desc else ()
    return min((length for length in lengths if length > 0), default=0)


def _reading(metadata: PhoneMetadata) -> tuple[object, ...]:
    """Everything of a region's metadata that reading a number looks at: regions that agree in it find the same."""
    general = metadata.general_desc
    return (
        metadata.country_code,
        metadata.international_prefix,
        metadata.national_prefix,
        metadata.national_prefix_for_parsing,
        metadata.national_prefix_transform_rule,
        general and (general.national_number_pattern, general.possible_length, general.possible_length_local_only),
    )
