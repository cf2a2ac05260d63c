"""SmolLM2-135M with LoRA: how much of what plain fine-tuning gains in held-out loss is kept at ε = 8.

    python benchmarks/recipes/smollm2.py [--records 21000] [--cfpb DIR] [--base MODEL] [--json OUT]

Records are those that the project generates (a third each of healthcare, finance and government; other people in the
held-out ones), with every gold span replaced by its kind in brackets, as the masker's tags are. With ``--cfpb``, the
2,085 complaint narratives of that folder instead: 1,700 for training, the rest held out. One text is one record, δ
below n^-1.1. Figures: mean token loss on the held-out texts of the base model, after LoRA without privacy, and after
the same LoRA at ε; ``closed`` is the share of the first two's distance that the last one covers.

Cost of tuning: none beyond ``--rates``: where more than one is given, each is tried for ``--tune-steps`` steps and
judged by the held-out loss (generated or public texts; on private ones these runs would have to be charged).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import math
import sys
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import runner
import torch

from tasks.methods.dp.accounting import default_delta
from tasks.methods.lm.adapt import Adaptation
from tasks.methods.lm.objectives import Task, open_task
from tasks.methods.lm.perplexity import document_losses, mean_token_loss
from tasks.methods.lm.tokens import TokenTable
from tasks.methods.lm.weights import resolve
from tasks.methods.sample import DOMAINS, records

TARGETS = ("q_proj", "v_proj", "o_proj")
GENERATED = {
    "plain": runner.Plan(batch=128, epochs=2, learning_rate=1e-3, physical=128, warmup=0.05, bf16=True),
    "private": runner.Plan(
        batch=1024, epochs=4, learning_rate=2e-3, clip=0.01, physical=256, warmup=0.05, average=0.1, bf16=True
    ),
}
NARRATIVES = {
    "plain": runner.Plan(batch=32, epochs=3, learning_rate=5e-4, physical=32, warmup=0.05, bf16=True),
    "private": runner.Plan(
        batch=512, epochs=14, learning_rate=2e-3, clip=0.01, physical=128, warmup=0.05, average=0.1, bf16=True
    ),
}


def masked(domain: str, rows: int, seed: int) -> list[str]:
    """Generated texts with every gold span replaced by its kind."""
    texts = []
    for record in islice(records(domain, rows, seed=seed), rows):
        text, parts, last = str(record.fields["text"]), [], 0
        for span in sorted(record.spans["text"], key=lambda s: s.start):
            parts += [text[last : span.start], f"[{span.entity}]"]
            last = span.end
        texts.append("".join([*parts, text[last:]]))
    return texts


def narratives(folder: Path) -> list[str]:
    """The complaints, longest column of the file."""
    rows = list(
        csv.reader(io.StringIO(gzip.decompress((folder / "narratives_2085.csv.gz").read_bytes()).decode("utf-8")))
    )
    column = max(range(len(rows[0])), key=lambda c: sum(len(row[c]) for row in rows[1:]))
    return [row[column] for row in rows[1:]]


def opened(base: str, home: Path, device: torch.device, rank: int) -> Task:
    """The model with adapters in its attention."""
    task = open_task("causal_lm", resolve(base, home), device)
    task.adapt(Adaptation("lora", r=rank, alpha=2.0 * rank, targets=TARGETS))
    return task


def loss(task: Task, table: TokenTable, device: torch.device) -> tuple[float, dict]:
    """Mean token loss, with its interval over documents."""
    with torch.autocast(device.type, torch.bfloat16):
        found = mean_token_loss(*document_losses(task.model, table, 128, device))
    assert found is not None
    return found.value, {"loss": found.value, "low": found.low, "high": found.high, "perplexity": math.exp(found.value)}


def main() -> None:
    """Base, plain, private."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=21_000)
    parser.add_argument("--cfpb", type=Path)
    parser.add_argument("--base", default="package:smollm2-135m-instruct")
    parser.add_argument("--home", type=Path, default=Path("~/.airlock").expanduser())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--epsilon", type=float, default=8.0)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--max-length", type=int, default=192)
    parser.add_argument("--rates", type=float, nargs="+", default=[2e-3])
    parser.add_argument("--tune-steps", type=int, default=25)
    parser.add_argument("--epochs", type=float, help="of the private run")
    parser.add_argument("--batch", type=int, help="of the private run")
    args = parser.parse_args()
    device = torch.device(args.device)
    torch.set_float32_matmul_precision("high")
    if args.cfpb:
        texts = narratives(args.cfpb)
        # Every sixth or so is held out, whatever the file's order means.
        train, held = [t for i, t in enumerate(texts) if i % 27 >= 5], [t for i, t in enumerate(texts) if i % 27 < 5]
        plans = NARRATIVES
    else:
        each = max(1, args.records // len(DOMAINS))
        train = [text for domain in DOMAINS for text in masked(domain, each, seed=0)]
        held = [text for domain in DOMAINS for text in masked(domain, max(2, min(400, each // 10)), seed=1)]
        plans = GENERATED
    delta = default_delta(len(train))
    changes = {k: v for k, v in (("epochs", args.epochs), ("batch", args.batch)) if v is not None}
    private = plans["private"].but(epsilon=args.epsilon, delta=delta, **changes)
    report = runner.Report(
        args.json, device, task="cfpb" if args.cfpb else "generated", delta=delta, train=len(train), held_out=len(held)
    )

    def run(plan: runner.Plan | None) -> tuple[float, dict]:
        task = opened(args.base, args.home, device, args.rank)
        facts = {}
        if plan is not None:
            table = task.table(train, args.max_length)
            facts = runner.train(task.model, table, task.losses, plan, device) | {"truncated": table.truncated}
        value, figures = loss(task, task.table(held, args.max_length), device)
        del task
        torch.cuda.empty_cache()
        return value, figures | facts

    rate = args.rates[0]
    if len(args.rates) > 1:
        found = {}
        for rate in args.rates:
            short = private.but(epochs=args.tune_steps * private.batch / len(train), learning_rate=rate)
            found[rate], _ = run(short)
        report.add("tuning", {str(r): v for r, v in found.items()})
        rate = min(found, key=lambda r: found[r] if math.isfinite(found[r]) else math.inf)
    losses = {}
    for name, plan in (("base", None), ("plain", plans["plain"]), ("private", private.but(learning_rate=rate))):
        losses[name], figures = run(plan)
        report.add(name, figures)
    report.add("closed", (losses["base"] - losses["private"]) / (losses["base"] - losses["plain"]))


if __name__ == "__main__":
    main()
