"""``airlock config``: check a configuration, or print the reference of all fields."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tasks.core.config.files import load_config
from tasks.core.config.form import form_fields, reference_page
from tasks.core.errors import UserError
from tasks.core.policies import load_policy


def add_to(commands: Any) -> None:
    """Add ``config``."""
    parser = commands.add_parser(
        "config",
        help="check a configuration, or print the reference of all fields",
        description="Checks a configuration and prints it with every default filled in.",
    )
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="a configuration (.yaml)")
    parser.add_argument("--reference", action="store_true", help="print every field as Markdown")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if args.reference:
        print(reference_page(form_fields()), end="")
        return 0
    if not args.config:
        raise UserError("name a configuration, or ask for --reference")
    config = load_config(args.config)
    load_policy(config.mask.policy)
    print(json.dumps(config.model_dump(mode="json"), indent=1, ensure_ascii=False))
    return 0
