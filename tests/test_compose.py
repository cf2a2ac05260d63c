"""The compose file: accepted by docker-compose, no secret with a default, every port local, every service watched."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.postgres import programs, running_server

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict] = COMPOSE["services"]
ONE_SHOT = {"airflow-init", "ledger-init", "store-init"}
WORKERS = {"worker-raw", "worker-default", "worker-gpu"}
PATHS = {"AIRLOCK_SOURCES", "AIRLOCK_CONFIG_FILE", "AIRLOCK_RAW_KEYS", "AIRLOCK_NOISE_KEY"}
HARMLESS = {"AIRLOCK_UID", "AIRLOCK_UI_PORT", "AIRLOCK_S3_PORT"}
REQUIRED = sorted(set(re.findall(r"(?<!\$)\$\{(\w+):\?", TEXT)))

needs_compose = pytest.mark.skipif(
    shutil.which("docker-compose") is None,
    reason="docker-compose is not installed (Debian: apt-get install docker-compose)",
)


@pytest.fixture
def config(tmp_path):
    """Runs `docker-compose config -q` on a copy with the given variables alone."""
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)

    def run(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables}
        command = ["docker-compose", "config", "-q"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def filled() -> dict[str, str]:
    return {name: "/srv/x" if name in PATHS else "0123abcd" for name in REQUIRED}


@needs_compose
def test_docker_compose_accepts_the_file_when_everything_is_set(config):
    result = config(filled())
    assert (result.returncode, result.stderr) == (0, "")


@needs_compose
@pytest.mark.parametrize(("missing", "how"), [*((name, "empty") for name in REQUIRED), ("POSTGRES_PASSWORD", "unset")])
def test_docker_compose_names_a_missing_secret(config, missing, how):
    variables = filled()
    del variables[missing]
    result = config(variables if how == "unset" else {**variables, missing: ""})
    assert result.returncode != 0
    assert f"set {missing} in .env, the " in result.stderr


def test_every_variable_is_required_or_harmless():
    for name, rest in re.findall(r"(?<!\$)\$\{(\w+)([^}]*)\}", TEXT):
        assert rest.startswith(":?set ") if name not in HARMLESS else rest.startswith(":-"), name
    assert not re.search(r"(?<!\$)\$[A-Za-z_]", TEXT), "a variable without braces would default to nothing"


def test_no_password_stands_in_the_file():
    def leaves(value):
        if isinstance(value, dict):
            for key, below in value.items():
                yield from ((key, below),) if isinstance(below, str) else leaves(below)
        elif isinstance(value, list):
            for below in value:
                yield from leaves(below)

    secret = re.compile(
        r"PASSWORD|SECRET|FERNET|ACCESS_KEY|SQL_ALCHEMY_CONN|AIRLOCK_LEDGER|BROKER_URL|RESULT_BACKEND|REDISCLI_AUTH"
    )
    found = [(key, value) for key, value in leaves(COMPOSE) if secret.search(key) and not key.endswith("_FILE")]
    assert len(found) > 10
    assert [key for key, value in found if ":?" not in value] == []


def test_the_example_lists_exactly_the_required_variables_and_gives_none_a_value():
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert sorted(given) == REQUIRED
    assert set(given.values()) == {""}
    assert {name for name in HARMLESS if any(line.startswith(f"# {name}=") for line in lines)} == HARMLESS


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_or_runs_once(name):
    if name in ONE_SHOT:
        assert "healthcheck" not in SERVICES[name] and SERVICES[name].get("restart", "no") == "no"
    else:
        assert SERVICES[name]["healthcheck"]["test"]
        assert SERVICES[name]["restart"] == "unless-stopped"


def test_what_runs_once_is_waited_for():
    for name in ONE_SHOT:
        waiting = [
            other
            for other, service in SERVICES.items()
            if service.get("depends_on", {}).get(name) == {"condition": "service_completed_successfully"}
        ]
        assert waiting, name


def test_every_port_is_bound_to_the_loopback():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_who_holds_what():
    def held(name: str) -> str:
        return yaml.safe_dump(SERVICES[name])

    raw = {name for name in SERVICES if "RAW_S3_SECRET_KEY" in held(name)}
    assert raw == {"worker-raw", "store"}, "the raw zone's credentials"
    assert {name for name in SERVICES if "AIRLOCK_SOURCES" in held(name)} == {"worker-raw"}, "the source files"
    keys = {name: service["secrets"] for name, service in SERVICES.items() if "secrets" in service}
    assert keys == {
        "worker-raw": ["airlock_raw_keys"],
        "worker-default": ["airlock_noise_key"],
        "worker-gpu": ["airlock_noise_key"],
    }, "the subkeys; nobody holds the master key"
    assert {name for name in SERVICES if "store" in SERVICES[name].get("networks", [])} == {"store", *WORKERS}
    ledger = {name for name in SERVICES if "AIRLOCK_LEDGER_PASSWORD" in held(name)}
    assert ledger == {"ledger-init", *WORKERS}, "the ledger's password: those who charge"
    assert {name for name in SERVICES if "ledger" in SERVICES[name].get("networks", [])} == {"postgres", *WORKERS}
    for name in WORKERS:
        assert "POSTGRES_PASSWORD" not in held(name) and "FERNET" not in held(name)
        assert "database" not in SERVICES[name]["networks"]


def test_the_store_gives_each_worker_its_zones_only():
    script = SERVICES["store"]["command"][0]
    zones = dict(re.findall(r'may (\w+) "\$\$\w+" "\$\$\w+" ([a-z ]+)', script))
    assert {name: set(value.split()) for name, value in zones.items()} == {
        "raw": {"raw", "clean"},
        "train": {"sealed", "clean"},
        "default": {"sealed", "clean", "handoff"},
    }


def test_the_store_writes_a_policy_that_is_json(tmp_path):
    """The script that writes the store's policy from the environment, up to where it starts the server."""
    script = SERVICES["store"]["command"][0].replace("$$", "$").split("exec weed")[0]
    script = script.replace("/tmp/s3.json", str(tmp_path / "s3.json"))
    environment = {name: name.lower() for name in REQUIRED if "_S3_" in name} | {"PATH": os.environ["PATH"]}
    subprocess.run(["sh", "-c", script], env=environment, check=True)
    identities = {entry["name"]: entry for entry in json.loads((tmp_path / "s3.json").read_text())["identities"]}
    assert identities["train"]["credentials"] == [
        {"accessKey": "train_s3_access_key", "secretKey": "train_s3_secret_key"}
    ]
    assert identities["train"]["actions"] == [
        f"{action}:airlock-{zone}" for zone in ("sealed", "clean") for action in ("Read", "Write", "List")
    ]
    assert (tmp_path / "s3.json").stat().st_mode & 0o077 == 0


def test_the_ledgers_role_opens_the_ledgers_database_only(tmp_path):
    """The script of ledger-init, run twice as a restart would, and the workers' URL, on a PostgreSQL 16."""
    with running_server(superuser="airflow") as url:
        server = make_url(url)
        ask(url, "CREATE DATABASE airflow")
        script = SERVICES["ledger-init"]["command"][0].replace("$$", "$")
        given = SERVICES["ledger-init"]["environment"]
        environment = {
            "PATH": f"{programs()}:{os.environ['PATH']}",
            "PGHOST": server.query["host"],
            "PGUSER": given["PGUSER"],
            "PGDATABASE": given["PGDATABASE"],
            "AIRLOCK_LEDGER_PASSWORD": "it's 'quoted'",
        }
        for _ in range(2):
            result = subprocess.run(
                ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        assert str(ask(url, "SELECT rolpassword FROM pg_authid WHERE rolname = 'ledger'")).startswith("SCRAM-SHA-256$")
        filled_in = {SERVICES[name]["environment"]["AIRLOCK_LEDGER"] for name in WORKERS}
        assert len(filled_in) == 1
        worker = make_url(re.sub(r"\$\{.*?\}", "x", filled_in.pop()))
        assert (worker.drivername, worker.host, worker.port) == ("postgresql+psycopg2", "postgres", 5432)
        here = server.set(username=worker.username, password=worker.password, database=worker.database)
        ask(here, "CREATE TABLE charge (epsilon float)")
        assert ask(here, "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = user") is False
        for database in ("airflow", "postgres", "template1"):
            with pytest.raises(OperationalError, match="permission denied for database"):
                ask(here.set(database=database), "SELECT 1")
            ask(server.set(database=database), "SELECT 1")


def ask(url: URL | str, statement: str) -> object:
    """Runs a statement outside a transaction; its first value, if it has one."""
    with create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as connection:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def test_queues_and_pools_are_those_that_the_settings_name():
    environment = SERVICES["worker-gpu"]["environment"]
    queues = {
        name: SERVICES[name]["command"][SERVICES[name]["command"].index("--queues") + 1]
        for name in SERVICES
        if name.startswith("worker-")
    }
    assert queues == {"worker-raw": "raw", "worker-default": "default", "worker-gpu": "gpu"}
    assert environment["AIRLOCK_TRAIN_QUEUE"] == queues["worker-gpu"]
    assert environment["AIRLOCK_RAW_QUEUE"] == queues["worker-raw"]
    pools = re.findall(r"airflow pools set (\w+) (\d+)", SERVICES["airflow-init"]["command"][0])
    assert ("gpu", "1") in pools and environment["AIRLOCK_TRAIN_POOL"] in dict(pools)
    devices = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]


def test_nobody_is_let_in_without_a_login():
    assert "ALL_ADMINS" not in TEXT.upper()
    assert SERVICES["api-server"]["environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "admin:admin"


def test_the_images_copy_every_folder_that_runs():
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for stage in ("train", "airlock"):
        body = dockerfile.split(f"FROM base AS {stage}\n")[1].split("\nFROM ")[0]
        for folder in ("dags", "plugins", "policies", "tasks"):
            assert f"COPY {folder} {folder}" in body
        assert "USER 50000:0" in body
    for copied in re.findall(r"^COPY (.*) \S+$", dockerfile, re.M):
        for name in copied.split():
            assert f"!{name}" in ignored, name
    assert "**" in ignored, "nothing else, such as .env or a key, reaches an image"
