"""What a person found in a review sample: how many rows were read and the numbers of those that leak, in the raw zone.

An answer lies beside the samples, in ``review-answers/<key of the sample>.json``. It holds numbers only: whoever wrote
a value of a row where a number belongs is told so, and nothing is kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tasks.core import artifacts, audit
from tasks.core.artifacts import Artifact, Ref
from tasks.core.canonical import canonical_json
from tasks.core.errors import TryAgain, UserError
from tasks.core.store import Store

PAGE = "sample.html"
"""The sample's page for readers, a view of its artifact."""

NUMBERS = r"^[0-9]{1,6}(,[0-9]{1,6})*$|^$"
"""A list of ordinals as it is typed: digits and commas, and nothing else."""


@dataclass(frozen=True)
class Answer:
    """A reader's answer.

    Attributes:
        read: the rows 1 to ``read`` were read.
        leaking: ordinals of the rows among them in which something can still be read; sorted, each once.
    """

    read: int
    leaking: tuple[int, ...] = ()

    @classmethod
    def parse(cls, read: object, leaking: object, rows: int) -> Self:
        """Take numbers and nothing else.

        Args:
            read: an integer, or its digits.
            leaking: ordinals as text, digits and commas only, or as a list of integers.
            rows: the sample's rows, seeded ones included.

        Raises:
            UserError: for anything else. The sentence doesn't quote it, as it may be a value.
        """
        if isinstance(read, str) and re.fullmatch("[0-9]{1,6}", read):
            read = int(read)
        if isinstance(leaking, str) and re.fullmatch(NUMBERS, leaking) and not leaking.endswith("\n"):
            leaking = [int(number) for number in leaking.split(",") if number]
        if type(read) is not int or not isinstance(leaking, list | tuple) or any(type(n) is not int for n in leaking):
            raise UserError("review: an answer is numbers only: rows read, and the rows that leak, as in 3,17,40")
        if not 1 <= read <= rows:
            raise UserError(f"review: rows read must be between 1 and {rows}, as the sample has {rows} rows")
        if any(not 1 <= number <= read for number in leaking):
            raise UserError(f"review: rows that leak are among the rows read: their numbers are between 1 and {read}")
        return cls(read, tuple(sorted(set(leaking))))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: numbers only."""
        return {"read": self.read, "leaking": list(self.leaking)}


def rows_of(sample: Ref) -> int:
    """How many rows a sample shows; 0 where the policy asks for no reader."""
    return int(sample.counts["rows"]) + int(sample.counts.get("seeded", 0))


def store_of(sample: Ref) -> Store:
    """The zone that a sample lies in: the raw one."""
    return Store(sample.uri.removesuffix(f"/{sample.stage}/{sample.key}"), create=False)


def answer_of(store: Store, sample: Ref) -> Answer | None:
    """The answer to a sample; ``None`` where nobody has answered.

    Raises:
        UserError: where the recorded answer isn't one to this sample.
    """
    try:
        found = json.loads(store.read_bytes(_name(sample)))
        if found["digest"] != sample.digest:
            return None
        return Answer.parse(found["answer"]["read"], found["answer"]["leaking"], rows_of(sample))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, UserError):
        raise UserError(
            f"review: the recorded answer to sample {sample.key[:12]} is damaged: answer again with --replace"
        ) from None


def record(store: Store, sample: Ref, answer: Answer, home: Path, *, replace: bool = False, by: str = "") -> bool:
    """Keep an answer, once; who answered is written to the audit log in Airlock's home first.

    Args:
        store: the raw zone.
        sample: what was read.
        home: Airlock's home.
        replace: whether another answer may be replaced.
        by: who answered, where that isn't the user of this process.

    Returns:
        False where this very answer was there already.

    Raises:
        UserError: where another answer is there and isn't to be replaced, or the audit log can't be written.
    """
    data = canonical_json({"answer": answer.to_dict(), "digest": sample.digest, "sample": sample.key}) + b"\n"
    try:
        before: bytes | None = store.read_bytes(_name(sample))
    except FileNotFoundError:
        before = None
    if before == data:
        return False
    if before is not None and not replace:
        raise UserError(f"review: sample {sample.key[:12]} has another answer; --replace writes this one in its place")
    action = "review answer" if before is None else "review answer replaced"
    entry = {"action": action, "sample": sample.key, "answer": answer.to_dict(), "for": by[:200]}
    audit.append(audit_log(home), entry | ({"replaced": _shown(before)} if before is not None else {}))
    if before is not None:
        store.write_bytes(_name(sample), data)
    elif not store.create(_name(sample), data) and store.read_bytes(_name(sample)) != data:
        raise UserError(f"review: sample {sample.key[:12]} was answered just now; --replace writes this one instead")
    return True


def audit_log(home: Path) -> Path:
    """The log of answers in Airlock's home."""
    return audit.log_path(home).with_name("review.jsonl")


def place(sample: Artifact) -> str:
    """Where the sample's page lies, for people with the raw zone's rights."""
    return f"{sample.ref.uri}/attempts/{sample.manifest['attempt']}/views/{PAGE}"


def how_to(sample: Ref) -> str:
    """Where the sample is and what to type, in a sentence."""
    where = place(artifacts.open_ref(sample))
    return (
        f"read {where} ({rows_of(sample)} rows, among them known leaks) and answer with "
        f"`airlock review {sample.key[:12]} --read {rows_of(sample)} --leaking 3,17` (numbers of the rows that leak)"
    )


def missing(sample: Ref) -> TryAgain:
    """What to raise where the policy asks for a reader and nobody has answered."""
    return TryAgain(f"review: the policy asks a person to read a sample before the gate opens: {how_to(sample)}")


def _name(sample: Ref) -> str:
    return f"review-answers/{sample.key}.json"


def _shown(data: bytes) -> Any:
    """A replaced answer's numbers, fit for the log; nothing of a file that isn't one."""
    try:
        answer = json.loads(data)["answer"]
        return Answer.parse(answer["read"], answer["leaking"], 999_999).to_dict()
    except (ValueError, KeyError, TypeError, UserError):
        return "damaged"
