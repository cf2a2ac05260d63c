"""PII reconstruction: whether a model fills the gap in a text with the value that stood there in training.

Lukas et al. 2023 ("Analyzing Leakage of Personally Identifiable Information in Language Models", IEEE S&P, section
IV.B and algorithm 2, arXiv 2302.00539): continue the text before the gap, take candidates out of the continuations, and
rank them by the loss of the whole text with what follows the gap. The paper's attacker finds candidates with a tagger;
here every beginning of a continuation that ends with a word is one, so no tagger's mistakes count. Only counts leave
this module.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tasks.core.progress import Progress
from tasks.methods.attack.chance import Chance, Count, against_controls
from tasks.methods.attack.pii_extraction import Sampling, Secret, decode, encode, form_of, sample
from tasks.methods.attack.pii_inference import check_pairs, filled, text_losses

_WORD = re.compile("[\u3400-\u9fff]|[^\\s\u3400-\u9fff]+")
_AROUND = " \t\r\n.,;:!?\"'“”‘’()[]<>。，；：！？、"
_JOIN = 6
"""Characters of what follows the gap by which a continuation shows where the value ends."""


@dataclass(frozen=True)
class Reconstruction:
    """What the attack reached.

    Attributes:
        trained: slots whose best candidate is the value that was trained on.
        controls: slots whose best candidate is the value that was drawn for the same slot and not trained on.
        sampled: slots among whose candidates the trained-on value was at all.
    """

    trained: Count
    controls: Count
    sampled: Count

    def chance(self) -> Chance:
        """Whether trained-on values came out more often than controls."""
        return against_controls(self.trained, self.controls)


def reconstruct(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    secrets: Sequence[Secret],
    controls: Sequence[Secret],
    *,
    samples: int = 64,
    words: int = 6,
    most: int = 64,
    sampling: Sampling | None = None,
    size: int = 32,
    progress: Progress | None = None,
) -> Reconstruction:
    """Fill each gap with the best candidate, and compare it with the value and with its control.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer.
        secrets: values that were trained on.
        controls: for each of them, a value that wasn't, in the same surroundings.
        samples: continuations of each text.
        words: words of a candidate at most; an ideograph is one.
        most: candidates of a text that are ranked, those that came most often.
        sampling: how tokens are drawn; by default at temperature 1 from the 40 most probable, 32 a continuation.
        size: texts on the device at once; it changes nothing but float rounding.
        progress: one unit a slot.

    Raises:
        ValueError: lists don't fit each other, a value and its control are the same, or a number isn't positive.
        AirlockError: the tokenizer failed.
    """
    count = check_pairs(secrets, controls)
    if min(samples, words, most, size) < 1:
        raise ValueError("samples, words, most and size are positive")
    if any(form_of(a.value) == form_of(b.value) for a, b in zip(secrets, controls, strict=True)):
        raise ValueError("a control differs from its value")
    sampling = sampling or Sampling(new_tokens=32)
    hits = np.zeros((count, 3), dtype=bool)
    for place, (secret, control) in enumerate(zip(secrets, controls, strict=True)):
        # Each slot has draws of its own, so that the slots' outcomes are independent given the model.
        drawn = replace(sampling, seed=sampling.seed * count + place)
        found = _candidates(model, tokenizer, secret, drawn, samples, words, size)
        forms = [form_of(text) for text in found[:most]]
        true, other = form_of(secret.value), form_of(control.value)
        if forms:
            losses = text_losses(model, tokenizer, filled(model, tokenizer, secret, found[:most]), size)
            best = forms[int(np.argmin(losses))]
            hits[place] = best == true, best == other, true in forms
        if progress is not None:
            progress.advance()
    trained, control_hits, sampled = (Count(int(column.sum()), count) for column in hits.T)
    return Reconstruction(trained, control_hits, sampled)


def _candidates(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    secret: Secret,
    sampling: Sampling,
    samples: int,
    words: int,
    size: int,
) -> list[str]:
    """Different candidates, the most frequent first; those that came equally often by their text."""
    # A tokenizer joins a space to the word behind it, so the prompt ends before it, as in the authors' code.
    start = filled(model, tokenizer, replace(secret, after=""), [""], sampling.new_tokens)[0].rstrip()
    token = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    prompt = [int(token), *encode(tokenizer, start)]
    found: Counter[str] = Counter()
    for _, texts in sample(model, [prompt] * samples, int(tokenizer.eos_token_id), sampling, size):
        for text in texts:
            found.update(set(_beginnings(decode(tokenizer, text), secret.after, words)))
    return sorted(found, key=lambda text: (-found[text], text))


def _beginnings(text: str, after: str, words: int) -> list[str]:
    """What of a continuation may be the value: up to where the text goes on as after the gap, or each beginning."""
    join = after[:_JOIN]
    end = text.find(join) if join.strip() else -1
    if end > 0 and form_of(text[:end]):
        return [text[:end].strip(_AROUND)]
    ends = [match.end() for match in _WORD.finditer(text)][:words]
    return [candidate for end in ends if form_of(candidate := text[:end].strip(_AROUND))]
