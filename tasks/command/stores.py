"""Which store a command looks at: that of a configuration, or the deployment's own."""

from __future__ import annotations

import argparse

from tasks.core import settings
from tasks.core.config.files import read_yaml
from tasks.core.config.model import StoreConfig
from tasks.core.errors import UserError
from tasks.core.store import Store

ZONES = ("raw", "sealed", "clean", "handoff")


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and ``--store``."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--config", metavar="FILE", help="take the store from this configuration")
    where.add_argument("--store", metavar="URL", help="the store's URL or folder (default: `store` in Airlock's home)")


def zones(args: argparse.Namespace) -> dict[str, Store]:
    """The zones that a command line names."""
    section = read_yaml(args.config).get("store", {}) if args.config else {"root": args.store} if args.store else {}
    try:
        store = StoreConfig.model_validate(section)
    except ValueError:
        raise UserError(f"{args.config}: the section `store` has a field it doesn't know") from None
    home = settings.home()
    return {name: Store(store.zone(name, home)) for name in ZONES}
