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


def test_a_kind_the_policy_does_not_name_is_refused_not_kept(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, GOOD))
    with pytest.raises(UserError, match=r"policy 'mine' says nothing about kind SALARY of column pay: add a line"):
        policy.rule("SALARY", "pay")
    with pytest.raises(UserError, match="kind UNDECLARED of column note"):
        policy.rule("", "note")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("operator: keep", "operator: mean", r"line 6, entities.AMOUNT.operator: operator `mean` is refused: .*ledger"),
        ("operator: tag", "operator: shred", r"line 5, entities.PERSON.operator: there is no operator of this name"),
        (', reason: "A name names."', "", r"line 5, entities.PERSON.reason"),
        ("gate: [rampart]", "gate: [spacy]", r"line 7, detectors: spacy: a detector serves the masker or the gate"),
        ("PERSON: 0.05", "PERSON: 5", r"limits: PERSON must be between 0 and 1"),
        ("  AMOUNT", "  Amount", r"written in capitals"),
        ("  AMOUNT", "  PERSON", r"line 6: this key stands here twice"),
        ("languages: [en]", "languages: [en", r"is not YAML|not YAML"),
        ("name: mine", "sha256: abc", r"a policy is a mapping"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError, match=sentence) as caught:
        load_policy(written(tmp_path, GOOD.replace(old, new)))
    assert caught.value.__cause__ is None and str(tmp_path) not in str(caught.value)


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
