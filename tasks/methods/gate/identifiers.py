"""The gate's rules for numbers: some prove themselves by check digits, some are told by the words before them."""

from __future__ import annotations

from tasks.methods.gate import checks
from tasks.methods.gate.edges import GAP, L, R, ire, plain, spaced
from tasks.methods.gate.rules import Rule

# Letters, then digits that may be set off from each other: what offices call a number.
_CODE = ire(rf"{L}(?=[a-z\-]{{0,6}}\d)[a-z]{{0,4}}-?\d(?:[ \-]?\d){{4,19}}{R}(?!\.\d|,\d{{3}}|[元%万])")
_MIXED = ire(rf"{L}(?=[a-z\-/]{{0,24}}\d)[0-9a-z](?:[\-/]?[0-9a-z]){{5,24}}{R}")
_IS = r"(?:\s*(?:id|identifier|no|nr|num|number|#|号码?))?[^0-9\n]{0,14}$"

CHECKED = (
    Rule(
        "card",
        "CREDIT_CARD",
        plain(rf"(?<![0-9A-Za-z.]){spaced('11,18')}{R}"),
        check=checks.card,
    ),
    Rule("iban", "IBAN_CODE", ire(rf"{L}[A-Z]{{2}}{GAP}\d{GAP}\d(?:[ \-]?[0-9A-Z]){{11,38}}"), check=checks.iban),
    Rule(
        "ssn",
        "US_SSN",
        plain(r"(?<![0-9A-Za-z\-])\d{3} ?[\-. ] ?\d\d ?[\-. ] ?\d{4}(?![0-9A-Za-z]|-\d)"),
        check=checks.us_ssn,
    ),
    Rule(
        "ssn-words",
        "US_SSN",
        plain(rf"{L}{spaced('8')}{R}"),
        check=checks.us_ssn,
        near=ire(r"\bssn\b|social\s+security|\bssa\b|\bitin\b"),
    ),
    Rule(
        "resident-id",
        "CN_RESIDENT_ID",
        ire(rf"{L}\d(?:{GAP}\d){{16}}{GAP}[0-9x]{R}"),
        check=checks.cn_resident_id,
    ),
    Rule("cn-mobile", "PHONE_NUMBER", plain(rf"(?<![0-9A-Za-z.])(?:\+?86[ \-]?)?1{GAP}[3-9](?:{GAP}\d){{9}}{R}")),
    Rule(
        "phone-north-america",
        "PHONE_NUMBER",
        plain(
            r"(?<![0-9A-Za-z.])(?:\+?1[ .\-]{0,2})?(?:\([2-9]\d\d\)[ .\-]{0,2}|[2-9]\d\d ?[ .\-/] ?)"
            r"[2-9]\d\d ?[ .\-] ?\d{4}"
            r"(?: ?(?:x|ext\.?) ?\d{1,6})?(?![0-9A-Za-z]|[.\-]\d)"
        ),
        check=checks.phone,
    ),
    Rule(
        "phone-international",
        "PHONE_NUMBER",
        plain(r"(?<![0-9A-Za-z])(?:\+|00(?=[1-9]))\d{1,3}(?:[ .\-/]{0,2}\(?\d{1,5}\)?){2,6}(?![0-9A-Za-z])"),
        check=checks.phone,
    ),
    Rule(
        "phone-trunk",
        "PHONE_NUMBER",
        plain(r"(?<![0-9A-Za-z.\-])\(?0\d{1,4}\)?[ \-]\d{2,4}[ \-]?\d{2,4}(?:[ \-]\d{2,4})?(?![0-9A-Za-z]|[.\-]\d)"),
        check=lambda text: 10 <= len(checks.digits(text)) <= 12,
    ),
    Rule(
        "phone-words",
        "PHONE_NUMBER",
        plain(rf"{L}\(?{spaced('6,14')}{R}"),
        check=checks.phone,
        near=ire(
            r"\b(?:phone|telephone|tel|cell|cellphone|mobile|fax|call|calls|called|dial|text|whatsapp|ph)\b"
            r"[^0-9@]{0,24}$|(?:电话|手机|联系方式|致电)[^0-9]{0,8}$"
        ),
    ),
    Rule(
        "routing",
        "ROUTING_NUMBER",
        plain(rf"{L}{spaced('8')}{R}"),
        check=checks.routing_number,
        near=ire(r"\brouting\b|\baba\b|\btransit\b"),
    ),
    Rule(
        "tax-id",
        "TAX_ID",
        plain(rf"{L}(?:\d{{2}}-?\d{{7}}|9\d\d-?\d\d-?\d{{4}}){R}"),
        near=ire(r"\bein\b|\btin\b|\bitin\b|\btax(?:payer)?\s+id|employer\s+id"),
    ),
    Rule(
        "credit-code",
        "CN_CREDIT_CODE",
        plain(rf"{L}[159Y][1239]\d{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}{R}"),
        check=checks.cn_credit_code,
    ),
    Rule("mac", "MAC_ADDRESS", ire(rf"{L}(?:[0-9a-f]{{2}}[:\-]){{5}}[0-9a-f]{{2}}(?![0-9a-z]|[:\-][0-9a-f])")),
    Rule("vin", "VEHICLE_ID", ire(rf"{L}[0-9a-hj-npr-z]{{17}}{R}"), check=checks.vin),
    Rule(
        "nhs", "UK_NHS", plain(rf"{L}\d{{3}}[ \-]?\d{{3}}[ \-]?\d{{4}}{R}"), check=checks.uk_nhs, near=ire(r"\bnhs\b")
    ),
    Rule(
        "wallet",
        "CRYPTO",
        plain(rf"{L}(?:0x[0-9a-fA-F]{{40}}|bc1[02-9ac-hj-np-z]{{25,60}}|[13][1-9A-HJ-NP-Za-km-z]{{25,34}}){R}"),
        check=checks.wallet,
    ),
)
"""Numbers that prove themselves, or nearly."""

NAMED = (
    Rule(
        "record-number",
        "MEDICAL_RECORD_NUMBER",
        _CODE,
        near=ire(
            rf"(?:\bmrn|\bmed(?:ical)?\.?\s+rec(?:ord)?s?|\b(?:patient|chart|hospital)\s+(?=id|no|num|#)|(?:病历|病案|住院|门诊|就诊)(?:卡)?号){_IS}"
        ),
    ),
    Rule(
        "account-number",
        "ACCOUNT_NUMBER",
        _CODE,
        near=ire(
            rf"(?:\ba/?c|\bacct|\baccounts?|\bloan\s+(?=no|num|#)|\bpolicy\s+(?=no|num|#)|账号|帐号|账户号|银行卡号?|卡号){_IS}"
        ),
    ),
    Rule(
        "account-tail",
        "ACCOUNT_NUMBER",
        plain(rf"{L}\d{{4}}{R}"),
        near=ire(
            r"\b(?:account|acct|card|checking|savings)\b[^\n.]{0,16}\b(?:ending|ends)(?:\s+(?:in|with))?\s*$|尾号(?:为|是)?\s*$"
        ),
    ),
    Rule(
        "health-plan",
        "HEALTH_PLAN_NUMBER",
        _CODE,
        near=ire(
            rf"(?:\b(?:member|subscriber|beneficiary|insurance|health\s+plan)\s+(?=id|no|num|#)|\bmedicare|\bmedicaid|医保){_IS}"
        ),
    ),
    Rule(
        "case-number",
        "CASE_NUMBER",
        _MIXED,
        near=ire(
            r"(?:\b(?:case|claim|docket|file|reference|ref|complaint|application|ticket)\s*(?:id|no|nr|num|number|#)\.?"
            r"|案件号|案号|受理号|编号)\s*(?:is|was|[:：#])?\s*$"
        ),
    ),
    Rule(
        "passport",
        "PASSPORT",
        plain(rf"{L}(?:[A-Z]{{1,2}}\d{{6,8}}|\d{{9}}){R}"),
        near=ire(rf"(?:passport|护照|通行证){_IS}"),
    ),
    Rule(
        "driver",
        "DRIVERS_LICENSE",
        _MIXED,
        near=ire(
            r"(?:\bdriver'?s?'?\s+licen[cs]e|\bdl|驾驶证号?|驾照)(?:\s*(?:id|no|num|number|#))?\.?\s*(?:is|was|[:：#])?\s*$"
        ),
    ),
    Rule(
        "license",
        "LICENSE_NUMBER",
        _MIXED,
        near=ire(
            r"(?:\bnpi|\bdea|\b(?:bar|medical|nursing|professional)\s+licen[cs]e)(?:\s*(?:no|num|number|#))?\.?\s*(?:is|was|[:#])?\s*$"
        ),
    ),
    Rule(
        "device",
        "DEVICE_ID",
        _MIXED,
        near=ire(
            r"(?:\bimei|\budi|\bs/n|\bserial(?=\s*(?:no|num|#|:))|\bdevice\s+id)(?:\s*(?:no|num|number|#))?\.?\s*(?:is|was|[:#])?\s*$"
        ),
    ),
)
"""Numbers that only the words before them tell."""
