"""Numbers of money: cards, accounts, banks, wallets."""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.checksums import aba, iban, luhn
from tasks.methods.detect.coins import base58check, bech32, ripple, solana
from tasks.methods.detect.context import after
from tasks.methods.detect.rules import Rule

_DIGITS = "0123456789"
_BASE58 = r"[1-9A-HJ-NP-Za-km-z]"

_COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CN CO
    CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN
    HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH
    MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU
    RW SA SB SC SD SE SG SH SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG
    VN VU WF WS XK YE YT ZA ZM ZW
    """.split()
)


def bic(code: str) -> bool:
    """Whether a bank's identifier names a country in its fifth and sixth place (ISO 9362)."""
    return code.replace(" ", "")[4:6].upper() in _COUNTRIES


def _lone_bic(code: str) -> bool:
    """The same for a code that nothing introduces: a word in capitals has no figure and no ``XXX``."""
    return bic(code) and (any(c.isdigit() for c in code[6:]) or (len(code) == 11 and code.endswith("XXX")))


RULES = (
    Rule("CREDIT_CARD", r"(?<![\p{L}\p{N}.\-])(?:\d[ \-]?){12,18}\d(?![\p{L}\p{N}\-])", 0.3, luhn, True),
    Rule(
        "CREDIT_CARD",
        after(
            r"(?:credit|debit|visa|mastercard|master card|amex|american express|discover|bank|atm)?[ ]?cards?",
            r"(?P<v>\d(?:[ \-]?\d){11,18})(?!\d)",
        ),
        0.7,
        luhn,
    ),
    # Whatever is written next to a card's brand: "AMEX371449635398431"
    Rule(
        "CREDIT_CARD",
        r"(?<!\p{L})(?i:visa|master ?card|amex|american express|discover|maestro|jcb|diners|unionpay|cards?|cc)[ \t:#]{0,3}(?P<v>\d(?:[ \-]?\d){12,18})(?!\d)",
        0.3,
        luhn,
        True,
        needs=_DIGITS,
    ),
    Rule(
        "ROUTING_NUMBER",
        after(
            r"routing|aba|rtn|transit|routing/aba|aba/routing|wire routing", r"(?P<v>\d{4}[ \-]?\d{4}[ \-]?\d)(?!\d)"
        ),
        0.75,
        aba,
    ),
    Rule(
        "ACCOUNT_NUMBER",
        after(
            r"(?:(?:bank|checking|savings|brokerage|deposit|credit|loan|mortgage|money market|joint|wire|beneficiary"
            r"|external|my|the|an?|new|old|source|destination|from|to|business|personal|retirement)[ ]){0,4}"
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
    Rule(
        "ACCOUNT_NUMBER",
        r"(?<![\p{L}\p{N}$€£.,\-])\d{10,17}(?![\p{L}\p{N}.,]\d|[\p{L}\p{N}]|[ ](?:rows|records|lines|bytes|bits|times|units|tokens|people|years|ms|ns)\b)",
        0.5,
    ),
    # An account before the bank: "12345670 (sort code 00-00-00)"
    Rule(
        "ACCOUNT_NUMBER",
        r"(?<![\p{L}\p{N}$€£.,\-])(?P<v>\d{6,10})(?=[ ,;(]{1,3}(?i:sort ?code|s/c|bsb|routing)\b)",
        0.7,
        needs=_DIGITS,
    ),
    Rule(
        "ACCOUNT_NUMBER",
        after(r"konto(?:nummer|-?nr\.?)?|num[ée]ro de compte|n[úu]mero de cuenta|cuenta|rekeningnummer"),
        0.7,
        needs=_DIGITS,
    ),
    # An IBAN however it is grouped; a wrong check digit is no reason to leave one that is called so
    Rule(
        "IBAN_CODE",
        r"(?<![\p{L}\p{N}])[A-Za-z]{2}\d{2}(?:[ \-.]?[A-Za-z0-9]{4}){2,7}(?:[ \-.]?[A-Za-z0-9]{1,4})?(?![\p{L}\p{N}])",
        0.3,
        iban,
        True,
        needs=_DIGITS,
    ),
    Rule(
        "IBAN_CODE",
        after(
            r"iban(?: (?:number|no\.?|code|#))?", r"(?P<v>[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]{1,4}){3,8})(?![\p{L}\p{N}])"
        ),
        0.85,
        iban,
        needs=_DIGITS,
    ),
    # A bank's identifier (ISO 9362): four letters, a country, a place, a branch or none
    Rule(
        "SWIFT_CODE",
        after(
            r"swift(?:/bic)?(?: ?code)?|bic(?:/swift)?(?: ?code)?|bank identifier code|swift-code|bic-code",
            r"(?P<v>[A-Z]{4}[ ]?[A-Z]{2}[ ]?[A-Z0-9]{2}(?:[ ]?[A-Z0-9]{3})?)(?![\p{L}\p{N}])",
        ),
        0.85,
        bic,
    ),
    # In small letters it may be a word: only with a country's code in it
    Rule(
        "SWIFT_CODE",
        after(
            r"swift(?:/bic)?(?: ?code)?|bic(?:/swift)?(?: ?code)?|bank identifier code|swift-code|bic-code",
            r"(?P<v>[A-Za-z]{4}[ ]?[A-Za-z]{2}[ ]?[A-Za-z0-9]{2}(?:[ ]?[A-Za-z0-9]{3})?)(?![\p{L}\p{N}])",
        ),
        0.3,
        bic,
        True,
    ),
    Rule(
        "SWIFT_CODE",
        r"(?<![\p{L}\p{N}])[A-Z]{6}[A-Z0-9]{2}(?:XXX|(?=[A-Z0-9]{0,2}\d)[A-Z0-9]{3})?(?![\p{L}\p{N}])",
        0.3,
        _lone_bic,
        True,
    ),
    Rule(
        "ROUTING_NUMBER",
        r"(?<![\p{L}\p{N}$€£.,\-])(?:0[0-9]|1[0-2]|2[1-9]|3[0-2])\d{7}(?![\p{L}\p{N}\-]|[.,]\d)",
        0.3,
        aba,
        True,
        needs=_DIGITS,
    ),
    Rule("ROUTING_NUMBER", after(r"sort ?codes?", r"(?P<v>\d{2}[ \-–]?\d{2}[ \-–]?\d{2})(?!\d)"), 0.85, needs=_DIGITS),
    Rule(
        "ROUTING_NUMBER",
        after(
            r"bsb|ifsc(?: code)?|transit number|institution number|blz|clabe",
            r"(?P<v>\d{3}[ \-]?\d{3}|[A-Z]{4}0[A-Z0-9]{6}|\d{3,5}|\d{8}|\d{18})(?![\p{L}\p{N}])",
        ),
        0.75,
        needs=_DIGITS,
    ),
    Rule(
        "CREDIT_CARD",
        after(r"cvv2?|cvc2?|security code|cid|card verification(?: code| value)?", r"(?P<v>\d{3,4})(?!\d)"),
        0.75,
        needs=_DIGITS,
    ),
    Rule(
        "CREDIT_CARD",
        after(
            r"(?:exp(?:iry|iration)?(?: date)?|valid (?:thru|until|through)|expires)\.?",
            r"(?P<v>(?:0?[1-9]|1[0-2])[/\-](?:20)?\d{2})(?!\d)",
        ),
        0.6,
        needs=_DIGITS,
    ),
    Rule("CRYPTO", r"(?<![\p{L}\p{N}])0x[0-9a-fA-F]{40}(?![\p{N}a-fA-F])", 0.9, needs="x"),
    # Addresses of other coins, by their checks; what has none, or a wrong one, by the coin's name before it
    Rule(
        "CRYPTO", rf"(?<![\p{{L}}\p{{N}}]){_BASE58}{{26,36}}(?![\p{{L}}\p{{N}}])", 0.3, base58check, True, needs=_DIGITS
    ),
    Rule("CRYPTO", rf"(?<![\p{{L}}\p{{N}}])r{_BASE58}{{24,34}}(?![\p{{L}}\p{{N}}])", 0.3, ripple, True, needs="r"),
    Rule("CRYPTO", rf"(?<![\p{{L}}\p{{N}}]){_BASE58}{{43,44}}(?![\p{{L}}\p{{N}}])", 0.3, solana, True, needs=_DIGITS),
    Rule(
        "CRYPTO", rf"(?<![\p{{L}}\p{{N}}])[48]{_BASE58}{{94}}(?:{_BASE58}{{11}})?(?![\p{{L}}\p{{N}}])", 0.8, needs="48"
    ),
    Rule(
        "CRYPTO",
        r"(?<![\p{L}\p{N}])(?i:[a-z]{2,12}(?:_test)?1[02-9ac-hj-np-z]{20,110})(?![\p{L}\p{N}])",
        0.3,
        bech32,
        True,
        needs="1",
    ),
    Rule(
        "CRYPTO",
        after(
            r"(?:btc|bitcoin|bch|eth|ethereum|ltc|litecoin|doge|dogecoin|xrp|ripple|sol|solana|ada|cardano|xmr|monero|trx|tron|usdt|usdc|tether|trc-?20|erc-?20|bep-?20"
            r"|bnb|atom|cosmos|dot|polkadot|dash|zec|zcash|xlm|stellar|algo|avax|ton|crypto|wallet|coin)(?: (?:wallet|address|addr|account|to|at)){0,3}",
            r"(?P<v>(?=[A-Za-z]{0,20}\d)(?=[0-9A-Z]{0,30}[a-z])[A-Za-z0-9]{25,110})(?![A-Za-z0-9])",
        ),
        0.7,
        needs=_DIGITS,
    ),
    Rule("CRYPTO", r"(?<![\p{L}\p{N}])(?:bc1|ltc1)[02-9ac-hj-np-z]{25,60}(?![\p{L}\p{N}])", 0.9, needs="1"),
)
"""Rules of the detector ``airlock-identifiers``."""
