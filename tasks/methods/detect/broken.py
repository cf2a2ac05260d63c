"""Numbers and e-mail addresses broken over two lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.methods.detect.numerals import DENSE
from tasks.methods.detect.rewrite import Rewrite, rewrite
from tasks.methods.detect.spelled import TLDS

_REACH = 24
"""Characters of a number on either side of the break that count."""

_WRAPPED = 30
"""A line this long was broken because it was full; in a short one, what ends it is an entry by itself."""

_QUOTED = r"[ \t>|#*]{0,8}"
_NUMBER_BREAK = re.compile(rf"(?<=[0-9])[ \t]{{0,4}}-?[ \t]{{0,4}}\r?\n{_QUOTED}-?[ \t]?(?=[0-9])")
_HEAD = re.compile(r"[+(]{0,2}[0-9][0-9().\- ]*$")
_TAIL = re.compile(r"[0-9\- ]*[0-9]")
_ADDRESS_BREAK = re.compile(rf"(?P<soft>=|-)?\r?\n{_QUOTED}")
_BEFORE_BREAK = re.compile(r"[^\s<>()\[\]\"',;:]{1,64}$")
_AFTER_BREAK = re.compile(r"[A-Za-z0-9@.\-_]{1,64}")
_DOMAIN_START = re.compile(r"[A-Za-z0-9\-]{1,63}\.[A-Za-z]{2}")
_DOMAIN_REST = re.compile(r"(?:[A-Za-z0-9\-]{0,63}\.)?[A-Za-z]{2,24}\b")


def broken_numbers(text: str) -> Iterator[Rewrite]:
    """A number that goes on in the next line, with or without a hyphen at the break."""
    for gap in _NUMBER_BREAK.finditer(text) if DENSE.search(text) else ():
        low = max(0, gap.start() - _REACH)
        head = _HEAD.search(text[low : gap.start()])
        tail = _TAIL.match(text, gap.end(), min(len(text), gap.end() + _REACH))
        if head is None or tail is None or not 8 <= sum(map(str.isdigit, head.group() + tail.group())) <= 24:
            continue
        hyphen = "-" in gap.group()
        begins = text.rfind("\n", 0, gap.start()) + 1
        alone = low + head.start() == begins and (tail.end() == len(text) or text[tail.end()] in "\r\n")
        if alone and not hyphen:
            continue  # a column of numbers
        forms = ["-", ""] if hyphen else [" "]
        if not hyphen and gap.start() - begins >= _WRAPPED:
            forms.append("")
        for form in forms:
            window = rewrite(text, [(gap.start(), gap.end(), form)])
            if window is not None:
                yield window


def broken_addresses(text: str) -> Iterator[Rewrite]:
    """An e-mail address that goes on in the next line."""
    if "@" not in text or "\n" not in text:
        return
    for gap in _ADDRESS_BREAK.finditer(text):
        head = _BEFORE_BREAK.search(text[max(0, gap.start() - 64) : gap.start()])
        tail = _AFTER_BREAK.match(text, gap.end())
        if head is None or tail is None:
            continue
        if not _goes_on(head.group(), tail.group(), gap["soft"] is not None):
            continue
        for form in ("", "-") if gap["soft"] == "-" else ("",):
            window = rewrite(text, [(gap.start(), gap.end(), form)])
            if window is not None:
                yield window


def _goes_on(before: str, after: str, soft: bool) -> bool:
    """Whether an address is cut in two between ``before`` and ``after``; ``soft``: by a hyphen or an equals sign."""
    _, sign, domain = before.rpartition("@")
    rest = _DOMAIN_REST.match(after)
    if not sign:
        name, sign, domain = after.partition("@")
        return bool(sign and (soft or not name) and _DOMAIN_START.match(domain))
    if not domain:
        return _DOMAIN_START.match(after) is not None
    if soft:
        return rest is not None
    if after[0] == "." and "." not in domain:
        return rest is not None
    # After a full stop the next word begins a sentence, unless it is an end of a domain name that was still missing.
    return domain.endswith(".") and domain.count(".") == 1 and after in TLDS
