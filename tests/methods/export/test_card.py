"""The model card says what is known, names what is missing, and never an ε without a guarantee."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml

from tasks.methods.export.bases import describe_base
from tasks.methods.export.card import Facts, model_card
from tasks.methods.export.folder import license_of
from tasks.methods.export.privacy import read_evaluation, read_privacy

TRAINING: dict[str, Any] = {
    "epsilon": 7.987,
    "delta": 1.2e-5,
    "unit": "one record",
    "relation": "add or remove one",
    "accountant": "PRV, upper bound",
    "mechanism": {"noise_multiplier": 0.73, "max_grad_norm": 0.1, "sampling_rate": 0.02, "steps": 60},
}
EVALUATION = {
    "base": {"perplexity": 41.234567, "low": 39.0, "high": 44.0},
    "trained": {"perplexity": 21.0, "low": 20.0, "high": 22.5},
    "too_small_to_learn": False,
}
RULES = [
    {
        "rule": 0,
        "pattern": "*",
        "target": "adapter",
        "method": "truncate",
        "bound": 0.25,
        "weights": 2000,
        "changed": 12,
    },
    {
        "rule": 1,
        "pattern": "*.up_proj.weight",
        "target": "merged",
        "method": "gaussian",
        "scale": 0.001,
        "weights": 9,
        "changed": 9,
    },
]


def facts(**changes: Any) -> Facts:
    base = describe_base("smollm2-135m-instruct-0123456789ab")
    known = Facts(
        name="clinic-notes",
        base=base,
        license=base.license,
        language="en",
        intended_use="",
        dtype="bf16",
        policy="healthcare",
        privacy=read_privacy(TRAINING),
        clip={"parameters": 134515008, "merged": [], "rules": RULES},
        evaluation=read_evaluation(EVALUATION),
    )
    return dataclasses.replace(known, **changes)


def header(card: str) -> dict[str, Any]:
    start, text, _ = card.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(text)


def test_means_in_the_table_are_part_of_the_models_guarantee() -> None:
    means = [
        {"epsilon": 0.5, "delta": 0.0, "ledger_entry": "feed"},
        {"epsilon": 0.25, "delta": 1e-7, "ledger_entry": "beef"},
    ]
    privacy = read_privacy({**TRAINING, "means": means}, "cafe", "visits")
    assert privacy.epsilon == pytest.approx(8.737) and privacy.delta == pytest.approx(1.21e-5)
    card = model_card(facts(privacy=privacy))
    assert "| ε | 8.737 |" in card and "| of which the training | ε = 7.987, δ = 1.2e-05 |" in card
    assert "ε = 0.5, δ = 0, ledger entry feed |" in card and "ε = 0.25, δ = 1e-07, ledger entry beef |" in card
    assert "The guarantee is on the training and on the means that its table holds, added up, of this run alone" in card
    assert "of which" not in model_card(facts())


def test_the_header_is_the_hubs() -> None:
    assert header(model_card(facts())) == {
        "license": "apache-2.0",
        "language": "en",
        "base_model": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "base_model_relation": "finetune",
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["airlock", "masked-data", "lora-merged", "differential-privacy", "dp-sgd"],
    }


def test_the_guarantee_is_given_whole_and_what_is_missing_named() -> None:
    card = model_card(facts())
    for wanted in (
        "| ε | 7.987 |",
        "| δ | 0.000012 |",
        "one record",
        "add or remove one",
        "PRV, upper bound",
        "| Noise multiplier σ | 0.73 |",
        "| Clipping norm C | 0.1 |",
        "| Sampling rate q (Poisson) | 0.02 |",
        "| Noisy steps T | 60 |",
        "No attack on the model has measured",
        "outside the guarantee",
        "held-out perplexity",
        "the number of training records",
    ):
        assert wanted in card
    assert "no formal guarantee" not in card


@pytest.mark.parametrize(
    "change",
    [
        {"private": False},
        {"epsilon": None},
        {"epsilon": float("inf")},
        {"epsilon": 0},
        {"delta": None},
        {"unit": ""},
        {"relation": None},
        {"accountant": None},
        {"mechanism": None},
        {"mechanism": {**TRAINING["mechanism"], "noise_multiplier": 0.0}},
    ],
    ids=str,
)
def test_without_a_whole_guarantee_the_card_says_none_and_gives_no_epsilon(change: dict[str, Any]) -> None:
    card = model_card(facts(privacy=read_privacy(TRAINING | change)))
    assert "no formal guarantee" in card
    assert not any(sign in card for sign in ("ε", "epsilon", "7.98", "post-processing"))
    assert "differential-privacy" not in header(card)["tags"]


def test_clipping_is_listed_by_rule() -> None:
    card = model_card(facts())
    assert "| truncate | adapter `*` | bound 0.25 | 2,000 | 12 |" in card
    assert "| gaussian | merged `*.up_proj.weight` | scale 0.001 | 9 | 9 |" in card
    assert "No weight was clipped" in model_card(facts(clip={"parameters": 1, "merged": [], "rules": []}))


def test_the_card_says_what_spectral_rules_bound_and_what_the_rules_cost() -> None:
    spectral = {
        **RULES[1], "method": "spectral", "kind": "linear", "bound": 4.0,
        "layers": [{"lipschitz_before": 9.0, "lipschitz_after": v} for v in (3.5, 4.0)],
    }  # fmt: skip
    del spectral["scale"]
    cost = {"perplexity_before": 20.0, "perplexity_after": 21.0, "loss": 0.05, "loss_interval": [0.04, 0.06]}
    clip = {"parameters": 9, "merged": [], "rules": [RULES[0], spectral], "quality": cost}
    card = model_card(facts(clip=clip))
    assert "| spectral | merged linear `*.up_proj.weight` | bound 4 | 9 | 9 |" in card
    assert "The 2 matrices under a spectral rule have no singular value above 4: the Lipschitz constant of each" in card
    assert "perplexity on generated text 20.00 before, 21.00 after: +5.0 % (95 % interval +4.0 to +6.0 %)" in card
    assert "Rounding to bf16" in card and "Rounding to bf16" not in model_card(facts(clip=clip, dtype="fp32"))
    plain = model_card(facts(clip=clip, privacy=read_privacy({})))
    assert "no formal guarantee" in plain and "ε" not in plain
    deviations = {**RULES[0], "deviations": 3.0}
    assert "multiples of the trained weights' own deviation" in model_card(facts(clip={**clip, "rules": [deviations]}))


def test_figures_of_real_rows_are_rounded_and_called_outside() -> None:
    card = model_card(facts())
    assert "| Base model | 41.2 [39, 44] |" in card
    assert "41.234" not in card
    assert "too small" not in card
    small = read_evaluation(EVALUATION | {"too_small_to_learn": True})
    assert "too small to show that the model learnt" in model_card(facts(evaluation=small))
    assert "Not measured." in model_card(facts(evaluation=read_evaluation({"base": EVALUATION["base"]})))


def test_a_local_base_model_is_not_named() -> None:
    base = describe_base("janes-private-notes-0123456789ab")
    card = model_card(facts(base=base, license=base.license))
    assert "janes" not in card
    assert "base_model" not in header(card)
    assert "license" not in header(card)
    assert "licence is not known" in card


def test_any_text_of_the_users_is_valid_in_the_header() -> None:
    assert header(model_card(facts(language="zh", intended_use="--- : [")))["language"] == "zh"


@pytest.mark.parametrize(
    ("readme", "found"),
    [
        ("---\nlicense: mit\n---\nx", "mit"),
        ('---\ntags: [a]\nlicense: "apache-2.0"\n---\n', "apache-2.0"),
        ("license: mit", ""),
        ("---\nlicense: [a, b]\n---\n", ""),
        (None, ""),
    ],
)
def test_a_base_models_licence_is_read_from_its_card(tmp_path: Any, readme: str | None, found: str) -> None:
    if readme is not None:
        (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    assert license_of(tmp_path) == found
