"""SST-2: sentiment of a sentence, with the all-MiniLM encoder of 22M weights.

    python benchmarks/recipes/sst2.py --data DIR --base FOLDER [--json OUT]

``DIR`` holds ``train.tsv.gz`` and ``dev.tsv``; ``FOLDER`` the encoder. All weights but the word embeddings are trained,
with mean pooling and a new linear head. Privacy: one sentence is one record, δ below n^-1.1. Accuracy on the 872
development sentences (the test set's labels aren't public), the mean of five seeds, with the paired difference to the
same model without privacy at the same seed.

Cost of tuning: where more than one of ``--rates`` or ``--plain-rates`` is given, each is trained once with a seed of
its own, the private ones at the first ε, and judged on 4,000 training sentences held out of it. The data is public; on
private data these runs would have to be charged.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
import runner
import torch

from tasks.methods.dp.accounting import default_delta
from tasks.methods.lm.adapt import Adaptation
from tasks.methods.lm.classify import predictions
from tasks.methods.lm.objectives import Task, open_task
from tasks.methods.lm.tokens import TokenTable
from tasks.methods.lm.weights import resolve

LABELS, LENGTH, HELD_OUT = ("0", "1"), 64, 4000
PRIVATE = runner.Plan(
    batch=2048, epochs=8, learning_rate=1.5e-3, clip=0.01, physical=1024, warmup=0.05, average=0.1, bf16=True
)
PLAIN = runner.Plan(batch=256, epochs=2, learning_rate=2e-4, physical=256, warmup=0.05)


def read(folder: Path, name: str) -> list[tuple[str, str]]:
    """Sentences and labels of a file."""
    raw = (folder / name).read_bytes()
    text = gzip.decompress(raw) if name.endswith(".gz") else raw
    rows = list(csv.reader(io.StringIO(text.decode("utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [(row[0].strip(), row[1]) for row in rows]


def opened(base: str, home: Path, device: torch.device, layers: int | None) -> Task:
    """The task with its head, and all but the word embeddings (or the last blocks alone) free."""
    task = open_task("classification", resolve(base, home), device, labels=LABELS)
    task.adapt(Adaptation("full") if layers is None else Adaptation("last_layers", last_layers=layers))
    task.model.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return task


def right(task: Task, table: TokenTable, device: torch.device) -> float:
    """Share of rows whose class is right."""
    predicted, labels = predictions(task.model, table, 512, device)
    return float(np.mean(predicted == labels))


def main() -> None:
    """Tune where asked to, then five seeds without privacy and at each ε."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--home", type=Path, default=Path("~/.airlock").expanduser())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--epsilon", type=float, nargs="+", default=[8.0, 3.0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0, help="to share the seeds out over several processes")
    parser.add_argument("--clip", type=float, default=PRIVATE.clip)
    parser.add_argument("--epochs", type=float, default=PRIVATE.epochs)
    parser.add_argument("--batch", type=int, default=PRIVATE.batch)
    parser.add_argument("--physical", type=int, default=PRIVATE.physical)
    parser.add_argument("--rates", type=float, nargs="+", default=[PRIVATE.learning_rate], help="more than one: tune")
    parser.add_argument("--plain-rates", type=float, nargs="+", default=[PLAIN.learning_rate])
    parser.add_argument("--last-layers", type=int)
    parser.add_argument("--rows", type=int, help="only so many training sentences, for a trial")
    args = parser.parse_args()
    device = torch.device(args.device)
    torch.set_float32_matmul_precision("high")
    rows, dev = read(args.data, "train.tsv.gz")[: args.rows], read(args.data, "dev.tsv")
    delta = default_delta(len(rows))
    private = PRIVATE.but(epochs=args.epochs, batch=args.batch, physical=args.physical, delta=delta, clip=args.clip)
    report = runner.Report(args.json, device, task="sst2", delta=delta)

    held, kept = rows[::16][:HELD_OUT], [row for i, row in enumerate(rows) if i % 16 or i // 16 >= HELD_OUT]
    tables: dict[int, TokenTable] = {}

    def run(
        plan: runner.Plan, train: list[tuple[str, str]], judged: list[tuple[str, str]]
    ) -> tuple[float, dict[str, Any]]:
        task = opened(args.base, args.home, device, args.last_layers)
        for pairs in (train, judged):
            if id(pairs) not in tables:
                tables[id(pairs)] = task.table(pairs, LENGTH)
        facts = runner.train(task.model, tables[id(train)], task.losses, plan, device)
        return right(task, tables[id(judged)], device), facts

    def tuned(name: str, plan: runner.Plan, rates: list[float]) -> runner.Plan:
        if len(rates) == 1:
            return plan.but(learning_rate=rates[0])
        found = {rate: run(plan.but(learning_rate=rate, seed=100), kept, held)[0] for rate in rates}
        report.add(f"tuning {name}", {str(rate): share for rate, share in found.items()})
        return plan.but(learning_rate=max(found, key=lambda rate: found[rate]))

    plans = {"plain": tuned("plain", PLAIN, args.plain_rates)}
    best = tuned(f"epsilon {args.epsilon[0]:g}", private.but(epsilon=args.epsilon[0]), args.rates)
    plans |= {f"epsilon {epsilon:g}": best.but(epsilon=epsilon) for epsilon in args.epsilon}
    shares: dict[str, list[float]] = {name: [] for name in plans}
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        for name, plan in plans.items():
            share, facts = run(plan.but(seed=seed), rows, dev)
            shares[name].append(share)
            facts["accuracy"] = share
            report.add(f"{name}, seed {seed}", facts)
        report.add("accuracy", {name: runner.spread(values) for name, values in shares.items()})
        report.add(
            "below plain",
            {
                name: runner.spread([p - v for p, v in zip(shares["plain"], values, strict=True)])
                for name, values in shares.items()
                if name != "plain"
            },
        )


if __name__ == "__main__":
    main()
