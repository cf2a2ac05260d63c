"""``airlock mask INPUT --out DIR``: a masked copy of one file, outside of any pipeline.

The command ``mask`` is that of the stage; ``--out`` makes it this one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.command.mask_report import as_html, kinds_table
from tasks.command.masked_copy import Batch, Plan, Written, build
from tasks.command.scan import new_file
from tasks.command.scanner import default_look, in_batches, in_order, mask_key
from tasks.core.config.ingest import Column, IngestConfig
from tasks.core.errors import UserError
from tasks.core.policies import UNDECLARED, Policy
from tasks.core.progress import Progress

if TYPE_CHECKING:
    from tasks.methods.records.asis import Row

EXAMPLES = (
    "\n\nA masked copy of one file (--out):\n"
    "  airlock mask notes.jsonl --text-column text --out masked\n"
    "  airlock mask visits.csv --text-column note --policy healthcare --column phone:PHONE_NUMBER --out masked\n"
    "  airlock columns visits.csv --yaml > columns.yaml              # look at it, then\n"
    "  airlock mask visits.csv --columns columns.yaml --policy healthcare --out masked"
)


def add_to(commands: Any) -> None:
    """Add the flags of a masked copy to the stage's command."""
    parser = commands.choices["mask"]
    parser.description += (
        "\n\nWith --out DIR it takes one file instead and writes a masked copy of it: the declared columns, in the "
        "file's own format, spans.jsonl (places in the raw text, as `airlock scan`), report.json and report.html "
        "(counts, operators and what they disclose), and set_aside.jsonl (rows that could not be read, by number and "
        "reason). What the gate's detectors see is masked too. Columns that nobody declared are left out: nothing "
        "passes unscanned."
    )
    parser.epilog += EXAMPLES
    group = parser.add_argument_group("a masked copy of one file")
    group.add_argument("--out", type=Path, metavar="DIR", help="folder for the copy; makes this the one-file form")
    group.add_argument("--policy", default="", metavar="NAME", help="a policy's name or .yaml file (default: default)")
    group.add_argument("--lang", choices=("en", "zh", "auto"), default="", help="language of the text, as in `scan`")
    group.add_argument(
        "--columns", type=Path, metavar="FILE", help="YAML with ingest.columns, as `airlock columns --yaml` writes it"
    )
    group.add_argument("--force", action="store_true", help="replace a copy that is in DIR already")
    stage = parser.get_default("run")
    parser.set_defaults(run=lambda args: _run(args) if args.out is not None else _stage(stage, args))


def _stage(run: Any, args: argparse.Namespace) -> int:
    if args.policy or args.lang or args.columns or args.force:
        raise UserError(
            "--policy, --lang, --columns and --force belong to the form with --out; a stage takes --mask.policy …"
        )
    return int(run(args))


def _run(args: argparse.Namespace) -> int:
    from tasks.methods.records.asis import column_names, local_source, read_rows

    if args.workers < 1:
        raise UserError("--workers: at least one process must mask")
    source = local_source(args.source)
    names = column_names(source)
    _check_header(names, source)
    declared = declared_columns(args)
    missing = [column.name for column in declared if names is not None and column.name not in names]
    if missing:
        raise UserError(
            f"{source.name}: has no column {', '.join(map(repr, missing))}; it has {len(names or ())} columns"
        )
    if names is not None:
        declared.sort(key=lambda column: names.index(column.name))
    look = default_look(args.policy, args.lang, threads=0 if args.workers == 1 else 1)
    policies = look.policies()
    if len({policy.name for policy in policies.values()}) > 1:
        raise UserError("--lang auto: name one policy for all languages with --policy")
    policy = next(iter(policies.values()))
    keeps_id = "id" not in {c.name for c in declared} and (names is None or "id" in names)
    plan = Plan(look, tuple(declared), keeps_id, source.format)
    _check(plan, policy)
    wanted = [*(column.name for column in declared), *(["id"] if keeps_id else [])]
    tally = _Tally()
    progress = None if args.quiet else Progress("mask")
    texts = [column.name for column in declared if column.role == "text"]
    with Written(args.out, source.format, args.force) as files:
        numbered = in_batches(read_rows(source, wanted), lambda row: _longest(row, texts), progress=progress)
        for done in in_order(((len(rows), rows) for rows, _ in numbered), build, plan, args.workers):
            batch: Batch = done[1]
            files.write(batch)
            tally.add(batch)
            if progress is not None:
                progress.advance(done[0])
        if progress is not None:
            progress.close()
        if not tally.rows_written and tally.rows:
            reasons = ", ".join(sorted(tally.set_aside))
            what = "check its separator and quotes"
            if "type_mismatch" in tally.set_aside:
                what = "declare the columns' types with --column NAME:KIND:TYPE"
            elif "unread_language" in tally.set_aside:
                what = "choose a policy for the text's language"
            raise UserError(f"{source.name}: no row could be masked ({reasons}); {what}")
    report = _report(plan, policy, names, tally)
    with new_file(args.out / "report.json") as out:
        out.write(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    with new_file(args.out / "report.html") as out:
        out.write(as_html(report))
    if args.json:
        print(json.dumps(report, indent=1, ensure_ascii=False))
    else:
        aside = f", {sum(tally.set_aside.values()):,} set aside" if tally.set_aside else ""
        print(f"{tally.rows_written:,} rows masked{aside}; {args.out / 'report.html'}")
    return 0


def _longest(row: Row, texts: list[str]) -> str:
    cells = ((row.cells or {}).get(name) for name in texts)
    return max((cell for cell in cells if isinstance(cell, str)), key=len, default="")


def _check_header(names: list[str] | None, source: Any) -> None:
    from tasks.methods.mask.headers import looks_like_a_row

    if names is not None and source.format != "parquet" and looks_like_a_row(names):
        raise UserError(f"{source.name}: line 1 reads like a row of values, not like names of columns; add a header")


def declared_columns(args: argparse.Namespace) -> list[Column]:
    """The columns of the command line, or of the file of columns.

    Raises:
        UserError: where a declaration is wrong, or none is of text or a kind.
    """
    from pydantic import ValidationError

    from tasks.core.config.files import read_yaml

    lines: list[dict[str, Any]] = []
    if args.columns is not None:
        section = read_yaml(args.columns).get("ingest")
        found = section.get("columns") if isinstance(section, dict) else None
        if not isinstance(found, list):
            raise UserError(f"{args.columns}: has no list ingest.columns; `airlock columns --yaml` writes one")
        lines += found
    lines += [{"name": name, "role": "text"} for name in args.text_column]
    lines += [{"name": name, "role": "person"} for name in [args.person_column] if name]
    lines += [{"name": name, "role": "label"} for name in [args.label_column] if name]
    for given in args.column:
        name, _, rest = given.partition(":")
        kind, _, type_ = rest.partition(":")
        lines.append({"name": name, "role": "structured", "kind": kind, **({"type": type_} if type_ else {})})
    if not lines:
        raise UserError("name the column of text with --text-column, or the columns with --columns FILE")
    try:
        config = IngestConfig.model_validate({"source": "-", "columns": lines})
    except ValidationError as exc:
        error = exc.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in error["loc"])
        raise UserError(f"columns: {where}: {error['msg'].removeprefix('Value error, ')}") from None
    return list(config.columns)


def _check(plan: Plan, policy: Policy) -> None:
    """Ask everything that can be wrong before the first row is read."""
    from tasks.command.masked_copy import plans

    averaged = policy.lines_under("mean", [column.model_dump(mode="json") for column in plan.columns])
    if averaged:
        raise UserError(
            f"column {averaged[0][0]['name']}: `mean` is a figure over all people's rows, and each is charged to the "
            "privacy ledger, which masking a file by itself doesn't write to: use `airlock mask CONFIG`, or a policy "
            "with `delete` or `noise` for this kind"
        )
    plans(plan.columns, policy)
    mask_key(policy)
    if policy.vault:
        raise UserError(
            f"policy '{policy.name}' keeps a vault, which belongs into a pipeline's raw zone: "
            "use `airlock mask CONFIG`, or a policy without `vault`"
        )


@dataclass
class _Tally:
    """What the report counts."""

    rows: int = 0
    rows_written: int = 0
    rows_with_spans: int = 0
    remasked: int = 0
    ids_replaced: int = 0
    foreign: int = 0

    def __post_init__(self) -> None:
        self.masked: Counter[str] = Counter()
        self.cells: Counter[str] = Counter()
        self.set_aside: Counter[str] = Counter()

    def add(self, batch: Batch) -> None:
        self.rows += len(batch.rows) + len(batch.set_aside)
        self.rows_written += len(batch.rows)
        self.ids_replaced += batch.ids_replaced
        self.foreign += batch.foreign
        self.remasked += batch.remasked
        self.cells.update(batch.cells)
        self.set_aside.update(reason for _, reason in batch.set_aside)
        for line in batch.spans:
            self.rows_with_spans += bool(line["spans"])
            self.masked.update(span["entity"] for span in line["spans"])


def _report(plan: Plan, policy: Policy, names: list[str] | None, tally: _Tally) -> dict[str, Any]:
    from tasks.command.columns import fate
    from tasks.methods.mask.infer import Guess

    columns = [
        {
            "name": column.name,
            "role": column.role,
            "kind": column.kind or (UNDECLARED if column.role == "structured" else ""),
            "what": "searched and masked as text"
            if column.role == "label" and column.type == "string"
            else fate(Guess(column.name, column.role, column.kind), policy),
        }
        for column in plan.columns
    ]
    known = {column["name"] for column in columns}
    if plan.keeps_id:
        columns.append({"name": "id", "role": "id", "kind": "", "what": "the row's number: this column isn't declared"})
    left = [name for name in names or () if name not in known and not (plan.keeps_id and name == "id")]
    columns += [{"name": name, "role": "-", "kind": "", "what": "left out: not declared"} for name in left]
    warnings = list(policy.expert_determination)
    if tally.foreign:
        warnings.append(
            f"{tally.foreign:,} texts are in no language of the policy, or too short to tell: "
            "they were looked at in its first."
        )
    return {
        "policy": policy.name,
        "policy_sha256": policy.sha256,
        "language": plan.look.language or policy.languages[0],
        "rows": tally.rows,
        "rows_written": tally.rows_written,
        "rows_with_spans": tally.rows_with_spans,
        "spans": sum(tally.masked.values()),
        "remasked": tally.remasked,
        "set_aside": dict(sorted(tally.set_aside.items())),
        "ids_replaced": tally.ids_replaced,
        "kinds": kinds_table(policy, dict(tally.masked), dict(tally.cells)),
        "columns": columns,
        "warnings": warnings,
    }
