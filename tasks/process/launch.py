"""Start a stage's process and wait for it: the one way in which the operators and the command run a stage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import tasks
from tasks.core import errors
from tasks.core.errors import AirlockError, TryAgain
from tasks.process.request import Answer, Request

GRACE_SECONDS = 4.0
"""Between SIGTERM and SIGKILL; Airflow's supervisor itself waits 5 s."""

_KEPT_OUT = ("AIRFLOW_", "AIRFLOW__", "_AIRFLOW", "AIRLOCK_KEY", "SQL_ALCHEMY", "FERNET")


class StageProcess:
    """A stage's process.

    Args:
        request: what to do; written to the child's standard input, as it holds keys.
        log: receives each line the child prints.
    """

    def __init__(self, request: Request, log: Callable[[str], None]) -> None:
        self.request, self._log = request, log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id."""
        return self._process.pid if self._process else None

    def run(self) -> Answer:
        """Run the stage to its end.

        Raises:
            AirlockError: the class that the stage raised, with its sentence.
        """
        read_fd, write_fd = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tasks.process", "--answer", str(write_fd), "--parent", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(write_fd,),
                env=child_environment(),
                start_new_session=True,
            )
        finally:
            os.close(write_fd)
        assert self._process.stdin is not None and self._process.stdout is not None
        answer: list[bytes] = []
        reader = threading.Thread(target=lambda: answer.append(_read_all(read_fd)), daemon=True)
        reader.start()
        try:
            with self._process.stdin as stdin:
                stdin.write(self.request.to_bytes())
        except BrokenPipeError:
            pass  # it died already; its exit status tells how
        for line in _lines(self._process.stdout):
            self._log(line)
        code = self._process.wait()
        reader.join()
        return _outcome(self.request.stage, code, answer[0])

    def stop(self) -> None:
        """End the child: SIGTERM to its group, SIGKILL after :data:`GRACE_SECONDS`."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def child_environment() -> dict[str, str]:
    """The environment without Airflow's settings and connections and without keys."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(_KEPT_OUT)}
    root = str(Path(tasks.__file__).resolve().parent.parent)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [root, env.get("PYTHONPATH", "")]))
    env |= {
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "critical",
        "TOKENIZERS_PARALLELISM": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }
    return env


def _read_all(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as stream:
        return stream.read()


def _lines(stream: IO[bytes]) -> Iterator[str]:
    for raw in stream:
        line = raw.decode("utf-8", "replace").rstrip()
        if line:
            yield line


def _outcome(stage: str, code: int, data: bytes) -> Answer:
    if not data:
        if code < 0:
            name = signal.Signals(-code).name
            raise TryAgain(f"{stage}: its process was ended by {name}; nothing was published")
        raise AirlockError(f"{stage}: its process ended with {code} before it could answer")
    answer = Answer.from_bytes(data)
    if answer.code:
        kind = getattr(errors, answer.kind, AirlockError)
        if not (isinstance(kind, type) and issubclass(kind, AirlockError)):
            kind = AirlockError
        raise kind(answer.message)
    return answer
