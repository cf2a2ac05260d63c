"""`airlock reveal --finding`: the masked text around a finding, and a line in the log for whoever asked."""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasks.command import reveal
from tasks.command.finding_place import Place
from tasks.core import audit, runs, settings
from tasks.core.artifacts import Ref
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.store import Store
from tasks.stages import mask
from tests.masking import Finder, policy_file, run_mask


@pytest.fixture
def masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ref:
    """A run of mask that keeps names, so that there is something for a gate to find."""
    monkeypatch.setattr("tasks.methods.detect.masker.Masker", Finder)
    monkeypatch.setattr(mask, "_models", lambda *_: {})
    policy = policy_file(tmp_path, {"PERSON": "keep", "DATE": "tag", "AMOUNT": "keep"})
    ctx, ref = run_mask(tmp_path, policy, Keys.from_master(b"k" * 32))
    entry = {"refs": [ref.to_dict()], "exit_code": 0, "message": "", "name": "m", "seconds": 0.0, "reused": False}
    runs.record(Store(str(tmp_path / "store" / "clean")), "run-1", "mask", 0, entry)
    assert pq.read_table(ctx.open(ref).local("rows.parquet")).num_rows == 3
    return ref


def ask(tmp_path: Path, finding: str, *words: str) -> int:
    root = argparse.ArgumentParser()
    reveal.add_to(root.add_subparsers())
    args = root.parse_args(["reveal", "--finding", finding, *words, "--store", str(tmp_path / "store")])
    return int(args.run(args))


def log() -> Path:
    return audit.log_path(settings.home())


def test_the_place_is_shown_in_its_text(masked: Ref, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, "1:note:13-22", "--run", "run-1") == 0
    assert capsys.readouterr().out == "1\tnote\tNothing from »Bob Stone«.\n"
    assert ask(tmp_path, "1:note", "--artifact", masked.key[:12]) == 0
    assert capsys.readouterr().out == "1\tnote\tNothing from Bob Stone.\n"
    assert ask(tmp_path, "1", "--run", "run-1") == 0
    assert [line.split("\t")[1:] for line in capsys.readouterr().out.splitlines()] == [
        ["name", "Bob Stone"],
        ["seen", "<DATE>"],
        ["pay", "2.5"],
        ["note", "Nothing from Bob Stone."],
    ]


def test_who_asked_is_in_the_log_and_no_value_is(
    masked: Ref, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(tmp_path, "0:note:0-5", "--run", "run-1")
    with pytest.raises(UserError, match="no column of this name"):
        ask(tmp_path, "1:Bob Stone", "--run", "run-1")
    shown, failed = audit.read(log())
    assert (shown["action"], shown["outcome"], shown["run"]) == ("reveal finding", "shown", "run-1")
    assert (shown["record_ids"], shown["columns"], shown["values"]) == ([0], ["note"], 1)
    assert (failed["outcome"], failed["record_ids"], failed["values"]) == ("nothing shown", [1], 0)
    content = log().read_text(encoding="utf-8").lower()
    assert not [word for word in ("maria", "lopez", "bob", "stone") if word in content]
    capsys.readouterr()
    root = argparse.ArgumentParser()
    reveal.add_to(root.add_subparsers())
    args = root.parse_args(["reveal", "--log"])
    assert args.run(args) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("1 values  rows 0  columns note") and "nothing shown" in second


def test_nothing_is_shown_where_the_log_cannot_be_written(
    masked: Ref, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log().parent.parent.mkdir(parents=True, exist_ok=True)
    log().parent.write_text("not a folder")
    with pytest.raises(UserError, match="nothing is shown"):
        ask(tmp_path, "0:note", "--run", "run-1")
    assert "Maria" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("finding", "words", "sentence"),
    [
        ("note", ["--run", "run-1"], "--finding takes RECORD"),
        ("9" * 19, ["--run", "run-1"], "--finding takes RECORD"),
        ("1:note:5-5", ["--run", "run-1"], "must hold a character"),
        ("1:note:5-5000", ["--run", "run-1"], "the place ends behind it"),
        ("2:note", ["--run", "run-1"], "cell is empty"),
        ("77", ["--run", "run-1"], "no masked row of this run"),
        ("0", ["--run", "run-2"], "no mask artifacts"),
        ("0", [], "name the run"),
        ("0", ["--run", "run-1", "--record", "3"], "stands alone"),
        ("0", ["<PERSON>", "--run", "run-1"], "stands alone"),
    ],
)
def test_what_cannot_be_shown_is_said_and_logged(
    masked: Ref, tmp_path: Path, finding: str, words: list[str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        ask(tmp_path, finding, *words)
    (entry,) = audit.read(log())
    assert entry["outcome"] == "nothing shown" and entry["values"] == 0


def test_a_column_may_have_any_name() -> None:
    assert Place.parse("3:a:b:1-2") == Place(3, "a:b", 1, 2)
    assert Place.parse("3:a:b") == Place(3, "a:b")
