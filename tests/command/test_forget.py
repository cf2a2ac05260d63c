"""`airlock forget` on a real run: what holds a person goes, what doesn't stays, and nothing of them comes back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.command.main import main
from tasks.core import artifacts, erasure, optout
from tasks.core.artifacts import Ref, Writer, open_ref
from tasks.core.config import Config
from tasks.core.errors import TryAgain
from tasks.core.keys import load_keys
from tasks.core.ledger import Ledger
from tasks.core.store import Store
from tests.dags.lenient import lenient_policy
from tests.leak_search import search
from tests.pipeline_run import run_all, tiny_config

pytestmark = pytest.mark.slow

Refs = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Refs]:
    """A run over three shards, with a vault; its configuration and the references by stage."""
    home = tmp_path_factory.mktemp("forget")
    before = os.environ.get("AIRLOCK_HOME")
    os.environ["AIRLOCK_HOME"] = str(home)
    config = tiny_config(home, rows=60, shard_rows=20, steps=3)
    policy = lenient_policy(home, quick=True)
    plain = yaml.safe_load(policy.read_text(encoding="utf-8"))
    plain["entities"]["PERSON"]["operator"] = "numbered_tag"
    plain["vault"] = True
    policy.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    config = config.model_copy(update={"mask": config.mask.model_copy(update={"policy": str(policy)})})
    load_keys(home, create=True)
    refs = run_all(config)
    os.environ.pop("AIRLOCK_HOME") if before is None else os.environ.update({"AIRLOCK_HOME": before})
    return config, refs


@pytest.fixture
def home(finished: tuple[Config, Refs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the deployment in which it ran."""
    home = tmp_path / "copy"
    shutil.copytree(Path(finished[0].store.root).parent, home)
    monkeypatch.setenv("AIRLOCK_HOME", str(home))
    return home


def rows(home: Path) -> list[dict[str, Any]]:
    """Ingest's rows, each with its shard and the source's id of its person."""
    (folder,) = home.glob("store/raw/ingest/*/attempts/*/payload")
    names = {row["unit_id"]: row["person"] for row in pq.read_table(folder / "units.parquet").to_pylist()}
    return [
        {**row, "shard": int(path.stem), "person": names[row["unit_id"]]}
        for path in sorted(folder.glob("shards/*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


def files(home: Path) -> set[str]:
    """Everything in the store."""
    return {str(path) for path in (home / "store").rglob("*") if path.is_file()}


def somebody(home: Path) -> dict[str, Any]:
    """A row of a person who is in the first shard only, and trained on."""
    found = rows(home)
    shards = {row["person"]: {one["shard"] for one in found if one["person"] == row["person"]} for row in found}
    return next(row for row in found if shards[row["person"]] == {0} and row["split"] == "train")


def spent(home: Path) -> float:
    (entry,) = Ledger(home / "ledger.sqlite").entries()
    return entry.epsilon


def test_without_delete_it_only_lists(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(home)
    assert main(["forget", somebody(home)["person"]]) == 0
    out = capsys.readouterr().out
    assert "would go  raw     ingest" in out and "trained on them  train" in out and "--delete" in out
    assert before == files(home)


def test_a_person_is_erased(home: Path, finished: tuple[Config, Refs], capsys: pytest.CaptureFixture[str]) -> None:
    _, refs = finished
    row, charged = somebody(home), spent(home)
    values = {row["unit_id"], row["person"], row["mrn"], row["email"]}
    assert search([home / "store"], values).hits
    assert list((home / "store" / "raw").rglob("vault.parquet"))
    assert main(["forget", row["person"], "--delete", "--reference", "DSR-17", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)

    assert not search([home / "store", home / "audit"], values).hits
    gone = {(one["stage"], one["key"]) for one in said["erased"]}
    kept = {stage: {ref["key"] for ref in found if (stage, ref["key"]) not in gone} for stage, found in refs.items()}
    assert [len(kept[stage]) for stage in ("ingest", "mask", "leakcheck")] == [0, 2, 0]
    assert kept["train"] and kept["export"], "models stay"
    assert {one["stage"] for one in said["models"]} == {"train", "clip", "export", "release"}
    assert any(one["runs"] == ["undisturbed"] for one in said["models"])
    assert not said["perhaps"] and said["unknown"] == 0 and said["datasets"] == [row_dataset(finished)]

    assert spent(home) == charged
    ledger = Ledger(home / "ledger.sqlite")
    (note,) = [record.read() for record in ledger.records(said["datasets"][0]) if record.kind == "forget"]
    assert note["erasure"] == said["erasure"] and note["reference"] == "DSR-17"
    assert main(["ledger", "verify"]) == 0
    assert (home / "audit" / "forget.jsonl").read_text(encoding="utf-8").count(said["erasure"]) == 1
    capsys.readouterr()
    assert main(["forget", "--list"]) == 0 and "DSR-17" in capsys.readouterr().out
    # Again: they are known, and there is nothing left.
    assert main(["forget", row["person"], "--delete", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["erased"] == []


def row_dataset(finished: tuple[Config, Refs]) -> str:
    return finished[0].dataset


def test_the_next_run_goes_on_without_them(home: Path, finished: tuple[Config, Refs]) -> None:
    config, refs = finished
    row, before = somebody(home), rows(home)
    assert main(["forget", row["person"], "--delete"]) == 0
    config = config.model_copy(update={"store": config.store.model_copy(update={"root": str(home / "store")})})
    again = run_all(config, "again")
    assert again["ingest"][0]["key"] != refs["ingest"][0]["key"]
    left_out = sum(one["person"] == row["person"] for one in before)
    assert again["ingest"][0]["counts"]["source"]["opted_out"] == left_out > 0
    # The other shards are what they were, and aren't masked again.
    assert [ref["key"] for ref in again["mask"]][1:] == [ref["key"] for ref in refs["mask"]][1:]
    assert not search([home / "store"], {row["unit_id"], row["person"]}).hits
    entries = Ledger(home / "ledger.sqlite").entries()
    assert [entry.state for entry in entries] == ["committed", "committed"], "a new training is a new charge"


def test_nobody_by_that_id(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "P-nobody", "--delete"]) == 2
    assert "known to this store" in capsys.readouterr().err
    assert not (home / "store" / "raw" / "optout").exists()
    # Named, a data set takes them before they come.
    assert main(["forget", "P-nobody", "--delete", "--dataset", "visits"]) == 0
    assert "1 of 1 ids are known nowhere" in capsys.readouterr().out
    keys = load_keys(home)
    assert len(optout.read(Store(str(home / "store" / "raw")), "visits", keys)) == 1


def test_several_from_a_list(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    people = sorted({row["person"] for row in rows(home)})[:3]
    with open(_lines(tmp_path, [*people, "", people[0], "P-nobody"]), encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert main(["forget", "-", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["people"] == 4 and said["unknown"] == 1


def _lines(folder: Path, lines: list[str]) -> Path:
    path = folder / "ids.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_reference_that_names_them_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = somebody(home)["person"]
    assert main(["forget", person, "--delete", "--reference", f"request of {person.lower()}"]) == 2
    assert person not in capsys.readouterr().err
    assert main(["forget"]) == 2


def test_an_interrupted_erasure_is_finished_by_the_next(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = sorted({row["person"] for row in rows(home)})[:2]
    erase, done = artifacts.erase, []

    def once(*args: Any) -> None:
        if done:
            raise TryAgain("store: down")
        done.append(args)
        erase(*args)

    with monkeypatch.context() as patched:
        patched.setattr(artifacts, "erase", once)
        assert main(["forget", first, "--delete"]) == 75
    raw = Store(str(home / "store" / "raw"))
    assert [bool(one.finished) for one in erasure.journals(raw)] == [False]
    assert main(["forget", "--list"]) == 0 and "OPEN" in capsys.readouterr().out
    assert main(["forget", second, "--delete"]) == 0
    assert "was interrupted; it is finished first" in capsys.readouterr().err
    assert all(one.finished for one in erasure.journals(raw))


def test_what_is_at_work_when_they_are_erased_cannot_publish(home: Path, finished: tuple[Config, Refs]) -> None:
    _, refs = finished
    mask = Ref.from_dict({**refs["mask"][0], "uri": refs["mask"][0]["uri"].replace(_root(finished), str(home))})
    open_ref(mask)
    store = Store(str(home / "store" / "raw"))
    with Writer(store, "review", "c" * 64, {"masked": [mask.digest]}):
        assert main(["forget", somebody(home)["person"], "--delete"]) == 75
    open_ref(mask)
    assert main(["forget", somebody(home)["person"], "--delete"]) == 0
    with pytest.raises(Exception, match="was erased"):
        artifacts.refuse_erased_refs([mask])


def _root(finished: tuple[Config, Refs]) -> str:
    return str(Path(finished[0].store.root).parent)
