"""The gate's rules for what opens a door: passwords, keys and tokens, a bank's code, a place by its coordinates."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import re

from tasks.methods.gate.edges import L, R, ire, plain
from tasks.methods.gate.rules import Rule

_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_COUNTRY = (
    r"(?:A[DEFGILMORTUWZ]|B[ABDEGHIJMNORSTWYZ]|C[ADFGHILMNORUVYZ]|D[EJKMOZ]|E[CEGST]|F[IJR]|G[ABDEGHILMNQRTWY]|H[KNRTU]|I[DELMNQRST]|J[EMOP]|K[EGHIMNRWYZ]|L[ABCIKRSTUVY]|M[ACDEGKLMNORSTUVWXYZ]|N[AEGILOPZ]|OM|P[AEGHKLRSTY]"
    r"|QA|R[EOSUW]|S[ABCDEGIKLMNORTVXYZ]|T[DGHJLMNORTVWZ]|U[AGSYZ]|V[ACEGNU]|WS|XK|YE|Z[AMW])"
)


def mixed(text: str) -> bool:
    """Whether a string looks drawn, not written: six characters or more, letters and digits among them."""
    letters, figures = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    return figures > 0 and letters > 0 and len(text) >= 6


def on_earth(text: str) -> bool:
    """Whether two figures can be a latitude and a longitude.

    >>> on_earth("41.8781, -87.6298"), on_earth("141.8781, 200.1")
    (True, False)
    """
    figures = [float(figure) for figure in _FIGURE.findall(text)]
    return len(figures) == 2 and figures[0] <= 90 and figures[1] <= 180


RULES = (
    Rule(
        "token",
        "SECRET",
        plain(
            r"(?<![\w-])(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)|(?<![\w-])(?:gh[opsu]_|github_pat_|glpat-|sk-|sk_live_|rk_live_|xox[abp]-|hf_|npm_|AIza)[\w-]{16,}"
        ),
    ),
    Rule("web-token", "SECRET", plain(r"(?<![\w-])eyJ[\w-]{6,}\.eyJ[\w-]{6,}(?:\.[\w-]*)?")),
    Rule("private-key", "SECRET", plain(r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY")),
    Rule("in-link", "SECRET", plain(r"://[^\s/:@]{1,64}:(?P<v>[^\s/@:]{3,64})@")),
    Rule(
        "password",
        "SECRET",
        ire(
            r"(?:(?<![a-z])(?:pass[ _-]?(?:word|phrase|code)|passwd|pwd|credentials?)(?:\s(?:is|was|to))?\s?[:=]?\s?[\"']?|(?:密码|口令)(?:是|为)?[:：]?\s?)(?P<v>[^\s\"'<>,;。，；:=][^\s\"'<>,;。，；]{3,63})"
        ),
        check=lambda text: mixed(text) or (len(text) >= 6 and any(c in "!@#$%^&*" for c in text[1:])),
    ),
    Rule(
        "key",
        "SECRET",
        ire(
            r"(?:(?<![a-z])(?:(?:api|access|secret|private|auth|client|licen[cs]e|recovery)[ _-]?(?:key|token|secret|code)|token|bearer|authorization)(?:\sis)?\s?[:=]?\s?[\"']?|(?:密钥|令牌)(?:是|为)?[:：]?\s?)(?P<v>[\w\-.+/]{12,256}={0,2})"
        ),
        check=mixed,
    ),
    Rule(
        "pin",
        "SECRET",
        plain(rf"{L}\d{{3}}[ -]?\d{{1,5}}{R}"),
        near=ire(
            r"\b(?:pin|pin (?:code|number)|cvv2?|cvc2?|otp|(?:security|verification|one[- ]time|access|door|gate|alarm|login) (?:code|pin|passcode))(?:\s(?:is|was))?\s?[:=#]?\s?$|(?:验证码|动态码|安全码)(?:是|为)?[:：]?\s?$"
        ),
    ),
    Rule(
        "bank-code",
        "SWIFT_CODE",
        plain(rf"{L}[A-Z]{{4}}{_COUNTRY}[0-9A-Z]{{2}}(?:[0-9A-Z]{{3}})?{R}"),
        near=ire(r"\b(?:swift|bic)\b[^\n]{0,16}$|(?:银行代码|国际代码)[^\n]{0,8}$"),
    ),
    Rule(
        "decimal-degrees",
        "COORDINATES",
        plain(
            r"(?<![\w.$])[+-]?\d{1,2}\.\d{3,10} ?°? ?[NS]?[,;/ ] ?[+-]?\d{1,3}\.\d{3,10}(?: ?°? ?[EW](?!\w))?(?![\d%]|\.\d)"
        ),
        check=on_earth,
    ),
    Rule(
        "degrees",
        "COORDINATES",
        plain(
            r"(?<![\w.])\d{1,2} ?[°º] ?(?:\d{1,2}(?:\.\d+)? ?['′] ?)?(?:\d{1,2}(?:\.\d+)? ?[\"″] ?)?[NS][,; ]{0,2}\d{1,3} ?[°º] ?(?:\d{1,2}(?:\.\d+)? ?['′] ?)?(?:\d{1,2}(?:\.\d+)? ?[\"″] ?)?[EW](?!\w)"
        ),
    ),
    Rule(
        "latitude",
        "COORDINATES",
        ire(
            r"(?<!\w)(?:lat(?:itude)?|long?(?:itude)?|lng|纬度|经度)\.? ?(?:is|:|=|为)? ?(?P<v>[+-]?\d{1,3}\.\d{3,10})(?!\d|\.\d)"
        ),
    ),
)
"""Secrets, codes of banks, coordinates."""
