"""What the tests call PostgreSQL is one."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from tests.postgres import MAX_CONNECTIONS, empty_database, postgres_server, postgres_url, running_server

__all__ = ["postgres_server", "postgres_url"]


def ask(url: str, question: str) -> object:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return connection.execute(text(question)).scalar()


def test_it_is_a_real_postgresql_with_room_for_many_clients(postgres_url):
    assert type(postgres_url) is str and postgres_url.startswith("postgresql+psycopg2://")
    assert str(ask(postgres_url, "SELECT version()")).startswith("PostgreSQL 16.")
    assert ask(postgres_url, "SHOW max_connections") == str(MAX_CONNECTIONS)
    assert ask(postgres_url, "SHOW listen_addresses") == ""
    engine = create_engine(postgres_url, poolclass=NullPool)
    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(engine.connect()) for _ in range(60)]
        servers = {client.execute(text("SELECT pg_backend_pid()")).scalar() for client in clients}
    assert len(servers) == 60


def test_databases_are_empty_separate_and_gone_afterwards(postgres_server, postgres_url):
    with empty_database(postgres_server) as other:
        engine = create_engine(other)
        left_open = engine.connect()
        left_open.execute(text("CREATE TABLE charge (epsilon float)"))
        left_open.commit()
        assert inspect(engine).get_table_names() == ["charge"]
        assert inspect(create_engine(postgres_url, poolclass=NullPool)).get_table_names() == []
    engine.dispose()
    count = f"SELECT count(*) FROM pg_database WHERE datname = '{make_url(other).database}'"
    assert ask(postgres_server, count) == 0


def test_a_server_leaves_nothing_behind():
    with running_server() as url:
        folder = Path(make_url(url).query["host"])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, "its clients need no password"
        process = int((folder / "data/postmaster.pid").read_text().split()[0])
        assert Path(f"/proc/{process}").exists()
    assert not folder.exists() and not Path(f"/proc/{process}").exists()
