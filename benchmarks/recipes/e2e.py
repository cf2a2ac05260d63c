"""E2E NLG: restaurant descriptions from meaning representations, with a language model of 135M weights.

    python benchmarks/recipes/e2e.py --data DIR [--base package:smollm2-135m-instruct] [--epsilon 8] [--json OUT]

``DIR`` holds ``e2e-dataset.zip``. LoRA in the attention; the answer's tokens alone are scored; one text is one
record (δ = 8e-6, as in Li et al. 2022). Decoding: beam search on the 630 meaning representations of the test set. BLEU
by sacrebleu against all references of each, tokenised by mteval-v13a's rules; ``bleu`` ignores case, which is mteval's
and so the official E2E metrics' default, ``bleu_cased`` doesn't.

Cost of tuning: the learning rate is the best of those given to ``--rates`` by the development set's loss after a short
private run each (``--tune-steps``). The data is public; on private data these runs would have to be charged.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
import time
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import runner
import torch

from tasks.methods.lm.adapt import Adaptation
from tasks.methods.lm.objectives import Task, open_task
from tasks.methods.lm.perplexity import document_losses
from tasks.methods.lm.weights import resolve

LENGTH = 128
TARGETS = ("q_proj", "v_proj", "o_proj")
PLAN = runner.Plan(
    batch=1024, epochs=10, learning_rate=2e-3, delta=8e-6, clip=0.01, physical=384, warmup=0.05, bf16=True, average=0.1
)


class Prompts:
    """Records ``(meaning, text)``, without a chat template: the meaning, an arrow, the text."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer, self.pad = tokenizer, int(tokenizer.eos_token_id)

    def prompt(self, meaning: str) -> str:
        """``name[X], food[Y]`` as ``name: X, food: Y ->``."""
        return meaning.replace("[", ": ").replace("]", "") + " ->"

    def rows(self, records: list[tuple[str, str]], max_length: int) -> list[Any]:
        """Encode records; only the text and the end-of-text token are scored."""
        from tasks.methods.lm.tokens import Row

        prompts = self._tokenizer([self.prompt(m) for m, _ in records], add_special_tokens=False)["input_ids"]
        texts = self._tokenizer([" " + t for _, t in records], add_special_tokens=False)["input_ids"]
        return [
            Row([*p, *t, self.pad][:max_length], min(len(p), max_length), truncated=len(p) + len(t) >= max_length)
            for p, t in zip(prompts, texts, strict=True)
        ]

    def finish(self, batch: Any, draw: int) -> Any:
        """Nothing is left to do."""
        return batch


def read(folder: Path, name: str) -> list[tuple[str, str]]:
    """Pairs of a file of the archive."""
    with zipfile.ZipFile(folder / "e2e-dataset.zip") as archive:
        text = archive.read(f"e2e-dataset/{name}.csv").decode("utf-8-sig")
    return [(row[0], " ".join(row[1].split())) for row in list(csv.reader(io.StringIO(text)))[1:]]


def opened(base: str, home: Path, device: torch.device, rank: int, kind: str = "lora") -> Task:
    """The task with adapters, or with every weight but the embeddings free."""
    task = open_task("instruction", resolve(base, home), device)
    task.encoder = Prompts(task.tokenizer)
    if kind == "lora":
        task.adapt(Adaptation("lora", r=rank, alpha=2.0 * rank, targets=TARGETS))
    else:
        task.adapt(Adaptation("full"))
        task.model.get_input_embeddings().weight.requires_grad_(False)
    return task


def dev_loss(task: Task, pairs: list[tuple[str, str]], device: torch.device) -> float:
    """Mean loss a token."""
    with torch.autocast(device.type, torch.bfloat16):
        losses, tokens = document_losses(task.model, task.table(pairs, LENGTH), 512, device)
    return float(losses.sum() / tokens.sum())


def describe(task: Task, meanings: list[str], beams: int, device: torch.device, size: int = 210) -> list[str]:
    """Beam search for each meaning."""
    tokenizer = task.tokenizer
    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    task.model.config.use_cache = True
    found = []
    for start in range(0, len(meanings), size):
        prompts = [task.encoder.prompt(m) for m in meanings[start : start + size]]
        encoded = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(device)
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16):
            out = task.model.generate(
                input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"], max_new_tokens=80,
                num_beams=beams, do_sample=False, length_penalty=0.9, no_repeat_ngram_size=4,
                pad_token_id=tokenizer.eos_token_id, eos_token_id=tokenizer.eos_token_id, use_cache=True,
            )  # fmt: skip
        new = out[:, encoded["input_ids"].shape[1] :]
        found += [" ".join(t.split()) for t in tokenizer.batch_decode(new, skip_special_tokens=True)]
    task.model.config.use_cache = False
    return found


def score(found: list[str], references: list[list[str]]) -> dict[str, float]:
    """BLEU against any number of references each."""
    from sacrebleu.metrics import BLEU

    most = max(map(len, references))
    streams = [[refs[i] if i < len(refs) else None for refs in references] for i in range(most)]
    return {
        "bleu": BLEU(lowercase=True).corpus_score(found, streams).score,
        "bleu_cased": BLEU().corpus_score(found, streams).score,
    }


def main() -> None:
    """Tune where asked to, train, decode, score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", default="package:smollm2-135m-instruct")
    parser.add_argument("--home", type=Path, default=Path("~/.airlock").expanduser())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--epsilon", type=float, nargs="+", default=[8.0, 3.0])
    parser.add_argument("--epochs", type=float, default=PLAN.epochs)
    parser.add_argument("--batch", type=int, default=PLAN.batch)
    parser.add_argument("--physical", type=int, default=PLAN.physical)
    parser.add_argument("--rates", type=float, nargs="+", default=[PLAN.learning_rate])
    parser.add_argument("--tune-steps", type=int, default=60)
    parser.add_argument("--kind", choices=("lora", "full"), default="lora")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--beams", type=int, default=5)
    parser.add_argument("--rows", type=int, help="only so many training texts, for a trial")
    parser.add_argument("--meanings", type=int, help="only so many test meanings, for a trial")
    parser.add_argument("--seconds", type=float, help="fewer epochs, so that one run's training takes about so long")
    args = parser.parse_args()
    device = torch.device(args.device)
    torch.set_float32_matmul_precision("high")
    train, dev, test = (read(args.data, name) for name in ("trainset", "devset", "testset_w_refs"))
    train = train[: args.rows]
    references: dict[str, list[str]] = defaultdict(list)
    for meaning, text in test:
        references[meaning].append(text)
    report = runner.Report(args.json, device, task="e2e", kind=args.kind, rank=args.rank, beams=args.beams)
    plan = PLAN.but(epochs=args.epochs, batch=args.batch, physical=args.physical)
    for epsilon in args.epsilon:
        mine = plan.but(epsilon=epsilon)
        rate = args.rates[0]
        if len(args.rates) > 1 or args.seconds:
            found = {}
            for rate in args.rates:
                # So much noise as the whole run would have, over its first steps.
                task = opened(args.base, args.home, device, args.rank, args.kind)
                table = task.table(train, LENGTH)
                short = mine.but(epochs=args.tune_steps * mine.batch / len(table), learning_rate=rate)
                begun = time.monotonic()
                facts = runner.train(task.model, table, task.losses, short, device)
                found[rate] = dev_loss(task, dev[:1000], device)
                a_step = facts["seconds"] / facts["steps"]
                report.add(f"tuning epsilon {epsilon:g} rate {rate:g}",
                           {"loss": found[rate], "step_s": a_step, "all_s": time.monotonic() - begun})  # fmt: skip
                del task, table
                torch.cuda.empty_cache()
            rate = min(found, key=lambda r: found[r] if math.isfinite(found[r]) else math.inf)
            if args.seconds:
                mine = mine.but(epochs=min(mine.epochs, max(1.0, args.seconds / a_step * mine.batch / len(train))))
        task = opened(args.base, args.home, device, args.rank, args.kind)
        table = task.table(train, LENGTH)
        start = time.monotonic()

        def say(step: int, steps: int, start: float = start) -> None:
            if step % 50 == 0:
                print(f"step {step} of {steps}, {time.monotonic() - start:.0f} s", flush=True)

        facts = runner.train(task.model, table, task.losses, mine.but(learning_rate=rate), device, say)
        facts |= {"truncated": table.truncated, "dev_loss": dev_loss(task, dev, device)}
        report.add(f"training epsilon {epsilon:g}", facts)
        start = time.monotonic()
        texts = describe(task, list(references)[: args.meanings], args.beams, device)
        report.add(
            f"epsilon {epsilon:g}",
            score(texts, list(references.values())[: args.meanings])
            | {"decoding_s": time.monotonic() - start, "texts": len(texts), "first": texts[:5]},
        )
        del task, table
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
