"""The command line: help that teaches, errors in a sentence, the right exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.command.main import main, parser
from tasks.command.pipeline import build_config
from tasks.command.runner import needed_for
from tasks.core.config.form import form_fields


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AIRLOCK_KEY_FILE", raising=False)
    monkeypatch.delenv("AIRLOCK_KEY", raising=False)


def test_every_command_has_help_with_a_description(capsys: pytest.CaptureFixture[str]) -> None:
    (commands,) = [a for a in parser()._actions if hasattr(a, "choices") and a.choices]
    assert {
        "run",
        "ingest",
        "plant",
        "statistics",
        "mask",
        "leakcheck",
        "canary",
        "train",
        "clip",
        "export",
        "audit",
        "runs",
        "gc",
        "doctor",
        "sample",
        "ui",
        "demo",
    } <= set(commands.choices)
    for name in commands.choices:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0 and len(capsys.readouterr().out) > 200, name


def test_every_field_of_the_configuration_is_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    text = capsys.readouterr().out
    assert all(f"--{field.name}" in text for field in form_fields())


def test_the_short_form_only_builds_a_configuration() -> None:
    line = ["run", "notes.csv", "--text-column", "note", "--person-column", "pid", "--column", "phone:PHONE_NUMBER"]
    line += ["--column", "income:AMOUNT:number", "--train.epsilon", "3", "--mask.policy", "finance"]
    config = build_config(parser().parse_args(line))
    assert config.ingest.source == str(Path("notes.csv").absolute())
    assert [(c.name, c.role, c.kind, c.type) for c in config.ingest.columns] == [
        ("note", "text", "", "string"),
        ("pid", "person", "", "string"),
        ("phone", "structured", "PHONE_NUMBER", "string"),
        ("income", "structured", "AMOUNT", "number"),
    ]
    assert (config.train.epsilon, config.mask.policy) == (3.0, "finance")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["run", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
        (["run", "rows.csv"], "--text-column"),
        (["run", "rows.csv", "--text-column", "t", "--train.epsilon", "0"], "train.epsilon"),
        (["run", "rows.csv", "--text-column", "t", "--train.epsilon", "many"], "--train.epsilon: expected number"),
        (["run", "rows.csv", "--text-column", "t", "--start", "yesterday"], "ISO 8601"),
        (["gc", "--config", "nowhere.yaml"], "no such file"),
    ],
)
def test_a_users_error_is_one_sentence_and_exit_code_2(
    line: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line) == 2
    err = capsys.readouterr().err
    assert words in err and "Traceback" not in err and len(err.strip().splitlines()) == 1


def test_a_stage_command_runs_what_it_rests_on() -> None:
    gated = ["ingest", "budget", "plant", "statistics", "mask", "review", "leakcheck"]
    assert [step.stage for step in needed_for("train")] == [*gated, "canary", "train"]
    assert [step.stage for step in needed_for("ingest")] == ["ingest"]
    assert [step.stage for step in needed_for("export")] == [*gated, "canary", "train", "clip", "export"]


def test_key_new_writes_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "new"]) == 0
    assert main(["key", "new"]) == 2
    capsys.readouterr()
    assert main(["key", "show"]) == 0
    assert (tmp_path / "home" / "key").read_text().strip() not in capsys.readouterr().out


def test_runs_of_an_empty_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert "no runs" in capsys.readouterr().out
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
