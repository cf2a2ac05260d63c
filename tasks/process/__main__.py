"""The child process of a stage: ``python -m tasks.process --answer FD``, the request on standard input.

SIGTERM keeps its default action and ends the process at once: everything it wrote is an attempt without a
manifest, so there is nothing to save.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import warnings

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
    answer = execute(request)
    with os.fdopen(answer_fd, "wb") as stream:
        stream.write(answer.to_bytes())
    return answer.code


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
