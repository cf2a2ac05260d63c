"""``airlock demo``: the whole DAG on sample data, from made-up rows to a model that can be handed over."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from tasks.command import summary
from tasks.command.ui import airflow_environment
from tasks.core import runs
from tasks.core.config.files import load_config
from tasks.core.config.form import from_form
from tasks.core.errors import UserError
from tasks.core.keys import load_keys
from tasks.core.policies import FOLDER
from tasks.core.store import Store

ROWS = 340
LEAKS = 25

SETTINGS: dict[str, Any] = {
    "name": "demo",
    "dataset": "demo-visits",
    "ingest.shard_rows": 200,
    "ingest.heldout_share": 0.12,
    "plant.values_per_kind": 10,
    "train.epsilon": 8.0,
    "train.steps": 7,
    "train.expected_batch": 12,
    "train.lora_last_layers": 4,
    "train.learning_rate": 0.02,
    "train.max_length": 64,
    "train.heldout_rows": 32,
    "clip.rules": [{"pattern": "*", "target": "adapter", "method": "truncate", "bound": 0.1}],
    "clip.quality_texts": 8,
    "audit.rows": 30,
}
"""Sized for two cores and a few minutes, and tuned on made-up rows; a real run has far more rows, larger batches, more
steps, a smaller learning rate, and plants 300 values a kind, which bound their share far more tightly."""


def add_to(commands: Any) -> None:
    """Add ``demo``."""
    parser = commands.add_parser(
        "demo",
        help="run the whole DAG in Airflow on sample data and print a summary",
        description="Writes made-up visit notes, runs the DAG private_model over them in Airflow (`dags test`), and "
        "prints what was found, what it cost and where the model is. A second call reuses everything.",
    )
    parser.add_argument("--leak", action="store_true", help="plant identifiers that masking misses: the gate must shut")
    parser.add_argument(
        "--out", type=Path, default=Path("demo"), help="folder for data, store and logs (default: demo)"
    )
    parser.add_argument("--rows", type=int, default=ROWS, help=f"how many records (default: {ROWS})")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    out = args.out.resolve()
    config_path = _prepare(out, args.rows, LEAKS if args.leak else 0)
    # The Airflow that `airlock ui` would start on this home: the demo's runs can be looked at afterwards.
    environment = airflow_environment(out / "home", 8080, config_path) | {"AIRLOCK_ALLOWED_URLS": str(out)}
    load_keys(out / "home", create=True)
    say = (
        (lambda line: print(line, file=sys.stderr, flush=True)) if args.json else (lambda line: print(line, flush=True))
    )
    say(f"demo: {args.rows} made-up visit notes in {out / 'data'}; the DAG private_model runs in Airflow")
    started = time.time()
    code = _airflow(environment, out, say)
    seconds = time.time() - started
    clean = Store(load_config(config_path).store.zone("clean", out / "home"))
    run_id = _latest(clean, started)
    if run_id is None:
        raise UserError(f"demo: Airflow ran no stage; see {out / 'airflow.log'}")
    found = summary.of_run(clean, run_id)
    found["airflow_overhead_seconds"] = round(seconds - _covered(runs.steps(clean, run_id)), 1)
    found["total_seconds"] = round(seconds, 1)
    if args.json:
        print(json.dumps(found, indent=1, sort_keys=True))
    else:
        print()
        print(summary.text(found))
        print(f"in all      {seconds:.1f} s, of which Airflow itself took {found['airflow_overhead_seconds']:.1f} s")
        print(f"log         {out / 'airflow.log'}")
        print(f"look        AIRLOCK_HOME={out / 'home'} airlock ui --config {config_path}")
    return _verdict(args.leak, found, code)


def _verdict(leak: bool, found: dict[str, Any], code: int) -> int:
    if leak:
        if found["exit_code"] != 3 or "train" in found["seconds"]:
            print("demo: the planted leak came through; the gate did NOT shut", file=sys.stderr)
            return 1
        print("\nThe gate is shut, as it should be: there is no clean table, and nothing was trained.")
        return 0
    return int(found["exit_code"] or (1 if code else 0))


def _prepare(out: Path, rows: int, leaks: int) -> Path:
    from tasks.methods import sample

    data = out / ("data-leak" if leaks else "data")
    sample.write("healthcare", rows, "en", 0, data, "jsonl", planted_leaks=leaks)
    starter = yaml.safe_load((data / "airlock.yaml").read_text(encoding="utf-8"))
    for section, fields in from_form(SETTINGS).items():
        starter[section] = {**starter.get(section, {}), **fields} if isinstance(fields, dict) else fields
    starter["mask"]["policy"] = str(_policy(data, starter["mask"]["policy"]))
    path = data / "demo.yaml"
    path.write_text(yaml.safe_dump(starter, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def _policy(folder: Path, name: str) -> Path:
    """The policy of the sample's domain, with room for what so few planted values can show."""
    policy = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    policy["name"] = "demo"
    policy["evidence"]["planted"] = {"default": 0.8}
    path = folder / "policy.yaml"
    path.write_text(yaml.safe_dump(policy, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def _airflow(environment: dict[str, str], out: Path, say: Any) -> int:
    Path(environment["AIRFLOW_HOME"]).mkdir(parents=True, exist_ok=True)
    with open(out / "airflow.log", "w", encoding="utf-8") as log:
        for words in (["db", "migrate"], ["dags", "test", "private_model"]):
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "airflow", *words],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    log.write(line)
                    if shown := _shown(line):
                        say(shown)
                code = process.wait()
            finally:
                process.kill()
            if code and words[0] == "db":
                raise UserError(f"demo: Airflow's database could not be made; see {out / 'airflow.log'}")
    return code


def _shown(line: str) -> str:
    """The part of Airflow's log line that a stage wrote, or nothing."""
    _, mark, rest = line.partition("airlock> ")
    return rest.split(" [airflow.", 1)[0].rstrip() if mark else ""


def _latest(clean: Store, since: float) -> str | None:
    found = [
        (max(step["at"] for step in steps), steps[0]["run"])
        for run_id in runs.run_ids(clean)
        if (steps := runs.steps(clean, run_id)) and max(step["at"] for step in steps) >= since
    ]
    return max(found)[1] if found else None


def _covered(steps: list[dict[str, Any]]) -> float:
    """Seconds in which at least one stage ran: shards may run side by side."""
    spans = sorted((step["at"] - step["seconds"], step["at"]) for step in steps)
    total, end = 0.0, 0.0
    for start, stop in spans:
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total
