"""``airlock revoke``: take a released bundle back, by a signed list that receivers check against."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import asdict
from typing import Any

from tasks.command.release_key import deployment_private_key
from tasks.command.stores import add_store_options, zones
from tasks.core.errors import UserError
from tasks.core.store import Store

NAME = "revoked.json"


def add_to(commands: Any) -> None:
    """Add ``revoke``."""
    parser = commands.add_parser(
        "revoke",
        help="take a released bundle back: an entry in the signed list in the hand-off zone",
        description="Adds a release to revoked.json in the hand-off zone, signed by the release key. Nothing is "
        "deleted: receivers have their copies, and `airlock verify BUNDLE --revoked revoked.json` refuses them from "
        "then on. Hand the list out wherever bundles go.",
        epilog="Examples:\n  airlock revoke ward-model 1.0.0 --why 'the data set had the wrong consent'\n"
        "  airlock revoke --list",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", help="the model's name")
    parser.add_argument("version", nargs="?", help="the bundle's version")
    parser.add_argument("--why", default="", metavar="TEXT", help="the reason; receivers read it, so no person's name")
    parser.add_argument("--list", action="store_true", help="list what was taken back")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_store_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from tasks.methods.bundle.revocation import Revoked, read, write
    from tasks.methods.bundle.signing import public_pem

    handoff, key = zones(args)["handoff"], deployment_private_key()
    try:
        found = read(handoff.read_bytes(NAME), public_pem(key))
    except FileNotFoundError:
        found = []
    except ValueError as exc:
        raise UserError(f"revoke: {handoff.url}/{NAME}: {exc}") from None
    if not args.list:
        if not (args.name and args.version and args.why.strip()):
            raise UserError("revoke: name the model, its version and, by --why, the reason; or ask for --list")
        if any((one.name, one.version) == (args.name, args.version) for one in found):
            raise UserError(f"revoke: {args.name} {args.version} is on the list already")
        digest = _manifest_sha256(handoff, f"{args.name}/{args.version}")
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        found.append(Revoked(args.name, args.version, digest, at, args.why.strip()))
        handoff.write_bytes(NAME, write(found, key))
    if args.json:
        print(json.dumps([asdict(one) for one in found], indent=1, sort_keys=True))
        return 0
    for one in found:
        print(f"{one.at}  {one.name} {one.version}  {one.why}")
    print(f"{handoff.url}/{NAME}" if found else "nothing was taken back yet")
    return 0


def _manifest_sha256(handoff: Store, place: str) -> str:
    try:
        return hashlib.sha256(handoff.read_bytes(f"{place}/manifest.json")).hexdigest()
    except FileNotFoundError:
        raise UserError(f"revoke: there is no {place} in {handoff.url}") from None
