"""Adult: income above 50,000 dollars from the 1994 census, logistic regression at ε = 1, δ = 1e-5.

    python benchmarks/recipes/adult.py --data DIR [--json OUT] [--tune]

``DIR`` holds ``adult.data.gz`` and ``adult.test.gz``. Features come from the public codebook alone: categories as
one-hot columns; ages, hours, years of schooling, capital gains and losses in intervals with round cut points. One row
is one record. Accuracy on the 16,281 test rows, mean of five seeds of sampling and noise (starting weights are zero);
``plain`` is the same model on the same features without privacy.

Cost of tuning: batch, steps and learning rate were found by about 40 runs on four fifths of the training rows, judged
on the rest, never on the test rows; ``--tune`` repeats a grid around the choice. The data is public; on private data
these runs would have to be charged, and are not part of the ε given.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
import runner
import torch

from tasks.methods.tabular.models import logistic, losses, predictions
from tasks.methods.tabular.rows import FeatureTable
from tasks.methods.tabular.schema import Categorical, Numeric, Schema

NAMES = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip


def _categories(name: str, values: str) -> Categorical:
    return Categorical(name, tuple(values.split(", ")))


SCHEMA = Schema(
    columns=(
        Numeric("age", 17, 90, edges=(22, 25, 28, 31, 34, 37, 40, 45, 50, 55, 60, 65, 70)),
        Numeric("education-num", 1, 16, edges=tuple(range(2, 17))),
        Numeric("hours-per-week", 1, 99, edges=(20, 30, 35, 40, 41, 46, 50, 56, 61)),
        Numeric("capital-gain", 0, 99_999, log=True, edges=(1, 3000, 4000, 5000, 6000, 7000, 10_000)),
        Numeric("capital-loss", 0, 4356, log=True, edges=(1, 1500, 1800, 1880, 1900, 1980, 2000, 2200, 2400)),
        _categories(
            "workclass",
            "Private, Self-emp-not-inc, Self-emp-inc, Federal-gov, Local-gov, State-gov, Without-pay, Never-worked",
        ),
        _categories(
            "marital-status",
            "Married-civ-spouse, Divorced, Never-married, Separated, Widowed, Married-spouse-absent, Married-AF-spouse",
        ),
        _categories(
            "occupation",
            "Tech-support, Craft-repair, Other-service, Sales, Exec-managerial, Prof-specialty, Handlers-cleaners, "
            "Machine-op-inspct, Adm-clerical, Farming-fishing, Transport-moving, Priv-house-serv, Protective-serv, "
            "Armed-Forces",
        ),
        _categories("relationship", "Wife, Own-child, Husband, Not-in-family, Other-relative, Unmarried"),
        _categories("race", "White, Asian-Pac-Islander, Amer-Indian-Eskimo, Other, Black"),
        _categories("sex", "Female, Male"),
        _categories("native-country", "United-States"),
    ),
    label="income",
    labels=("<=50K", ">50K"),
)
PRIVATE = runner.Plan(
    batch=2048, epochs=12.5, learning_rate=5.7, epsilon=1.0, delta=1e-5, clip=0.5, physical=4096, decay=False,
    average=0.5, optimizer="sgd",
)  # fmt: skip
PLAIN = runner.Plan(batch=512, epochs=30, learning_rate=0.02, physical=512)


def read(folder: Path, name: str) -> list[tuple[str, ...]]:
    """Rows in the schema's order. The test file ends its labels with a dot."""
    places = [NAMES.index(column) for column in SCHEMA.names]
    lines = gzip.decompress((folder / name).read_bytes()).decode("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.rstrip(".").split(",")] for line in lines]
    return [tuple(row[place] for place in places) for row in rows if len(row) == len(NAMES)]


def accuracy(plan: runner.Plan, train: FeatureTable, judged: FeatureTable) -> tuple[float, dict]:
    """Train once; the share of judged rows that are right, and the run's facts."""
    cpu = torch.device("cpu")
    model = logistic(SCHEMA)
    facts = runner.train(model, train, losses, plan, cpu)
    predicted, labels = predictions(model, judged, 8192, cpu)
    return float(np.mean(predicted == labels)), facts


def main() -> None:
    """Tune where asked to, then five seeds with and without privacy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epsilon", type=float, default=PRIVATE.epsilon)
    parser.add_argument("--tune", action="store_true")
    args = parser.parse_args()
    report = runner.Report(args.json, torch.device("cpu"), task="adult", features=SCHEMA.features)
    rows, test = read(args.data, "adult.data.gz"), FeatureTable(read(args.data, "adult.test.gz"), SCHEMA)
    private = PRIVATE.but(epsilon=args.epsilon)
    if args.tune:
        train = FeatureTable([row for i, row in enumerate(rows) if i % 5], SCHEMA)
        held = FeatureTable(rows[::5], SCHEMA)
        for batch, rate in product((1024, 2048, 4096), (2.8, 5.7, 8.5)):
            found, _ = accuracy(private.but(batch=batch, learning_rate=rate, seed=100), train, held)
            report.add(f"tuning batch {batch} rate {rate}", found)
        for rate in (0.005, 0.02, 0.05):
            found, _ = accuracy(PLAIN.but(learning_rate=rate, seed=100), train, held)
            report.add(f"tuning plain rate {rate}", found)
    train = FeatureTable(rows, SCHEMA)
    plans = {"plain": PLAIN, f"epsilon {args.epsilon:g}": private}
    for name, plan in plans.items():
        shares = []
        for seed in range(args.seeds):
            share, facts = accuracy(plan.but(seed=seed), train, test)
            shares.append(share)
        report.add(f"run {name}", facts)
        report.add(name, runner.spread(shares))


if __name__ == "__main__":
    main()
