"""``airlock audit-demo``: three trainings on made-up records, attacked alike: what each protection is worth."""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.errors import AirlockError
from tasks.core.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from tasks.methods.attack.pii_extraction import Secret

CANARIES = 1000
GUESSES = 200
DELTA = 1e-5
SIGNIFICANCE = 0.05
EPSILON = 8.0
RECORDS = 150
PUBLIC = 1200
"""Made-up records of other people: what the base model and its vocabulary come from."""
TOKENS = 96
SEED, PUBLIC_SEED, CONTROL_SEED = 5, 99, 17
EPOCHS = 40
DP_STEPS, DP_BATCH = 120, 64
TEXTS = 1500
VALUES = 60
CANDIDATES = 10
KINDS = ("PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "MEDICAL_RECORD_NUMBER", "ADDRESS", "DATE_OF_BIRTH")
POLICY = "healthcare"


def add_to(commands: Any) -> None:
    """Add ``audit-demo``."""
    parser = commands.add_parser(
        "audit-demo",
        help="what each protection is worth: three trainings on made-up records, attacked alike",
        description="Trains a small model three times on made-up visit notes with the same canaries in them, each "
        "once: without any protection, with differential privacy at epsilon 8, and on masked notes without "
        "differential privacy. Each is then attacked alike: the canaries' coins are guessed for a lower bound on "
        "epsilon, and personal values are sought in what the model writes and among candidates, beside values of the "
        "same kind that it never saw. It takes some ten minutes on two cores; nothing is kept.",
        epilog="Example:\n  airlock audit-demo --json > audit.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # Read when torch is first loaded: threads that spin at barriers run three times slower beside any other process.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    started = time.monotonic()
    rows = [*_Demo().rows()]
    found = {
        "canaries": CANARIES,
        "guesses": GUESSES,
        "delta": DELTA,
        "significance": SIGNIFICANCE,
        "rows": rows,
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(found, indent=1) if args.json else text(found))
    return 0


def text(found: dict[str, Any]) -> str:
    """The table as people read it."""
    from tasks.methods.attack.one_run import ceiling, guesses_needed

    head = ("training", "epsilon is", "coins right", "values written", "controls", "verdict", "picked of 10", "verdict")
    lines = [head]
    for row in found["rows"]:
        written, picked = row["extraction"], row["inference"]
        lines.append(
            (
                row["training"],
                f"≥ {row['epsilon_lower_bound']:.2f}" + (f" (promised {row['epsilon']:g})" if row["epsilon"] else ""),
                f"{row['correct']} of {found['guesses']}",
                f"{written['trained'][0]} of {written['trained'][1]}",
                f"{written['controls'][0]} of {written['controls'][1]}",
                written["verdict"],
                f"{picked['trained'][0]} of {picked['trained'][1]}",
                picked["verdict"],
            )
        )
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    table = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    m, r = found["canaries"], found["guesses"]
    return (
        f"{table}\n\n{m:,} canaries, each once and trained on by a coin; {r} coins guessed. Were all right, the "
        f"bound would be {ceiling(m, r, found['delta'], found['significance']):.2f}; "
        f"{guesses_needed(m, 3.0, found['delta'], found['significance'])} right guesses show epsilon 3. Bounds at an "
        f"error of {100 * found['significance']:g} % and delta {found['delta']:g}.\nAt chance: not more than of values "
        f"of the same kinds that were never trained on (one-sided test at 1 %). {found['seconds']:.0f} s"
    )


class _Demo:
    """Base model, records, canaries and values, the same for all three trainings."""

    def __init__(self) -> None:
        import numpy as np

        from tasks.methods.attack.canaries import coins, make
        from tasks.methods.lm.small import small_model
        from tasks.methods.lm.tokens import TokenTable
        from tasks.methods.lm.unprotected import train_unprotected
        from tasks.methods.sample.generate import records

        public = [str(record.fields["text"]) for record in records("healthcare", PUBLIC, "en", PUBLIC_SEED)]
        self.base, self.tokenizer = small_model(public, 2 * TOKENS)
        progress = _progress("base model, on public text", 3)
        train_unprotected(
            self.base,
            TokenTable(self._begun(public), self.tokenizer, TOKENS),
            epochs=3,
            learning_rate=2e-3,
            progress=progress,
        )
        self.records = [*records("healthcare", RECORDS, "en", SEED)]
        made = make(["random_token"], CANARIES, "audit-demo", self.tokenizer)
        self.canaries = [one.text for one in made]
        # Nothing is hidden from anybody here, so the coins' secret is a public word.
        self.coins = np.array(coins(CANARIES, b"audit-demo" * 3, "coins"))
        self.secrets, self.controls, self.others = _values(self.records, public, self._shown)

    def rows(self) -> Any:
        """The table's rows, one after the other."""
        plain = [str(record.fields["text"]) for record in self.records]
        yield self._attacked("no protection", self._unprotected(plain, "no protection"), None)
        model, epsilon = self._private(plain)
        yield self._attacked("DP-SGD", model, epsilon)
        yield self._attacked("masked, no DP", self._unprotected(_masked(plain), "masked"), None)

    def _begun(self, texts: list[str]) -> list[str]:
        """The texts behind the token that ends the one before: so the model learns how a text begins."""
        return [f"{self.tokenizer.eos_token}{text}" for text in texts]

    def _shown(self, text: str) -> int:
        """How many characters of a text are trained on."""
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"][: TOKENS - 1]
        return len(str(self.tokenizer.decode(ids)))

    def _table(self, texts: list[str]) -> Any:
        from tasks.methods.lm.tokens import TokenTable

        planted = [text for text, coin in zip(self.canaries, self.coins, strict=True) if coin]
        return TokenTable([*self._begun(texts), *planted], self.tokenizer, TOKENS)

    def _unprotected(self, texts: list[str], what: str) -> Any:
        from tasks.methods.lm.unprotected import train_unprotected

        model, progress = copy.deepcopy(self.base), _progress(f"training, {what}", EPOCHS)
        train_unprotected(model, self._table(texts), epochs=EPOCHS, learning_rate=2e-3, progress=progress)
        return model

    def _private(self, texts: list[str]) -> tuple[Any, float]:
        import secrets

        import torch

        from tasks.methods.dp.accounting import epsilon
        from tasks.methods.dp.plan import plan_for
        from tasks.methods.dp.randomness import KeyedRandomness
        from tasks.methods.dp.training import Recipe, train
        from tasks.methods.dp.units import Units
        from tasks.methods.lm.causal import causal_losses

        model, table = copy.deepcopy(self.base), self._table(texts)
        planned = plan_for(
            epsilon=EPSILON, delta=DELTA, expected_batch=DP_BATCH, steps=DP_STEPS, population=None, truncate=False,
            counted=len(texts), unit="record", canaries=CANARIES, planted=int(self.coins.sum()),
        )  # fmt: skip
        recipe = Recipe(max_grad_norm=0.5, expected_batch=DP_BATCH, learning_rate=2e-3, physical_batch=32)
        progress = _progress("training, DP-SGD", DP_STEPS, "steps")
        train(
            model, Units(table, None), lambda batch: causal_losses(model, batch), planned.sampler, planned.mechanism,
            recipe, KeyedRandomness(secrets.token_bytes(32), "audit-demo", secrets.token_bytes(16)),
            torch.device("cpu"), progress=progress,
        )  # fmt: skip
        return model, epsilon(planned.mechanism, DELTA)

    def _attacked(self, training: str, model: Any, epsilon: float | None) -> dict[str, Any]:
        import torch

        from tasks.methods.attack import pii_extraction, pii_inference
        from tasks.methods.attack.guessing import guess
        from tasks.methods.attack.membership import log_ratio, token_scores
        from tasks.methods.attack.one_run import lower_bound
        from tasks.methods.attack.pii_extraction import Sampling
        from tasks.methods.lm.tokens import TokenTable

        table, cpu = TokenTable(self.canaries, self.tokenizer, TOKENS), torch.device("cpu")
        scores: np.ndarray = log_ratio(token_scores(model, table, 64, cpu), token_scores(self.base, table, 64, cpu))
        guessed = guess(scores, self.coins, GUESSES / CANARIES)
        written = pii_extraction.extract(
            model, self.tokenizer, self.secrets, self.controls, texts=TEXTS,
            sampling=Sampling(temperature=0.7, new_tokens=TOKENS), size=64,
            progress=_progress(f"attack, {training}", TEXTS, "texts"),
        )  # fmt: skip
        some = slice(0, VALUES)
        picked = pii_inference.infer(
            model, self.tokenizer, self.secrets[some], self.controls[some], self.others[some], base=self.base
        )
        return {
            "training": training,
            "epsilon": None if epsilon is None else math.ceil(epsilon * 100) / 100,
            "correct": guessed.correct,
            "epsilon_lower_bound": round(lower_bound(guessed, DELTA, SIGNIFICANCE), 3),
            "extraction": {
                "trained": [written.trained.hits, written.trained.of],
                "controls": [written.controls.hits, written.controls.of],
                "verdict": written.chance().verdict,
            },
            "inference": {
                "trained": [picked.trained.first.hits, picked.trained.first.of],
                "controls": [picked.controls.first.hits, picked.controls.first.of],
                "verdict": picked.chance().verdict,
            },
        }


def _values(records: list[Any], public: list[str], shown: Any) -> tuple[list[Secret], list[Secret], list[list[str]]]:
    """Personal values of the records that nothing public holds; for each a control and candidates of its kind."""
    from tasks.methods.attack.pii_extraction import Finder, Secret, form_of
    from tasks.methods.sample.generate import records as generate

    strangers: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for record in generate("healthcare", 10 * RECORDS, "en", CONTROL_SEED):
        words = str(record.fields["text"])
        for span in record.spans.get("text", ()):
            if span.entity in strangers:
                strangers[span.entity].append(words[span.start : span.end])
    own = {form_of(str(r.fields["text"])[s.start : s.end]) for r in records for s in r.spans.get("text", ())}
    known = Finder({form_of(one) for values in strangers.values() for one in values} | own)
    taken = set[str]().union(*map(known.found, public))
    own |= set[str]().union(*(known.found(str(record.fields["text"])) for record in records))
    secrets, controls, others = [], [], []
    for record in records:
        words = str(record.fields["text"])
        end = shown(words)
        for span in record.spans.get("text", ()):
            value = words[span.start : span.end]
            form = form_of(value)
            if span.entity not in strangers or span.end > end or form in taken or not form:
                continue
            drawn: list[str] = []
            while len(drawn) < CANDIDATES and strangers[span.entity]:
                other = strangers[span.entity].pop()
                if (other_form := form_of(other)) and other_form not in taken and other_form not in own:
                    taken.add(other_form)
                    drawn.append(other)
            if len(drawn) == CANDIDATES:
                taken.add(form)
                place = (span.entity, words[: span.start], words[span.end : end])
                secrets.append(Secret(value, *place))
                controls.append(Secret(drawn[0], *place))
                others.append(drawn[1:])
    return secrets, controls, others


def _masked(texts: list[str]) -> list[str]:
    """The texts as `airlock mask` leaves them."""
    from tasks.command.main import main

    with tempfile.TemporaryDirectory() as folder:
        rows, out = Path(folder, "rows.jsonl"), Path(folder, "masked")
        rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        line = ["mask", str(rows), "--text-column", "text", "--policy", POLICY, "--out", str(out)]
        with contextlib.redirect_stdout(io.StringIO()):
            if code := main(line):
                raise AirlockError(f"audit-demo: masking ended with exit code {code}")
        lines = (out / "masked.jsonl").read_text(encoding="utf-8").splitlines()
    return [str(json.loads(line)["text"]) for line in lines]


def _progress(what: str, total: int, unit: str = "epochs") -> Progress:
    return Progress(f"audit-demo: {what}", total, unit, stream=sys.stderr)
