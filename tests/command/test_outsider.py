"""What a stranger tried on the command line, and what it must answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.command.main import main
from tasks.core import runs
from tasks.core.store import Store

ROWS = '{"note": "a"}\n' * 5


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("train: {epsilon: 1, epsilon: 2}", "line 1: this key stands here twice"),
        ("x: 2024-02-30", "can't be read as YAML"),
        ("x: \x01", "can't be read as YAML"),
        ("[" * 50_000, "can't be read as YAML"),
        ("ingest: {source: r.jsonl, columns: [{name: n, role: text}]}\nmask: {policy: nope}", "no policy of this name"),
        (
            "ingest: {source: r.jsonl, columns: [{name: n, role: text}]}\ntrain: {delta: 0.5, population: 1000}",
            "train.delta: must be at most 1/1000",
        ),
    ],
)
def test_a_wrong_configuration_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    (tmp_path / "c.yaml").write_text(content)
    assert main(["config", str(tmp_path / "c.yaml")]) == 2
    err = capsys.readouterr().err
    assert words in err and len(err.strip().splitlines()) == 1


def test_an_unknown_policy_is_said_before_a_row_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.jsonl").write_text(ROWS)
    line = ["ingest", str(tmp_path / "r.jsonl"), "--text-column", "note", "--mask.policy", "nope"]
    assert main(line) == 2
    assert "no policy of this name" in capsys.readouterr().err
    assert not (tmp_path / "home" / "store" / "raw").exists()


def test_an_unknown_run_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "never-ran"]) == 2
    assert "no such run" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["-1", "nan", "x"])
def test_gc_refuses_a_retention_that_would_take_everything(days: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["gc", "--raw-days", days])
    assert ended.value.code == 2


@pytest.mark.parametrize("run_id", ["..", ".", "a/b", "x" * 300])
def test_a_run_id_never_leaves_the_index_nor_shares_a_folder(tmp_path: Path, run_id: str) -> None:
    clean = Store(str(tmp_path / "clean"))
    entry = {"refs": [], "exit_code": 0}
    runs.record(clean, run_id, "ingest", None, entry)
    runs.record(clean, run_id + "_", "ingest", None, entry)
    runs.record(clean, "a_b", "ingest", None, entry)
    assert [path.name for path in (tmp_path / "clean").iterdir()] == ["runs"]
    assert len(runs.run_ids(clean)) == 3
    assert [step["run"] for step in runs.steps(clean, run_id)] == [run_id]


def test_a_sample_into_a_file_is_the_users_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["sample", "--domain", "finance", "--rows", "2", "--out", str(tmp_path / "file")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_missing_source_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", str(tmp_path / "no*.csv"), "--text-column", "note", "--json"]) == 2
    err = capsys.readouterr().err
    assert "no*.csv" in err and "glob" in err
