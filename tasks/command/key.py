"""``airlock key``: make the deployment's master key."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from tasks.core import settings
from tasks.core.errors import UserError
from tasks.core.keys import ROLES, load_keys, new_key, share


def add_to(commands: Any) -> None:
    """Add ``key``."""
    parser = commands.add_parser(
        "key",
        help="make or name the master key",
        description="The master key pseudonymises persons, splits data and seeds noise. Whoever holds it and the raw "
        "zone can undo keyed hashes: keep it like a password, back it up, and never put it beside the data.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="write a fresh key, readable by its owner only")
    new.add_argument("--out", type=Path, help="the file (default: AIRLOCK_KEY_FILE, or `key` in Airlock's home)")
    new.set_defaults(run=_new)
    share = actions.add_parser(
        "share",
        help="write some subkeys for a worker that must not hold the others",
        description="Writes the subkeys of the named roles. A raw worker needs unit, split, mask and vault, a train or "
        "default worker noise.",
    )
    share.add_argument("roles", nargs="+", choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    share.add_argument("--key", type=Path, help="the master key (default: the deployment's)")
    share.add_argument("--out", type=Path, required=True, help="the file to write")
    share.set_defaults(run=_share)
    public = actions.add_parser(
        "public",
        help="print the public key that releases are signed with, for whoever checks them",
        description="Prints the public key of the `release` role as PEM. Hand it to receivers by another way than the "
        "bundles; `airlock verify BUNDLE --key release.pem` needs it. The ledger's public key is printed by `airlock "
        "ledger verify`.",
    )
    public.set_defaults(run=_public)
    show = actions.add_parser("show", help="print the public ids of the keys in use, never a key")
    show.set_defaults(run=_show)


def _new(args: argparse.Namespace) -> int:
    path = args.out or Path(os.environ.get("AIRLOCK_KEY_FILE") or settings.home() / "key")
    if path.exists():
        raise UserError(f"{path}: there is a key already; data hashed with it can't be matched under a new one")
    new_key(path)
    print(f"wrote {path}")
    return 0


def _share(args: argparse.Namespace) -> int:
    if args.out.exists():
        raise UserError(f"{args.out}: there is a file already; name another or remove it")
    if args.key:
        os.environ["AIRLOCK_KEY_FILE"] = str(args.key)
    share(load_keys(settings.home()), args.roles, args.out)
    print(f"wrote {args.out}")
    return 0


def _public(_: argparse.Namespace) -> int:
    from tasks.methods.bundle.signing import private_key, public_pem

    print(public_pem(private_key(load_keys(settings.home()).secret("release"))), end="")
    return 0


def _show(_: argparse.Namespace) -> int:
    keys = load_keys(settings.home())
    for role in keys.roles:
        print(f"{role:7} {keys.key_id(role)}")
    return 0
