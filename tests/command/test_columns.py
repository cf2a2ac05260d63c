from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tasks.command.main import main
from tasks.core.config.ingest import IngestConfig
from tests.command.fake_side import fake  # noqa: F401

pytestmark = pytest.mark.usefixtures("fake")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    lines = ["patient_id,who,colour,amount,note,empty"]
    for k in range(60):
        who = ("Ann Lee", "Bo Ray")[k % 2]
        lines.append(f'P{k % 20:03},{who},u{k}@example.org,{k}.5,"{who} asked for the bill of day {k} again",')
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_suggestion_is_a_configuration_and_shows_no_value(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["columns", str(table)]) == 0
    said = capsys.readouterr().out
    assert not any(value in said for value in ("Ann", "Ray", "example.org", "P001"))
    assert main(["columns", str(table), "--yaml"]) == 0
    lines = capsys.readouterr().out
    assert lines in said and '# left out: "empty"' in lines
    config = IngestConfig.model_validate({"source": "t.csv", **yaml.safe_load(lines)["ingest"]})
    assert [(c.name, c.role, c.kind, c.type) for c in config.columns] == [
        ("patient_id", "person", "", "string"),
        ("who", "structured", "PERSON", "string"),
        ("colour", "structured", "EMAIL_ADDRESS", "string"),
        ("amount", "structured", "AMOUNT", "number"),
        ("note", "text", "", "string"),
    ]


def test_json_says_how_sure_it_is_and_what_the_policy_does(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["columns", str(table), "--json", "--sample", "30", "--policy", "healthcare"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["policy"]) == (30, "healthcare")
    by_name = {column["name"]: column for column in found["columns"]}
    assert by_name["who"]["policy"] == "tag" and by_name["who"]["holds"] == {"PERSON": 1.0}
    assert by_name["empty"]["policy"] == "not read"
    assert all(column["confidence"] in ("high", "medium", "low") and column["reason"] for column in found["columns"])


def test_the_sample_is_the_same_each_time(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["columns", str(table), "--json", "--sample", "7"]
    assert main(line) == 0
    first = capsys.readouterr().out
    assert main(line) == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "Ann Lee,ann@example.org\nBo Ray,bo@example.org\n", "reads like a row of values"),
        ("a.jsonl", '{"ann@example.org": 1}\n', "read like values"),
        ("a.csv", "a,b\n", "no row"),
    ],
)
def test_names_that_are_values_are_not_shown(
    name: str, content: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(content)
    assert main(["columns", str(tmp_path / name)]) == 2
    said = capsys.readouterr()
    assert words in said.err and "ann@" not in said.err + said.out


def test_a_hostile_name_stays_on_its_line_and_in_its_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[2J\n- {name: x, role: text}"
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({name: f"v{k}", "": None}) + "\n" for k in range(9)))
    assert main(["columns", str(tmp_path / "a.jsonl")]) == 2  # an empty name is no name
    capsys.readouterr()
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({name: f"v{k}"}) + "\n" for k in range(9)))
    assert main(["columns", str(tmp_path / "a.jsonl")]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert [c["name"] for c in yaml.safe_load(said[said.index("ingest:") :])["ingest"]["columns"]] == [name]
