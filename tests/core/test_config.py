"""The configuration: what it refuses, in which words, and the form made from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core.config import Config
from tasks.core.config.base import Section
from tasks.core.config.files import load_config
from tasks.core.config.form import ESSENTIAL, form_fields, from_form, reference_page
from tasks.core.errors import UserError

MINIMAL: dict[str, Any] = {"ingest": {"source": "/data/rows.jsonl", "columns": [{"name": "note", "role": "text"}]}}


def changed(**overrides: Any) -> dict[str, Any]:
    data = json.loads(json.dumps(MINIMAL))
    for dotted, value in overrides.items():
        section, _, field = dotted.partition("__")
        if field:
            data.setdefault(section, {})[field] = value
        else:
            data[section] = value
    return data


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (changed(train__epsilon=0), "train.epsilon"),
        (changed(train__epsilon=-1), "train.epsilon"),
        (changed(train__epsilon=float("nan")), "train.epsilon"),
        (changed(train__delta=1.5), "train.delta"),
        (changed(train__nonsense=1), "train.nonsense: no such field"),
        (changed(nonsense=1), "nonsense: no such field"),
        (changed(name="../../etc"), "name"),
        (changed(name="model\n"), "name"),
        (changed(ingest__columns=[{"name": "a", "role": "structured", "kind": "PERSON"}]), "ingest.columns"),
        ({}, "ingest: Field required"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not_quoted(data: dict[str, Any], path: str) -> None:
    with pytest.raises(UserError) as caught:
        Config.parse(data)
    assert path in str(caught.value)
    assert "etc" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_configuration_takes_its_folder_as_the_start_of_relative_paths(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(changed(ingest__source="rows/*.jsonl", store__root="out")))
    config = load_config(tmp_path / "c.yaml", {"train.epsilon": 3.0})
    assert config.ingest.source == str(tmp_path / "rows/*.jsonl")
    assert config.store.zone("raw", Path("/home")) == str(tmp_path / "out/raw")
    assert config.train.epsilon == 3.0


@pytest.mark.parametrize(
    ("content", "words"), [(b"a: [", "line 1"), (b"- 1", "mapping"), (b"\xff\xfe", "UTF-8"), (None, "no such file")]
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "c.yaml").write_bytes(content)
    with pytest.raises(UserError, match=words):
        load_config(tmp_path / "c.yaml")


def test_every_field_of_the_form_can_be_understood() -> None:
    for field in form_fields():
        assert field.schema.get("title") and field.schema.get("description"), field.name
        assert field.schema.get("type"), field.name
        assert "$ref" not in json.dumps(field.schema) and "anyOf" not in field.schema, field.name


def test_the_essential_fields_come_first_and_all_exist() -> None:
    assert tuple(field.name for field in form_fields())[: len(ESSENTIAL)] == ESSENTIAL


def test_the_forms_defaults_are_the_configurations() -> None:
    flat = {field.name: field.default for field in form_fields() if not field.required}
    flat |= {"ingest.source": "/data/rows.jsonl", "ingest.columns": MINIMAL["ingest"]["columns"]}
    assert Config.parse(from_form(flat)) == Config.parse(MINIMAL)


def test_no_field_is_a_secret() -> None:
    words = ("password", "secret", "token", "private_key", "credential")
    assert not [f.name for f in form_fields() if any(word in f.name for word in words)]


def test_the_reference_page_names_every_field() -> None:
    page = reference_page(form_fields())
    assert all(f"`{field.name}`" in page for field in form_fields())


def test_a_knob_is_not_among_what_decides() -> None:
    config = Config.parse(MINIMAL)
    for name in type(config).model_fields:
        section = getattr(config, name)
        if isinstance(section, Section):
            assert not {"batch_rows", "physical_batch", "device", "threads", "workers"} & set(section.deciding())


def test_the_committed_reference_page_is_the_configurations() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == reference_page(form_fields()), (
        "write it with `airlock config --reference`"
    )
