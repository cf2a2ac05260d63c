"""Every attack on personal values: asked back from the model by writing, in their gaps, and among candidates.

The values and the texts around them are secret; counts come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.core.progress import Progress
from tasks.methods.attack import pii_extraction, pii_inference, pii_reconstruction
from tasks.methods.attack.chance import Chance, Count
from tasks.methods.attack.pii_extraction import Sampling, Secret, form_of
from tasks.methods.lm.objectives import Task
from tasks.methods.plant.kinds import FORMATS
from tasks.methods.plant.value import draw
from tasks.methods.sample.stream import stream

CANDIDATES = 10
"""Among so many a value is sought, itself one of them."""
LONGEST = 60
"""Characters of a value; longer ones are rather passages."""
_TRIES = 40

OUTSIDE = "computed from real values, which the guarantee of the training does not cover"


@dataclass(frozen=True)
class Sought:
    """Values to attack, each with one of the same kind that nobody trained on, and further candidates.

    Attributes:
        secrets: the values.
        controls: one a value, in the same surroundings.
        others: for each, the other candidates.
        passed_over: values of kinds that nothing can be made of, or that couldn't be told from one another.
    """

    secrets: list[Secret] = field(default_factory=list)
    controls: list[Secret] = field(default_factory=list)
    others: list[list[str]] = field(default_factory=list)
    passed_over: int = 0


def seek(
    texts: Iterable[tuple[str, Sequence[tuple[int, int, str]]]], most: int, seed: str, language: str = "en"
) -> Sought:
    """Take values out of texts, and make controls and candidates of the same kinds.

    Args:
        texts: each text, and start, end and kind of the values in it.
        most: at most so many values, each form once.
        seed: of the controls and candidates; another one gives others.
        language: of the values that are made.
    """
    listed = [(text, span) for text, spans in texts for span in spans]
    own = {form_of(text[start:end]) for text, (start, end, _) in listed}
    taken, found, passed_over = set(own), Sought(), 0
    seen: set[str] = set()
    # Spread over all texts, however few are wanted.
    order = stream(seed, "values").sample(range(len(listed)), len(listed))
    for place in order:
        if len(found.secrets) == most:
            break
        text, (start, end, kind) = listed[place]
        value, form = text[start:end], form_of(text[start:end])
        formats = FORMATS[language].get(kind)
        if form in seen:
            continue
        seen.add(form)
        if not form or formats is None or end - start > LONGEST:
            passed_over += 1
            continue
        rng, drawn = stream(seed, "candidates", place), list[str]()
        for _ in range(_TRIES):
            other = draw(rng, kind, formats).text
            if (other_form := form_of(other)) and other_form not in taken:
                taken.add(other_form)
                drawn.append(other)
            if len(drawn) == CANDIDATES:
                break
        if len(drawn) < CANDIDATES:
            passed_over += 1
            continue
        around = (kind, text[:start], text[end:])
        found.secrets.append(Secret(value, *around))
        found.controls.append(Secret(drawn[0], *around))
        found.others.append(drawn[1:])
    return Sought(found.secrets, found.controls, found.others, passed_over)


def attack_values(
    target: Task,
    base: Task | None,
    sought: Sought,
    *,
    texts: int,
    prompts: Sequence[str],
    size: int,
    progress: Callable[[str, int], Progress],
) -> dict[str, Any]:
    """The three attacks of Lukas et al. 2023, each beside its controls.

    Made-up controls tell how often a value is hit by chance only as far as they are like the real ones: where the
    candidates' own test is above chance, the kinds' generator is not, and ``controls_differ`` says so.

    Args:
        target: the audited model, causal.
        base: the model that its training began from; takes off how likely a value is anyway.
        sought: the values.
        texts: how many texts the model writes.
        prompts: public words that they begin with.
        size: texts on the device at once.
        progress: makes the progress of a piece of work from its label and its units.

    Returns:
        plain JSON: ``extraction``, ``reconstruction`` and ``inference``, each with ``trained`` and ``controls`` as
        ``[hits, of]``, ``p_value``, ``verdict`` and ``detectable``.
    """
    model: Any = target.model
    out: dict[str, Any] = {
        "outside_the_guarantee": OUTSIDE,
        "values": len(sought.secrets),
        "passed_over": sought.passed_over,
    }
    if not sought.secrets:
        return out
    work = progress("values, by writing", texts)
    written = pii_extraction.extract(
        model, target.tokenizer, sought.secrets, sought.controls, texts=texts, prompts=prompts,
        sampling=Sampling(new_tokens=128), size=size, progress=work,
    )  # fmt: skip
    work.close()
    out["extraction"] = {**_said(written.trained, written.controls, written.chance()), "texts": texts}
    work = progress("values, in their gaps", len(sought.secrets))
    filled = pii_reconstruction.reconstruct(
        model, target.tokenizer, sought.secrets, sought.controls, samples=16, size=size, progress=work
    )
    work.close()
    out["reconstruction"] = _said(filled.trained, filled.controls, filled.chance())
    work = progress("values, among candidates", len(sought.secrets))
    picked = pii_inference.infer(
        model, target.tokenizer, sought.secrets, sought.controls, sought.others, base=base.model if base else None,  # type: ignore[arg-type]
        size=size, progress=work,
    )  # fmt: skip
    work.close()
    out["inference"] = {
        **_said(picked.trained.first, picked.controls.first, picked.chance()),
        "candidates": picked.candidates,
        "controls_differ": picked.control_chance().verdict == "above chance",
    }
    return out


def _said(trained: Count, controls: Count, chance: Chance) -> dict[str, Any]:
    return {
        "trained": [trained.hits, trained.of],
        "controls": [controls.hits, controls.of],
        "p_value": chance.p_value,
        "verdict": chance.verdict,
        "detectable": chance.detectable,
    }
