"""Secrets: passwords, keys and tokens, by how their makers write them or by the words before them."""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, a list of words better than a thousand quotes.
from __future__ import annotations

import math
from collections import Counter

from tasks.methods.detect.rules import Rule

_EDGE = r"(?<![A-Za-z0-9_\-])"
_END = r"(?![A-Za-z0-9_\-])"


def random_looking(value: str) -> bool:
    """Whether ``value`` looks drawn at random: letters and figures mixed, 3 bits a character or more.

    >>> random_looking("9f8Gh2Lq0ZxT7v"), random_looking("documentation"), random_looking("1111111111aa")
    (True, False, False)
    """
    if not (any(c.isdigit() for c in value) and any(c.isalpha() for c in value)):
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= 3.0


def password_like(value: str) -> bool:
    """Whether ``value`` behind a word such as "password" is one: not a word of a sentence."""
    letters = value.strip("\"'`.,;")
    mixed = any(c.isdigit() for c in letters) or any(not c.isalnum() for c in letters)
    return len(letters) >= 4 and (
        mixed or (letters != letters.lower() and letters != letters.capitalize() and not letters.isupper())
    )


def spaced_password(value: str) -> bool:
    """Whether ``value`` next to a word such as "password", with nothing between them, is one: not a word, not a count.

    >>> spaced_password("OpenSesame!1"), spaced_password("policy,"), spaced_password("reset."), spaced_password("2nd")
    (True, False, False, False)
    """
    inner = value.strip("\"'`.,;:!?()")
    letters, figures = sum(map(str.isalpha, inner)), sum(map(str.isdigit, inner))
    return len(inner) >= 6 and letters >= 2 and (figures >= 2 or (figures == 1 and any(not c.isalnum() for c in value)))


_SENTENCE = frozenset(
    "a an and are as but for has if in is it my no not of on or our so that the then this to was we you your".split()
)


def phrase_of_words(value: str) -> bool:
    """Whether words in small letters are a pass phrase, not a sentence: none of them is one that joins others.

    >>> phrase_of_words("maple otter quilt nine"), phrase_of_words("not the same")
    (True, False)
    """
    return _SENTENCE.isdisjoint(value.replace("-", " ").split())


_MAKERS = (
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_\-]{20,64}"
    r"|sk-(?:proj-|ant-(?:api\d\d-)?|svcacct-)?[A-Za-z0-9_\-]{20,200}|(?:sk|pk|rk|whsec)_(?:live|test)_[A-Za-z0-9]{10,200}|whsec_[A-Za-z0-9]{20,80}"
    r"|xox[abeprs]-[A-Za-z0-9\-]{10,250}|xapp-\d-[A-Za-z0-9\-]{10,250}"
    r"|AIza[A-Za-z0-9_\-]{35}|ya29\.[A-Za-z0-9_\-]{20,250}|GOCSPX-[A-Za-z0-9_\-]{20,40}"
    r"|SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}|key-[0-9a-f]{32}|(?:AC|SK)[0-9a-f]{32}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_\-]{16,250}|hf_[A-Za-z0-9]{20,60}|dop_v1_[0-9a-f]{64}|shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}"
    r"|EAA[A-Za-z0-9]{40,250}|sq0(?:atp|csp)-[A-Za-z0-9_\-]{22,60}|dckr_pat_[A-Za-z0-9_\-]{20,60}|r8_[A-Za-z0-9]{30,50}|lin_api_[A-Za-z0-9]{30,60}"
)

RULES = (
    Rule("SECRET", rf"{_EDGE}(?:{_MAKERS}){_END}", 0.95),
    Rule(
        "SECRET",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^\-]|-(?!----)){0,20000}+(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?",
        0.99,
        needs="-",
    ),
    # A JSON web token (RFC 7519): three parts in base64url, the first two begin with {"
    Rule(
        "SECRET",
        rf"{_EDGE}eyJ[A-Za-z0-9_\-]{{8,4000}}+\.eyJ[A-Za-z0-9_\-]{{8,8000}}+(?:\.[A-Za-z0-9_\-]{{0,1000}}+)?",
        0.95,
        needs=".",
    ),
    # A password in a link: scheme://user:password@host
    Rule("SECRET", r"(?<=://[^\s:/@]{1,64}:)[^\s:/@]{3,128}(?=@)", 0.9, needs="@"),
    Rule(
        "SECRET",
        r"(?<![\p{L}\p{N}])(?i:authorization[ \t]*[:=][ \t]*(?:bearer|basic|token)|bearer|x-api-key[ \t]*:)[ \t]+(?P<v>[A-Za-z0-9_\-.+/=~]{12,4000})",
        0.85,
        random_looking,
        True,
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:(?:(?:my|the|your|temp(?:orary)?|new|old|current|default|admin|root|wi-?fi|login|user|db|database|account)[ _\-])?(?:pass[ _\-]?word|passwd|pwd|pass[ _\-]?phrase|pass[ _\-]?code|passkey|pw))"
        r"[\"']?[ \t]*(?:(?:is|was|are|to)\b(?:[ ](?:set[ ]to|now))?[ \t]*:?|:|=+>?|→)[ \t]*[\"'“`]?(?P<v>[^\s\"'“”`<>]{4,128})",
        0.85,
        password_like,
        True,
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:pass[ _\-]?word|passwd|pwd|pass[ _\-]?phrase|passcode)[\"']?[ \t]*(?::|=+>?)[ \t]*[\"'“`]?(?P<v>[^\s\"'“”`<>,;]{4,128})(?=[\"'”`]?(?:[\s,;]|$))",
        0.7,
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:(?:[A-Za-z0-9]{1,20}[ _\-]){0,3}(?:api|secret|access|private|auth|client|encryption|signing|session|refresh|bearer|license|licence|product|recovery|activation|security|deploy|service)[ _\-]?(?:access[ _\-]?)?(?:key|token|secret|code|phrase|id))"
        r"[\"']?[ \t]*(?:\bis\b|:|=+>?)[ \t]*[\"'“`]?(?P<v>[A-Za-z0-9_\-.+/=~]{8,512})",
        0.85,
        random_looking,
        True,
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:token|secret|key|credentials?)[\"']?[ \t]*(?:\bis\b|:|=+>?)[ \t]*[\"'“`]?(?P<v>[A-Za-z0-9_\-.+/=~]{12,512})",
        0.7,
        random_looking,
        True,
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:pin(?:[ ](?:code|number|no\.?))?|otp|one[ \-]time (?:pass(?:word|code)|code|pin)|(?:verification|access|security|login|entry|door|gate|alarm|authentication|2fa|unlock) (?:code|pin))[ \t]*(?:is|was|:|=|#)[ \t]*(?P<v>\d{4,8}|[A-Z0-9]{5,8}(?<=\d[A-Z0-9]{0,7}))(?![\p{L}\p{N}])",
        0.8,
    ),
    # ... grouped, or with nothing between the words and the code
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:pin|otp|totp|one[ \-]time (?:pass(?:word|code)|code|pin)|(?:verification|access|security|login|entry|door|gate|alarm|authentication|2fa|unlock|sms) (?:code|pin)|passcode)[\"']?[ \t]*(?:(?i:is|was)|:|=|#)?[ \t]*(?:\n[ \t]*)?[\"'“]?(?P<v>\d{3}[ \-]\d{3}|\d{4,8})(?![\p{L}\p{N}]|[.,:/\-]\d)",
        0.7,
        needs="0123456789",
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:(?:recovery|backup|scratch|emergency|reset)[ _\-](?:codes?|keys?))[ \t]*(?:(?i:is|are)|:|=)?[ \t\n]{0,3}(?P<v>(?=[a-zA-Z0-9\-]{0,24}\d)[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8}){0,7}(?:[ ,;\n]{1,3}(?=[a-zA-Z0-9\-]{0,24}\d)[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8}){0,7}){0,19})(?![A-Za-z0-9])",
        0.8,
        needs="0123456789",
    ),
    Rule(
        "SECRET",
        r"(?i:\b(?:security|secret)[ ](?:answer|word))[ \t]*(?::|=)[ \t]*[\"'“]?(?P<v>[^\s\"”.,;][^\n\"”.,;]{1,60})",
        0.75,
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:pass[ _\-]?phrase)[\"']?[ \t]*(?:(?i:is|was)\b|:|=)[ \t]*[\"'“`]?(?P<v>[a-z]{3,12}(?:[ \-][a-z]{3,12}){2,11})(?![\p{L}\p{N}])",
        0.3,
        phrase_of_words,
        True,
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:pass[ _\-]?word|passwort|contraseña|mot de passe|passwd|pwd|pass[ _\-]?phrase|passcode|pass|pw)[\"']?(?:[ ]|[ \t]*(?::|=)?[ \t]*\n[ \t]*)[\"'“`]?(?P<v>[^\s\"'“”`<>]{6,64})",
        0.3,
        spaced_password,
        True,
        needs="0123456789",
    ),
    Rule(
        "SECRET",
        r"(?<![\p{L}])(?i:tokens?|secret|api[ _\-]?key|access[ _\-]?key|key)[ ][\"'“`]?(?P<v>[A-Za-z0-9_\-.+/=~]{16,512})",
        0.3,
        random_looking,
        True,
        needs="0123456789",
    ),
    # Twelve words or more of a wallet, behind the words that say so
    Rule(
        "SECRET",
        r"(?i:\b(?:seed|recovery|mnemonic|backup|secret)[ ](?:phrase|words?)[ \t]*(?:is|:|=)[ \t]*)(?P<v>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})",
        0.9,
    ),
)
"""Rules of the detector ``airlock-identifiers``."""
