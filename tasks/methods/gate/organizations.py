"""Names of organisations by their last words: a clinic that bears a founder's or a town's name is neither."""

from __future__ import annotations

import re

_TAIL = (
    "academy|agency|airlines?|assoc(?:iates|iation)?|authority|bakery|bank|bureau|cafe|capital|catering|center|centre|church|clinic|"
    "club|college|commission|community|company|consult(?:ants?|ing)|construction|co|corp(?:oration)?|council|court|credit|"
    "dairy|department|dept|diner|drugs?|early|electrics?|electrical|electronics?|elementary|family|federal|finance|financial|foods|foundation|furniture|"
    "general|group|health|healthcare|high|holdings?|home|hospital|hotel|housing|inc|industries|institute|insurance|"
    "laborator(?:y|ies)|law|library|limited|llc|llp|logistics|ltd|machine|mae|market|medical|memorial|middle|mortgage|"
    "motors?|museum|national|nursing|office|outfitters|outlet|packaging|partners|pediatrics|pharmacy|plumbing|police|practice|printing|"
    "primary|regional|rehab(?:ilitation)?|restaurant|roofing|savings|school|services?|shop|social|software|solutions|stores?|supply|surgical|"
    "systems?|textiles?|tickets|trucking|trust|union|university|urgent|utilities|workforce|works"
)
_WORD = r"[A-Z][\w'\-]*\.?"
_LINK = r"(?:&|and|of|the|de|da|van|von)"
_ORGANIZATION = re.compile(
    rf"(?<!\w)(?:{_WORD}(?:, {_WORD}){{0,3}},? (?:&|and) )?(?:(?:{_WORD}|{_LINK}) ){{0,4}}"
    rf"(?=[A-Z])(?i:auto|{_TAIL})(?!\w)"
    rf"|(?<!\w){_WORD} (?i:county|city|state) (?=[A-Z])(?i:{_TAIL})(?!\w)"
)


IN_ORGANIZATIONS = frozenset({"PERSON", "LOCATION", "ADDRESS"})
"""Kinds that the names of organisations are full of."""


def organizations(text: str) -> list[tuple[int, int]]:
    """Start and end of each name that ends in a word for a kind of organisation.

    >>> text = "She works at Hale, Roe & Associates near Rockford Medical Center."
    >>> [text[a:b] for a, b in organizations(text)]
    ['Hale, Roe & Associates', 'Rockford Medical Center']
    """
    return [match.span() for match in _ORGANIZATION.finditer(text)]
