"""`airlock reveal`: what each token needs to be undone, and the audit line that comes first."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.command import reveal
from tasks.core import audit, runs, settings
from tasks.core.artifacts import Ref
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.store import Store
from tasks.stages import mask
from tests.masking import Finder, policy_file, run_mask

MASTER, NEW = "1a" * 32, "2b" * 32


@pytest.fixture(autouse=True)
def _deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.methods.detect.masker.Masker", Finder)
    monkeypatch.setattr(mask, "_models", lambda *_: {})
    monkeypatch.setenv("AIRLOCK_KEY", MASTER)


def masked(tmp_path: Path, operator: str, vault: bool = True) -> tuple[Ref, list[dict[str, Any]]]:
    """A run of mask under the deployment's key, in the index of runs."""
    policy = policy_file(tmp_path, {"PERSON": operator, "DATE": "year", "AMOUNT": "keep"}, vault)
    ctx, ref = run_mask(tmp_path, policy, Keys.from_master(bytes.fromhex(MASTER)))
    entry = {"refs": [ref.to_dict()], "exit_code": 0, "message": "", "name": "m", "seconds": 0.0, "reused": False}
    runs.record(Store(str(tmp_path / "store" / "clean")), "run-1", "mask", 0, entry)
    return ref, pq.read_table(ctx.open(ref).local("rows.parquet")).to_pylist()


def airlock(tmp_path: Path, *words: str) -> int:
    root = argparse.ArgumentParser()
    reveal.add_to(root.add_subparsers())
    args = root.parse_args(["reveal", *words, "--store", str(tmp_path / "store")])
    return int(args.run(args))


def log() -> Path:
    return audit.log_path(settings.home())


def test_an_encrypted_token_needs_the_key_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = masked(tmp_path, "encrypt", vault=False)
    assert airlock(tmp_path, rows[0]["name"]) == 0
    assert capsys.readouterr().out == f"{rows[0]['name']}\tMaria Lopez\n"
    text = tmp_path / "masked.txt"
    text.write_text(f"{rows[0]['note']}\n{rows[1]['note']}\n", encoding="utf-8")
    assert airlock(tmp_path, str(text), "--run", "run-1") == 0
    assert [line.split("\t")[1] for line in capsys.readouterr().out.splitlines()] == ["Maria Lopez", "Bob Stone"]
    first, second = audit.read(log())
    assert (first["values"], first["run"], second["values"], second["run"]) == (1, "", 2, "run-1")


def test_a_hash_needs_the_vault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ref, rows = masked(tmp_path, "hash")
    token = rows[0]["name"]
    with pytest.raises(UserError, match="name a run"):
        airlock(tmp_path, token)
    assert airlock(tmp_path, token, "--artifact", ref.key[:12]) == 0
    shown = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {(int(record), column, value) for record, column, _, value in shown} == {
        (0, "name", "Maria Lopez"), (0, "note", "Maria Lopez"), (2, "name", "LOPEZ, Maria"),
    }  # fmt: skip
    failed, entry = audit.read(log())
    assert failed["values"] == 0
    assert entry["values"] == 3 and entry["record_ids"] == [0, 2] and entry["artifacts"] == [ref.key]


def test_what_differs_from_row_to_row_needs_the_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = masked(tmp_path, "numbered_tag")
    assert rows[0]["name"] == rows[1]["name"] == "<PERSON_1>"
    with pytest.raises(UserError, match="name one by --record"):
        airlock(tmp_path, "<PERSON_1>", "--run", "run-1")
    assert airlock(tmp_path, "<PERSON_1>", "--run", "run-1", "--record", "1") == 0
    assert {line.split("\t")[3] for line in capsys.readouterr().out.splitlines()} == {"Bob Stone"}
    text = tmp_path / "masked.txt"
    text.write_text(rows[0]["note"], encoding="utf-8")
    assert airlock(tmp_path, str(text), "--run", "run-1", "--record", "0") == 0
    assert {line.split("\t")[3] for line in capsys.readouterr().out.splitlines()} == {"Maria Lopez"}


def test_a_surrogate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = masked(tmp_path, "surrogate")
    assert airlock(tmp_path, rows[0]["name"], "--run", "run-1") == 0
    assert {line.split("\t")[3] for line in capsys.readouterr().out.splitlines()} == {"Maria Lopez"}


def test_the_audit_line_comes_before_the_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows = masked(tmp_path, "encrypt", vault=False)
    seen: list[int] = []
    monkeypatch.setattr("builtins.print", lambda *_: seen.append(len(audit.read(log()))))
    airlock(tmp_path, rows[0]["name"])
    assert seen == [1]


def test_nothing_is_shown_where_the_log_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rows = masked(tmp_path, "encrypt", vault=False)
    log().parent.parent.mkdir(parents=True, exist_ok=True)
    log().parent.write_text("not a folder")
    with pytest.raises(UserError, match="nothing is shown"):
        airlock(tmp_path, rows[0]["name"])
    log().parent.unlink()
    log().parent.mkdir()
    log().write_bytes(b'{"half a li')
    with pytest.raises(UserError, match="so nothing is shown"):
        airlock(tmp_path, rows[0]["name"])
    assert "Maria" not in capsys.readouterr().out


def test_the_log_holds_no_value_and_shows_a_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = masked(tmp_path, "hash")
    for row in rows:
        airlock(tmp_path, row["name"], "--run", "run-1")
    capsys.readouterr()
    content = log().read_bytes()
    for word in (b"maria", b"lopez", b"bob", b"stone"):
        assert word not in content.lower()
    assert {"time", "user", "run", "values", "record_ids", "before"} <= set(json.loads(content.splitlines()[0]))
    assert oct(log().stat().st_mode & 0o777) == "0o600"
    assert audit.verify(log()) is None and airlock(tmp_path, "--log") == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows)
    lines = content.splitlines(keepends=True)
    for changed in (lines[1:], [lines[0], *lines[2:]], [lines[0].replace(b'"values":3', b'"values":1'), *lines[1:]]):
        log().write_bytes(b"".join(changed))
        assert audit.verify(log()) is not None
        with pytest.raises(UserError, match="the log was changed"):
            airlock(tmp_path, "--log")


def test_another_key_is_named_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref, rows = masked(tmp_path, "hash")
    (tmp_path / "two").mkdir()
    _, sealed = masked(tmp_path / "two", "encrypt", vault=False)
    monkeypatch.setenv("AIRLOCK_KEY", NEW)
    with pytest.raises(UserError, match=f"under another `mask` key: id {ref.counts['keys']['mask']}"):
        airlock(tmp_path, rows[0]["name"], "--run", "run-1")
    with pytest.raises(UserError, match="no token here opens under this `mask` key, id [0-9a-f]+: it was written"):
        airlock(tmp_path, sealed[0]["name"])
    # The old key, kept, still opens both.
    (tmp_path / "old").write_text(MASTER)
    monkeypatch.delenv("AIRLOCK_KEY")
    monkeypatch.setenv("AIRLOCK_KEY_FILE", str(tmp_path / "old"))
    assert airlock(tmp_path, rows[0]["name"], "--run", "run-1") == 0
    assert airlock(tmp_path, sealed[0]["name"]) == 0


def test_an_attempt_that_shows_nothing_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rows = masked(tmp_path, "encrypt", vault=False)
    token = rows[0]["name"]
    for words in (["Maria Lopez"], ["Maria Lopez", "--run", "run-9"], [token[:-3] + "aa>"], [token]):
        if words == [token]:
            monkeypatch.setenv("AIRLOCK_KEY", "no key")
        with pytest.raises(UserError):
            airlock(tmp_path, *words)
    typed, elsewhere, changed, keyless = audit.read(log())
    assert {entry["outcome"] for entry in (typed, elsewhere, changed, keyless)} == {"nothing shown"}
    assert typed["why"].startswith("reveal: there is no encrypted token here") and typed["tokens"] == []
    assert elsewhere["run"] == "run-9" and "no mask artifacts" in elsewhere["why"]
    assert len(changed["tokens"]) == 1 and changed["tokens"] != keyless["tokens"]
    assert "Maria" not in log().read_text() and token not in log().read_text()
    monkeypatch.setenv("AIRLOCK_KEY", MASTER)
    assert airlock(tmp_path, token) == 0
    last = audit.read(log())[-1]
    assert (last["outcome"], last["values"], last["tokens"]) == ("shown", 1, keyless["tokens"])
    capsys.readouterr()
    assert airlock(tmp_path, "--log") == 0
    said = capsys.readouterr().out.splitlines()
    assert [("nothing shown" in line) for line in said] == [True] * 4 + [False]


def test_nothing_is_told_where_a_failed_attempt_cannot_be_logged(tmp_path: Path) -> None:
    log().parent.parent.mkdir(parents=True, exist_ok=True)
    log().parent.write_text("not a folder")
    with pytest.raises(UserError, match="nothing is shown"):
        airlock(tmp_path, "<PERSON>")
    assert not log().exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "name a token or a file"),
        (("Ann", "--run", "no-such-run"), "has no mask artifacts"),
        (("Ann", "--artifact", "ffff"), "names no mask artifact"),
        (("Ann",), "name a run"),
        (("<PERSON:" + "a" * 30 + ">",), "no token here opens"),
    ],
)
def test_what_cannot_be_shown_is_said(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        airlock(tmp_path, *words)
    assert [entry["values"] for entry in audit.read(log())] == ([0] if words else [])


def test_a_run_without_a_vault(tmp_path: Path) -> None:
    _, rows = masked(tmp_path, "hash", vault=False)
    with pytest.raises(UserError, match="keeps no vault"):
        airlock(tmp_path, rows[0]["name"], "--run", "run-1")


def test_a_value_gives_the_terminal_no_orders() -> None:
    assert reveal.printable("a\x1b[2Jb\nc\ud800") == "a\\x1b[2Jb\\nc\\ud800"


def test_the_user_is_the_systems_not_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    audit.append(tmp_path / "log", {"values": 0})
    (entry,) = audit.read(tmp_path / "log")
    assert entry["user"] != "somebody-else" and (entry["user"] or os.getuid() == 0)


@pytest.mark.parametrize(
    "run", ["x\n2026-01-01T00:00:00Z  alice  run r1  9 values", "\udcff\udcfe", "\x1b[2J", "r" * 9000]
)
def test_what_was_typed_as_a_run_can_not_escape_or_forge_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run: str
) -> None:
    masked(tmp_path, "encrypt", vault=False)
    with pytest.raises(UserError):
        airlock(tmp_path, "Maria Lopez", "--run", run)
    (entry,) = audit.read(log())
    assert entry["outcome"] == "nothing shown" and len(entry["run"]) <= 200
    assert airlock(tmp_path, "--log") == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 1 and shown.rstrip("\n").isprintable()
