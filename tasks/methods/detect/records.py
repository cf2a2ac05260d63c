"""Numbers of files: medical records, health plans, cases."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.context import after
from tasks.methods.detect.rules import Rule

RULES = (
    Rule(
        "MEDICAL_RECORD_NUMBER",
        after(
            r"mrns?|m\.r\.n\.?|med(?:ical)?\.? rec(?:ord)?s?|medical record|patient (?:id|number|no|identifier|#)"
            r"|chart(?: (?:id|number|no))?|hospital (?:id|number|no)|encounter|accession|visit (?:id|number|no)"
            r"|(?:specimen|sample|biopsy|unit)(?: (?:id|number|no))|specimen|csn|medical id|e[hm]r (?:id|number|no|#)|record (?:number|no|#)|chart #|pt\.? id|p\.? ?id"
        ),
        0.85,
    ),
    Rule(
        "MEDICAL_RECORD_NUMBER",
        after(r"visit|encounter|episode|admission|study|sample", r"(?P<v>[A-Z]{1,3}-?\d{5,12})(?![A-Za-z0-9])"),
        0.65,
        needs="0123456789",
    ),
    Rule(
        "HEALTH_PLAN_NUMBER",
        after(
            r"versicherten-?(?:nummer|nr)\.?|versicherungs-?(?:nummer|nr)\.?|num[ée]ro d['’]assur[ée]|n[úu]mero de (?:afiliado|asegurado)"
        ),
        0.75,
        needs="0123456789",
    ),
    Rule(
        "HEALTH_PLAN_NUMBER",
        after(
            r"(?:insurance|insured(?:['’]s)?|health plan|plan|policy|policy ?holder|member(?:ship)?|subscriber|group|medicare|medicaid|mbi|hicn|beneficiary|enrollee|payer)(?: (?:id|number|no|#|identifier|policy|group|card|member(?:ship)?|plan|subscriber|beneficiary)\.?){0,4}"
        ),
        0.75,
    ),
    Rule(
        "CASE_NUMBER",
        after(
            r"(?:case|claim|file|docket|ticket|reference|ref|application|app|confirmation|complaint|dispute|request"
            r"|appeal|benefit|permit|docket|matter|incident|report|invoice|order|return|tracking|customer|client|employee"
            r"|student|badge|service|payee|filing|notice|letter|document|control|warrant|summons|citation|subpoena|receipt|booking|arrest"
            r"|inmate|crime|police|probation|court|property|evidence|enquiry|inquiry|enrolment|enrollment)\.?(?: (?:id|number|no|#|identifier|ref(?:erence)?))+"
            r"|(?:your|our|my) ref(?:erence)?|aktenzeichen|gesch[äa]ftszeichen|vorgangsnummer|kundennummer|num[ée]ro de dossier|(?:n[úu]mero de )?expediente"
            r"|(?:case|claim|ticket|docket|ref|reference|confirmation|complaint|dispute|file)\.?[ ]?#"
        ),
        0.7,
    ),
    Rule(
        "CASE_NUMBER",
        after(
            r"case|claim|ticket|docket|reference|confirmation|application|file|matter|warrant|citation|summons|receipt|incident|complaint|dossier|booking"
            r"|service request|sr|rma|crime ref",
            r"(?P<v>(?=[A-Z0-9/\-]{0,40}\d{3})[A-Z0-9]{1,6}(?:[\-/][A-Z0-9]{1,12}){1,4}|[A-Z]{1,4}\d{4,12}|\d{6,14})(?![A-Za-z0-9])",
        ),
        0.65,
    ),
    # A Medicare beneficiary's identifier: eleven characters of given kinds, without S, L, O, I, B, Z (CMS, 2017)
    Rule(
        "HEALTH_PLAN_NUMBER",
        r"(?<![\p{L}\p{N}])[1-9](?![SLOIBZ])[A-Z](?![SLOIBZ])[A-Z0-9]\d-?(?![SLOIBZ])[A-Z](?![SLOIBZ])[A-Z0-9]\d-?(?![SLOIBZ])[A-Z](?![SLOIBZ])[A-Z]\d{2}(?![\p{L}\p{N}])",
        0.8,
        needs="123456789",
    ),
    Rule(
        "MEDICAL_RECORD_NUMBER",
        r"(?<![\p{L}\p{N}])(?:MRN|MR|PT|PAT)[#\-]?\d{5,10}(?![\p{L}\p{N}])",
        0.7,
        needs="0123456789",
    ),
)
"""Rules of the detector ``airlock-identifiers``."""
