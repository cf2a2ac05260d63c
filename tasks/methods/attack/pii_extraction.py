"""PII extraction: how many trained-on values come out of a model that is just left to write.

Lukas et al. 2023 ("Analyzing Leakage of Personally Identifiable Information in Language Models", IEEE S&P, section
IV.A, arXiv 2302.00539). The attacker there has no list and tags what was written, so its precision hangs on a tagger;
the owner of the data has the list, looks for each value and knows the recall. Only counts leave this module.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import ahocorasick
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tasks.core.errors import AirlockError
from tasks.core.progress import Progress
from tasks.methods.attack.chance import Chance, Count, against_controls
from tasks.methods.gate.known.digits import number_of, windows
from tasks.methods.gate.known.fold import folded
from tasks.methods.lm.wrapped import inner


@dataclass(frozen=True)
class Secret:
    """A value of a person and the text around it in its row. Shown, it tells its kind alone.

    Attributes:
        value: the value.
        entity: its kind.
        before: the row's text up to the value.
        after: the row's text behind it.
    """

    value: str = field(repr=False)
    entity: str
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True)
class Sampling:
    """How texts are drawn from a model.

    Attributes:
        temperature: the logits are divided by it.
        top_k: only so many tokens, the most probable ones, may come next (Fan et al., 2018, section 5.1).
        new_tokens: tokens of a text at most, without its prompt.
        seed: the same texts come for the same seed.
    """

    temperature: float = 1.0
    top_k: int = 40
    new_tokens: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.top_k < 1 or self.new_tokens < 1:
            raise ValueError("temperature, top_k and new_tokens are positive")


@dataclass(frozen=True)
class Extraction:
    """What was found in the written texts.

    Attributes:
        texts: how many were written.
        left_out: distinct values that weren't looked for: those without a letter or a digit, those that stand in a
            prompt, and controls that were trained on after all.
        trained: distinct values found, of those that were trained on.
        controls: the same, of those that weren't.
        by_entity: kind -> the same two counts of values of this kind.
    """

    texts: int
    left_out: int
    trained: Count
    controls: Count
    by_entity: dict[str, tuple[Count, Count]]

    def chance(self) -> Chance:
        """Whether more trained-on values were found than controls."""
        return against_controls(self.trained, self.controls)


def form_of(value: str) -> str:
    """What two spellings of a value share: the digits of a number of seven or more, else its folded words.

    Case, accents, width, punctuation and white space count for nothing (:mod:`tasks.methods.gate.known.fold`).

    >>> form_of("(217) 555-0142"), form_of(" Ann  O'Brien"), form_of("?!")
    ('2175550142', 'ann o brien', '')
    """
    form = folded(value).strip(" |")
    return number_of(form) or form


class Finder:
    """Looks for values in texts, word by word, all in one pass (Aho & Corasick, 1975, CACM 18: 333-340).

    Args:
        forms: of :func:`form_of`, none empty.

    >>> sorted(Finder(["ann", "2175550142"]).found("Annual 217.555.0142")), sorted(Finder(["ann"]).found("(ANN)"))
    (['2175550142'], ['ann'])
    """

    def __init__(self, forms: Iterable[str]) -> None:
        self._words = ahocorasick.Automaton()
        self._numbers: set[str] = set()
        for form in forms:
            if number_of(form) == form:
                self._numbers.add(form)
            else:
                # A space on both sides: the values' words are whole words of the text.
                self._words.add_word(f" {form} ", form)
        if self._words:
            self._words.make_automaton()

    def found(self, text: str) -> set[str]:
        """The forms that stand in a text."""
        form = folded(text)
        found = {known for _, known in self._words.iter(form)} if self._words else set()
        if self._numbers:
            found.update(number for number, _, _ in windows(form) if number in self._numbers)
        return found


def extract(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    secrets: Sequence[Secret],
    controls: Sequence[Secret],
    *,
    texts: int,
    prompts: Sequence[str] = ("",),
    sampling: Sampling | None = None,
    size: int = 32,
    progress: Progress | None = None,
) -> Extraction:
    """Let the model write, and count which values stand in what it wrote.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer.
        secrets: values that were trained on.
        controls: values of the same generator that weren't.
        texts: how many to write; the paper writes thousands. The prompts take turns.
        prompts: public words to start from; an empty one starts from the token that begins a text, or else ends one.
        sampling: how tokens are drawn; by default at temperature 1 from the 40 most probable, 256 a text.
        size: texts on the device at once; it changes nothing but float rounding.
        progress: one unit a text.

    Raises:
        ValueError: no prompt, no text, or a prompt as long as the model's window.
        AirlockError: the tokenizer failed.
    """
    if not prompts or texts < 1 or size < 1:
        raise ValueError("there must be a prompt, a text and room for one")
    sampling = sampling or Sampling()
    wanted, control_forms = _kinds(secrets), _kinds(controls)
    given = Finder(form for form in {**wanted, **control_forms} if form)
    shown = set[str]().union(*map(given.found, prompts))
    kept = {form: kind for form, kind in wanted.items() if form and form not in shown}
    spare = {f: kind for f, kind in control_forms.items() if f and f not in shown and f not in wanted}
    finder = Finder([*kept, *spare])
    starts = [encode(tokenizer, prompt) or [_first(tokenizer)] for prompt in prompts]
    seen: set[str] = set()
    for _, written in sample(
        model, [starts[i % len(starts)] for i in range(texts)], int(tokenizer.eos_token_id), sampling, size
    ):
        for text in written:
            seen |= finder.found(decode(tokenizer, text))
        if progress is not None:
            progress.advance(len(written))
    kinds = sorted({*kept.values(), *spare.values()})
    trained, control = _by_kind(kept, seen), _by_kind(spare, seen)
    return Extraction(
        texts=texts,
        left_out=len(wanted) + len(control_forms) - len(kept) - len(spare),
        trained=Count(len(seen & kept.keys()), len(kept)),
        controls=Count(len(seen & spare.keys()), len(spare)),
        by_entity={kind: (trained.get(kind, Count(0, 0)), control.get(kind, Count(0, 0))) for kind in kinds},
    )


def sample(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], eos: int, sampling: Sampling, size: int
) -> Iterator[tuple[list[int], list[list[int]]]]:
    """Continue prompts, those of one length together, with a cache of keys and values.

    Each text has a random stream of its own, from the seed and its place, and prompts are never padded: who else is in
    a batch changes nothing but float rounding.

    Args:
        model: a causal language model.
        prompts: tokens, one or more a prompt.
        eos: the token that ends a text.
        sampling: how tokens are drawn.
        size: texts at once.

    Yields:
        places of prompts, and their new tokens up to the end of the text.

    Raises:
        ValueError: a prompt is empty or leaves no room for a token.
    """
    room = window_of(model)
    if any(not prompt or (room and len(prompt) >= room) for prompt in prompts):
        raise ValueError("a prompt has a token at least and leaves room for another")
    groups: dict[int, list[int]] = {}
    for place, prompt in enumerate(prompts):
        groups.setdefault(len(prompt), []).append(place)
    for length, places in groups.items():
        steps = min(sampling.new_tokens, room - length) if room else sampling.new_tokens
        for start in range(0, len(places), size):
            chosen = places[start : start + size]
            uniform = torch.stack([_stream(sampling, place) for place in chosen])
            yield chosen, _continue(model, [prompts[p] for p in chosen], uniform[:, :steps], eos, sampling)


def window_of(model: PreTrainedModel) -> int:
    """Tokens that a model can read at once; 0 where it doesn't say."""
    return int(getattr(inner(model).config, "max_position_embeddings", None) or 0)


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """The tokens of a text, without special ones.

    Raises:
        AirlockError: the tokenizer failed; its own words may quote the text and are left out.
    """
    try:
        found: Any = tokenizer(text, add_special_tokens=False)["input_ids"]
    except Exception as exc:
        raise AirlockError(f"the tokenizer failed on a text ({type(exc).__name__})") from None
    return list(found)


def decode(tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> str:
    """The text of tokens, without special ones.

    Raises:
        AirlockError: the tokenizer failed.
    """
    try:
        return str(tokenizer.decode(ids, skip_special_tokens=True))
    except Exception as exc:
        raise AirlockError(f"the tokenizer failed on a text ({type(exc).__name__})") from None


@torch.inference_mode()
def _continue(
    model: PreTrainedModel, prompts: list[Sequence[int]], uniform: torch.Tensor, eos: int, sampling: Sampling
) -> list[list[int]]:
    causal, was = inner(model), model.training
    model.eval()
    device = causal.get_input_embeddings().weight.device
    ids, cache = torch.tensor([list(p) for p in prompts], device=device), None
    done = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    columns = []
    try:
        for step in uniform.to(device).T:
            out = causal(input_ids=ids, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            ids = _draw(out.logits[:, -1].double() / sampling.temperature, sampling.top_k, step)[:, None]
            done |= ids[:, 0] == eos
            columns.append(ids)
            if bool(done.all()):
                break
    finally:
        model.train(was)
    rows: list[list[int]] = torch.cat(columns, 1).tolist()
    return [row[: row.index(eos)] if eos in row else row for row in rows]


def _draw(logits: torch.Tensor, top_k: int, uniform: torch.Tensor) -> torch.Tensor:
    """A token a row, by the inverse of the distribution function over tokens in the order of their numbers.

    In the order of their probabilities, two near-equal ones could change places by float rounding.
    """
    tokens = logits.topk(min(top_k, logits.shape[1]), dim=1).indices.sort(dim=1).values
    below = logits.gather(1, tokens).softmax(1).cumsum(1)
    at = (below <= uniform[:, None]).sum(1, keepdim=True).clamp(max=tokens.shape[1] - 1)
    return tokens.gather(1, at)[:, 0]


def _stream(sampling: Sampling, place: int) -> torch.Tensor:
    digest = hashlib.sha256(f"{sampling.seed}:{place}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    return torch.rand(sampling.new_tokens, generator=generator, dtype=torch.float64)


def _first(tokenizer: PreTrainedTokenizerBase) -> int:
    token = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return int(token)


def _kinds(secrets: Sequence[Secret]) -> dict[str, str]:
    """Form -> kind; a form of two kinds keeps its first."""
    found: dict[str, str] = {}
    for secret in secrets:
        found.setdefault(form_of(secret.value), secret.entity)
    return found


def _by_kind(kinds: dict[str, str], seen: set[str]) -> dict[str, Count]:
    of, hits = Counter(kinds.values()), Counter(kind for form, kind in kinds.items() if form in seen)
    return {kind: Count(hits[kind], total) for kind, total in of.items()}
