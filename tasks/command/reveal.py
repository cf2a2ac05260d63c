"""``airlock reveal``: show what stood where masking was reversible, once the audit log says so."""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.command.audit_lines import log_failure, printable, short, show_log
from tasks.command.stores import add_store_options, zones
from tasks.core import artifacts, audit, runs, settings
from tasks.core.errors import UserError
from tasks.core.keys import Keys, load_keys
from tasks.process.__main__ import scratch_folder

if TYPE_CHECKING:
    from tasks.core.artifacts import Artifact

_HASH = re.compile(r"<[A-Z][A-Z0-9_]*:[0-9a-f]{20}>")


@dataclass(frozen=True)
class Revealed:
    """A token and what it stands for; where it stood, if the vault told.

    Attributes:
        token: as it stands in the masked text.
        value: the original.
        record_id: the row.
        column: the column.
    """

    token: str
    value: str
    record_id: int | None = None
    column: str = ""


def add_to(commands: Any) -> None:
    """Add ``reveal``."""
    parser = commands.add_parser(
        "reveal",
        help="show the originals of reversibly masked values, and write down who looked",
        description="Encrypted tokens need the `mask` key they were written under. Hashes, surrogates, numbered tags, "
        "partial masks and shifted dates need the vault of their run's mask artifacts and the `vault` key. A line in "
        "the audit log in Airlock's home comes first: who, when, which run and rows, how many values, never a value; "
        "an attempt that shows nothing has a line too. --finding shows the masked text in which the leak gate found "
        "something, or might have: it needs the raw zone and no key.",
    )
    parser.add_argument("what", nargs="?", help="a token, or a file of masked text")
    parser.add_argument(
        "--finding",
        metavar="RECORD[:COLUMN[:START-END]]",
        help="show the masked text around a finding of the leak gate, as in 17:note:4-11",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--run", dest="run_id", metavar="RUN", help="look in the vaults of this run")
    where.add_argument(
        "--artifact", metavar="KEY", help="look in the vault of this mask artifact (or its first digits)"
    )
    parser.add_argument("--record", type=int, metavar="ID", help="only the row with this record_id")
    parser.add_argument("--log", action="store_true", help="check the audit log and print it instead")
    add_store_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    log = audit.log_path(settings.home())
    if args.log:
        return show_log(log)
    if not args.what and args.finding is None:
        raise UserError("reveal: name a token or a file of masked text, a --finding, or ask for the log with --log")
    if (line := audit.verify(log)) is not None:
        raise UserError(f"reveal: line {line} of the audit log was changed, so nothing is shown; see reveal --log")
    return _tokens(args, log) if args.finding is None else _finding(args, log)


def _finding(args: argparse.Namespace, log: Path) -> int:
    from tasks.command.finding_place import Place, look_up

    asked = {"action": "reveal finding", "run": short(args.run_id), "artifact": short(args.artifact)}
    records: list[int] = []
    try:
        place = Place.parse(args.finding)
        records.append(place.record)
        if args.what or args.record is not None:
            raise UserError("reveal: --finding names the record itself, and stands alone")
        if not args.run_id and not args.artifact:
            raise UserError("reveal: name the run that the finding is of by --run, or its mask artifact by --artifact")
        with scratch_folder(settings.scratch()):
            found = look_up(place, _vaults(args))
    except Exception as exc:
        log_failure(log, asked, exc, records)
        raise
    columns = sorted(one.column for one in found)
    audit.append(log, {**asked, "outcome": "shown", "values": len(found), "record_ids": records, "columns": columns})
    for one in found:
        before, hit, behind = map(printable, one.parts)
        marked = f"{before}\u00bb{hit}\u00ab{behind}" if one.marked else hit
        print(f"{place.record}\t{printable(one.column)}\t{marked}")
    return 0


def _tokens(args: argparse.Namespace, log: Path) -> int:
    text = _text(args.what)
    asked = {"action": "reveal", "run": short(args.run_id), "artifact": short(args.artifact), "tokens": _ids(text)}
    vaults: list[Artifact] = []
    found: list[Revealed] = []
    try:
        keys = load_keys(settings.home())
        vaults += _vaults(args)
        found += [*_decrypted(text, keys), *_kept(text, vaults, keys, args)]
        if not found:
            raise UserError(f"reveal: {_why_nothing(text, vaults, keys, args)}")
        if args.record is None:
            _refuse_ambiguous(found)
    except Exception as exc:
        log_failure(log, asked, exc, [])
        raise
    audit.append(
        log,
        {
            **asked,
            "outcome": "shown",
            "artifacts": sorted(vault.ref.key for vault in vaults),
            "values": len(found),
            "record_ids": sorted({one.record_id for one in found if one.record_id is not None}),
        },
    )
    for one in found:
        place = "" if one.record_id is None else f"{one.record_id}\t{one.column}\t"
        print(f"{place}{printable(one.token)}\t{printable(one.value)}")
    return 0


def _text(what: str) -> str:
    """The masked text: a file's content, or the token itself."""
    path = Path(what)
    try:
        if len(what) < 4096 and "\x00" not in what and path.is_file():
            return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UserError(f"reveal: {path.name} can't be read as UTF-8 text") from None
    return what


def _ids(text: str) -> list[str]:
    """Ids of the tokens asked for, at most twenty: digests of ciphertexts and keyed hashes, from which nothing follows.

    What else is asked for might be typed from memory, and is a value then: it has no id.
    """
    from tasks.methods.mask.cipher import TOKEN

    tokens = dict.fromkeys(match.group() for pattern in (TOKEN, _HASH) for match in pattern.finditer(text))
    return [hashlib.sha256(token.encode()).hexdigest()[:16] for token in list(tokens)[:20]]


def _vaults(args: argparse.Namespace) -> Iterator[Artifact]:
    """The mask artifacts that the command line names."""
    if args.run_id:
        steps = [step for step in runs.steps(zones(args)["clean"], args.run_id) if step["stage"] == "mask"]
        if not steps:
            raise UserError("reveal: this run has no mask artifacts in this store; `airlock runs` lists runs")
        for step in steps:
            for ref in step["refs"]:
                yield artifacts.open_ref(artifacts.Ref.from_dict(ref))
    elif args.artifact:
        raw = zones(args)["raw"]
        keys = [item["name"] for item in raw.listing("mask") if item["name"].startswith(args.artifact)]
        artifact = artifacts.find(raw, "mask", keys[0]) if len(keys) == 1 else None
        if artifact is None:
            raise UserError("reveal: --artifact names no mask artifact of this store, or several")
        yield artifact


def _decrypted(text: str, keys: Keys) -> Iterator[Revealed]:
    """The encrypted tokens in a text that this key opens, each once."""
    from tasks.methods.mask.cipher import TOKEN, Tokens
    from tasks.methods.mask.keyed import MaskKey

    tokens = list(dict.fromkeys(match.group() for match in TOKEN.finditer(text)))
    if not tokens:
        return
    cipher = Tokens(MaskKey(keys.secret("mask")).subkey("encrypt"))
    for token in tokens:
        value = cipher.open(token)
        if value is not None:
            yield Revealed(token, value)


def _kept(text: str, vaults: Iterable[Artifact], keys: Keys, args: argparse.Namespace) -> Iterator[Revealed]:
    """What the vaults keep of a text: of its hashes, or of the whole as a token; in one row, of all that it holds."""
    wanted = {match.group() for match in _HASH.finditer(text)} | {text.strip()}
    for artifact in vaults:
        if "vault.parquet" not in artifact.files:
            continue
        import pyarrow.parquet as pq

        from tasks.methods.mask.cipher import Seal

        seal = Seal(keys.secret("vault"))
        with pq.ParquetFile(artifact.local("vault.parquet")) as table:
            for batch in table.iter_batches():
                for row in batch.to_pylist():
                    if args.record is not None and row["record_id"] != args.record:
                        continue
                    inside = args.record is not None and row["masked"] and row["masked"] in text
                    if row["masked"] not in wanted and not inside:
                        continue
                    value = seal.open(row["ciphertext"], row["record_id"], row["column"], row["masked"])
                    if value is not None:
                        yield Revealed(row["masked"], value, row["record_id"], row["column"])


def _refuse_ambiguous(found: list[Revealed]) -> None:
    """A token such as ``<PERSON_1>`` stands for another person in each row: the row must be named then."""
    values: dict[str, set[str]] = {}
    for one in found:
        if one.record_id is not None and not _HASH.fullmatch(one.token):
            values.setdefault(one.token, set()).add(" ".join(one.value.casefold().split()))
    if any(len(different) > 1 for different in values.values()):
        raise UserError("reveal: this stands for another value in each of several rows: name one by --record")


def _why_nothing(text: str, vaults: list[Artifact], keys: Keys, args: argparse.Namespace) -> str:
    """Why nothing was found, in a sentence that holds no value."""
    from tasks.methods.mask.cipher import TOKEN

    written = {role: key for vault in vaults for role, key in vault.ref.counts.get("keys", {}).items()}
    other = [role for role, key in sorted(written.items()) if role in keys.roles and keys.key_id(role) != key]
    if other:
        role = other[0]
        return f"the artifact was written under another `{role}` key: id {written[role]}, not {keys.key_id(role)}"
    if TOKEN.search(text):
        return (
            f"no token here opens under this `mask` key, id {keys.key_id('mask')}: it was written under another, or "
            "changed since (AIRLOCK_KEY_FILE names another key; a run's manifest says its key's id: --run)"
        )
    if vaults and not any("vault.parquet" in vault.files for vault in vaults):
        return "the policy of this run keeps no vault; only encrypted tokens can be shown"
    if not vaults:
        return "there is no encrypted token here; for anything else name a run (--run) or an artifact (--artifact)"
    return "nothing in the vault stands for this" + ("" if args.record is None else " in this row")
