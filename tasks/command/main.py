"""Parsing the command line and turning errors into exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import tasks
from tasks.command import (
    approve,
    audit_demo,
    audit_files,
    columns,
    config_page,
    demo,
    doctor,
    evaluate,
    forget,
    gc,
    key,
    leakcheck_files,
    ledger,
    mask_files,
    pipeline,
    release,
    reveal,
    review,
    revoke,
    runs_list,
    sample,
    scan,
    ui,
    verify,
)
from tasks.core.errors import EXIT_CODES, AirlockError, quiet_excepthook
from tasks.process.__main__ import quiet_foreign_logs

_COMMANDS = (
    pipeline,
    mask_files,
    leakcheck_files,
    audit_files,
    scan,
    evaluate,
    forget,
    columns,
    sample,
    runs_list,
    ledger,
    approve,
    release,
    verify,
    revoke,
    gc,
    doctor,
    key,
    reveal,
    review,
    config_page,
    demo,
    audit_demo,
    ui,
)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    codes = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items())
    root = argparse.ArgumentParser(
        prog="airlock",
        description="From rows that hold people's lives to a language model with its evidence.",
        epilog="First steps:\n"
        "  airlock sample --domain healthcare --rows 500 --out visits   # realistic rows and a starter configuration\n"
        "  airlock run visits/airlock.yaml                              # the whole pipeline\n"
        "  airlock runs                                                 # what ran, and where the results are\n\n"
        f"Exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"airlock {tasks.__version__}")
    commands = root.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add_to(commands)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    sys.excepthook = quiet_excepthook
    quiet_foreign_logs()
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except AirlockError as exc:
        print(f"airlock: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        print("airlock: stopped; run the same command again to go on from what is finished", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `airlock runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
