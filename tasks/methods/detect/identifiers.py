"""Numbers, dates and addresses on the network that identify a person, in English text: one file a family.

Presidio's own recognizers find most well-formed values; these find what they miss: a value whose check digit is
wrong but whose context says what it is, a reserved or fictional telephone number, numbers with no format of their
own (medical records, accounts, cases).
"""

from __future__ import annotations

from tasks.methods.detect import accounts, contacts, coordinates, credentials, dates, devices, government, records
from tasks.methods.detect.rules import Finder

RULES: tuple[Finder, ...] = (
    *contacts.RULES,
    *government.RULES,
    *accounts.RULES,
    *records.RULES,
    *devices.RULES,
    *credentials.RULES,
    *coordinates.RULES,
    *dates.RULES,
)
"""Rules of the detector ``airlock-identifiers``."""
