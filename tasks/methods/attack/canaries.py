"""Canaries: invented records that are in the training table or out of it by a secret coin each.

What training makes of them shows what it could make of a person's record. They hold nobody's data.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, get_args

from transformers import PreTrainedTokenizerBase

from tasks.methods.plant.carriers import CARRIERS, carry
from tasks.methods.plant.kinds import FORMATS
from tasks.methods.plant.value import draw
from tasks.methods.sample.stream import stream

Kind = Literal["random_token", "new_token", "high_temperature", "pii_sentence"]
KINDS: tuple[Kind, ...] = get_args(Kind)

TOKENS = 24
"""Tokens of a canary that is made of tokens."""

_OPENING = "Reference"
_RAREST = 16
_TRIES = 20


@dataclass(frozen=True)
class Canary:
    """An invented record.

    Attributes:
        kind: how it was made.
        text: what it says. Kept out of the ``repr``: who knows a canary and its coin knows what the audit asks.
    """

    kind: Kind
    text: str = field(repr=False)


def make(
    kinds: Sequence[Kind],
    count: int,
    seed: str,
    tokenizer: PreTrainedTokenizerBase,
    generate: Callable[[int, int], list[str]] | None = None,
    language: str = "en",
) -> list[Canary]:
    """So many canaries, no two alike, of the kinds in turn; a function of the arguments alone.

    The kinds, from the easiest to notice in a model to the likest a person's record:

    - ``new_token``: a short opening, then tokens from the end of the vocabulary, which a byte-pair vocabulary learnt
      last and text hardly uses (Panda et al., ICLR 2025, add tokens of their own, which a released vocabulary
      shouldn't have).
    - ``random_token``: tokens drawn uniformly from the vocabulary.
    - ``high_temperature``: what the base model says at a high temperature (Mitchell et al. 2026, arXiv 2606.10481).
    - ``pii_sentence``: sentences with an invented person's name, number and dates.

    Args:
        kinds: one or more.
        count: how many in all.
        seed: another seed gives other canaries. Not a secret: the coins are.
        tokenizer: the base model's.
        generate: ``generate(count, seed)`` gives so many texts of the base model at a high temperature; needed for
            ``high_temperature`` alone.
        language: of sentences, ``en`` or ``zh``.

    Raises:
        ValueError: a kind that there isn't, or one without what it needs; or so many different ones can't be made.
    """
    if not kinds or any(kind not in KINDS for kind in kinds):
        raise ValueError(f"canary kinds are {', '.join(KINDS)}")
    shares = {kind: len(range(n, count, len(kinds))) for n, kind in enumerate(kinds)}
    vocabulary = _vocabulary(tokenizer)
    made: dict[Kind, Iterator[str]] = {}
    for kind, share in shares.items():
        rng = stream(seed, "canaries", kind)
        if kind == "high_temperature":
            if generate is None:
                raise ValueError("high_temperature canaries need a model to say them")
            made[kind] = iter(generate(2 * share, rng.getrandbits(31)))
        elif kind == "pii_sentence":
            made[kind] = _forever(partial(_sentences, rng, language))
        else:
            pool = vocabulary if kind == "random_token" else vocabulary[-max(len(vocabulary) // _RAREST, 2) :]
            opening = _OPENING if kind == "new_token" else ""
            made[kind] = _forever(partial(_tokens, rng, tokenizer, pool, opening))
    seen: set[str] = set()
    return [_next(kinds[n % len(kinds)], made, seen) for n in range(count)]


def coins(count: int, secret: bytes, label: str) -> list[bool]:
    """Fair coins: whether each canary is in the table.

    Formal guarantees:
        To whoever doesn't hold ``secret`` the coins are independent and fair: each is a bit of HMAC-SHA-256, a
        pseudo-random function, of the label and its number. Two labels' coins have nothing to do with each other.

    Args:
        count: how many.
        secret: 32 bytes.
        label: what they are for, such as the key of the canaries' artifact.
    """
    return [bool(hmac.digest(secret, f"coin/{label}/{n}".encode(), hashlib.sha256)[0] & 1) for n in range(count)]


def _next(kind: Kind, made: dict[Kind, Iterator[str]], seen: set[str]) -> Canary:
    for _ in range(_TRIES):
        text = next(made[kind], "").strip()
        if text and text not in seen:
            seen.add(text)
            return Canary(kind, text)
    raise ValueError(f"no more canaries of kind {kind} that differ; ask for fewer, or for more kinds")


def _forever(one: Callable[[], str]) -> Iterator[str]:
    while True:
        yield one()


def _vocabulary(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """What can stand in a text and comes back from it: no special tokens, no parts of a character, no blanks alone."""
    special = set(tokenizer.all_special_ids) | set(tokenizer.get_added_vocab().values())
    said = {token: str(tokenizer.decode([token])) for token in range(len(tokenizer)) if token not in special}
    return [token for token, text in said.items() if text.strip() and text.isprintable() and "\ufffd" not in text]


def _tokens(rng: random.Random, tokenizer: PreTrainedTokenizerBase, pool: Sequence[int], opening: str) -> str:
    return f"{opening} {tokenizer.decode(rng.choices(pool, k=TOKENS))}".strip()


def _sentences(rng: random.Random, language: str) -> str:
    kinds = [
        kind
        for kind in ("PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "MEDICAL_RECORD_NUMBER")
        if kind in FORMATS[language]
    ]
    kinds = [kind for kind in kinds if kind in CARRIERS[language]][:3]
    return " ".join(carry(rng, language, draw(rng, kind, FORMATS[language][kind]))[0] for kind in kinds)
