"""What a column seems to hold, from a sample of its cells: a suggestion that a person looks at before it is used.

The cells decide before the name does, so that a column called ``notes`` that holds telephone numbers is told as one,
and a ``phone`` that holds yes and no isn't. Where neither is sure the suggestion errs to the safe side: text is
masked as text, and what nobody can name stays undeclared, which policies delete.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.methods.detect.spans import Span
from tasks.methods.mask.headers import kind_of_name, names_a_label, names_a_person

MAIN = 0.6
"""Share of filled cells that a kind must cover to be the column's."""
SOME = 0.2
"""Share that confirms what the name says."""
TRACE = 0.02
"""Share of cells with personal data from which a column is no harmless category."""
LOOKED_AT = 100
"""Distinct cells that detectors look at, a column."""

_REFINES = {
    "DATE": ("DATE_OF_BIRTH",),
    "LOCATION": ("ADDRESS",),
    "ADDRESS": ("LOCATION",),
    "PHONE_NUMBER": ("ACCOUNT_NUMBER", "MEDICAL_RECORD_NUMBER", "HEALTH_PLAN_NUMBER", "CASE_NUMBER", "UK_NHS"),
    "ORGANIZATION": ("PERSON",),
    "PERSON": ("USERNAME",),
    "US_SSN": ("TAX_ID",),
    "DATE_OF_BIRTH": (),
}
"""Kinds that the cells can't tell from the first, so that the name may."""

_DIGITS = frozenset(
    {
        "PHONE_NUMBER",
        "US_SSN",
        "CREDIT_CARD",
        "ZIP_CODE",
        "ACCOUNT_NUMBER",
        "ROUTING_NUMBER",
        "MEDICAL_RECORD_NUMBER",
        "HEALTH_PLAN_NUMBER",
        "UK_NHS",
        "CN_RESIDENT_ID",
        "TAX_ID",
        "PASSPORT",
        "DRIVERS_LICENSE",
        "VEHICLE_ID",
        "COORDINATES",
        "DATE_OF_BIRTH",
        "DATE",
        "AGE",
        "IP_ADDRESS",
        "IBAN_CODE",
        "CASE_NUMBER",
        "AMOUNT",
        "INCOME",
        "COUNT",
    }
)
_SHAPES: dict[str, re.Pattern[str]] = {
    "EMAIL_ADDRESS": re.compile(r"\S+@\S+"),
    "URL": re.compile(r"\S+\.\S+"),
    "AGE": re.compile(r"1?\d{1,2}(\.\d+)?\D{0,10}"),
    "PERSON": re.compile(r"[^\d@]*[^\W\d_][^\d@]*"),
    "LOCATION": re.compile(r"[^@]*[^\W\d_][^@]*"),
    "GENDER": re.compile(r".{1,20}", re.DOTALL),
    "COUNT": re.compile(r"[+-]?\d+"),
    "AMOUNT": re.compile(r"\D{0,4}[\d.,' ]+\D{0,4}"),
    "INCOME": re.compile(r"\D{0,4}[\d.,' ]+\D{0,6}"),
}
_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("boolean", re.compile(r"(?i:true|false)")),
    ("integer", re.compile(r"[+-]?(?:0|[1-9]\d{0,17})")),
    ("number", re.compile(r"[+-]?(?:0|[1-9]\d{0,14})(?:\.\d*)?(?:[eE][+-]?\d+)?|[+-]?\.\d+")),
    ("date", re.compile(r"\d{4}-\d{2}-\d{2}")),
    ("datetime", re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?")),
)
_NUMERIC_KINDS = frozenset({"AGE", "AMOUNT", "INCOME", "COUNT", ""})
_DATED_KINDS = frozenset({"DATE", "DATE_OF_BIRTH", ""})
_JSON_TYPES = ((bool, "boolean"), (int, "integer"), (float, "number"))
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Guess:
    """A suggestion for one column. It holds no value.

    Attributes:
        name: the column.
        role: ``text``, ``structured``, ``label``, ``person``; empty: leave the column out.
        kind: of a structured column; empty where none could be told, which policies delete.
        type: a cell type of ingest.
        confidence: ``high``, ``medium`` or ``low``.
        reason: why, in a few words.
        warning: what a person should look at; mostly empty.
        filled: share of sampled cells that hold something.
        distinct: share of those that are different.
        holds: kinds found in cells, by share of filled cells.
    """

    name: str
    role: str
    kind: str = ""
    type: str = "string"
    confidence: str = "low"
    reason: str = ""
    warning: str = ""
    filled: float = 0.0
    distinct: float = 0.0
    holds: dict[str, float] = field(default_factory=dict)


def guess_columns(columns: Mapping[str, Sequence[Any]], find: Callable[[list[str]], list[list[Span]]]) -> list[Guess]:
    """A suggestion for every column, of which at most one is the person's.

    Args:
        columns: by name the sampled cells, as read.
        find: finds personal data in texts.
    """
    guesses = [guess_column(name, cells, find) for name, cells in columns.items()]
    fit = [g for g in guesses if g.role == "person"]
    if len(fit) > 1:
        # Who has several rows is told apart from a number of the row; then the first.
        best = min(fit, key=lambda g: (g.distinct == 1.0, guesses.index(g)))
        for at, other in enumerate(guesses):
            if other.role == "person" and other is not best:
                guesses[at] = replace(
                    other,
                    role="structured",
                    confidence="low",
                    reason="named like a person's key",
                    warning=f"{best.name} was taken as the person's column; change it if this one is",
                )
    return guesses


def guess_column(name: str, cells: Sequence[Any], find: Callable[[list[str]], list[list[Span]]]) -> Guess:
    """A suggestion for one column."""
    filled = [cell for cell in cells if cell is not None and not (isinstance(cell, str) and not cell.strip())]
    if not filled:
        return Guess(name, "", reason="every sampled cell is empty")
    texts = [_text(cell) for cell in filled]
    if any(text is None for text in texts):
        return Guess(name, "", reason="holds lists or objects, which are no cells", filled=len(filled) / len(cells))
    words = [text for text in texts if text is not None]
    known = Counter(words)
    guess = Guess(name, "", filled=round(len(filled) / len(cells), 4), distinct=round(len(known) / len(words), 4))
    whole, holds = _found(known, find)
    guess = replace(guess, holds={kind: round(share, 4) for kind, share in sorted(holds.items())}, type=_type(filled))
    if _prose(words) and max(whole.values(), default=0.0) < MAIN:
        some = ", ".join(f"{kind} in {share:.0%}" for kind, share in sorted(holds.items(), key=lambda p: -p[1])[:3])
        return replace(
            guess, role="text", type="string", confidence="high", reason="running text" + (f"; {some}" if some else "")
        )
    return _structured(guess, words, known, whole, holds)


def _structured(
    guess: Guess, words: list[str], known: Counter[str], whole: dict[str, float], holds: dict[str, float]
) -> Guess:
    hint = kind_of_name(guess.name)
    best = max(whole, key=lambda kind: (whole[kind], kind == hint, kind), default="")
    share = whole.get(best, 0.0)
    fits = bool(hint) and _fits(hint, words)
    if names_a_person(guess.name) and best not in ("PERSON", "EMAIL_ADDRESS"):
        return _person(guess, words, known)
    if share >= MAIN:
        if hint == best:
            return _as(guess, best, "high", f"{share:.0%} of cells are one, and the name says so")
        if fits and hint in _REFINES.get(best, ()):
            return _as(guess, hint, "high", f"the name says which: {share:.0%} of cells look like {best}")
        warning = f"the name suggests {hint}, the cells are {best}: the cells count" if hint else ""
        return _as(guess, best, "medium" if hint else "high", f"{share:.0%} of cells are one", warning)
    if fits:
        sure = whole.get(hint, 0.0) >= SOME
        return _as(
            guess,
            hint,
            "high" if sure else "medium",
            f"the name says so, and {whole[hint]:.0%} of cells" if sure else "the name says so; the cells fit",
        )
    warning = f"the name suggests {hint}, but the cells don't look like it" if hint else ""
    if sum(holds.values()) >= TRACE and guess.type == "string":
        some = ", ".join(f"{kind} in {part:.0%}" for kind, part in sorted(holds.items(), key=lambda p: -p[1])[:3])
        return replace(
            guess,
            role="text",
            confidence="low",
            reason=f"mixed: {some}; masked as text",
            warning=warning or "look at it",
        )
    if guess.type == "boolean" or (len(known) <= 20 and len(words) >= 5 * len(known)):
        label = names_a_label(guess.name)
        reason = f"{len(known)} values, none of them personal data"
        if label:
            return replace(
                guess, role="label", confidence="medium", reason=reason + "; named like a label", warning=warning
            )
        return _as(guess, "CATEGORY", "medium" if not warning else "low", reason, warning)
    reason = "each cell is different: a number of the row, or of a person" if guess.distinct > 0.95 else "nothing told"
    return replace(
        guess,
        role="structured",
        reason=reason,
        warning=warning or "no kind: policies delete the column; declare one to keep it",
    )


def _as(guess: Guess, kind: str, confidence: str, reason: str, warning: str = "") -> Guess:
    type_ = guess.type
    if (type_ in ("integer", "number") and kind not in _NUMERIC_KINDS and kind != "CATEGORY") or (
        type_ in ("date", "datetime") and kind not in _DATED_KINDS
    ):
        type_ = "string" if guess.type != "integer" else type_
    return replace(
        guess, role="structured", kind=kind, type=type_, confidence=confidence, reason=reason, warning=warning
    )


def _person(guess: Guess, words: list[str], known: Counter[str]) -> Guess:
    if len(known) == 1 and len(words) > 1:
        return replace(
            guess,
            role="structured",
            reason="named like a person's key",
            warning="every row has the same value, so it is no person's key",
        )
    rows = len(words) / len(known)
    return replace(
        guess,
        role="person",
        type=guess.type if guess.type in ("string", "integer") else "string",
        confidence="high" if guess.filled == 1.0 else "medium",
        reason=f"named like a person's key; {rows:.1f} sampled rows each",
        warning="" if guess.filled == 1.0 else "some cells are empty: such rows would be quarantined",
    )


def _text(cell: Any) -> str | None:
    if isinstance(cell, (dict, list, tuple, bytes)):
        return None
    return cell if isinstance(cell, str) else cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _found(
    known: Counter[str], find: Callable[[list[str]], list[list[Span]]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Shares of cells, of the most frequent, that a kind covers nearly whole, and that hold it at all."""
    looked = [text for text, _ in sorted(known.items(), key=lambda pair: (-pair[1], pair[0]))[:LOOKED_AT]]
    total = sum(known[text] for text in looked)
    whole: Counter[str] = Counter()
    holds: Counter[str] = Counter()
    for text, spans in zip(looked, find([text[:2000] for text in looked]), strict=True):
        letters = sum(c.isalnum() for c in text[:2000]) or 1
        covered: Counter[str] = Counter()
        for span in spans:
            covered[span.entity] += sum(c.isalnum() for c in text[span.start : span.end])
        for kind, count in covered.items():
            holds[kind] += known[text]
            if count >= 0.8 * letters:
                whole[kind] += known[text]
    return {k: n / total for k, n in whole.items()}, {k: n / total for k, n in holds.items()}


def _type(cells: Sequence[Any]) -> str:
    """The type that every cell has. Digits with a leading zero are a string: as a number they would lose it."""
    if all(isinstance(cell, str) for cell in cells):
        for name, pattern in _TYPES:
            if all(pattern.fullmatch(cell) for cell in cells):
                return name
        return "string"
    for kind, name in _JSON_TYPES:
        if all(type(cell) is kind or (name == "number" and type(cell) is int) for cell in cells):
            return name
    if all(hasattr(cell, "hour") for cell in cells):
        return "datetime"
    return "date" if all(hasattr(cell, "isoformat") for cell in cells) else "string"


def _fits(kind: str, words: Sequence[str]) -> bool:
    """Whether nearly all cells can be of a kind at all."""
    shape = _SHAPES.get(kind)
    fit = sum(
        (shape is None or shape.fullmatch(text.strip()) is not None)
        and (kind not in _DIGITS or any(c.isdecimal() for c in text))
        for text in words
    )
    return fit >= 0.9 * len(words)


def _prose(words: Sequence[str]) -> bool:
    """Whether cells read like language: several words, mostly different cells."""
    long = sum(len(text.split()) >= 6 or len(_HAN.findall(text)) >= 15 for text in words)
    return long >= 0.3 * len(words) and len(set(words)) > 0.2 * len(words)
