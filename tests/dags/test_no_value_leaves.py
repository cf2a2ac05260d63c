"""No raw value outside the raw zone: everything a run writes is decoded and searched for the values that went in."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tasks.methods.plant.candidates import SHARED
from tests.conftest import ROOT
from tests.dags.lenient import lenient_policy
from tests.leak_search import search, usable
from tests.pipeline_run import tiny_config

BROKEN = [
    b'{"note": "Wilhelmina Quackenbush-Threlkeld called from 555-0144-7731", ',
    b'{"text": "Wilhelmina Quackenbush-Threlkeld \xff\xfe"}',
    b"Wilhelmina Quackenbush-Threlkeld,555-0144-7731",
]
"""Records that are quarantined: what is in them must not leave the raw zone either."""


@pytest.mark.slow
def test_a_run_writes_no_raw_value_outside_the_raw_zone(
    load_dag: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "airlock-home"
    config = tiny_config(home, rows=40, shard_rows=40, planted=2)
    records = Path(config.ingest.source)
    values = _values(records, records.with_name("gold.jsonl")) | {"Quackenbush-Threlkeld", "555-0144-7731"}
    with open(records, "ab") as stream:
        stream.write(b"\n".join(BROKEN) + b"\n")
    wanted, left_out = usable(values, _public())
    assert len(wanted) > 300, left_out

    monkeypatch.setenv("AIRLOCK_CONFIG", str(records.with_name("tiny.yaml")))
    monkeypatch.setenv("AIRLOCK_KEY", "5a" * 32)
    lenient = {"mask.policy": str(lenient_policy(home)), "ingest.max_quarantined_share": 0.2}
    assert str(load_dag().test(run_conf=lenient).state) == "success"
    # And runs that end badly: too many quarantined records, and a gate that shuts.
    assert str(load_dag().test(run_conf={**lenient, "ingest.max_quarantined_share": 0.0}).state) == "failed"
    strict = yaml.safe_load(lenient_policy(home).read_text(encoding="utf-8")) | {"limits": {"default": 0.0}}
    (home / "strict.yaml").write_text(yaml.safe_dump(strict, allow_unicode=True), encoding="utf-8")
    load_dag().test(run_conf={**lenient, "mask.policy": str(home / "strict.yaml")})

    out = tmp_path / "printed"
    out.write_text("".join(capfd.readouterr()))
    airflow = Path(os.environ["AIRFLOW_HOME"])
    with contextlib.closing(sqlite3.connect(airflow / "airflow.db")) as db:  # so that its cells can be told apart
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    places = [out, airflow, home / "ledger.sqlite", home / "scratch", home / "models"]
    places += [path for path in (home / "store").iterdir() if path.name != "raw"]
    found = search(places, wanted)
    assert {"sqlite", "json", "safetensors", "parquet"} <= {form.split("/")[0] for form in found.forms}, found.forms
    # The masked text itself is the gate's business.
    hits = [hit for hit in found.hits if "/leakcheck/" not in hit[0] or "/payload/table/" not in hit[0]]
    print(f"\n{found.files} files, {len(wanted)} values, left out {left_out}, decoded {found.forms}")
    assert not hits, sorted({(Path(path).name, form) for path, form, _ in hits})
    assert search([home / "store" / "raw"], wanted).hits, "the search finds the values where they are"

    # What is planted stays in the raw zone altogether: it is in no clean table either.
    planted, left_out = usable(_planted(home / "store" / "raw" / "plant"), _public())
    assert len(planted) > 20, left_out
    hits = search(places, planted).hits
    assert not hits, sorted({(Path(path).name, form) for path, form, _ in hits})


def _values(records: Path, gold: Path) -> set[str]:
    """Every gold span, and every cell of an identifying column."""
    found: set[str] = set()
    for line in gold.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)
        found |= {
            text["text"][span["start"] : span["end"]]
            for span in text["spans"]
            if span["type"] not in ("DATE", "AGE", "LOCATION", "ORGANIZATION")
        }
    for line in records.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found |= {str(value) for name, value in row.items() if name not in ("text", "id") and isinstance(value, str)}
    return found


def _planted(folder: Path) -> set[str]:
    """Every planted value of a kind that is one person's own."""
    found: set[str] = set()
    for listed in folder.rglob("planted.parquet"):
        shards = [pq.read_table(path).to_pylist() for path in (listed.parent / "shards").glob("*.parquet")]
        rows = {row["record_id"]: row for shard in shards for row in shard}
        for place in pq.read_table(listed).to_pylist():
            if place["entity"] not in SHARED:
                found.add(rows[place["record_id"]][place["column"]][place["start"] : place["end"]])
    return found


def _public() -> bytes:
    """What anybody has: the project's own files, where enum values and examples of the schema stand."""
    folders: Iterable[str] = ("tasks", "policies", "plugins", "dags", "docs")
    files = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".yaml", ".md")
    ]
    return b"\n".join(path.read_bytes() for path in sorted(files))
