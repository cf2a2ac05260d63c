"""Numbers that a state gives a person: social security, tax, passports, licences."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import regex

from tasks.methods.detect.checksums import dea, luhn, nhs, npi
from tasks.methods.detect.context import after
from tasks.methods.detect.rules import Finder, Function, Rule

_DIGITS = "0123456789"
_TEN = regex.compile(r"(?<![\p{L}\p{N}\-.])\d{3}[ ]\d{3}[ ]\d{4}(?![\p{L}\p{N}\-])")


def _nhs_alone(text: str) -> list[tuple[int, int, float]]:
    """NHS numbers that nothing introduces, less likely than a telephone number: one in eleven of those passes too."""
    return [(*match.span(), 0.5) for match in _TEN.finditer(text) if nhs(match.group())]


RULES: tuple[Finder, ...] = (
    Rule("US_SSN", r"(?<![\p{L}\p{N}\-])\d{3}-\d{2}-\d{4}(?![\p{L}\p{N}\-])", 0.8, needs="-"),
    Rule(
        "US_SSN",
        after(
            r"ssns?|s\.s\.n\.?|social security(?: (?:number|no\.?|#|card))?|itin|social",
            r"(?P<v>[\dX*x]{3}[ \-]?[\dX*x]{2}[ \-]?\d{4})(?!\d)",
        ),
        0.9,
    ),
    Rule(
        "US_SSN",
        r"(?i:\bssn|social security)[^\n\d]{0,30}(?i:ending(?: in)?|last (?:four|4)(?: digits)?)[^\n\d]{0,10}(?P<v>\d{4})(?!\d)",
        0.8,
    ),
    Rule(
        "TAX_ID",
        after(
            r"ein|fein|tin|employer identification(?: number)?|tax(?:payer)? (?:id(?:entification)?|identification)(?: number)?",
            r"(?P<v>\d{2}-?\d{7}|9\d{2}-?\d{2}-?\d{4})(?!\d)",
        ),
        0.85,
    ),
    Rule("PASSPORT", after(r"passports?(?: (?:number|no|#|book))?", r"(?P<v>[A-Z]?\d{8,9})(?![A-Za-z0-9])"), 0.85),
    Rule(
        "DRIVERS_LICENSE",
        after(
            r"(?:driver'?s?|drivers'|driving|operator'?s?|state|photo)[ ](?:license|licence|lic|id|identification)(?: card)?|(?:dl|oln?|dln)(?: (?:number|no|#))?|d\.l\.|o\.l\.n\.|licen[cs]e|f[üu]hrerschein(?:nummer)?|permis de conduire|permiso de conducir"
        ),
        0.7,
    ),
    Rule(
        "LICENSE_NUMBER",
        after(
            r"(?:medical|nursing|professional|bar|real estate|contractor'?s?|pilot|teaching|business|pharmacy|state)[ ](?:license|licence|lic\.?|certificate|registration)|(?:nmc|gmc|gdc|hcpc|gphc|goc|sia)(?: (?:pin|registration|reg\.?))?|dea|npi|certificate"
        ),
        0.7,
    ),
    Rule(
        "US_SSN",
        r"(?<![\p{L}\p{N}\-.])(?!000|666|9)\d{3}([ .])(?!00)\d{2}\1(?!0000)\d{4}(?![\p{L}\p{N}\-]|[., ]\d)",
        0.45,
        needs=_DIGITS,
    ),
    # A British national insurance number, by the letters it may begin with (HMRC, NIM39110)
    Rule(
        "TAX_ID",
        r"(?<![\p{L}\p{N}])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ \-]?\d{2}[ \-]?\d{2}[ \-]?\d{2}[ \-]?[A-D](?![\p{L}\p{N}])",
        0.8,
        needs=_DIGITS,
    ),
    Rule(
        "TAX_ID",
        after(
            r"ni(?:no| number| no\.?)|national insurance(?: number| no\.?)?",
            r"(?P<v>[A-Za-z]{2}[ \-]?\d{2}[ \-]?\d{2}[ \-]?\d{2}[ \-]?[A-Da-d]?)(?![\p{L}\p{N}])",
        ),
        0.85,
        needs=_DIGITS,
    ),
    # A Canadian social insurance number
    Rule(
        "TAX_ID",
        r"(?<![\p{L}\p{N}\-.])[1-79]\d{2}([ \-])\d{3}\1\d{3}(?![\p{L}\p{N}\-]|[., ]\d)",
        0.3,
        luhn,
        True,
        needs=_DIGITS,
    ),
    Rule(
        "TAX_ID",
        after(r"sin|s\.i\.n\.?|social insurance(?: number| no\.?)?", r"(?P<v>\d{3}[ \-]?\d{3}[ \-]?\d{3})(?!\d)"),
        0.85,
        luhn,
        needs=_DIGITS,
    ),
    # ITIN: 9XX with 50-65, 70-88, 90-92 or 94-99 in the middle (IRS, Publication 1915)
    Rule(
        "TAX_ID",
        r"(?<![\p{L}\p{N}\-.])9\d{2}([ \-])(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\1\d{4}(?![\p{L}\p{N}\-])",
        0.7,
        needs="9",
    ),
    Rule(
        "TAX_ID",
        after(
            r"vat(?: (?:id|number|no\.?|reg(?:istration)?(?: no\.?| number)?))?|utr|abn|tfn|pan|aadhaar|cpf|cnpj|nif|nie|dni|cuit|rfc|curp|bsn|pesel|pps(?:n)?|codice fiscale|steuer-?id|personnummer|nric|fin",
            r"(?P<v>(?=[A-Z0-9 .\-/]{0,20}\d)[A-Z0-9](?:[ .\-/]?[A-Z0-9]){6,19})(?![\p{L}\p{N}])",
        ),
        0.65,
        needs=_DIGITS,
    ),
    Rule(
        "UK_NHS",
        after(r"nhs(?: (?:number|no\.?|#|id))?", r"(?P<v>\d{3}[ \-]?\d{3}[ \-]?\d{4})(?!\d)"),
        0.85,
        nhs,
        needs=_DIGITS,
    ),
    Function("UK_NHS", _nhs_alone),
    Rule(
        "PASSPORT",
        after(
            r"(?:passports?|passeport|pasaporte|passaporto|passaporte|reisepass|pass-?nummer|paspoort|ppt)(?: (?:number|no\.?|nr\.?|#|book|id))?",
            r"(?P<v>(?=(?:[A-Z]{0,4}\d){4})[A-Z0-9]{6,12})(?![A-Za-z0-9])",
        ),
        0.75,
        needs=_DIGITS,
    ),
    # What a machine reads in a passport, a visa or an identity card (ICAO Doc 9303): the line of numbers, that of names
    Rule(
        "PASSPORT",
        r"(?<![\p{L}\p{N}<])(?:[A-Z0-9<]{9}[\d<][A-Z<]{3}\d{6}[\d<][MFX<]\d{6}[\d<][A-Z0-9<]{2,16}|\d{7}[MFX<]\d{7}[A-Z<]{3}[A-Z0-9<]{11}\d"
        r"|[ACI][A-Z0-9<][A-Z<]{3}[A-Z0-9<]{25})(?![\p{L}\p{N}<])",
        0.9,
        needs="<",
    ),
    Rule("PASSPORT", r"(?<![\p{L}\p{N}<])[PV][A-Z<][A-Z<]{3}[A-Z]{1,36}<[A-Z<]{5,38}(?![\p{L}\p{N}<])", 0.9, needs="<"),
    # A British driver's number (DVLA): five letters of the name, the birth date among figures, initials, a check
    Rule(
        "DRIVERS_LICENSE",
        r"(?<![\p{L}\p{N}])[A-Z](?:[A-Z]{4}|[A-Z]{3}9|[A-Z]{2}99|[A-Z]999|9999)\d[0156]\d[0-3]\d\d[A-Z][A-Z9]\d[A-Z]{2}(?:[ ]?\d{2})?(?![\p{L}\p{N}])",
        0.8,
        needs=_DIGITS,
    ),
    Rule(
        "LICENSE_NUMBER",
        after(r"npi(?: (?:number|no\.?|#))?|national provider identifier", r"(?P<v>\d{10})(?!\d)"),
        0.8,
        npi,
        needs=_DIGITS,
    ),
    Rule(
        "LICENSE_NUMBER",
        r"(?<![\p{L}\p{N}])[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}(?![\p{L}\p{N}])",
        0.3,
        dea,
        True,
        needs=_DIGITS,
    ),
)
"""Rules of the detector ``airlock-identifiers``."""
