"""``airlock verify``: whether a bundle is what was released, on the machine of whoever was handed it."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tasks.command.release_key import deployment_key
from tasks.core.errors import GateRefused, UserError


def add_to(commands: Any) -> None:
    """Add ``verify``."""
    parser = commands.add_parser(
        "verify",
        help="check a bundle: signature, every file, the cards against each other and the ledger",
        description="Checks a bundle as it was handed over: the signature over every file, the privacy card against "
        "its figures and the signed statement of the privacy ledger, and, with --revoked, whether it was taken back. "
        "It needs no network, and none of Airlock's keys: the releasing team's public key is enough, which they print "
        "by `airlock key public` and which must not come from the bundle itself. Whatever is wrong is a line, and the "
        "exit code is 3.",
        epilog="Example:\n  airlock verify ward-model/1.0.0 --key release.pem --revoked revoked.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", type=Path, help="the bundle's folder")
    parser.add_argument(
        "--key", type=Path, metavar="PEM", help="the public key (default: this deployment's own, where it has one)"
    )
    parser.add_argument(
        "--ledger-key",
        metavar="HEX",
        help="the ledger's public key, which `airlock ledger verify` prints; without it the key is taken from the "
        "bundle, and the ledger's statement is as good as whoever signed the bundle",
    )
    parser.add_argument("--revoked", type=Path, metavar="LIST", help="the list that `airlock revoke` writes")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from tasks.core.ledger.chain import Verifier
    from tasks.core.ledger.statement import signed
    from tasks.methods.bundle.check import MANIFEST, Fault, check
    from tasks.methods.bundle.signing import fingerprint

    if not args.bundle.is_dir():
        raise UserError(f"verify: {args.bundle} isn't a folder; name the bundle's folder, with manifest.json in it")
    pem = _read(args.key, "the public key").decode("ascii", "replace") if args.key else deployment_key()
    revoked = _read(args.revoked, "the list of revoked bundles") if args.revoked else None

    if args.ledger_key:
        Verifier(args.ledger_key)  # one that isn't a key is the caller's mistake, not the bundle's

    def by_ledger(data: bytes, signature: str, public: str) -> bool:
        try:
            return signed(data, signature, args.ledger_key or public)
        except UserError:
            return False

    try:
        faults = check(args.bundle, pem, by_ledger, revoked)
    except OSError as exc:
        name = os.path.relpath(str(exc.filename or args.bundle), args.bundle)
        faults = [Fault(name, "can't be read by this user")]
    manifest = {} if faults else json.loads((args.bundle / MANIFEST).read_bytes())
    if args.json:
        found = {
            "passed": not faults,
            "key": fingerprint(pem),
            "name": manifest.get("name"),
            "version": manifest.get("version"),
            "ledger_key_given": bool(args.ledger_key),
            "faults": [asdict(fault) for fault in faults],
        }
        print(json.dumps(found, indent=1, sort_keys=True))
    else:
        for fault in faults:
            print(_plain(str(fault)))
    if faults:
        raise GateRefused(f"verify: {args.bundle} is not as it was released: {len(faults)} faults")
    if not args.json:
        looked = "" if revoked else "; whether it was revoked was not looked up (--revoked)"
        ledger = "" if args.ledger_key else "; the ledger's key is the bundle's own word (--ledger-key)"
        promise = f"the privacy card no lower than the ledger's statement{ledger}"
        if manifest["figures"].get("epsilon") is None:
            promise = "the privacy card gives no formal guarantee"
        print(
            f"{args.bundle}: {_plain(manifest['name'])} {_plain(manifest['version'])}, signed by "
            f"{fingerprint(pem)[:16]}…, every file as released, {promise}{looked}"
        )
    return 0


def _plain(text: str) -> str:
    """Names of files as they may be printed: a line break or an escape code in one could fake another line."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise UserError(f"verify: {what} can't be read from {path}") from None
