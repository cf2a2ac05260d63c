"""The ledger's database: SQLite or PostgreSQL, one write transaction at a time for a data set."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from tasks.core.errors import TryAgain, UserError

REVISION = "0001"
"""The newest migration; a database at it needn't load Alembic."""

_BUSY_SECONDS = 120
_MIGRATING = 0x61_69_72_6C  # "airl": the advisory lock that one migration holds
_REGISTERING = _MIGRATING + 1
_NETWORK = {
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs", "fuse.glusterfs",
    "lustre", "afs", "fuse.s3fs", "beegfs", "gpfs",
}  # fmt: skip
_SEVERAL_HOSTS = ("CeleryExecutor", "KubernetesExecutor", "EdgeExecutor", "AwsEcsExecutor", "AwsBatchExecutor")


class Database:
    """Connections to the ledger's database; safe for several processes, nothing is kept open between transactions.

    Args:
        where: path of an SQLite file, or an SQLAlchemy URL (``postgresql+psycopg2://…``).

    Attributes:
        path: the SQLite file, where it is one.
        name: what to call it in a message, without a password.

    Raises:
        UserError: SQLite on a network file system or under an executor of several hosts, where its locks don't hold.
    """

    def __init__(self, where: str | Path) -> None:
        url = str(where)
        self.is_sqlite = "://" not in url or url.startswith("sqlite")
        self.path: Path | None = None
        if self.is_sqlite:
            self.path = path = Path(url.split(":///", 1)[1] if "://" in url else url)
            self.name = str(path)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _check_local(path)
            url = f"sqlite:///{path}"
        self._engine = _engine(url, self.is_sqlite)
        if not self.is_sqlite:
            self.name = self._engine.url.render_as_string(hide_password=True)
        self._migrated = False

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer of an SQLite ledger runs beside; PostgreSQL locks rows instead.

        Raises:
            TryAgain: another process holds the ledger for too long, or the server is away.
            UserError: the database can't be opened or written.
        """
        self._migrate()
        with self._patiently(), self._engine.begin() as db:
            yield db

    def alone(self, db: Connection) -> None:
        """Let nobody else register a data set until the transaction ends."""
        if not self.is_sqlite:
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _REGISTERING})

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction whose every statement sees the database at one moment.

        Raises:
            TryAgain: as :meth:`writing`.
            UserError: as :meth:`writing`.
        """
        with self.writing() as db:
            if not self.is_sqlite:
                db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield db

    def _migrate(self) -> None:
        if self._migrated:
            return
        with self._patiently(), self._engine.begin() as db:
            if not self.is_sqlite:
                db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATING})
            known = inspect(db)
            if known.has_table("alembic_version"):
                revision = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
            elif known.has_table("entry"):
                raise UserError(
                    f"ledger {self.name}: an earlier version wrote it, without budgets; move the file away. What it "
                    "holds was charged: set the new budget so much smaller."
                )
            else:
                revision = None
            if revision != REVISION:
                _upgrade(db, self.name)
        self._migrated = True

    @contextlib.contextmanager
    def _patiently(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as exc:
            if self.is_sqlite and not _busy(exc):
                raise self._unusable() from None
            raise TryAgain(f"ledger {self.name}: another process holds it, or its server is away; try again") from None
        except DBAPIError as exc:
            if exc.connection_invalidated or _lost_race(exc):
                raise TryAgain(f"ledger {self.name}: two charges met; try again") from None
            raise self._unusable() from None
        except SQLAlchemyError:
            raise self._unusable() from None

    def _unusable(self) -> UserError:
        return UserError(f"ledger {self.name}: can't be opened and written by this user; see AIRLOCK_LEDGER")


def _engine(url: str, is_sqlite: bool) -> Engine:
    try:
        if not is_sqlite:
            return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS})
    except (SQLAlchemyError, ImportError, ValueError):
        raise UserError(
            "ledger: AIRLOCK_LEDGER must be a file's path or a URL such as postgresql+psycopg2://user@host/database, "
            "and its driver must be installed (`pip install -e .[postgres]`)"
        ) from None

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun here, not by the driver
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # IMMEDIATE takes the write lock before anything is read: two runs can't both act on the same sum.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _upgrade(db: Connection, name: str) -> None:
    """Bring the tables to the newest revision, within the transaction that is open."""
    import logging

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    logging.getLogger("alembic").setLevel(logging.WARNING)
    script = ScriptDirectory(str(Path(__file__).parent / "migrations"))

    def steps(revision: Any, _: Any) -> Any:
        return script._upgrade_revs("head", revision)

    try:
        with EnvironmentContext(Config(), script, fn=steps) as environment:
            environment.configure(connection=db)
            environment.run_migrations()
    except CommandError:
        raise UserError(f"ledger {name}: a newer version of Airlock wrote it; use that one") from None


def _busy(exc: DBAPIError) -> bool:
    import sqlite3

    code = getattr(exc.orig, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _lost_race(exc: DBAPIError) -> bool:
    # PostgreSQL: serialization failure, deadlock, unique violation of a row that another transaction made first.
    return getattr(exc.orig, "pgcode", None) in ("40001", "40P01", "23505")


def _check_local(path: Path) -> None:
    executor = os.environ.get("AIRFLOW__CORE__EXECUTOR", "")
    if any(name in executor for name in _SEVERAL_HOSTS):  # Airflow takes several, by class, path or alias
        raise UserError(
            f"ledger {path}: SQLite can't keep the books of {executor}, whose tasks run on several hosts; set "
            "AIRLOCK_LEDGER to a PostgreSQL URL"
        )
    kind = file_system(path.parent)
    if kind in _NETWORK:
        raise UserError(
            f"ledger {path}: lies on a network file system ({kind}), where SQLite's locks don't hold; set "
            "AIRLOCK_LEDGER to a local file or a PostgreSQL URL"
        )


def file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of file system that a folder lies on; empty where the system doesn't say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    resolved, best, kind = folder.resolve(), -1, ""
    for line in lines:
        left, _, right = line.partition(" - ")
        fields, after = left.split(), right.split()
        if len(fields) < 5 or not after:
            continue
        place = Path(fields[4].replace("\\040", " "))
        if resolved.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), after[0]
    return kind
