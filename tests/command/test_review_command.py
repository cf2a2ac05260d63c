"""`airlock review`: where the sample is, what an answer takes, what it means, and what it costs to change it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.command.main import main
from tasks.core import answers, audit, runs, settings
from tasks.core.answers import Answer
from tasks.core.artifacts import Ref, Writer, reuse_or_build
from tasks.core.store import Store

KEY = "9f2c" * 16


@pytest.fixture
def sample(tmp_path: Path) -> Ref:
    """A sample of 100 rows, rows 91 to 110 seeded, of the run `run-1`."""

    def build(writer: Writer) -> dict[str, Any]:
        with writer.open("key.parquet") as out:
            pq.write_table(pa.table({"ordinal": range(1, 121), "seeded": [90 < k <= 110 for k in range(1, 121)]}), out)
        return {"rows": 100, "seeded": 20, "population": 5_000}

    ref = reuse_or_build(Store(str(tmp_path / "store" / "raw")), "review", KEY, {}, build)[0]
    entry = {"refs": [ref.to_dict()], "exit_code": 0, "message": "", "name": "m", "seconds": 0.0, "reused": False}
    runs.record(Store(str(tmp_path / "store" / "clean")), "run-1", "review", None, entry)
    return ref


def airlock(tmp_path: Path, *words: str) -> int:
    return main(["review", *words, "--store", str(tmp_path / "store")])


def test_says_where_the_sample_is_and_how_to_answer(
    sample: Ref, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert airlock(tmp_path, "run-1") == 0
    said = capsys.readouterr().out
    assert "Nobody has answered" in said and f"{sample.uri}/attempts/" in said and "views/sample.html" in said
    assert f"airlock review {KEY[:12]} --read 120" in said
    assert airlock(tmp_path, "9f2c9f2c", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["rows"], shown["sample"]) == (120, KEY) and "answer" not in shown


def test_an_answer_is_kept_and_told_what_it_means(
    sample: Ref, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = ",".join(str(k) for k in range(91, 110))
    assert airlock(tmp_path, "run-1", "--read", "120", "--leaking", f"7, {seeds}") == 0
    said = capsys.readouterr().out
    assert "marked 1 of 100 real rows and 19 of 20 known leaks: at most 7.3 % of the rows leak" in said
    assert answers.answer_of(Store(str(tmp_path / "store" / "raw")), sample) == Answer(120, (7, *range(91, 110)))
    assert airlock(tmp_path, KEY[:12], "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["result"]["bound"] < 0.073 and shown["answer"]["read"] == 120
    assert airlock(tmp_path, "run-1", "--read", "60", "--leaking", "none") == 2
    assert "--replace" in capsys.readouterr().err
    assert airlock(tmp_path, "run-1", "--read", "60", "--leaking", "none", "--replace") == 0
    assert "0 of 60 real rows and 0 of 0 known leaks: at most 100.0 %" in capsys.readouterr().out
    log = audit.read(answers.audit_log(settings.home()))
    assert [entry["action"] for entry in log] == ["review answer", "review answer replaced"]


@pytest.mark.parametrize(
    "words",
    [
        ["--read", "120"],
        ["--leaking", "3"],
        ["--read", "120", "--leaking", "Jane Roe"],
        ["--read", "Jane", "--leaking", "3"],
        ["--read", "121", "--leaking", "3"],
        ["--read", "10", "--leaking", "11"],
        ["--read", "10", "--leaking", "3;4"],
    ],
)
def test_what_is_no_answer_is_refused_without_quoting_it(
    sample: Ref, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert airlock(tmp_path, "run-1", *words) == 2
    said = capsys.readouterr()
    assert said.err.startswith("airlock: review: ") and "Jane" not in said.err + said.out
    assert answers.answer_of(Store(str(tmp_path / "store" / "raw")), sample) is None
    assert not answers.audit_log(settings.home()).exists()


def test_what_names_no_sample_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert airlock(tmp_path, "no-such-run") == 2
    assert "airlock runs" in capsys.readouterr().err
    none = reuse_or_build(
        Store(str(tmp_path / "store" / "raw")), "review", "a" * 64, {}, lambda _: {"rows": 0, "seeded": 0}
    )[0]
    assert none.counts["rows"] == 0 and airlock(tmp_path, "aaaa") == 2
    assert "evidence.review" in capsys.readouterr().err
