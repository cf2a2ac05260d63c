"""English words, and capitalised words that are none: names that no list of names holds.

The masker looks for names it knows; the gate, here, for words that English doesn't. Neither list is made of the other.
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, a list of words better than a hundred quotes.
from __future__ import annotations

import gzip
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "words.txt.gz"
_PREFIXES = ("anti", "auto", "bio", "co", "counter", "cyber", "de", "dis", "electro", "hyper", "hypo", "inter", "micro")
_MORE_PREFIXES = (
    "mid",
    "mis",
    "multi",
    "neuro",
    "non",
    "out",
    "over",
    "para",
    "peri",
    "post",
    "pre",
    "pro",
    "re",
    "self",
)
_LAST_PREFIXES = ("semi", "sub", "super", "tele", "trans", "ultra", "un", "under")
_ALL_PREFIXES = (*_PREFIXES, *_MORE_PREFIXES, *_LAST_PREFIXES)
_ENDINGS = (
    ("s", ""),
    ("es", ""),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
    ("ies", "y"),
    ("ness", ""),
)
_BRITISH = (("or", "our"), ("yz", "ys"), ("iz", "is"), ("l", "ll"), ("og", "ogue"), ("ense", "ence"), ("ll", "l"))
_E = re.compile("e")
_DRAWN = re.compile(r"(.)\1\1")
_SCIENCE = re.compile(
    r"(?:itis|osis|iasis|[ea]emia|olog(?:y|ist|ical|ies)|ectomy|otomy|ostomy|plasty|scopy|path(?:y|ic)|algia|uria|rrh(?:o?ea|age)|plegia|esophageal|cardia[cl]?|gastric|graphy|gram|metry|itic|otic|emic|genic|cyte|cyst|tonin"
    r"|[aeo]lol|pril|sartan|statin|azole|cillin|mycin|oxacin|prazole|tidine|dipine|[zp]epam|zolam|formin|gliptin|glutide|flozin|umab|ximab|[tlr]inib|[ac]vir|setron|triptan|parin|xaban|profen|cycline|solone|sone|terol|tropium|dronate"
    r"|barbital|caine|codone|morphone|amine|idine|azine|oxetine|aline|apine|amide|iazide|oxin|acetam|pentin|thyroxine|sodium|chloride)$"
)
"""How the names of diseases, tests and drugs end (the stems of the WHO's non-proprietary names among them)."""
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
_PART = re.compile(r"[^\W\d_]+")
_COMMON = frozenset(
    """
    aug sept dec jan feb mon tue tues wed thu thur thurs fri sat sun app apps wifi email emails online website websites blog blogs
    smartphone smartphones covid login logins signup username usernames paypal visa mastercard internet web youtube google facebook
    twitter instagram whatsapp linkedin iphone android ipad xray xrays inpatient outpatient telehealth copays chargeback chargebacks
    prequalified preapproved autopay ebill refi escrowed nonpayment kubernetes dataset datasets blockchain crypto bitcoin ethereum
    podcast podcasts hashtag hashtags emoji emojis gmail yahoo hotmail outlook wikipedia netflix microsoft windows linux excel
    medicare medicaid obamacare hipaa hippa fdcpa fcra facta heloc respa cfpb photoshop minecraft airpods vlog arial
    mom moms mommy momma gotten math judgment dispo afib hpi pmh ros ekg copd oud
    plz pls thx luv cuz coz bruh brah aww eww heh erm hmm ahh ohh haha hahaha lol lmao omg wtf btw fyi faq faqs asap diy selfie selfies
    okay ive dont cant wont didnt doesnt isnt wasnt arent werent hasnt havent hadnt couldnt wouldnt shouldnt youre theyre thats whats
    theres heres lets yall gonna gotta wanna aint
    """.split()
)
"""Words that are younger than the list, or written so where people chat."""


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    return frozenset(gzip.decompress(_FILE.read_bytes()).decode().split("\n")) | _COMMON


@lru_cache(maxsize=8_192)
def is_word(word: str) -> bool:
    """Whether English has ``word``, in any case and with or without accents, or one it is made of.

    >>> is_word("Unbelievably"), is_word("Café"), is_word("Okonkwo"), is_word("ΠΑΦΟΣ")
    (True, True, False, False)
    """
    plain = unicodedata.normalize("NFKD", word.lower().translate(_LETTERS))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    if len(plain) < 3 or _DRAWN.search(plain) or _known(plain):
        return True
    if len(plain) > 6 and (_SCIENCE.search(plain) or _slip(plain)):
        return True
    return any(plain.startswith(p) and len(plain) > len(p) + 3 and _known(plain[len(p) :]) for p in _ALL_PREFIXES)


def _known(word: str) -> bool:
    words = _words()
    stems = [
        word[: len(word) - len(end)] + stem for end, stem in _ENDINGS if word.endswith(end) and len(word) > len(end) + 2
    ]
    return any(form in words for stem in (word, *stems) for form in _spellings(stem))


def _slip(word: str) -> bool:
    """Whether two neighbouring letters have changed places."""
    words = _words()
    return any(word[:k] + word[k + 1] + word[k] + word[k + 2 :] in words for k in range(1, len(word) - 1))


def _spellings(word: str) -> list[str]:
    """A word as it stands and as it is spelled in British English, which the list prefers."""
    changed = [word.replace(ours, theirs) for ours, theirs in _BRITISH if ours in word]
    return [
        word,
        *changed,
        *(word[: m.start()] + vowels + word[m.end() :] for m in _E.finditer(word) for vowels in ("ae", "oe")),
    ]


def unknown_words(text: str) -> bool:
    """Whether some word of ``text`` with a capital and small letters is no English: a name, by the look of it.

    >>> unknown_words("Erwetegem Country Club"), unknown_words("Country Club"), unknown_words("OKONKWO")
    (True, False, False)
    """
    return any(
        len(word) > 2 and word[0].isupper() and word[1:].islower() and not is_word(word)
        for word in map(re.Match.group, _PART.finditer(text))
    )


def unknown_capitals(text: str) -> bool:
    """The same of words in capitals throughout. Short ones are abbreviations.

    >>> unknown_capitals("UPTON SCUDAMORE"), unknown_capitals("NEVER AGAIN"), unknown_capitals("PHH")
    (True, False, False)
    """
    words = [match.group() for match in _PART.finditer(text)]
    return any(len(word) > 5 and word.isupper() and not is_word(word) for word in words)
