"""Digests of what decides a result."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.core import canonical


def test_a_changed_rule_changes_the_digest_of_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(canonical.__file__).resolve().parents[2]
    shutil.copytree(root / "tasks" / "methods" / "detect", tmp_path / "tasks" / "methods" / "detect")
    before = canonical.sha256_sources("tasks.methods.detect")
    monkeypatch.setattr(canonical, "__file__", str(tmp_path / "tasks" / "core" / "canonical.py"))
    shutil.rmtree(tmp_path / "tasks" / "methods" / "detect" / "__pycache__", ignore_errors=True)
    assert canonical.sha256_sources("tasks.methods.detect") == before
    for name in ("people.py", "data/given.txt.gz", "tagger_model/labels.json"):
        with open(tmp_path / "tasks" / "methods" / "detect" / name, "a") as stream:
            stream.write("# one more\n")
        changed = canonical.sha256_sources("tasks.methods.detect")
        assert changed != before, f"{name} decides what is found"
        before = changed


@pytest.mark.parametrize("value", [{1, 2}, object(), float("nan"), b"x"])
def test_what_is_not_plain_json_has_no_canonical_form(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical.canonical_json({"x": value})
