"""E-mail and web addresses with their signs written as words: ``john [at] example dot com``."""

# ruff: noqa: SIM905 - a list of words reads better than a thousand quotes.
from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.methods.detect.rewrite import Rewrite, rewrite

_L = "A-Za-z0-9À-ɏ"
_OPEN, _CLOSE = r"[ \t]{0,3}[\[({<][ \t]{0,2}", r"[ \t]{0,2}[\])}>][ \t]{0,3}"
_LABEL = rf"[{_L}](?:[{_L}]|-(?=[{_L}])){{0,62}}"
_WORD_DOT = rf"{_OPEN}(?:dot|\.|point){_CLOSE}|[ \t]{{1,3}}dot[ \t]{{1,3}}|[_-]dot[_-]"
_DOT = rf"(?:{_WORD_DOT}|[ \t]{{0,2}}\.[ \t]{{0,2}})"
_DOMAIN = re.compile(rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,4}}", re.IGNORECASE)
_SITE = re.compile(rf"(?<![{_L}]){_LABEL}(?:(?:{_WORD_DOT}){_LABEL}){{1,4}}", re.IGNORECASE)
_DOTS = re.compile(_DOT, re.IGNORECASE)
_WORD_DOTS = re.compile(_WORD_DOT, re.IGNORECASE)
_AT = re.compile(
    rf"(?P<bracketed>{_OPEN}(?:at|@|arroba){_CLOSE})|(?P<sign>[ \t]{{0,3}}@[ \t]{{0,3}})"
    r"|(?P<word>[ \t]{1,3}(?:at|arroba)[ \t]{1,3}|[_-]at[_-])",
    re.IGNORECASE,
)
_SPOKEN = r"[ \t]{1,3}(?P<name>underscore|dash|hyphen|plus)[ \t]{1,3}"
_LOCAL = re.compile(
    rf"[{_L}](?:[{_L}.+%_-]|(?:{_WORD_DOT}|{_SPOKEN.replace('?P<name>', '?:')})(?=[{_L}])){{0,63}}$", re.IGNORECASE
)
_LOCAL_SIGN = re.compile(rf"{_SPOKEN}|{_WORD_DOT}", re.IGNORECASE)
_SIGNS = {"underscore": "_", "dash": "-", "hyphen": "-", "plus": "+"}
_LOCAL_LENGTH = 90
_HINT = re.compile(
    r"dot|[\[({<][ \t]{0,2}(?:at|@|arroba|\.)[ \t]{0,2}[\])}>]|[ \t]@|@[ \t]|at[ \t]{1,3}[^\s.]{1,63}\.", re.IGNORECASE
)

TLDS = frozenset(
    "com org net edu gov mil info biz io co ai app dev uk ca au de fr nl eu cn jp ru br es ch se kr pl hk tw nz ie"
    " example invalid test".split()
)
"""Ends of a domain name that are no English words, so that "at the dot in" is no address."""

_PROVIDERS = frozenset(
    "gmail googlemail yahoo hotmail outlook live msn icloud aol proton protonmail gmx yandex comcast verizon att qq"
    " 163 126 sina foxmail fastmail zoho".split()
)
"""Where people have their mailboxes: what stands before "at" one of these is a mailbox."""

_NO_MAILBOX = frozenset(
    "us me him her them it you available located live look looks looking looked arrived arrive online found find visit"
    " reach contact email e-mail mail here there site website page check order register apply based hosted hosts sold"
    " buy see read works worked working work stay stayed meet met listed posted store shop is are was were be been and"
    " or more now free down up out in again also plus".split()
)
"""Words that come before "at" in a sentence: a site follows then, not the rest of an e-mail address."""


def spelled_addresses(text: str) -> Iterator[Rewrite]:
    """E-mail addresses, then web sites, with their signs put back."""
    if not _HINT.search(text):
        return
    taken: set[int] = set()
    for at in _AT.finditer(text):
        changes = _mailbox(text, at)
        window = rewrite(text, changes) if changes else None
        if window is not None:
            taken.update(start for start, _, _ in changes)
            yield window
    if not _WORD_DOTS.search(text):
        return
    for site in _SITE.finditer(text):
        dots = [(site.start() + m.start(), site.start() + m.end(), ".") for m in _WORD_DOTS.finditer(site.group())]
        end = site.end()
        while dots and text[dots[-1][1] : end].lower() not in TLDS:
            end = dots.pop()[0]
        window = rewrite(text, dots) if dots and dots[-1][0] not in taken else None
        if window is not None:
            yield window


def _mailbox(text: str, at: re.Match[str]) -> list[tuple[int, int, str]]:
    """The changes that make an e-mail address around an "at"; none where it is just a word or a plain sign."""
    domain = _DOMAIN.match(text, at.end())
    low = max(0, at.start() - _LOCAL_LENGTH)
    local = _LOCAL.search(text[low : at.start()]) if domain else None
    if domain is None or local is None:
        return []
    start = domain.start()
    dots = [(start + m.start(), start + m.end(), ".") for m in _DOTS.finditer(domain.group())]
    end = domain.end()
    # A sentence may go on after the address: what follows the last end of a domain name isn't part of it.
    while dots and not _ends_domain(text, dots[-1], end):
        end = dots.pop()[0]
    if not dots:
        return []
    spelled = any(text[a:b].strip(" \t") != "." for a, b, _ in dots)
    name = local.group()
    if at["word"]:
        if name.lower() in _NO_MAILBOX:
            return dots if spelled else []
        provider = text[start : dots[0][0]].lower() in _PROVIDERS
        if not (spelled or provider or any(not character.isalpha() for character in name)):
            return []
    elif not at["bracketed"] and " " in at.group() and name.lower() in _NO_MAILBOX:
        return []
    low += local.start()
    signs = [
        (low + m.start(), low + m.end(), _SIGNS[m["name"].lower()] if m["name"] else ".")
        for m in _LOCAL_SIGN.finditer(name)
    ]
    return [*signs, (at.start(), at.end(), "@"), *dots]


def _ends_domain(text: str, dot: tuple[int, int, str], end: int) -> bool:
    """Whether a label can end the domain: any can after a dot that is no word, else one that is no English word."""
    label = text[dot[1] : end].lower()
    mark = text[dot[0] : dot[1]]
    plain = mark == "." or mark.strip(" \t")[0] in "[({<"
    return label in TLDS or (plain and label.isalpha() and len(label) > 1)
