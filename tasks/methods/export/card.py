"""The model card: Markdown with a YAML header in Hugging Face's form (hub documentation, "Model Cards").

The card holds public settings, the guarantee, and figures that are either post-processing of the trained weights or
listed by name as outside the guarantee. It holds no row, no name of a column's content and no path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from tasks.methods.clip.cost import in_words
from tasks.methods.export.bases import Base
from tasks.methods.export.privacy import NO_GUARANTEE, Evaluation, Privacy

DEFAULT_USE = (
    "Text generation in the domain it was trained on, by the team it was handed to. It was fine-tuned on masked "
    "records: "
    "placeholders and masked characters in what it writes are expected."
)


@dataclass(frozen=True)
class Facts:
    """What the card is written from.

    Attributes:
        name: the model's name.
        base: what may be said about the base model.
        license: SPDX id, or empty.
        language: language code, or empty.
        intended_use: public text, or empty for :data:`DEFAULT_USE`.
        dtype: number format, ``fp32`` or ``bf16``.
        policy: name of the masking policy.
        privacy: the guarantee or its absence.
        clip: clip's report (``parameters``, ``merged``, ``rules``).
        evaluation: held-out perplexity, or ``None`` where none was measured.
    """

    name: str
    base: Base
    license: str
    language: str
    intended_use: str
    dtype: str
    policy: str
    privacy: Privacy
    clip: Mapping[str, Any]
    evaluation: Evaluation | None


def model_card(facts: Facts) -> str:
    """Write the card of a model."""
    sections = [
        ("", _what(facts)),
        ("Intended use", facts.intended_use or DEFAULT_USE),
        ("How to load it", _load(facts)),
        ("Training data", _data(facts)),
        ("Privacy", _privacy(facts.privacy)),
        ("Clipping", _clipping(facts)),
        ("Evaluation", _evaluation(facts)),
        ("Limits", _limits(facts)),
    ]
    body = "\n\n".join(f"## {title}\n\n{text}" if title else text for title, text in sections)
    return f"---\n{_header(facts)}---\n\n# {facts.name}\n\n{body}\n"


def _header(facts: Facts) -> str:
    tags = ["airlock", "masked-data", "lora-merged"]
    if facts.privacy.private:
        tags += ["differential-privacy", "dp-sgd"]
    entries: dict[str, Any] = {
        "license": facts.license,
        "language": facts.language,
        "base_model": facts.base.hub,
        "base_model_relation": "finetune" if facts.base.hub else "",
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": tags,
    }
    # A JSON string or list is YAML as well, whatever characters it holds.
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in entries.items() if value)


def _what(facts: Facts) -> str:
    base = f"[{facts.base.hub}](https://huggingface.co/{facts.base.hub})" if facts.base.hub else "a local base model"
    sha = f" (SHA-256 {facts.base.sha}…)" if facts.base.sha else ""
    how = "with differentially private SGD" if facts.privacy.private else "without differential privacy"
    return (
        f"A causal language model of {facts.clip['parameters']:,} parameters: {base}{sha}, fine-tuned by LoRA {how} "
        "on masked "
        f"records. The adapter is merged into the weights, which are stored as safetensors in {facts.dtype}."
    )


def _load(facts: Facts) -> str:
    return (
        "From the folder that holds this card, without network and without code of the model's own:\n\n"
        "```python\n"
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'tokenizer = AutoTokenizer.from_pretrained("model", local_files_only=True)\n'
        'model = AutoModelForCausalLM.from_pretrained("model", local_files_only=True)\n'
        'inputs = tokenizer("The patient was seen", return_tensors="pt")\n'
        "print(tokenizer.decode(model.generate(**inputs, max_new_tokens=40)[0]))\n"
        "```"
    )


def _data(facts: Facts) -> str:
    return (
        f"Records with personal data, masked under the policy `{facts.policy}` and then searched for what was left; "
        "the "
        "training saw only rows that passed. No record is part of this folder, and no count of records is given "
        "here.\n\n"
        "Masking alone bounds nothing: what the detectors missed was seen by the training, and only the guarantee "
        "below, "
        "where there is one, limits what the weights keep of it."
    )


def _privacy(privacy: Privacy) -> str:
    outside = _bullets(privacy.outside)
    figures = f"Figures computed from real rows are outside the guarantee. In this folder these are:\n\n{outside}"
    if not privacy.private:
        return (
            f"**This model has {NO_GUARANTEE}.** It was trained without differential privacy. Masking, clipping, "
            "max-norm and added noise make leaks less likely; none of them bounds what an attacker can learn.\n\n"
            f"{figures}"
        )
    rows = [
        ("ε", _up(privacy.epsilon)),
        ("δ", _up(privacy.delta)),
        *privacy.parts,
        ("Unit of privacy", privacy.unit),
        ("Neighbouring relation", privacy.relation),
        *privacy.mechanism,
        ("Accountant", privacy.accountant),
        *([("Noise generator", privacy.generator)] if privacy.generator else []),
        *([("Privacy ledger", privacy.ledger)] if privacy.ledger else []),
    ]
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    on = "the training and on the means that its table holds, added up," if privacy.parts else "the training,"
    return (
        f"{table}\n\nThe guarantee is on {on} of this run alone; what the data set's people have paid over "
        "every run is in the ledger of whoever trained it. Merging, clipping and export are "
        "post-processing "
        "and change nothing in it. Whoever is named in another's record is not protected by the unit above.\n\n"
        f"What is missing:\n\n{_bullets(privacy.missing)}\n\n{figures}"
    )


def _clipping(facts: Facts) -> str:
    rules = facts.clip["rules"]
    if not rules:
        return "No weight was clipped after training."
    lines = ["| Rule | Weights | Bound | In all | Changed |", "|---|---|---|---:|---:|"]
    constants = ("bound", "deviations", "axis", "scale", "cutoff")
    for rule in rules:
        terms = ", ".join(f"{name} {rule[name]:g}" for name in constants if name in rule)
        which = f"{rule['target']} {rule['kind']}" if "kind" in rule else rule["target"]
        lines.append(
            f"| {rule['method']} | {which} `{rule['pattern']}` | {terms} | {rule['weights']:,} | {rule['changed']:,} |"
        )
    bounds = "The bounds are public constants."
    if any("deviations" in rule or "cutoff" in rule for rule in rules):
        bounds = "The bounds are public constants, some of them multiples of the trained weights' own deviation."
    closing = (
        f"{bounds} The counts are computed from the noisy weights: post-processing."
        if facts.privacy.private
        else f"{bounds} Without private training, clipping gives {NO_GUARANTEE}."
    )
    limited = [
        layer["lipschitz_after"] for rule in rules for layer in rule.get("layers", ()) if "lipschitz_after" in layer
    ]
    if limited:
        closing += (
            f" The {len(limited)} matrices under a spectral rule have no singular value above {max(limited):.4g}: the "
            "Lipschitz constant of each by itself, not of the model."
        )
    if facts.dtype == "bf16":
        closing += " Rounding to bf16 afterwards may take a weight past its bound by one part in 256."
    if quality := facts.clip.get("quality"):
        closing += f"\n\nWhat the rules did to quality: {in_words(quality)}."
    return "\n".join(lines) + f"\n\n{closing}"


def _evaluation(facts: Facts) -> str:
    if facts.evaluation is None:
        return "Not measured."
    text = (
        "Perplexity on held-out masked records, 95 % interval in brackets, rounded. These figures are computed from "
        "real rows and are outside the guarantee.\n\n"
        "| | Perplexity |\n|---|---|\n"
        f"| Base model | {_interval(facts.evaluation.before)} |\n"
        f"| Trained adapter, before clipping | {_interval(facts.evaluation.after)} |"
    )
    if facts.evaluation.too_small:
        text += "\n\nThis run was too small to show that the model learnt."
    return text


def _limits(facts: Facts) -> str:
    limits = [
        "It can state what is false, and it inherits the base model's biases and gaps.",
        "Masked text may teach it to write masks where a name belongs.",
        "It was not evaluated for decisions about people, and must not make them.",
        "It was not attacked to measure what it leaks; the figures above are a bound or the absence of one, not a "
        "measurement.",
    ]
    if not facts.license:
        limits.append("The base model's licence is not known here: find it out before passing the model on.")
    return _bullets(limits)


def _up(value: float) -> str:
    """Four significant digits, rounded up: a card never states less than was spent.

    >>> _up(7.98701), _up(8.0), _up(1.2e-5)
    ('7.988', '8', '0.000012')
    """
    exact = Decimal(repr(value))
    shown = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 3), rounding=ROUND_CEILING).normalize()
    return f"{shown:f}"


def _interval(figure: tuple[float, float, float]) -> str:
    value, low, high = (f"{x:.3g}" for x in figure)
    return f"{value} [{low}, {high}]"


def _bullets(lines: Any) -> str:
    return "\n".join(f"- {line}" for line in lines)
