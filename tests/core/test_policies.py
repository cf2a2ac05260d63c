"""Policies: what they say, and what a mistake in one gets."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.errors import UserError
from tasks.core.policies import FOLDER, OPERATORS, available, load_policy

GOOD = """name: mine
description: A policy for a test.
languages: [en]
entities:
  PERSON: {operator: tag, reason: "A name names."}
  AMOUNT: {operator: keep, reason: "An amount alone names nobody."}
detectors: {masker: [spacy], gate: [rampart]}
limits: {default: 0.0, PERSON: 0.05}
"""


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", ["default", "finance", "government", "healthcare", "zh"])
def test_the_named_policies_hold_their_promises(name: str) -> None:
    policy = load_policy(name)
    assert policy.name == name
    assert policy.sha256 == hashlib.sha256((FOLDER / f"{name}.yaml").read_bytes()).hexdigest()
    assert not set(policy.detectors.masker) & set(policy.detectors.gate)
    for entity, rule in policy.entities.items():
        assert re.search(r"[.。]$", rule.reason), f"{name}: the reason for {entity} is a sentence"
        assert rule.operator in OPERATORS
    assert {"PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "CREDIT_CARD", "ADDRESS"} <= set(policy.gate_entities)
    assert set(policy.gate_entities) <= set(policy.text_entities)
    assert policy.entities["AMOUNT"].operator == "keep" and "AMOUNT" not in policy.text_entities
    assert policy.limits.for_entity("CREDIT_CARD") == 0.0


def test_every_policy_in_the_folder_is_listed() -> None:
    assert available() == ["default", "finance", "government", "healthcare", "zh"]


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, GOOD))
    assert policy.limits.for_entity("PERSON") == 0.05
    assert policy.limits.for_entity("AGE") == 0.0
    assert policy.gate_entities == ["PERSON"] == policy.text_entities
    assert policy.rule("AMOUNT", "income").operator == "keep"


def test_a_line_that_fills_a_column_with_its_mean(tmp_path: Path) -> None:
    text = GOOD.replace("operator: keep", "operator: mean, epsilon: 0.5, delta: 1.0e-6, max_rows: 3")
    policy = load_policy(written(tmp_path, text))
    columns = [
        {"name": name, "role": role, "kind": kind}
        for name, role, kind in (
            ("pay", "structured", "AMOUNT"),
            ("name", "structured", "PERSON"),
            ("note", "text", ""),
        )
    ]
    ((column, parameters),) = policy.lines_under("mean", columns)
    assert column["name"] == "pay" and parameters == {"epsilon": 0.5, "delta": 1e-6, "max_rows": 3}
    assert policy.lines_under("noise", columns) == [] and not policy.keyed
    assert policy.gate_entities == ["PERSON", "AMOUNT"] and "in text the tag" in OPERATORS["mean"]
    with pytest.raises(UserError, match="says nothing about kind AGE"):
        policy.lines_under("mean", [{"name": "age", "role": "structured", "kind": "AGE"}])


def test_parameters_deny_and_thresholds_by_detector(tmp_path: Path) -> None:
    text = GOOD.replace("operator: tag", "operator: surrogate, locale: de_DE, day_first: true, gate: true")
    text += "deny: {Project Falcon: PERSON}\ndetector_thresholds: {spacy: 0.6}\nvault: true\n"
    policy = load_policy(written(tmp_path, text))
    assert policy.entities["PERSON"].parameters == {"locale": "de_DE", "day_first": True}
    assert policy.entities["AMOUNT"].parameters == {}
    assert policy.deny == {"Project Falcon": "PERSON"} and policy.detector_thresholds == {"spacy": 0.6}
    assert policy.keyed and policy.vault and policy.gate_entities == ["PERSON"]
    assert policy.disclosures["AMOUNT"] == "The value."


@pytest.mark.parametrize(
    "operator", ["tag", "numbered_tag", "redact", "stars", "hash", "encrypt", "delete", "mean, epsilon: 1"]
)
def test_the_gate_counts_what_an_operator_hides(tmp_path: Path, operator: str) -> None:
    assert load_policy(written(tmp_path, GOOD.replace("operator: tag", f"operator: {operator}"))).gate_entities


@pytest.mark.parametrize("operator", ["partial", "surrogate", "shift_date", "zip3", "year", "age_band"])
def test_the_gate_does_not_count_what_looks_like_a_value(tmp_path: Path, operator: str) -> None:
    policy = load_policy(written(tmp_path, GOOD.replace("operator: tag", f"operator: {operator}")))
    assert policy.gate_entities == [] and policy.text_entities == ["PERSON"]


def test_marks_of_a_policy(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, GOOD.replace("operator: tag", "operator: hash, tag: <WHO>")))
    assert policy.placeholder_patterns == ["<WHO:[0-9a-f]{20}>"]
    assert load_policy("default").placeholder_patterns == []


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("PERSON: {operator: numbered_tag", 0),
        ("PERSON: {operator: stars", 0),
        ("PERSON: {operator: hash", 1),
        ("PERSON: {operator: partial", 1),
        ("PERSON: {operator: keep", 1),
        ("DATE: {operator: year", 0),
        ("DATE: {operator: shift_date", 1),
        ("DATE_OF_BIRTH: {operator: year", 1),
        ("AGE: {operator: age_band", 0),
        ("AGE: {operator: keep", 1),
        ("AGE: {operator: mean, epsilon: 1", 0),
        ("ZIP_CODE: {operator: zip3", 0),
        ("ZIP_CODE: {operator: year", 1),
        ("NRP: {operator: keep", 0),
        ("NRP: {operator: hash", 1),
    ],
)
def test_what_goes_beyond_safe_harbor(tmp_path: Path, line: str, reasons: int) -> None:
    text = GOOD.replace("PERSON: {operator: tag", line).replace(", PERSON: 0.05", "")
    assert load_policy(written(tmp_path, text)).expert_determination == []
    policy = load_policy(written(tmp_path, text + "standard: hipaa-safe-harbor\n"))
    assert len(policy.expert_determination) == reasons


def test_a_kind_the_policy_does_not_name_is_refused_not_kept(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, GOOD))
    with pytest.raises(UserError, match=r"policy 'mine' says nothing about kind SALARY of column pay: add a line"):
        policy.rule("SALARY", "pay")
    with pytest.raises(UserError, match="kind UNDECLARED of column note"):
        policy.rule("", "note")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("operator: keep", "operator: mean", r"line 6, entities.AMOUNT: `mean` needs `epsilon`"),
        ("operator: keep", "operator: mean, epsilon: 1, empty: show", r"`empty` is a parameter of noise, not of mean"),
        ("operator: keep", "operator: mean, epsilon: 1, max_rows: 0", r"AMOUNT.max_rows: .*greater than or equal to 1"),
        ("operator: keep", "operator: noise, epsilon: 1, max_rows: 2", r"`max_rows` is a parameter of mean, not of"),
        ("operator: tag", "operator: shred", r"line 5, entities.PERSON.operator: there is no operator of this name"),
        (', reason: "A name names."', "", r"line 5, entities.PERSON.reason"),
        ("gate: [rampart]", "gate: [spacy]", r"line 7, detectors: spacy: a detector serves the masker or the gate"),
        ("PERSON: 0.05", "PERSON: 5", r"limits: PERSON must be between 0 and 1"),
        ("  AMOUNT", "  Amount", r"written in capitals"),
        ("  AMOUNT", "  PERSON", r"line 6: this key stands here twice"),
        ("languages: [en]", "languages: [en", r"is not YAML|not YAML"),
        (
            "operator: tag",
            "operator: tag, keep: 4",
            r"line 5, entities.PERSON: `keep` is a parameter of partial, not of tag",
        ),
        ("operator: tag", "operator: hash, locale: en_US", r"`locale` is a parameter of surrogate, not of hash"),
        ("operator: tag", "operator: partial, keep: 5", r"line 5, entities.PERSON.keep: .*less than or equal to 4"),
        ("operator: tag", "operator: surrogate, locale: en", r"line 5, entities.PERSON.locale"),
        (
            "operator: tag",
            "operator: tag, salt: x",
            r"line 5, entities.PERSON: there is no `salt`; a line has operator,",
        ),
        ("limits:", "vault: true\nlimits:", r"vault: no line has an operator whose values a vault keeps"),
        ("limits:", "standard: gdpr\nlimits:", r"standard: .*hipaa-safe-harbor"),
        (
            "limits:",
            "detector_thresholds: {lac: 0.5}\nlimits:",
            r"detector_thresholds: lac is not among detectors.masker",
        ),
        (
            "limits:",
            "detector_thresholds: {spacy: 5}\nlimits:",
            r"detector_thresholds.spacy: .*less than or equal to 1",
        ),
        ("limits:", "deny: {Falcon: SALARY}\nlimits:", r"deny: SALARY is not a kind that this policy masks in text"),
        ("limits:", "deny: {Falcon: AMOUNT}\nlimits:", r"deny: AMOUNT is not a kind that this policy masks in text"),
        ("limits:", "deny: {' ': PERSON}\nlimits:", r"deny: a phrase is empty"),
        ("limits:", "allow: [Falcon]\ndeny: {falcon: PERSON}\nlimits:", r"deny: a phrase stands in `allow` as well"),
        ("limits:", "unread: mask\nlimits:", r"unread: `mask` needs a line UNREAD_TEXT"),
        ("name: mine", "sha256: abc", r"a policy is a mapping"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError, match=sentence) as caught:
        load_policy(written(tmp_path, GOOD.replace(old, new)))
    assert caught.value.__cause__ is None and str(tmp_path) not in str(caught.value)


MODELS = """
models:
  ner: {kind: token-classifier, folder: ner, labels: {PATIENT: PERSON}}
"""


def test_models_of_the_users_own(tmp_path: Path) -> None:
    text = GOOD.replace("masker: [spacy]", "masker: [spacy, ner]") + MODELS
    (model,) = load_policy(written(tmp_path, text)).models.values()
    assert (model.folder, model.threshold, model.languages) == (tmp_path / "ner", 0.5, None)
    text = text.replace("folder: ner", "folder: /models/ner, threshold: 0.7, languages: [zh]")
    (model,) = load_policy(written(tmp_path, text)).models.values()
    assert (model.folder, model.threshold, model.languages) == (Path("/models/ner"), 0.7, ["zh"])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("masker: [spacy, ner]", "masker: [spacy]", r"models: ner stands neither in detectors.masker nor in"),
        ("gate: [rampart]", "gate: [rampart, ner]", r"detectors: ner: a detector serves the masker or the gate"),
        ("PATIENT: PERSON", "PATIENT: SALARY", r"models: ner: SALARY is not a kind that this policy masks in text"),
        ("PATIENT: PERSON", "PATIENT: AMOUNT", r"models: ner: AMOUNT is not a kind that this policy masks in text"),
        ("kind: token-classifier", "kind: pickle", r"line 11, models.ner.kind: .*token-classifier.*gliner"),
        ("folder: ner, ", "", r"line 11, models.ner.folder"),
        ("labels: {PATIENT: PERSON}", "labels: {}", r"line 11, models.ner.labels"),
        ("  ner: {", "  rampart: {", r"models: rampart: a name is of small letters, .* not a detector's of Airlock"),
        ("  ner: {", "  Ner: {", r"models: Ner: a name is of small letters"),
        ("models:", "models:\n  other: {kind: gliner, folder: ./ner, labels: {a: PERSON}}", r"other stands neither"),
    ],
)
def test_a_mistake_in_a_model(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = GOOD.replace("masker: [spacy]", "masker: [spacy, ner]") + MODELS
    assert old in text
    with pytest.raises(UserError, match=sentence):
        load_policy(written(tmp_path, text.replace(old, new)))


def test_one_model_under_two_names_serves_one_side(tmp_path: Path) -> None:
    text = GOOD.replace("masker: [spacy], gate: [rampart]", "masker: [spacy, ner], gate: [other]") + MODELS
    text += "  other: {kind: gliner, folder: ./ner, labels: {a: PERSON}}\n"
    with pytest.raises(UserError, match="models: ner, other: a model serves the masker or the gate, never both"):
        load_policy(written(tmp_path, text))


def test_an_unknown_policy_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UserError, match="default, finance, government, healthcare, zh"):
        load_policy("heathcare")
    with pytest.raises(UserError, match=r"nowhere\.yaml cannot be read"):
        load_policy("/nowhere.yaml")


def test_reading_a_policy_loads_no_heavy_library() -> None:
    code = (
        "import sys; from tasks.core.policies import load_policy; load_policy('default')\n"
        "print([m for m in ('spacy', 'presidio_analyzer', 'torch', 'polars', 'pyarrow') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_what_a_policy_asks_the_gate_to_know(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, GOOD)).evidence.planted is None
    asked = "evidence: {independent: required, known_values: {PERSON: 0.1}, planted: {}, review: {rows: 50}}\n"
    evidence = load_policy(written(tmp_path, GOOD + asked)).evidence
    assert evidence.known_values is not None and evidence.planted is not None and evidence.review is not None
    assert evidence.known_values.for_entity("PERSON") == 0.1 and evidence.planted.for_entity("PERSON") == 0.05
    assert evidence.independent == "required" and evidence.review.rows == 50


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("evidence:\n  planted:\n", "`planted:` has nothing behind it"),
        ("evidence: {planted: {PERSN: 0.0}}\n", "PERSN is no kind that this policy promises to mask"),
        ("evidence: {known_values: {PERSON: 2}}\n", "between 0 and 1"),
        ("evidence: {groups: {quasi_identifiers: [AGE], k: 5, l: 2}}\n", "`l` needs `sensitive`"),
        ("evidence: {groups: {quasi_identifiers: []}}\n", "quasi_identifiers"),
    ],
)
def test_evidence_that_cannot_be_asked_for(tmp_path: Path, asked: str, sentence: str) -> None:
    with pytest.raises(UserError, match=re.escape(sentence)):
        load_policy(written(tmp_path, GOOD + asked))
