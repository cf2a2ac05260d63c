"""Numbers, dates and addresses on the network that identify a person, in English text.

Presidio's own recognizers find most well-formed values; these find what they miss: a value whose check digit is
wrong but whose context says what it is, a reserved or fictional telephone number, numbers with no format of their
own (medical records, accounts, cases).
"""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.checksums import aba, luhn
from tasks.methods.detect.rules import Rule

_IS = r"[ \t]*(?:\([\w .#]{1,12}\))?[ \t]*(?:(?:is|was|of|no|num|number|id|ending in|are|:|#|=|-|–|—)\b?\.?[ \t]*){0,4}"
_CODE = r"(?P<v>(?=[A-Za-z0-9\-./]*\d)[A-Za-z0-9](?:[A-Za-z0-9]|[\-./](?=[A-Za-z0-9])){3,23})(?![A-Za-z0-9])"
"""A value without a format: 4 to 24 letters and digits with at least one digit, joined by single separators."""

_MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
DATE = (
    r"(?:(?<![\d/.\-])(?:\d{1,2}[/\-.]\d{1,2}[/\-.](?:\d{4}|\d{2})|\d{4}[/\-.]\d{1,2}[/\-.]\d{1,2})(?![\d]|[/\-]\d)"
    rf"|(?<!\p{{L}}){_MONTH}\.?[ ]+\d{{1,2}}(?:st|nd|rd|th)?(?:,?[ ]+(?:19|20)\d\d)?(?![\d\p{{L}}])"
    rf"|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)?[ \-](?:of[ ])?{_MONTH}\.?(?:,?[ \-]+(?:19|20)\d\d)?(?![\d\p{{L}}])"
    r"|(?<![\d/.\-])(?:0?[1-9]|1[0-2])/(?:19|20)\d\d(?![\d/])"
    rf"|(?<!\p{{L}}){_MONTH}\.?,?[ ]+(?:of[ ]+)?(?:19|20)\d\d(?!\d))"
)
"""A calendar date: with day and month, or with month and year."""


def _context(words: str, value: str = _CODE) -> str:
    return rf"(?<![\p{{L}}\p{{N}}])(?i:{words}){_IS}{value}"


RULES = (
    Rule(
        "EMAIL_ADDRESS",
        r"(?<![\p{L}\p{N}._%+\-])[\p{L}\p{N}._%+\-]++@(?:[\p{L}\p{N}][\p{L}\p{N}\-]*+\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])",
        0.95,
        needs="@",
    ),
    Rule(
        "EMAIL_ADDRESS",
        r"(?<![\p{L}\p{N}._%+\-])[\p{L}\p{N}._%+\-]{1,64}+@[\p{L}\p{N}.\-]*[\p{L}\p{N}]",
        0.6,
        needs="@",
    ),
    Rule("URL", r"(?<![\p{L}\p{N}])(?:https?|ftp)://[^\s<>\"'’”\]]{3,2000}+", 0.95, needs=":"),
    Rule("URL", r"(?<![\p{L}\p{N}@.\-])(?i:www\.)[\p{L}\p{N}\-]+\.[^\s<>\"'’”\]]{2,2000}+", 0.9, needs="."),
    Rule(
        "URL",
        r"(?<![\p{L}\p{N}@._\-])[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}\.){1,6}(?i:com|org|net|edu|gov|mil|info|biz|io|co|ai|app|dev|me|us"
        r"|uk|ca|au|de|fr|in|cn|example)(?:\.(?i:uk|au|cn|in|br))?(?:[:/?#][^\s<>\"'’”\]]{0,2000}+)?(?![\p{L}\p{N}@]|\.\p{L})",
        0.7,
        needs=".",
    ),
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}$.\-/])(?:\+?1[ .\-]?)?(?:\([2-9]\d{2}\)[ ]?|[2-9]\d{2}[ .\-/])\d{3}[ .\-]\d{4}"
        r"(?:,?[ ]*(?i:x|ext\.?|extension)[ ]?\d{1,6})?(?![\p{L}\p{N}\-])",
        0.75,
    ),
    Rule("PHONE_NUMBER", r"(?<![\p{L}\p{N}.])00[1-9]\d{0,2}[ .\-]?\(?\d{1,4}\)?(?:[ .\-]?\d{2,4}){2,4}(?!\d)", 0.6),
    Rule(
        "PHONE_NUMBER", r"(?<![\p{L}\p{N}.\-/])(?:\(0\d{2,4}\)|0\d{2,4})[ \-]\d{3,4}[ \-]\d{3,4}(?![\p{L}\p{N}\-])", 0.6
    ),
    Rule("PHONE_NUMBER", r"(?<![\p{L}\p{N}.])\+\d{1,3}(?:[ .\-]?\(?\d{1,4}\)?){2,6}(?!\d)", 0.7, needs="+"),
    Rule(
        "PHONE_NUMBER",
        r"(?<!\p{L})(?i:phone|telephone|tel|cell|cellphone|mobile|fax|pager|call|text|reach(?:ed)? (?:me|him|her|them)"
        r"|contact|callback|home ph|work ph|ph)(?:[ ](?i:number|no|at|on|me at|me on|back at|is|line|home|work))*"
        r"[ \t]*[.:#=]?[ \t]*(?P<v>\+?\(?\d[\d ().\-]{5,17}\d(?:,?[ ]*(?i:x|ext\.?)[ ]?\d{1,6})?)(?![\p{L}\d])",
        0.7,
    ),
    Rule("US_SSN", r"(?<![\p{L}\p{N}\-])\d{3}-\d{2}-\d{4}(?![\p{L}\p{N}\-])", 0.8, needs="-"),
    Rule(
        "US_SSN",
        _context(
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
    Rule("CREDIT_CARD", r"(?<![\p{L}\p{N}.\-])(?:\d[ \-]?){12,18}\d(?![\p{L}\p{N}\-])", 0.3, luhn, True),
    Rule(
        "CREDIT_CARD",
        _context(
            r"(?:credit|debit|visa|mastercard|master card|amex|american express|discover|bank|atm)?[ ]?cards?",
            r"(?P<v>\d(?:[ \-]?\d){11,18})(?!\d)",
        ),
        0.7,
        luhn,
    ),
    Rule(
        "ROUTING_NUMBER",
        _context(
            r"routing|aba|rtn|transit|routing/aba|aba/routing|wire routing", r"(?P<v>\d{4}[ \-]?\d{4}[ \-]?\d)(?!\d)"
        ),
        0.75,
        aba,
    ),
    Rule(
        "ACCOUNT_NUMBER",
        _context(
            r"(?:(?:bank|checking|savings|brokerage|deposit|credit|loan|mortgage|money market|joint|wire|beneficiary"
            r"|external|my|the|an?|new|old|source|destination|from|to|business|personal|retirement)[ ])*"
            r"(?:accounts?|acct|acc|a/c|loan|mortgage|checking|savings|card|wire|transfer|transaction|iban|deposit)\.?"
        ),
        0.7,
    ),
    Rule(
        "ACCOUNT_NUMBER",
        r"(?i:\b(?:ending|ends)(?: (?:in|with))?|\blast (?:four|4)(?: digits)?(?: (?:of|are|is))?)[ \t:]*#?(?P<v>\d{4})(?!\d)",
        0.7,
    ),
    Rule("ACCOUNT_NUMBER", r"(?<![\p{L}\p{N}])[xX*•.]{2,12}[ \-]?(?P<v>\d{4})(?!\d)", 0.6),
    Rule("ACCOUNT_NUMBER", r"(?<![\p{L}\p{N}$€£.,\-])\d{10,17}(?![\p{L}\p{N}.,]\d|[\p{L}\p{N}])", 0.5),
    Rule(
        "MEDICAL_RECORD_NUMBER",
        _context(
            r"mrns?|m\.r\.n\.?|med(?:ical)?\.? rec(?:ord)?s?|medical record|patient (?:id|number|no|identifier|#)"
            r"|chart(?: (?:id|number|no))?|hospital (?:id|number|no)|encounter|accession|visit (?:id|number|no)"
            r"|specimen|csn|medical id|record (?:number|no|#)|chart #"
        ),
        0.85,
    ),
    Rule(
        "HEALTH_PLAN_NUMBER",
        _context(
            r"(?:insurance|health plan|plan|policy|policy ?holder|member(?:ship)?|subscriber|group|medicare|medicaid|mbi|hicn|beneficiary|enrollee|payer)(?: (?:id|number|no|#|identifier|policy|group|card|member(?:ship)?|plan|subscriber|beneficiary)\.?)*"
        ),
        0.75,
    ),
    Rule(
        "CASE_NUMBER",
        _context(
            r"(?:case|claim|file|docket|ticket|reference|ref|application|app|confirmation|complaint|dispute|request"
            r"|appeal|benefit|permit|docket|matter|incident|report|invoice|order|return|tracking|customer|client|employee"
            r"|student|badge|service|payee|filing|notice|letter|document|control)\.?(?: (?:id|number|no|#|identifier|ref))+"
            r"|(?:case|claim|ticket|docket|ref|reference|confirmation|complaint|dispute|file)\.?[ ]?#"
        ),
        0.7,
    ),
    Rule(
        "CASE_NUMBER",
        _context(
            r"case|claim|ticket|docket|reference|confirmation|application|file",
            r"(?P<v>(?=[A-Z0-9\-]*\d{3})[A-Z0-9]{1,6}(?:-[A-Z0-9]{1,12}){1,4}|[A-Z]{1,4}\d{4,12}|\d{6,14})(?![A-Za-z0-9])",
        ),
        0.65,
    ),
    Rule(
        "TAX_ID",
        _context(
            r"ein|fein|tin|employer identification(?: number)?|tax(?:payer)? (?:id(?:entification)?|identification)(?: number)?",
            r"(?P<v>\d{2}-?\d{7}|9\d{2}-?\d{2}-?\d{4})(?!\d)",
        ),
        0.85,
    ),
    Rule("PASSPORT", _context(r"passports?(?: (?:number|no|#|book))?", r"(?P<v>[A-Z]?\d{8,9})(?![A-Za-z0-9])"), 0.85),
    Rule(
        "DRIVERS_LICENSE",
        _context(
            r"(?:driver'?s?|drivers'|driving|operator'?s?|state|photo)[ ](?:license|licence|lic|id|identification)(?: card)?|dl|d\.l\.|license"
        ),
        0.7,
    ),
    Rule(
        "LICENSE_NUMBER",
        _context(
            r"(?:medical|nursing|professional|bar|real estate|contractor'?s?|pilot|teaching|business|pharmacy|state)[ ](?:license|licence|certificate|registration)|dea|npi|certificate"
        ),
        0.7,
    ),
    Rule(
        "VEHICLE_ID",
        _context(r"vin|vehicle identification(?: number)?", r"(?P<v>[A-HJ-NPR-Z0-9]{17})(?![A-Za-z0-9])"),
        0.9,
    ),
    Rule(
        "LICENSE_PLATE",
        _context(
            r"(?:license|licence|vehicle|registration|car|number)[ ]plates?,?|plate,?|tag number",
            r"(?P<v>(?=[A-Z0-9 \-]*\d)[A-Z0-9]{1,4}[ \-]?[A-Z0-9]{2,5})(?![A-Za-z0-9])",
        ),
        0.75,
    ),
    Rule(
        "DEVICE_ID",
        _context(
            r"(?:serial|device|imei|udid|meid|pacemaker|implant|pump|model)(?: (?:id|identifier|number|no|serial|#))*"
        ),
        0.6,
    ),
    Rule(
        "USERNAME",
        r"(?<!\p{L})(?i:user[ ]?name|user[ ]?id|login|log-in|handle|screen name|portal id)[ \t]*(?:is|:|=)[ \t]*(?P<v>@?[\p{L}\p{N}_.\-]{3,40}[\p{L}\p{N}])",
        0.75,
    ),
    Rule(
        "USERNAME",
        r"(?i:\b(?:user|visitor|member|login|profile|chat(?:ting)? with|messages? (?:was )?(?:sent )?to|logged in as|signed in as|registered as))[ ](?P<v>[A-Za-z](?=[A-Za-z._\-]*[0-9_.\-][A-Za-z0-9])[A-Za-z0-9._\-]{3,39}(?<![._\-]))(?![@\p{L}\p{N}])",
        0.6,
    ),
    Rule(
        "USERNAME",
        r"(?i:\b(?:user|visitor))[ ](?P<v>[a-z][a-z0-9._\-]{3,39})(?=[ ](?:from|at|on|joined)[ ]\d|[,;)]|\.[ ]|\.?$)",
        0.6,
    ),
    Rule("USERNAME", r"(?<![\p{L}\p{N}._%+\-/@])@[A-Za-z_][A-Za-z0-9_.]{2,30}(?<!\.)(?![A-Za-z0-9_@])", 0.6, needs="@"),
    Rule(
        "DATE_OF_BIRTH",
        rf"(?<!\p{{L}})(?i:d\.?o\.?b\.?|date of birth|birth[ ]?date|birthday|born(?: on| in)?|b/d)[ \t]*(?:\(\w{{2,12}}\))?[ \t]*(?:is|was|:|=|-|,)?[ \t]*(?:on[ ])?(?P<v>{DATE}|(?:19|20)\d\d(?!\d))",
        0.95,
    ),
    Rule("DATE", DATE, 0.6),
    Rule(
        "AGE",
        r"(?<![\p{L}\p{N}.\-/$])(?P<v>(?:1[01]\d|\d{1,2})(?:[ ]|-)?(?i:years?|yrs?|y)\.?(?:[ ]|-)?(?i:old|of age|o)\b)",
        0.8,
    ),
    Rule(
        "AGE",
        r"(?<![\p{L}\p{N}.\-/$])(?P<v>(?:1[01]\d|\d{1,2}))[ \-]?(?i:y/?o\b|months?[ \-]old|weeks?[ \-]old|m/o\b)",
        0.8,
    ),
    Rule(
        "AGE",
        r"(?<!\p{L})(?i:aged?|age of|turned|turning)[ \t]*(?:is|:|=)?[ \t]*(?P<v>1\d\d|\d{1,2})(?![\p{L}\p{N}%]|[.,:/\-]\d)",
        0.7,
    ),
    Rule(
        "AGE",
        rf"\p{{Lu}}\p{{L}}+(?<!{_MONTH})(?:,[ ](?P<v>1[01]\d|\d{{1,2}})(?=,[ ]|\.$)|[ ]\((?P<v>1[01]\d|\d{{1,2}})\))",
        0.5,
    ),
    Rule(
        "AGE",
        r"(?i:\b(?:diagnosed|died|passed(?: away)?|deceased|retired|onset|stroke|cancer|widowed|married)[ ]at)[ ](?:age[ ])?(?P<v>1[01]\d|\d{1,2})(?![\p{L}\p{N}%]|[.,:/\-]\d|[ ]?(?:am|pm|AM|PM|mg|ml)\b)",
        0.6,
    ),
    Rule("AGE", r"\([\p{L} ]{1,20},[ ](?P<v>1[01]\d|\d{1,2})\)", 0.6),
    Rule(
        "AGE",
        r"(?i:\b(?:he|she|patient|who|i|they|mother|father|son|daughter|wife|husband)(?:'s|'m|[ ](?:is|was|am|are|turned|turns)))[ ](?P<v>1[01]\d|[1-9]\d?)(?=[ ]and\b|[,;]|\.[ ]|\.?$)",
        0.5,
    ),
    Rule("AGE", r"(?<![\p{L}\p{N}.\-/$])(?P<v>1[01]\d|[1-9]\d)[ ]?[MF](?![\p{L}\p{N}])", 0.6),
)
"""Rules of the detector ``airlock-identifiers``."""
