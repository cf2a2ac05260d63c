"""``airlock audit MODEL --raw RAW --report DIR``: the attacks on a model that any training made, without a pipeline.

The command ``audit`` is that of the stage; ``--raw`` makes it this one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.command.scan import new_file
from tasks.core import settings
from tasks.core.config.audit import AuditConfig
from tasks.core.config.files import with_overrides
from tasks.core.errors import AirlockError, GateRefused, UserError, describe
from tasks.core.progress import Progress
from tasks.process.__main__ import scratch_folder

TEXTS, VALUES, TOKENS = 200, 60, 128

EXAMPLES = (
    "\n\nThe attacks on a model that any training made (--raw):\n"
    "  airlock audit my-model --raw trained-on.jsonl --heldout kept-back.jsonl --text-column text --report audit\n"
    "  airlock audit my-model --raw notes.csv --text-column note --base package:smollm2-135m-instruct --report audit\n"
    "Exit code 0: nothing passed a limit; 3: something did."
)


def add_to(commands: Any) -> None:
    """Add the flags of a model and its rows to the stage's command."""
    parser = commands.choices["audit"]
    parser.description += (
        "\n\nWith --raw RAW it takes a causal language model instead (MODEL: a folder in Hugging Face layout with "
        "safetensors) and the rows that it was trained on, as they were before any masking. It asks for membership "
        "(against --heldout rows of the same source), for what comes back word for word, and for the personal values "
        "that a policy's detectors find in the rows: written freely, in their gaps and among candidates, beside "
        "made-up values of the same kinds. report.json and report.html in --report hold counts and rates, never a "
        "value or a text. --audit.max_tpr and --audit.max_extracted are limits."
    )
    parser.epilog += EXAMPLES
    group = parser.add_argument_group("a model and the rows that it was trained on")
    group.add_argument("--raw", metavar="RAW", help="the rows; makes this the form for files")
    group.add_argument("--heldout", metavar="FILE", help="rows of the same source that it wasn't trained on")
    group.add_argument("--base", metavar="MODEL", help="the model that training began from: calibrates the attacks")
    group.add_argument("--report", type=Path, metavar="DIR", help="folder for the report")
    group.add_argument(
        "--policy", default="", metavar="NAME", help="whose detectors find the values (default: default)"
    )
    group.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the text (default: en)")
    group.add_argument("--values", type=int, metavar="N", help=f"values attacked at most; 0: none (default: {VALUES})")
    group.add_argument("--texts", type=int, metavar="N", help=f"texts that the model writes (default: {TEXTS})")
    stage = parser.get_default("run")
    parser.set_defaults(run=lambda args: _run(args) if args.raw is not None else _stage(stage, args))


def _stage(run: Any, args: argparse.Namespace) -> int:
    if any(v is not None for v in (args.heldout, args.base, args.report, args.values, args.texts)) or args.policy:
        raise UserError(
            "--heldout, --base, --report, --policy, --values and --texts belong to the form with --raw; a stage takes "
            "--audit.rows …"
        )
    return int(run(args))


def _run(args: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if args.report is None:
        raise UserError("name a folder for the report with --report DIR")
    if not args.text_column:
        raise UserError("name the column of text with --text-column NAME")
    config = _config(args)
    try:
        # The rows' tokens go through a temporary file, which belongs to the raw zone.
        with scratch_folder(settings.scratch()):
            report = _attack(args, config)
    except AirlockError:
        raise
    except Exception as exc:  # may quote a row
        raise AirlockError(f"audit: {describe(exc)}") from None
    return _finish(args, config, report)


def _attack(args: argparse.Namespace, config: AuditConfig) -> dict[str, Any]:
    import torch

    from tasks.methods.attack.on_records import Reader, attack_records
    from tasks.methods.attack.on_values import attack_values, seek
    from tasks.methods.lm.objectives import open_task
    from tasks.methods.lm.weights import resolve

    home = settings.home()
    raw, heldout = _texts(args.raw, args.text_column), _texts(args.heldout, args.text_column) if args.heldout else []
    if not raw:
        raise UserError(f"{Path(args.raw).name}: has no row with text in column {', '.join(args.text_column)}")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    target = open_task("causal_lm", resolve(args.source, home), device)
    base = open_task("causal_lm", resolve(args.base, home), device) if args.base else None

    def progress(what: str, total: int) -> Progress:
        return Progress(f"audit: {what}", total, stream=open(os.devnull, "w") if args.quiet else sys.stderr)  # noqa: SIM115

    longest = int(getattr(target.model.config, "max_position_embeddings", None) or TOKENS)  # type: ignore[union-attr]
    reader = Reader(min(TOKENS, longest), config.physical_batch, device, progress)
    report: dict[str, Any] = {"claim": None, "model": "a folder of weights, asked as anyone who has them can ask"}
    if config.rows:
        report |= attack_records(target, base, _spread(raw, config.rows), _spread(heldout, config.rows), reader)
        report["membership"]["ceiling"] = None
    values = VALUES if args.values is None else args.values
    if values:
        some = _spread(raw, max(20 * values, 200))
        sought = seek(zip(some, _spans(some, args), strict=True), values, "airlock audit", args.lang)
        report["values"] = attack_values(
            target, base, sought, texts=TEXTS if args.texts is None else args.texts, prompts=_openings(args.lang),
            size=config.physical_batch, progress=progress,
        )  # fmt: skip
    return report


def _spans(texts: Sequence[str], args: argparse.Namespace) -> list[list[tuple[int, int, str]]]:
    from tasks.command.scanner import Scanner, default_look

    found = Scanner(default_look(args.policy, args.lang)).spans(texts)
    return [[(span.start, span.end, span.entity) for span in spans] for spans in found]


def _openings(language: str) -> list[str]:
    """Public words to begin with: of made-up records, and none at all."""
    from tasks.methods.clip.quality import generated_texts
    from tasks.methods.sample.generate import DOMAINS

    texts = [text for domain in DOMAINS for text in generated_texts(domain, language, 40)]
    words = {" ".join(text.split()[:3]) if language == "en" else text[:4] for text in texts}
    return ["", *sorted(words)]


def _texts(path: str, columns: Sequence[str]) -> list[str]:
    from tasks.methods.records.asis import local_source, read_rows

    found = []
    for row in read_rows(local_source(path), list(columns)):
        cells = row.cells or {}
        parts = [cells[name] for name in columns if isinstance(cells.get(name), str) and cells[name].strip()]
        if parts:
            found.append("\n\n".join(parts))
    return found


def _spread(rows: Sequence[str], most: int) -> list[str]:
    """At most so many, evenly from all."""
    return list(rows) if len(rows) <= most else [rows[n * len(rows) // most] for n in range(most)]


def _config(args: argparse.Namespace) -> AuditConfig:
    """The section ``audit`` of the command line.

    Raises:
        UserError: for a field of another section, which has no meaning here.
    """
    from tasks.command.pipeline import given_fields

    given = given_fields(args)
    if other := sorted(name for name in given if not name.startswith("audit.")):
        raise UserError(f"--{other[0]} belongs to the form without --raw; here there are --policy and --audit.…")
    if "audit.max_exposure" in given:
        raise UserError("--audit.max_exposure needs canaries, which a model made elsewhere hasn't")
    try:
        return AuditConfig.model_validate(with_overrides({}, given).get("audit", {}))
    except ValueError:
        raise UserError("a field of --audit.… is out of its range; `airlock audit --help` says it") from None


def _finish(args: argparse.Namespace, config: AuditConfig, report: dict[str, Any]) -> int:
    from tasks.methods.attack.page import as_html
    from tasks.methods.attack.verdict import failures

    failed = failures(report, max_tpr=config.max_tpr, max_extracted=config.max_extracted)
    page = args.report / "report.html"
    for path, content in (
        (args.report / "report.json", json.dumps(report, indent=1, sort_keys=True) + "\n"),
        (page, as_html(f"Audit of {Path(args.source).name}", report, failed)),
    ):
        with new_file(path) as out:
            out.write(content)
    if args.json:
        print(json.dumps(report, indent=1, sort_keys=True))
    if failed:
        raise GateRefused(f"audit: {'; '.join(failed)}. What was found: {page}")
    if not args.json:
        print(f"nothing passed a limit; {page}")
    return 0
