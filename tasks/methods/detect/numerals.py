"""Numbers written in words, digit by digit, with unusual separators, or with letters that look like digits."""

# ruff: noqa: SIM905 - a list of words reads better than a thousand quotes.
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from tasks.methods.detect.rewrite import Rewrite, rewrite

_L = "A-Za-z0-9_À-ɏ"
"""What a number doesn't touch. Han characters are not among it: a number glued to them is still one."""

SHORTEST, LONGEST = 7, 24
"""Digits of a number that identifies: a local telephone number, an IBAN."""

_UNITS = {name: str(k) for k, name in enumerate("zero one two three four five six seven eight nine".split())}
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = {name: str(k) for k, name in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_VALUES = {
    **_UNITS,
    **dict.fromkeys("oh o nought naught".split(), "0"),
    **{name: str(k) for k, name in enumerate(_TEENS.split(), 10)},
    **{name: ten + "0" for name, ten in _TENS.items()},
    "hundred": "00",
    "thousand": "000",
}

_NAME = rf"(?:{'|'.join((*_VALUES, *_TIMES))})(?![{_L}])"
_GAP = rf"[ \t]{{0,2}}(?:[,;.\-/]|\r?\n|(?:dash|hyphen|minus)(?![{_L}]))?[ \t\n]{{0,3}}"
_SPELLED = re.compile(
    rf"(?<![{_L}])(?:[0-9]{{1,4}}{_GAP}){{0,3}}{_NAME}(?:{_GAP}(?:{_NAME}|[0-9]{{1,4}}(?![{_L}]))){{3,40}}",
    re.IGNORECASE,
)
_TOKEN = re.compile(rf"(?P<word>{_NAME})|(?P<digits>[0-9]+)", re.IGNORECASE)
_HINT = re.compile(rf"(?:{'|'.join(_UNITS)})[ \t,;.\-/\n]{{1,3}}(?:{'|'.join((*_VALUES, *_TIMES))})")
"""What lower-case text holds that spells a number: a search for it is a tenth of one for the whole."""

DENSE = re.compile(r"(?:[0-9][ \t.\-_/|~()*\r\n>#]{0,6}){7}")
"""Seven digits close to each other: without them no number is in any of the forms below."""

_SINGLES = re.compile(
    rf"(?<![{_L}.,\-])(?<![0-9][ /|*])[0-9](?:[ .\-_/|*]{{1,3}}[0-9](?![0-9])){{6,23}}(?![{_L}]|[.,][{_L}])"
)
_SEPARATOR = r"[ \t]{0,2}[.\-_/|~][ \t]{0,2}|[ \t]{2,3}"
_SHAPES = ("3 2 4", "3 3 4", "4 4 4 4", "4 6 5", "3 4 4", "6 8 4", "6 4 4 4")
"""Social security, telephone, card, American Express; in China mobile telephone and resident's number."""

_HAN_VALUES = str.maketrans("〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0001234567891123456789")
_HAN_FIGURES = re.compile("[〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{7,24}(?![十百千万亿拾佰仟])")

_LETTERS = "OoОоΟοIl|"
_FIGURES = str.maketrans(_LETTERS, "000000111")
_CONFUSED = re.compile(rf"(?<![{_L}])[0-9{_LETTERS}](?:[ .\-]?[0-9{_LETTERS}]){{6,23}}(?![{_L}])")
_CONFUSED_HINT = re.compile(rf"[0-9][{_LETTERS}]|[{_LETTERS}][0-9]")
_LETTER = re.compile(f"[{_LETTERS}]")


def _shape(widths: str) -> re.Pattern[str]:
    first, second, *others = (rf"[0-9]{{{width}}}" for width in widths.split())
    if widths.startswith("6"):
        others[-1] = "[0-9]{3}[0-9Xx]"
    elif widths == "3 3 4":
        first = rf"\(?{first}\)?"
    rest = "".join(f"(?P=s){digits}" for digits in others)
    return re.compile(rf"(?<![{_L}.]){first}(?P<s>{_SEPARATOR}|[ \-]){second}{rest}(?![{_L}]|[.\-][{_L}])")


_SHAPED = [(_shape(widths), "" if widths.startswith("6") else "-") for widths in _SHAPES]
_USUAL = ("-", " ", ".", "/")
"""Separators that rules know: the first two in any number, all of them in a telephone number."""

Atom = tuple[int, int, str]
"""Where digits stand in the text, however written, and the digits."""


def spelled_numbers(text: str) -> Iterator[Rewrite]:
    """``five five five, double one two three`` and the like."""
    for run in _SPELLED.finditer(text) if _HINT.search(text.lower()) else ():
        atoms = _atoms(text, run)
        breaks, count = set(), 0
        for atom, following in zip(atoms, atoms[1:], strict=False):
            count += len(atom[2])
            if text[atom[1] : following[0]].strip(" \t"):
                breaks.add(count)
        yield from _layouts(text, atoms, breaks, usual=True, listed=True)
    for run in _HAN_FIGURES.finditer(text):
        window = rewrite(text, [(*run.span(), run.group().translate(_HAN_VALUES))])
        if window is not None:
            yield window


def single_digits(text: str) -> Iterator[Rewrite]:
    """``4 1 1 1 - 1 1 1 1`` and ``1-2-3-4-5-6-7-8-9``."""
    for run in _SINGLES.finditer(text) if DENSE.search(text) else ():
        atoms = [(run.start() + k, run.start() + k + 1, c) for k, c in enumerate(run.group()) if c.isdigit()]
        gaps = [text[a[1] : b[0]] for a, b in zip(atoms, atoms[1:], strict=False)]
        inner = Counter(gaps).most_common(1)[0][0]
        breaks = {k for k, gap in enumerate(gaps, 1) if gap != inner}
        # Rows of a table are single digits between blanks; nobody writes them with hyphens.
        yield from _layouts(text, atoms, breaks, usual=bool(inner.strip()), listed=not inner.strip())


def odd_shapes(text: str) -> Iterator[Rewrite]:
    """``123.45.6789``, ``555 - 123 - 4567``: groups of the usual length between other separators than usual."""
    for pattern, separator in _SHAPED if DENSE.search(text) else ():
        for match in pattern.finditer(text):
            gap = match["s"]
            if separator and gap in _USUAL[: 4 if pattern is _SHAPED[1][0] else 2]:
                continue
            changes, at = [], match.start("s")
            while 0 <= at < match.end():
                changes.append((at, at + len(gap), separator))
                at = text.find(gap, at + len(gap), match.end())
            window = rewrite(text, changes)
            if window is not None:
                yield window


def confused_letters(text: str) -> Iterator[Rewrite]:
    """``4111-1lll-O1OO``: letters between digits that are typed or read for them."""
    if not _CONFUSED_HINT.search(text):
        return
    for match in _CONFUSED.finditer(text):
        groups = re.split(r"[ .\-]", match.group())
        digits = sum(character.isdigit() for character in match.group())
        if all(any(c.isdigit() for c in group) for group in groups) and digits >= 0.6 * sum(map(len, groups)):
            at = match.start()
            changes = [
                (at + m.start(), at + m.end(), m.group().translate(_FIGURES)) for m in _LETTER.finditer(match.group())
            ]
            window = rewrite(text, changes) if changes else None
            if window is not None:
                yield window


def _atoms(text: str, run: re.Match[str]) -> list[Atom]:
    atoms: list[Atom] = []
    times, start = 1, run.start()
    tens = False
    for token in _TOKEN.finditer(text, run.start(), run.end()):
        word = (token["word"] or "").lower()
        if word in _TIMES:
            times, start, tens = _TIMES[word], token.start(), False
            continue
        digits = _VALUES[word] if word else token["digits"]
        if times > 1:
            atoms.append((start, token.end(), digits * times))
        elif tens and word in _UNITS and word != "zero" and text[atoms[-1][1] : token.start()].strip() in ("", "-"):
            ten = atoms.pop()
            atoms.append((ten[0], token.end(), ten[2][0] + digits))
        else:
            atoms.append((token.start(), token.end(), digits))
        tens, times = word in _TENS and times == 1, 1
    return atoms


def _layouts(text: str, atoms: list[Atom], breaks: set[int], usual: bool, listed: bool) -> Iterator[Rewrite]:
    """The digits in one piece, in the groups in which they were written and, if ``usual``, in those usual for them.

    Args:
        listed: written as one counts: digits in order and without groups are no number then.
    """
    digits = "".join(atom[2] for atom in atoms)
    grouped = 0 < len(breaks) < len(digits) - 1
    if not SHORTEST <= len(digits) <= LONGEST:
        return
    steps = {int(b[2]) - int(a[2]) for a, b in zip(atoms, atoms[1:], strict=False)}
    if listed and not grouped and steps in ({1}, {-1}):
        return
    layouts: list[Iterable[int]] = [()]
    if grouped:
        layouts.append(breaks)
    if usual:
        mobile = len(digits) == 11 and digits[0] == "1" and digits[1] in "2345678"
        layouts.append({7: (3,), 9: (3, 5), 10: (3, 6), 11: (1, 4, 7) if mobile else ()}.get(len(digits), ()))
    for layout in {frozenset(layout): None for layout in layouts}:
        window = rewrite(text, _grouped(atoms, layout))
        if window is not None:
            yield window


def _grouped(atoms: list[Atom], breaks: frozenset[int]) -> list[tuple[int, int, str]]:
    changes, count = [], 0
    for k, (start, end, digits) in enumerate(atoms):
        if k:
            changes.append((atoms[k - 1][1], start, "-" if count in breaks else ""))
        inner = [("-" if count + i in breaks and i else "") + digit for i, digit in enumerate(digits)]
        changes.append((start, end, "".join(inner)))
        count += len(digits)
    return changes
