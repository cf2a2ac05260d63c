"""``airlock ledger verify`` and ``export``: whether the ledger was changed, and a copy that others can check."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tasks.command.audit_lines import printable
from tasks.command.ledger_figures import open_to_read, signer
from tasks.command.stores import add_store_options, zones
from tasks.core.errors import UserError
from tasks.core.ledger import Heads, Verifier
from tasks.core.ledger.accounts import now
from tasks.core.ledger.extract import check, extract
from tasks.core.ledger.verify import Finding, verify

FOUND = 3
"""Exit code of a ledger in which something was changed: a gate refused."""


def add_to(actions: Any) -> None:
    """Add ``verify`` and ``export``."""
    checking = actions.add_parser(
        "verify",
        help="whether anything in the ledger was changed, dropped or put in",
        description="Walks the whole ledger: each data set's records must follow one another, each hashed over the one "
        "before and signed by the ledger's key; the newest heads in the artifact store's clean zone must be among "
        "them; and every other table must say what the records say. Each difference is one line, and the command "
        f"ends with {FOUND}. It prints the public key: write it down elsewhere, for with --key nobody needs the "
        "secret, and a ledger that was signed anew with another key is noticed. With --extract it checks a file that "
        "`export` wrote, offline.",
        epilog="Examples:\n  airlock ledger verify\n"
        "  airlock ledger verify --key 3b6a27bc...\n"
        "  airlock ledger verify --extract visits.json --key 3b6a27bc...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    checking.add_argument("--key", metavar="PUB", help="the ledger's public key (default: from the deployment's key)")
    checking.add_argument("--extract", type=Path, metavar="FILE", help="check this extract instead of the ledger")
    checking.add_argument("--no-heads", action="store_true", help="don't look at the artifact store")
    checking.add_argument("--json", action="store_true", help="print as JSON")
    add_store_options(checking)
    checking.set_defaults(run=_verify)
    export = actions.add_parser(
        "export",
        help="a data set's log as a signed file that a third party can check",
        description="Writes the whole log of a data set as JSON: every record with its hash and signature, and a "
        "signed statement that the log ended so now. It holds no nonce, so nothing in it undoes any noise; it does "
        "name runs and who asked. `airlock ledger verify --extract FILE --key PUB` checks it without the ledger.",
        epilog="Example:\n  airlock ledger export visits --out visits.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("dataset", metavar="DATASET", help="the data set")
    export.add_argument("--out", type=Path, metavar="FILE", help="write it there (default: print it)")
    export.add_argument("--json", action="store_true", help="say as JSON what was written; the extract is JSON anyway")
    export.set_defaults(run=_export)


def _verify(args: argparse.Namespace) -> int:
    if args.extract is not None:
        return _verify_extract(args)
    public = args.key or signer().public
    verifier, ledger = Verifier(public), open_to_read()
    heads = None if args.no_heads else Heads(zones(args)["clean"])
    report = verify(ledger.database, verifier, heads)
    if args.json:
        print(json.dumps({"public_key": public, **asdict(report)}, indent=1, sort_keys=True))
        return FOUND if report.findings else 0
    _say(report.findings)
    what = f"records: {report.records:,}, data sets: {report.datasets}, charges: {report.charges:,}"
    seen = "the artifact store's heads too" if report.heads else "the artifact store's heads weren't looked at"
    print(f"looked at {what}; {seen}\npublic key {public}")
    return _verdict(report.findings)


def _verify_extract(args: argparse.Namespace) -> int:
    if not args.key:
        raise UserError("ledger: an extract is checked by the public key that its owner gave you: --key PUB")
    try:
        text = args.extract.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UserError(f"--extract: {args.extract} can't be read as UTF-8 text") from None
    findings, at, books = check(text, args.key)
    states = Counter(charge["state"] for charge in books.charges.values())
    if args.json:
        shown = {"findings": [asdict(one) for one in findings], "at": at, "charges": dict(states)}
        print(json.dumps(shown, indent=1, sort_keys=True))
        return FOUND if findings else 0
    _say(findings)
    for name, budget in books.datasets.items():
        counted = ", ".join(f"{number} {state}" for state, number in sorted(states.items())) or "none"
        print(
            f"data set {printable(name)} as it stood at {printable(at)}: budget ε = {budget['epsilon']:g} at "
            f"δ = {budget['delta']:g}, {budget['period']}; charges: {counted}"
        )
        if budget["pool"] != name:
            print(f"it draws on the budget of {printable(budget['pool'])}, whose charges count with its own")
    return _verdict(findings)


def _say(findings: list[Finding]) -> None:
    for finding in findings:
        print(printable(finding.sentence))


def _verdict(findings: list[Finding]) -> int:
    if findings:
        print(f"findings: {len(findings)}. This isn't what the ledger wrote; bring back the newest one that verifies.")
        return FOUND
    print("nothing was changed")
    return 0


def _export(args: argparse.Namespace) -> int:
    key, ledger = signer(), open_to_read()
    log = ledger.records(args.dataset)
    if not log:
        raise UserError(f"ledger: data set {args.dataset} isn't registered; `airlock ledger list` lists those that are")
    text = json.dumps(extract(args.dataset, log, now(), key), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if args.out is None:
        print(text, end="")
        return 0
    try:
        args.out.write_text(text, encoding="utf-8")
    except OSError:
        raise UserError(f"--out: {args.out} can't be written by this user") from None
    if args.json:
        print(json.dumps({"file": str(args.out), "records": len(log), "public_key": key.public}, sort_keys=True))
    else:
        print(
            f"wrote {len(log)} records to {args.out}; check it by\n"
            f"  airlock ledger verify --extract {args.out} --key {key.public}"
        )
    return 0
