"""A process that has nothing of this one's: what loads there loads for whoever receives the folder.

``python -I`` (no environment of Python's, no user site, no working folder on the path) in an empty folder, with an
environment of three variables and with sockets refused. It ends when its parent does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tasks.core.errors import AirlockError

_PRELUDE = """
import json, os, socket, sys, threading, time
parent = os.getppid()
def watch():
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
def refuse(*_): raise OSError("no network")
socket.socket.connect = socket.socket.connect_ex = refuse
task = json.load(sys.stdin)
"""


def run_clean(code: str, task: dict[str, Any], empty: Path, timeout: float, what: str = "the model") -> None:
    """Run a program in a clean process.

    Args:
        code: Python source; finds ``task``, ``json``, ``os`` and ``sys`` in its names, and may write into its working
            folder.
        task: plain JSON.
        empty: the working folder and home.
        timeout: seconds.
        what: whose loading it is, for the errors.

    Raises:
        AirlockError: the program fails, or takes longer than ``timeout`` seconds.
    """
    environment = {"PATH": os.defpath, "HOME": str(empty), "HF_HUB_OFFLINE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PRELUDE + code],
            input=json.dumps(task),
            cwd=empty,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise AirlockError(f"export: {what} did not load and generate within {timeout:g} s") from None
    if done.returncode != 0:
        # The last line of a traceback names the kind of error; what follows its colon may quote a path.
        lines = done.stderr.strip().splitlines() or ["no message"]
        kind = lines[-1].partition(":")[0][:80]
        raise AirlockError(f"export: {what} doesn't load in a clean process ({kind})")
