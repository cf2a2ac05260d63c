"""The child process of a stage: ``python -m tasks.process --answer FD``, the request on standard input.

SIGTERM keeps its default action and ends the process at once: everything it wrote is an attempt without a
manifest, so there is nothing to save. Only train catches it, while it takes noisy steps, to write a checkpoint.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from tasks.core import settings
from tasks.core.errors import quiet_excepthook
from tasks.process.execute import execute
from tasks.process.request import Request

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Read the request, run the stage, write the answer."""
    answer_fd = int(sys.argv[sys.argv.index("--answer") + 1])
    parent = int(sys.argv[sys.argv.index("--parent") + 1])
    _die_with(parent)
    sys.excepthook = quiet_excepthook
    quiet_foreign_logs()
    request = Request.from_bytes(sys.stdin.buffer.read())
    with scratch_folder(settings.scratch()):
        answer = execute(request)
    with os.fdopen(answer_fd, "wb") as stream:
        stream.write(answer.to_bytes())
    return answer.code


@contextlib.contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Give this process a folder of its own for temporary files, and remove those that killed ones left."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in root.iterdir():
        pid, _, started = left.name.partition("-")
        if pid.isdigit() and _start_time(int(pid)) != started:
            shutil.rmtree(left, ignore_errors=True)
    folder = root / f"{os.getpid()}-{_start_time(os.getpid())}"
    folder.mkdir(mode=0o700, exist_ok=True)
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before[0]
        os.environ.pop("TMPDIR")
        if before[1] is not None:
            os.environ["TMPDIR"] = before[1]
        shutil.rmtree(folder, ignore_errors=True)


def _start_time(pid: int) -> str:
    """When a process started, as the kernel counts: with it a pid names one process for ever. Empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def quiet_foreign_logs() -> None:
    """Let only Airlock's own log lines out: a library's warning may quote the row it stumbled over."""
    warnings.simplefilter("ignore")
    logging.root.handlers = [logging.NullHandler()]
    logging.raiseExceptions = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    ours = logging.getLogger("airlock")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO)


def _die_with(parent: int) -> None:
    """Have the kernel end this process when the one that started it dies, however it dies."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the call
        sys.exit(1)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # libraries' exit handlers (thread pools, telemetry) have nothing left to do
