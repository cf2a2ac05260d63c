"""``airlock doctor``: names what a deployment lacks, a sentence each."""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from tasks.core import settings
from tasks.core.config import Config
from tasks.core.config.files import load_config
from tasks.core.errors import AirlockError, UserError
from tasks.core.keys import load_keys
from tasks.core.ledger import Ledger
from tasks.core.ledger.database import Database
from tasks.core.store import Store

_GROUPS = {
    "ingest": ("polars", "pyarrow"),
    "statistics": ("cryptography", "pyarrow", "scipy"),
    "mask": ("cryptography", "faker", "presidio_analyzer", "spacy"),
    "leakcheck": ("ahocorasick", "great_expectations", "onnxruntime", "scipy"),
    "train": ("torch", "opacus", "transformers", "peft"),
}


@dataclass(frozen=True)
class Check:
    """One thing looked at: its name, whether it is well, and a sentence."""

    name: str
    ok: bool
    sentence: str


def add_to(commands: Any) -> None:
    """Add ``doctor``."""
    parser = commands.add_parser(
        "doctor",
        help="name what this deployment lacks",
        description="Looks for the key, the zones, the ledger, the libraries of each stage, the base model, and where "
        "Airflow is installed its pools and queues. Ends with 2 if anything is missing.",
    )
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="also check what this configuration needs")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    config = load_config(args.config) if args.config else None
    found = list(checks(config))
    if args.json:
        print(json.dumps([asdict(check) for check in found], indent=1))
    else:
        for check in found:
            print(f"{'ok ' if check.ok else 'NO '} {check.name:10} {check.sentence}")
    return 0 if all(check.ok for check in found) else 2


def checks(config: Config | None) -> Iterator[Check]:
    """Look at everything. A probe file in each zone is removed again; a packaged base model is unpacked for later."""
    yield _try("key", _key)
    yield _try("ledger", _ledger)
    for zone in ("raw", "sealed", "clean", "handoff"):
        yield _try(f"zone {zone}", functools.partial(_zone, config, zone))
    for stage, modules in _GROUPS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        yield Check(
            stage,
            not missing,
            f"lacks {', '.join(missing)}; install the group with `pip install -e '.[{stage}]'`"
            if missing
            else "its libraries are installed",
        )
    if config is not None:
        yield _try("model", lambda: _model(config))
    if importlib.util.find_spec("airflow") is not None and os.environ.get("AIRFLOW_HOME"):
        yield from _airflow()


def _try(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except AirlockError as exc:
        return Check(name, False, str(exc))
    except OSError as exc:
        return Check(name, False, f"{type(exc).__name__}: the path can't be used by this user")


def _key() -> str:
    return f"present, id {load_keys(settings.home()).key_id('noise')}"


def _ledger() -> str:
    url = settings.ledger_url()
    database = Database(url)
    if database.path is not None and not database.path.exists():
        if not os.access(database.path.parent, os.W_OK):
            raise UserError(f"ledger {url}: its folder can't be written; set AIRLOCK_LEDGER")
        return f"no entries yet in {database.name}"
    ledger = Ledger(url)
    return f"{len(ledger.entries())} entries on {len(ledger.datasets())} data sets in {database.name}"


def _zone(config: Config | None, zone: str) -> str:
    from tasks.core.config.model import StoreConfig

    store = Store((config.store if config else StoreConfig()).zone(zone, settings.home()))
    probe = f".doctor-{uuid.uuid4().hex}"
    try:
        with ThreadPoolExecutor(8) as pool:
            won = sum(pool.map(lambda _: store.create(probe, b""), range(8)))
        if won != 1:
            raise UserError(f"{store.url}: let {won} of 8 writers create one file, so two workers could both publish")
    finally:
        store.remove(probe)
    return f"{store.url} is writable and lets one of 8 writers at once create a file"


def _model(config: Config) -> str:
    from tasks.methods.lm.weights import resolve

    found = resolve(config.train.base_model, settings.home(), allow_download=config.train.allow_download)
    return f"base model {found.id} is ready"


def _airflow() -> Iterator[Check]:
    pool = os.environ.get("AIRLOCK_TRAIN_POOL", "default_pool")
    listed = _airflow_json("pools", "list", "-o", "json")
    if listed is None:
        yield Check("airflow", False, "its metadata database can't be read; run `airflow db migrate`")
        return
    names = {item["pool"] for item in listed}
    yield Check(
        "pool",
        pool in names,
        f"pool {pool} exists"
        if pool in names
        else f'pool {pool} is missing; run `airflow pools set {pool} 1 "one GPU"`',
    )
    executor = os.environ.get("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    for variable in ("AIRLOCK_TRAIN_QUEUE", "AIRLOCK_RAW_QUEUE"):
        if queue := os.environ.get(variable):
            yield _queue(variable, queue, executor)


def _queue(variable: str, queue: str, executor: str) -> Check:
    if "Celery" not in executor:
        return Check("queue", False, f"{variable} is {queue}, but {executor} has no queues: tasks run on this machine")
    app = "airflow.providers.celery.executors.celery_executor.app"
    command = [sys.executable, "-P", "-m", "celery", "-A", app, "inspect", "active_queues", "--json", "-t", "5"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    listening = f'"name": "{queue}"' in found.stdout or f'"name":"{queue}"' in found.stdout
    sentence = (
        f"a worker listens on queue {queue}"
        if listening
        else f"no worker listens on queue {queue}; start one with `airflow celery worker -q {queue}`"
    )
    return Check("queue", listening, sentence)


def _airflow_json(*words: str) -> list[dict[str, Any]] | None:
    found = subprocess.run([sys.executable, "-P", "-m", "airflow", *words], capture_output=True, text=True, check=False)
    try:
        return list(json.loads(found.stdout[found.stdout.index("[") :]))
    except ValueError:
        return None
