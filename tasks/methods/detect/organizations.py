"""Organisations: employers, clinics, schools and shops, whose names carry places and family names.

The HIPAA Safe Harbor list (45 CFR 164.514(b)(2)) covers the names of employers, and a clinic's name usually holds its town. spaCy's
own label for organisations takes drugs and tests for companies, so names are found by their form instead.
"""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.rules import Rule

_CAP = r"(?:(?:St|Mt|Ft|ST|MT|FT)\.|\p{Lu}[\p{L}\p{M}'’\-]*+)"
_START = (
    r"(?<![\p{L}\p{N}])(?!(?:(?i:the|a|an|my|your|his|her|our|their|this|that|any|each|send|report|repeat|read|preferred|local|call|ask"
    r"|visit|contact)|[NSEW]|North|South|East|West)[ ])"
)
_LINK = r"(?:of|the|de|del|la|los|las|for|and|&)"
_NAME = rf"{_CAP}(?:[ ](?:{_LINK}[ ]){{0,2}}{_CAP}){{0,4}}?"
_LIST = rf"{_CAP}(?:,[ ]{_CAP}){{0,2}}(?:,?[ ](?:and|&)[ ]{_CAP})?"

_LEGAL = r"(?i:LLC|L\.L\.C\.|LLP|Inc|Incorporated|Corp|Corporation|Co|Company|Ltd|Limited|PLC|GmbH|PC|P\.C\.|N\.A\.)(?![\p{L}])\.?"
_HEAD = (
    r"(?i:hospitals?|medical[ ](?:center|centre|group|associates|practice)|health[ ](?:center|centre|clinic|system|partners|services?)"
    r"|clinics?|infirmary|hospice|pharmacy|drugs?(?:tore)?|apothecary|urgent[ ]care|family[ ](?:practice|medicine)|internal[ ]medicine"
    r"|nursing[ ]home|rehabilitation|dialysis|surgery[ ]center|imaging|laborator(?:y|ies)|labs?"
    r"|university|college|academy|institute|(?:high|middle|elementary|primary|charter)[ ]school|school(?:[ ]district)?"
    r"|early[ ]learning(?:[ ]cent(?:er|re))?|day[ ]?care|preschool|kindergarten|library|museum|church|temple|mosque|parish"
    r"|bank|credit[ ]union|savings|trust|financial|insurance|mutual|capital|investments?|holdings?|brokerage"
    r"|foundation|society|consulting|software|systems|technolog(?:y|ies)|solutions|textiles|dairy|nursery|logistics|freight"
    r"|trucking|construction|builders|plumbing|roofing|electric|motors|automotive|auto|foods?|bakery|brewing|catering|restaurant"
    r"|grill|cafe|diner|hotel|inn|resort|realty|properties|industries|manufacturing|engineering|design|studios?|media|press"
    r"|publishing|security|staffing|cleaners|salon|farms?|farm|hardware|supply|market|grocery|furniture|fitness|gym|airlines?"
    r"|transit|energy|utilities|wireless|communications|partners|associates|enterprises|group|agency|warehouse|packaging"
    r"|mortgage|laundry|heating|parts|printing|landscaping|orchards?|vineyards?|fisheries|steel|lumber|paper|glass|tools?|machining|plastics)"
)

RULES = (
    # A name that ends in what it is, with or without a legal form: "Rockford Medical Center", "Ivanova Dairy Inc."
    Rule(
        "ORGANIZATION",
        rf"{_START}{_NAME}(?:[ ]{_HEAD}(?![\p{{L}}])){{1,3}}(?:[ ]&[ ]{_CAP}\.?)?(?:,?[ ]{_LEGAL})?",
        0.7,
    ),
    # "Grabowski, Krishnamurthy & Associates", "Tran & Sons"
    Rule(
        "ORGANIZATION",
        rf"{_START}{_LIST}[ ](?:and|&)[ ](?:Sons?|Daughters?|Brothers|Bros|Co|Company|Partners|Associates)(?![\p{{L}}])\.?(?:,?[ ]{_LEGAL})?",
        0.8,
    ),
    Rule("ORGANIZATION", rf"{_START}{_NAME},?[ ]{_LEGAL}", 0.8),
    # Public bodies carry their county's name: "Dunn County Housing Authority", "Larimer County Department of Revenue".
    Rule(
        "ORGANIZATION",
        rf"{_START}{_NAME}[ ](?i:county|parish|borough|city|township)(?:[ ](?:{_LINK}[ ])?{_CAP}(?:['’]s)?){{0,3}}[ ](?i:office|authority|department|division|agency|commission|board|bureau|services|assessor|court)(?:[ ]of(?:[ ]{_CAP}){{1,3}})?",
        0.7,
    ),
    # What stands behind a header is the organisation, to the next comma, sentence or line.
    Rule(
        "ORGANIZATION",
        r"(?<!\p{L})(?i:employer|employed by|company|workplace|place of work|school|(?:preferred[ ])?pharmacy|facility|hospital|clinic|bank|institution)[ \t]*:[ \t]*"
        rf"(?P<v>(?:{_LIST}[ ](?:and|&)[ ](?:Sons?|Associates|Partners)\b\.?|[^\n,;:|<>.]{{2,60}}(?:[ ](?:Inc|Corp|Co|Ltd)\.)?))",
        0.7,
    ),
    Rule(
        "ORGANIZATION",
        r"(?i:\b(?:works?|worked|working|employed|volunteers?|volunteered|teaches|job|shifts?)(?:[ ][a-z\-]+){0,5}[ ](?:at|for|with)[ ])"
        rf"(?P<v>{_CAP}(?:[ ](?:{_LINK}[ ])?{_CAP}){{0,4}})",
        0.5,
    ),
)
"""Rules of the detector ``airlock-organizations``."""
