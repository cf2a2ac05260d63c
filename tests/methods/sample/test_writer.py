"""The files of a sample."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml

from tasks.core.config.ingest import IngestConfig
from tasks.core.config.mask import MaskConfig
from tasks.core.errors import UserError
from tasks.core.policies import load_policy
from tasks.methods.sample import DOMAINS, LANGUAGES, columns, records, write


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("domain", DOMAINS)
def test_records_and_gold_agree(tmp_path: Path, domain: str, lang: str) -> None:
    found = write(domain, 40, lang, seed=1, out_dir=tmp_path / "new" / "folder", planted_leaks=3)
    folder = tmp_path / "new" / "folder"
    assert sorted(p.name for p in folder.iterdir()) == ["airlock.yaml", "gold.jsonl", "records.jsonl"]
    rows, gold = lines(folder / "records.jsonl"), lines(folder / "gold.jsonl")
    assert [r["id"] for r in rows] == [g["id"] for g in gold] and [r["text"] for r in rows] == [g["text"] for g in gold]
    for line, record in zip(gold, records(domain, 40, lang, 1, planted_leaks=3), strict=True):
        assert list(line) == ["id", "text", "lang", "partial", "spans"]
        assert line["lang"] == lang and line["partial"] is False
        assert [(s["start"], s["end"], s["type"]) for s in line["spans"]] == record.spans["text"]
    assert found["rows"] == 40 and found["planted_leaks"] == 3
    assert found["people"] == len({r[next(c.name for c in columns(domain) if c.role == "person")] for r in rows})
    assert sum(found["spans"].values()) == sum(len(g["spans"]) for g in gold)


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write("finance", 60, "zh", seed=3, out_dir=tmp_path / name)
    for name in ("records.jsonl", "gold.jsonl", "airlock.yaml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_csv_holds_the_same_values(tmp_path: Path) -> None:
    write("government", 60, out_dir=tmp_path, fmt="csv")
    with (tmp_path / "records.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, record in zip(rows, records("government", 60), strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in record.fields.items()}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("domain", DOMAINS)
def test_the_starter_configuration_is_one_that_the_pipeline_takes(tmp_path: Path, domain: str, lang: str) -> None:
    write(domain, 2, lang, out_dir=tmp_path)
    config = yaml.safe_load((tmp_path / "airlock.yaml").read_text(encoding="utf-8"))
    assert config["name"] and config["dataset"]
    declared = IngestConfig(**config["ingest"]).columns
    assert [c.name for c in declared] == [c.name for c in columns(domain, lang)]
    assert (tmp_path / config["ingest"]["source"]).is_file()
    policy = load_policy(MaskConfig(**config["mask"]).policy)
    assert {c.kind for c in declared if c.kind} <= set(policy.entities)


def test_a_folder_that_cannot_be_written_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write("finance", 2, out_dir=tmp_path / "file")


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="format"):
        write("finance", 2, out_dir=tmp_path / "out", fmt="xml")
    assert not (tmp_path / "out").exists()


def test_a_failure_half_way_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.methods.sample import writer

    def failing(*_: object) -> dict:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "_gold", failing)
    with pytest.raises(UserError, match="No space left"):
        write("finance", 2, out_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []
