"""The masking operators as policies and reports know them: what each does, discloses and takes.

What an operator does to a value is code in ``tasks.methods.mask``; a test holds the two lists equal.
"""

from __future__ import annotations

OPERATORS: dict[str, str] = {
    "tag": "the value becomes the name of its kind: <PERSON>",
    "numbered_tag": "the same with a number, the same for the same person within a document: <PERSON_1>",
    "redact": "the value is deleted from the text; a cell becomes empty",
    "stars": "every character becomes *; the length of the value stays visible",
    "partial": "**** and the last characters, at most four (`keep`)",
    "hash": "a keyed hash, equal for equal values in all tables and runs: <PERSON:9f2c1a7be03d4c55a1b2>",
    "encrypt": "the value under a key, for `airlock reveal` to read again: <PERSON:k5xq…>",
    "surrogate": "another value of the same kind, the same for the same person (`locale`)",
    "year": "a date keeps its year only",
    "shift_date": "a date moves by the person's own number of days and stays written as it was (`day_first`)",
    "age_band": "an age becomes a band of ten years, 90+ at the top",
    "zip3": "a ZIP code keeps three digits, 021**, or none where few people share them, 000**",
    "noise": "a number gets noise with a guarantee, ε a cell (`epsilon`, `delta`, `empty`); in text the tag",
    "jitter": "a number gets noise without a guarantee: no ε (`relative`); in text the tag",
    "mean": "every cell becomes the column's private mean, charged to the ledger (`epsilon`, `delta`, `max_rows`); in "
    "text the tag",
    "delete": "the column is left out of the masked table; in text the value is deleted",
    "keep": "the value stays as it is",
}
"""The operators and what each does, in the order in which help shows them."""

DISCLOSES: dict[str, str] = {
    "tag": "That a value of the kind stood there.",
    "numbered_tag": "That a value of the kind stood there, and which mentions in one document are equal.",
    "redact": "In a column, that there was a value; in text, nothing.",
    "stars": "The length of the value and that one stood there.",
    "partial": "The last characters of the value; together with other facts they may single a person out.",
    "hash": "Which values are equal, in all tables and runs under one key; whoever holds the key can test guesses.",
    "encrypt": "Which values are equal to the letter, and their length; everything to whoever holds the key.",
    "surrogate": "Which persons are equal, how a value is written, and of names the usual gender of the given name.",
    "year": "The year.",
    "shift_date": "The days between two dates of one person, each date to within 182 days, and how it is written.",
    "age_band": "The decade of the age, up to 90.",
    "zip3": "A region of more than 20,000 people, or that it is one of few.",
    "noise": "A noisy figure; ε a cell bounds what it tells of the figure beneath.",
    "jitter": "Nearly the figure, with no ε.",
    "mean": "Of the row, nothing; of all people together a noisy mean, whose ε stands in the ledger.",
    "delete": "In text, nothing; of a column, that the table lacks it.",
    "keep": "The value.",
}
"""What a reader of the masked table learns of a value, by operator: one sentence each."""

HIDES = frozenset({"tag", "numbered_tag", "redact", "stars", "hash", "encrypt", "mean", "delete"})
"""Operators that leave nothing of the value readable, and nothing that looks like one."""

KEYED = frozenset({"hash", "encrypt", "surrogate", "shift_date", "noise", "jitter"})
"""Operators that need the deployment's ``mask`` key."""

VAULTED = frozenset({"numbered_tag", "partial", "hash", "surrogate", "shift_date"})
"""Operators whose values a vault keeps: what they write stands for one value, and the key alone doesn't undo it."""

PARAMETERS: dict[str, tuple[str, ...]] = {
    "keep": ("partial",),
    "locale": ("surrogate",),
    "day_first": ("shift_date", "hash", "surrogate"),
    "epsilon": ("noise", "mean"),
    "delta": ("noise", "mean"),
    "empty": ("noise",),
    "relative": ("jitter",),
    "max_rows": ("mean",),
}
"""Parameters of a policy's line, and the operators that read each."""


def placeholder_pattern(tag: str, operator: str) -> str | None:
    """A regular expression for what ``operator`` leaves in text under ``tag``; ``None`` where it leaves no mark.

    Whoever looks at masked text must not take such a mark for a finding. The patterns are narrow, so that nobody
    hides a name by writing it between angle brackets.

    >>> placeholder_pattern("<PERSON>", "numbered_tag")
    '<PERSON_[1-9][0-9]{0,5}>'
    """
    name = tag[1:-1]
    patterns = {
        "numbered_tag": f"<{name}_[1-9][0-9]{{0,5}}>",
        "hash": f"<{name}:[0-9a-f]{{20}}>",
        "encrypt": f"<{name}:[a-z2-7]{{26,}}>",
        "partial": r"\*{4}[0-9A-Za-z]{0,4}",
        "zip3": r"(?<![0-9])[0-9]{3}\*\*",
    }
    return patterns.get(operator)
