"""Where a ledger may lie, and what is said where it can't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from tasks.core.errors import TryAgain, UserError
from tasks.core.ledger import Ledger, database
from tasks.core.ledger.database import file_system
from tasks.core.ledger.tables import METADATA
from tests.ledgers import budget, open_ledger, spend

MOUNTS = r"""22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw
28 0 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
50 28 0:44 / /shared rw,relatime shared:2 - nfs4 server:/export rw,vers=4.2
51 50 254:2 / /shared/local rw,relatime - xfs /dev/vdb rw
52 28 0:45 / /with\040blank rw,relatime - cifs //server/share rw
53 28 0:46 / /covered rw,relatime - ext4 /dev/vdc rw
54 28 0:47 / /covered rw,relatime - fuse.sshfs me@there: rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/ada", "ext4"),
        ("/shared", "nfs4"),
        ("/shared/ledger/deep", "nfs4"),
        ("/shared/local/ledger", "xfs"),
        ("/sharedness", "ext4"),
        ("/with blank/ledger", "cifs"),
        ("/covered", "fuse.sshfs"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(tmp_path: Path, folder: str, kind: str) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    assert file_system(Path(folder), tmp_path / "mountinfo") == kind


def test_where_the_system_does_not_say_nothing_is_claimed(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "nothing") == ""


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_sqlite_on_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"28 0 254:1 / / rw - ext4 /dev/vda1 rw\n50 28 0:44 / {tmp_path}/far rw - {kind} server:/ rw\n")
    monkeypatch.setattr(database, "file_system", lambda folder: file_system(folder, mounts))
    for where in (tmp_path / "far/ledger.sqlite", f"sqlite:///{tmp_path}/far/ledger.sqlite"):
        with pytest.raises(UserError, match=f"network file system \\({kind}\\).*PostgreSQL URL"):
            Ledger(where)
    budget(open_ledger(tmp_path / "near/ledger.sqlite"))


@pytest.mark.parametrize(
    "executor",
    [
        "CeleryExecutor",
        "airflow.providers.celery.executors.celery_executor.CeleryExecutor",
        "KubernetesExecutor",
        "CeleryExecutor,LocalExecutor",
        "LocalExecutor,far:airflow.providers.edge3.executors.EdgeExecutor",
        "LocalExecutor;team1=CeleryExecutor",
    ],
)
def test_sqlite_is_refused_with_an_executor_of_several_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    with pytest.raises(UserError, match="several hosts; set AIRLOCK_LEDGER to a PostgreSQL URL"):
        Ledger(tmp_path / "ledger.sqlite")


def test_postgres_serves_an_executor_of_several_hosts(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    budget(open_ledger(postgres_url))


@pytest.mark.parametrize("executor", ["", "LocalExecutor", "airflow.executors.local_executor.LocalExecutor"])
def test_sqlite_serves_one_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    budget(open_ledger(tmp_path / "ledger.sqlite"))


def test_a_ledger_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(UserError, match="AIRLOCK_LEDGER"):
        budget(open_ledger(tmp_path / "ledger.sqlite"))


def test_a_file_that_is_no_ledger_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("private notes " * 1000)
    with pytest.raises(UserError, match="can't be opened") as said:
        budget(open_ledger(tmp_path / "ledger.sqlite"))
    assert "private" not in str(said.value)


@pytest.mark.parametrize("url", ["postgres+nothing://x/y", "oracle://x/y", "postgresql+psycopg2://[::1/y"])
def test_a_url_without_a_driver_is_said(url: str) -> None:
    with pytest.raises(UserError, match="AIRLOCK_LEDGER must be"):
        Ledger(url)


def test_a_server_that_is_away_is_tried_again(tmp_path: Path) -> None:
    url = f"postgresql+psycopg2://ada:secret@/ledger?host={tmp_path}&port=5432"
    with pytest.raises(TryAgain) as said:
        budget(open_ledger(url))
    assert "secret" not in str(said.value)


def test_an_sqlite_ledger_is_for_its_owner_only(tmp_path: Path) -> None:
    os.umask(0o022)
    budget(open_ledger(tmp_path / "new/ledger.sqlite"))
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_the_migrations_make_the_tables_of_the_code(ledger: Ledger, ledger_url: str) -> None:
    engine = create_engine(ledger_url if "://" in ledger_url else f"sqlite:///{ledger_url}", poolclass=NullPool)
    found = inspect(engine)
    assert set(found.get_table_names()) == {*METADATA.tables, "alembic_version"}
    for name, table in METADATA.tables.items():
        columns = {column["name"]: column for column in found.get_columns(name)}
        assert set(columns) == set(table.columns.keys())
        for column in table.columns:
            assert columns[column.name]["nullable"] == column.nullable, f"{name}.{column.name}"
        assert found.get_pk_constraint(name)["constrained_columns"] == [c.name for c in table.primary_key]
        wanted = {tuple(c.name for c in index.columns) for index in table.indexes}
        assert wanted <= {tuple(index["column_names"]) for index in found.get_indexes(name)}


def test_a_database_of_a_newer_version_is_left_alone(ledger: Ledger, ledger_url: str) -> None:
    engine = create_engine(ledger_url if "://" in ledger_url else f"sqlite:///{ledger_url}", poolclass=NullPool)
    with engine.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match="a newer version of Airlock wrote it"):
        open_ledger(ledger_url).datasets()


def test_a_ledger_from_before_budgets_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/ledger.sqlite", poolclass=NullPool)
    with engine.begin() as db:
        db.execute(text("CREATE TABLE entry (id TEXT)"))
    with pytest.raises(UserError, match="an earlier version wrote it"):
        open_ledger(tmp_path / "ledger.sqlite").datasets()


def test_a_fault_inside_a_transaction_leaves_nothing(ledger: Ledger) -> None:
    spend(ledger)
    before = ledger.records("visits")
    with pytest.raises(RuntimeError), ledger.database.writing() as db:
        db.execute(text("DELETE FROM record"))
        raise RuntimeError
    assert ledger.records("visits") == before
