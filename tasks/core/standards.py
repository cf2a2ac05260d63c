"""Standards a policy may name, and what in a policy goes beyond their simple path."""

from __future__ import annotations

from collections.abc import Iterable

SAFE_HARBOR = "hipaa-safe-harbor"
"""45 CFR 164.514(b)(2): 18 identifiers removed, no code derived from them (164.514(c)(1))."""

_IDENTIFIERS = frozenset(
    {
        *("PERSON", "ADDRESS", "LOCATION", "COORDINATES", "ZIP_CODE"),  # (A), (B)
        *("DATE", "DATE_OF_BIRTH", "AGE"),  # (C)
        *("PHONE_NUMBER", "EMAIL_ADDRESS", "US_SSN", "MEDICAL_RECORD_NUMBER", "HEALTH_PLAN_NUMBER"),  # (D) to (I)
        *("ACCOUNT_NUMBER", "ROUTING_NUMBER", "CREDIT_CARD", "IBAN_CODE", "CRYPTO"),  # (J)
        *("DRIVERS_LICENSE", "LICENSE_NUMBER", "LICENSE_PLATE", "VEHICLE_ID", "DEVICE_ID"),  # (K) to (M)
        *("URL", "IP_ADDRESS", "MAC_ADDRESS"),  # (N), (O)
        *("USERNAME", "TAX_ID", "PASSPORT", "CASE_NUMBER", "UK_NHS"),  # (R)
    }
)
_REMOVES = frozenset({"tag", "numbered_tag", "redact", "stars", "mean", "delete"})
_ALLOWED = {"DATE": "year", "AGE": "age_band", "ZIP_CODE": "zip3"}
_WHY = {
    "shift_date": "a shifted date is more than the year that Safe Harbor (C) lets stay",
    "hash": "a hash is a code derived from the value, which 164.514(c)(1) rules out",
    "encrypt": "a ciphertext is a code derived from the value, which 164.514(c)(1) rules out",
    "surrogate": "a surrogate is drawn from the value under a key, so it is a code derived from it",
    "partial": "part of the identifier stays",
    "keep": "the identifier stays",
    "year": "the year of a birth shows an age over 89",
}


def expert_determination(rules: Iterable[tuple[str, str]]) -> list[str]:
    """Why masking by these rules isn't Safe Harbor by itself, so that an expert must judge it (164.514(b)(1)).

    Args:
        rules: ``(kind, operator)`` of every line of a policy.

    Returns:
        a sentence a line that goes beyond; empty where none does.

    >>> expert_determination([("PERSON", "hash"), ("DATE", "year"), ("NRP", "keep")])
    ['PERSON: a hash is a code derived from the value, which 164.514(c)(1) rules out.']
    """
    reasons = []
    for kind, operator in rules:
        derived = operator in ("hash", "encrypt", "surrogate", "shift_date")
        if not derived and (kind not in _IDENTIFIERS or operator in _REMOVES or _ALLOWED.get(kind) == operator):
            continue
        reasons.append(f"{kind}: {_WHY.get(operator, f'`{operator}` leaves part of the identifier')}.")
    return reasons
