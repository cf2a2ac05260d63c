"""``airlock leakcheck MASKED --raw RAW --report DIR``: the leak gate on a masked file, outside of any pipeline.

The command ``leakcheck`` is that of the stage; ``--raw`` makes it this one.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tasks.command.mask_files import declared_columns
from tasks.command.scan import new_file
from tasks.core import settings
from tasks.core.config.files import with_overrides
from tasks.core.config.leakcheck import LeakcheckConfig
from tasks.core.errors import AirlockError, GateRefused, UserError, describe
from tasks.core.policies import load_policy
from tasks.process.__main__ import scratch_folder

if TYPE_CHECKING:
    from tasks.command.gate_evidence import Answer, Question

EXAMPLES = (
    "\n\nThe gate on a masked file (--raw):\n"
    "  airlock mask notes.jsonl --text-column text --out masked\n"
    "  airlock leakcheck masked --raw notes.jsonl --text-column text --policy default --report gate --out clean\n"
    "  airlock leakcheck theirs.csv --raw ours.csv --columns columns.yaml --policy healthcare --report gate\n"
    "Exit code 0: the gate is open; 3: it is shut, and no clean table is written."
)


def add_to(commands: Any) -> None:
    """Add the flags of a masked file to the stage's command."""
    parser = commands.choices["leakcheck"]
    parser.description += (
        "\n\nWith --raw RAW it takes a masked file instead (MASKED: a file, or a folder of `airlock mask --out`) and "
        "the file it was made from, and holds the policy's limits against what it finds: by detectors that the masker "
        "doesn't have, by values that were masked elsewhere in the file, and by groups of rows, as far as the policy "
        "asks for them. Rows are paired by `id` where both files have one, else by their order. It writes report.json "
        "(with the numbers of flagged rows), report.html, findings.jsonl (places in the masked text) and data_docs/ to "
        "--report, and the clean table to --out where the gate opens. None of them holds a value. Columns that nobody "
        "declared are neither looked at nor passed on."
    )
    parser.epilog += EXAMPLES
    group = parser.add_argument_group("a masked file and the file it was made from")
    group.add_argument("--raw", metavar="RAW", help="the file that was masked; makes this the form for files")
    group.add_argument("--policy", default="", metavar="NAME", help="a policy's name or .yaml file (default: default)")
    group.add_argument("--report", type=Path, metavar="DIR", help="folder for the report")
    group.add_argument("--out", type=Path, metavar="DIR", help="folder for the clean table, clean.* (default: none)")
    group.add_argument("--columns", type=Path, metavar="FILE", help="YAML with ingest.columns, as for `airlock mask`")
    group.add_argument("--pair", choices=("auto", "id", "order"), default="", help="how rows are paired")
    group.add_argument(
        "--on-finding",
        choices=("remask", "keep", "quarantine"),
        help="what happens to a row with a finding, in the clean table (default: remask)",
    )
    group.add_argument("--force", action="store_true", help="replace a clean table that is in DIR already")
    stage = parser.get_default("run")
    parser.set_defaults(run=lambda args: _run(args) if args.raw is not None else _stage(stage, args))


def _stage(run: Any, args: argparse.Namespace) -> int:
    given = [args.policy, args.report, args.out, args.columns, args.pair, args.on_finding, args.force]
    if any(given):
        raise UserError(
            "--policy, --report, --out, --columns, --pair, --on-finding and --force belong to the form with --raw; a "
            "stage takes --mask.policy, --leakcheck.on_finding …"
        )
    return int(run(args))


def _run(args: argparse.Namespace) -> int:
    asked = _question(args)
    report = _report_folder(args.report)
    clean = _clean_file(args, asked)
    try:
        return _check(args, asked, report, clean)
    except AirlockError:
        raise
    except Exception as exc:
        raise AirlockError(f"leakcheck: {describe(exc)}") from None


def _check(args: argparse.Namespace, asked: Question, report: Path, clean: Path | None) -> int:
    from tasks.command.clean_copy import write_clean
    from tasks.command.gate_evidence import answer
    from tasks.methods.gate.report import refusal

    before = _state(asked)
    # The scratch belongs to the raw zone: what lies there holds raw values until the check is done.
    with scratch_folder(settings.scratch()) as folder:
        found = answer(asked, folder, folder / "docs", args.quiet)
        page = _write_report(report, found, folder / "docs")
        counts = None
        if found.verdict.passed and clean is not None:
            kept = [column.name for column in asked.columns if column in asked.kept or column.role == "person"]
            counts = write_clean(
                asked.masked, kept, asked.config.on_finding, found.findings, found.rows, asked.policy.tag, clean
            )
            if _state(asked) != before:  # what was written may not be what was looked at
                clean.unlink()
                raise UserError(f"{asked.masked.source.name}: was changed while it was checked; check it again")
    if args.json:
        print(json.dumps({**found.report, "clean": counts, "seconds": found.seconds}, indent=1, ensure_ascii=False))
    if not found.verdict.passed:
        raise GateRefused(refusal(found.verdict, str(page))) from None
    if not args.json:
        print("\n".join([*found.report["sentences"], *_clean_said(counts, clean), f"The report is {page}."]))
    return 0


def _state(asked: Question) -> tuple[int, int, int]:
    file = Path(asked.masked.source.path).stat()
    return file.st_ino, file.st_size, file.st_mtime_ns


def _question(args: argparse.Namespace) -> Question:
    """What the command line asks for, checked before the first row is read.

    Raises:
        UserError: where a flag is wrong, or a column isn't there.
    """
    from tasks.command.gate_evidence import Question
    from tasks.command.masked_copy import plans
    from tasks.command.masked_pairs import masked_file
    from tasks.methods.gate.registry import check_names
    from tasks.methods.records.asis import column_names, local_source

    if args.report is None:
        raise UserError("name a folder for the report with --report DIR")
    policy = load_policy(args.policy or "default")
    check_names(policy.detectors.gate, policy.models)
    masked, raw = masked_file(args.source), local_source(args.raw)
    asked = Question(masked, raw, tuple(declared_columns(args)), policy, _config(args), args.pair or "auto")
    plans(asked.columns, policy)
    _check_groups(asked)
    person = {column.name for column in asked.columns if column.role == "person"}
    passed_on = {column.name for column in asked.kept} | person
    for source, needed in ((masked.source, passed_on), (raw, {column.name for column in asked.columns})):
        names = column_names(source)
        if names is not None and (missing := sorted(needed - set(names))):
            raise UserError(
                f"{source.name}: has no column {', '.join(map(repr, missing))}; it has {len(names)} columns"
            )
    return asked


def _check_groups(asked: Question) -> None:
    """A kind may have no column here; a column that the policy names must be declared, as in a pipeline."""
    groups, declared = asked.policy.evidence.groups, {column.name for column in asked.columns}
    for name in [*groups.quasi_identifiers, groups.sensitive or ""] if groups is not None else ():
        if name and not name.isupper() and name not in declared:
            raise UserError(f"policy, evidence.groups: no column {name} is declared; add --column {name}:KIND")


def _config(args: argparse.Namespace) -> LeakcheckConfig:
    """The section ``leakcheck`` of the command line.

    Raises:
        UserError: for a field of another section, which has no meaning here.
    """
    from tasks.command.pipeline import given_fields

    given = given_fields(args)
    if other := sorted(name for name in given if not name.startswith("leakcheck.")):
        raise UserError(f"--{other[0]} belongs to the form without --raw; here there are --policy and --leakcheck.…")
    if args.on_finding:
        given["leakcheck.on_finding"] = args.on_finding
    given.setdefault("leakcheck.workers", args.workers)
    try:
        return LeakcheckConfig.model_validate(with_overrides({}, given)["leakcheck"])
    except ValueError:
        raise UserError("a field of --leakcheck.… is out of its range; `airlock leakcheck --help` says it") from None


def _report_folder(folder: Path) -> Path:
    _check_folder(folder, "--report")
    if (folder / "data_docs").exists() and not (folder / "findings.jsonl").is_file():
        raise UserError(
            f"{folder}: holds data_docs/ that this command didn't write; choose another folder for --report"
        )
    if any(folder.glob("masked.*")):
        raise UserError(f"{folder}: holds a masked copy with a report of its own; choose another folder for --report")
    return folder


def _check_folder(folder: Path, flag: str) -> None:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is no folder, as {flag} needs one")


def _clean_file(args: argparse.Namespace, asked: Question) -> Path | None:
    if args.out is None:
        if args.force:
            raise UserError("--force replaces the clean table of --out DIR, and there is no --out")
        return None
    from tasks.methods.records.sources import Format

    _check_folder(args.out, "--out")
    held = [path for name in get_args(Format) if (path := args.out / f"clean.{name}").is_file()]
    for old in held:
        if any(old.samefile(source.path) for source in (asked.masked.source, asked.raw)):
            raise UserError(f"{old}: is read here, and the clean table would take its place; choose another --out")
        if not args.force:
            raise UserError(f"{args.out}: holds {old.name} already; choose another folder, or replace it by --force")
    for old in held:
        old.unlink()  # the table of an earlier run must not pass for this one's
    return Path(args.out) / f"clean.{asked.masked.source.format}"


def _write_report(folder: Path, found: Answer, docs: Path) -> Path:
    from tasks.methods.gate.report import as_html
    from tasks.methods.gate.tables import batches

    with new_file(folder / "report.json") as out:
        out.write(json.dumps(found.report, indent=1, ensure_ascii=False) + "\n")
    with new_file(folder / "findings.jsonl") as out:
        for path in filter(None, (found.findings, found.known)):
            for batch in batches(path, 8192):
                out.writelines(json.dumps(line) + "\n" for line in batch.to_pylist())
    shutil.rmtree(folder / "data_docs", ignore_errors=True)
    shutil.copytree(docs, folder / "data_docs")
    with new_file(folder / "report.html") as out:
        out.write(as_html(found.report, seconds=found.seconds))
    return folder / "report.html"


def _clean_said(counts: dict[str, int] | None, clean: Path | None) -> list[str]:
    if counts is None:
        return []
    more = [f"{counts[name]:,} {name}" for name in ("remasked", "quarantined") if counts[name]]
    return [f"{counts['rows']:,} rows{''.join(f', {one}' for one in more)} in {clean}."]
