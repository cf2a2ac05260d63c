"""``airlock ui``: Airflow on this machine with Airlock's DAGs, pages and a quick scheduler.

Airflow's own ``standalone`` command does the work. It listens to SIGINT alone, and a SIGTERM would end its parent
process and leave the others running with the port: it is therefore started in a session of its own, stopped by
SIGINT, and whatever is left of the session is ended after that.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tasks
from tasks.core import settings
from tasks.core.config.files import load_config
from tasks.core.errors import UserError
from tasks.core.keys import load_keys

ROOT = Path(tasks.__file__).resolve().parent.parent
START_SECONDS = 180.0
"""How long Airflow may take to answer."""
STOP_SECONDS = 10.0
"""How long each of the gentler ways to stop it is given."""

_PR_SET_PDEATHSIG = 1


def add_to(commands: Any) -> None:
    """Add ``ui``."""
    parser = commands.add_parser(
        "ui",
        help="start Airflow on this machine, with Airlock's DAGs and pages",
        description="Starts `airflow standalone` on 127.0.0.1, prints its address and login, and stops it on Ctrl-C.",
    )
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default: 8080)")
    parser.add_argument("--config", type=Path, help="configuration that fills the form (default: AIRLOCK_CONFIG)")
    parser.set_defaults(run=lambda args: ui(settings.home(), args.port, args.config))


def ui(home: Path, port: int, config: Path | None = None) -> int:
    """Run Airflow until Ctrl-C or SIGTERM.

    Args:
        home: Airlock's home; Airflow's lies in ``airflow`` below it. A key is made where there is none.
        port: where to listen, on the loopback interface only.
        config: the configuration whose values are the form's defaults.

    Returns:
        0 when stopped by a signal.

    Raises:
        UserError: where Airflow isn't installed, the port is taken, or Airflow ends by itself.
    """
    environment = airflow_environment(home, port, config)
    _check_port(port)
    load_keys(home, create=True)
    folder = Path(environment["AIRFLOW_HOME"])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log_path = folder / "standalone.log"
    asked = threading.Event()
    private = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(private, "wb") as log, _signals(asked), _no_log_servers(environment):
        _make_pool(environment, log)
        print(f"airlock: starting Airflow; log in {log_path}", flush=True)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "airflow", "standalone"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_interruptible,
        )
        try:
            if _wait_until_ready(process, port, asked):
                print(f"airlock: Airflow is at http://127.0.0.1:{port}", _login(folder), "Stop with Ctrl-C.", sep="\n")
                sys.stdout.flush()
            while process.poll() is None and not asked.wait(0.25):
                pass
        finally:
            stop(process)
    if not asked.is_set():
        raise UserError(f"ui: Airflow ended by itself; see {log_path}")
    print("airlock: Airflow is stopped", flush=True)
    return 0


def airflow_environment(home: Path, port: int, config: Path | None = None) -> dict[str, str]:
    """The environment of a local Airflow: SQLite, four tasks at once, loopback only, none of this shell's settings."""
    folder, here = home / "airflow", f"http://127.0.0.1:{port}"
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "_AIRFLOW"))}
    environment = plain | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), plain.get("PATH", os.defpath))),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), plain.get("PYTHONPATH")))),
        "AIRLOCK_HOME": str(home),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{here}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": here,
        "AIRFLOW__API__WORKERS": "1",
    }
    if config is not None:
        load_config(config)
        environment["AIRLOCK_CONFIG"] = str(config.resolve())
    return environment


def stop(process: subprocess.Popen[bytes]) -> None:
    """End Airflow and all of its session: SIGINT to ``standalone``, then SIGTERM and SIGKILL to what is left."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in _session(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + STOP_SECONDS
        while _session(process.pid) and time.monotonic() < until:
            process.poll()
            time.sleep(0.1)
    process.wait()


def _session(leader: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, session, *_ = entry.read_text().rsplit(")", 1)[1].split()
            if int(session) == leader and state != "Z":
                found.append(int(entry.parent.name))
    return found


def _interruptible() -> None:
    # A shell starts background jobs with SIGINT ignored, and standalone stops on nothing else.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


@contextlib.contextmanager
def _no_log_servers(environment: dict[str, str]) -> Iterator[None]:
    """Keep Airflow's two log servers off: they listen on every interface and can't be told otherwise.

    Local tasks' logs are read from files. The servers are sent to a port that is held here and never listened on.
    """
    with socket.socket() as held:
        held.bind(("0.0.0.0", 0))
        for name in ("WORKER", "TRIGGER"):
            environment[f"AIRFLOW__LOGGING__{name}_LOG_SERVER_PORT"] = str(held.getsockname()[1])
        yield


@contextlib.contextmanager
def _signals(asked: threading.Event) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_port(port: int) -> None:
    if not 0 < port < 65536:
        raise UserError("--port: must lie between 1 and 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise UserError(f"--port: {port} is taken on this machine; choose another") from None


def _make_pool(environment: dict[str, str], log: Any) -> None:
    pool = environment.get("AIRLOCK_TRAIN_POOL", "default_pool")
    if pool == "default_pool":
        return
    for words in (["db", "migrate"], ["pools", "set", pool, "1", "training"]):
        command = [sys.executable, "-P", "-m", "airflow", *words]
        if subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False).returncode:
            where = f"{environment['AIRFLOW_HOME']}/standalone.log"
            raise UserError(f"ui: `airflow {' '.join(words[:2])}` failed; see {where}")


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, asked: threading.Event) -> bool:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until and not asked.wait(0.25):
        with contextlib.suppress(urllib.error.URLError, OSError, ValueError):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
                health = json.load(answer)
            # The answer is 200 whatever it says.
            if all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor")):
                return True
    return False


def _login(folder: Path) -> str:
    path = folder / "simple_auth_manager_passwords.json.generated"
    try:
        users = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"Login as admin; the password is in {path}"
    return "\n".join(f"Login: {user}, password: {password}" for user, password in users.items())
