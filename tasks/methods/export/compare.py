"""A variant of a model against the model itself: loaded in a clean process, its logits compared, its quality measured.

All inputs are public prompts and texts made up by :mod:`tasks.methods.sample`: nobody's records. Of a model from DP-SGD
the figures are post-processing and cost no further ε.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, PreTrainedModel

from tasks.methods.clip.quality import compare
from tasks.methods.export.clean import run_clean
from tasks.methods.export.verify import PROMPTS

LONGEST = 128
"""Tokens of a text that are read."""

NEW_TOKENS = 8
"""Tokens that are generated greedily after each prompt, one by one through the key-value cache."""

_AT_ONCE = 4

# One `step` for each format: tokens and the cache so far to logits and the cache after them. Shorter rows of a batch
# are filled up on the right.
_CHILD = """
import numpy as np
folder, form = task["folder"], task["format"]
local = {"local_files_only": True, "trust_remote_code": False}
if form == "onnx":
    import onnxruntime
    from transformers import AutoTokenizer
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = task["threads"], 3
    session = onnxruntime.InferenceSession(folder + "/model.onnx", options, providers=["CPUExecutionProvider"])
    caches = [i for i in session.get_inputs() if i.name.startswith("past_key_values.")]
    tokenizer = AutoTokenizer.from_pretrained(folder, **local)
    def step(ids, mask, past):
        if past is None:
            half = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
            past = [np.zeros((len(ids), i.shape[1], 0, i.shape[3]), half[i.type]) for i in caches]
        places = np.arange(mask.shape[1] - ids.shape[1], mask.shape[1])[None].repeat(len(ids), 0)
        inputs = {"input_ids": ids, "attention_mask": mask, "position_ids": places}
        logits, *past = session.run(None, inputs | {i.name: p for i, p in zip(caches, past)})
        return logits.astype(np.float32), past
else:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    torch.set_num_threads(task["threads"])
    more = {"use_safetensors": True}
    if form == "gguf":
        from transformers import GgufConfig
        local["gguf_file"], more = "model.gguf", {"quantization_config": GgufConfig(dequantize=True)}
    tokenizer = AutoTokenizer.from_pretrained(folder, **local)
    dtype = torch.float32 if form == "gguf" else "auto"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **local, **more).eval()
    @torch.no_grad()
    def step(ids, mask, past):
        ids, mask = torch.from_numpy(ids), torch.from_numpy(mask)
        out = model(input_ids=ids, attention_mask=mask, past_key_values=past, use_cache=True)
        return out.logits.float().numpy(), out.past_key_values
def rows(ids):
    width = max(map(len, ids))
    filled = [row + [0] * (width - len(row)) for row in ids]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in ids]
    return np.array(filled, np.int64), np.array(mask, np.int64)
encode = lambda texts: [tokenizer(text, add_special_tokens=False)["input_ids"][:task["longest"]] for text in texts]
prompts, texts, new, losses, best, saved = encode(task["prompts"]), encode(task["texts"]), [], [], [], {}
for i, logits in enumerate(step(*rows(prompts), None)[0]):
    saved[f"logits{i}"] = logits[:len(prompts[i])]
    last, past = step(*rows([prompts[i]]), None)
    chosen, cached = [], []
    for _ in range(task["new_tokens"]):
        chosen.append(int(last[0, -1].argmax()))
        mask = np.ones((1, len(prompts[i]) + len(chosen)), np.int64)
        last, past = step(np.array([chosen[-1:]], np.int64), mask, past)
        cached.append(last[0, -1])
    new.append(chosen)
    saved[f"cached{i}"] = np.stack(cached)
for start in range(0, len(texts), task["at_once"]):
    part = texts[start : start + task["at_once"]]
    for ids, logits in zip(part, step(*rows(part), None)[0]):
        logits = logits[: len(ids) - 1].astype(np.float64)
        top = logits.max(1, keepdims=True)
        sums = np.log(np.exp(logits - top).sum(1)) + top[:, 0]
        losses.append(float((sums - logits[np.arange(len(ids) - 1), ids[1:]]).sum()))
        best.append(logits.argmax(1).tolist())
np.savez("logits.npz", **saved)
found = {"prompts": prompts, "texts": texts, "new": new, "losses": losses, "best": best}
with open("answer.json", "w") as file:
    json.dump(found, file)
"""


@dataclass(frozen=True)
class Answer:
    """What a variant answers in a clean process.

    Attributes:
        prompt_ids, text_ids: tokens of the prompts and of the texts.
        logits: of each prompt, float32 [tokens, vocabulary], all prompts in one batch.
        new_ids: tokens generated greedily after each prompt.
        cached: logits after each of them, float32 [new tokens, vocabulary], computed from the cache.
        losses: of each text, nats in all over its tokens but the first, float64 [texts].
        best: the likeliest next token at each scored place of each text.
    """

    prompt_ids: list[list[int]]
    text_ids: list[list[int]]
    logits: list[np.ndarray]
    new_ids: list[list[int]]
    cached: list[np.ndarray]
    losses: np.ndarray
    best: list[list[int]]


class Reference:
    """The model that variants are compared with.

    Args:
        model: in float32, on the CPU.
        tokenizer: folder of its tokenizer.
        texts: public or generated texts, two or more.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: Path, texts: Sequence[str]) -> None:
        self._model, self._texts = model, list(texts)
        limit = int(getattr(model.config, "max_position_embeddings", None) or LONGEST)
        self._longest = min(LONGEST, limit)
        self._new = min(NEW_TOKENS, limit // 4)
        encode = AutoTokenizer.from_pretrained(str(tokenizer), local_files_only=True, trust_remote_code=False)
        # Two of the texts are prompts as well: real length, and logits as they are where the model knows the domain.
        self._prompts = [*PROMPTS, *self._texts[:2]]
        self._ids = [self._encode(encode, group) for group in (self._prompts, self._texts)]
        self._measured = self._measure()

    def _encode(self, tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
        longest = self._longest - self._new
        return [tokenizer(text, add_special_tokens=False)["input_ids"][:longest] for text in texts]

    def answer(self, form: str, folder: Path, timeout: float = 1800.0) -> Answer:
        """What a variant answers, loaded in a clean process without network.

        Args:
            form: ``model``, ``onnx`` or ``gguf``.
            folder: the variant's.
            timeout: seconds.

        Raises:
            AirlockError: it doesn't load there.
        """
        task = {
            "folder": str(folder.resolve()),
            "format": form,
            "prompts": self._prompts,
            "texts": self._texts,
            "longest": self._longest - self._new,
            "new_tokens": self._new,
            "at_once": _AT_ONCE,
            "threads": torch.get_num_threads(),
        }
        with tempfile.TemporaryDirectory(prefix="airlock-clean-") as empty:
            run_clean(_CHILD, task, Path(empty), timeout, what=folder.name)
            found = json.loads(Path(empty, "answer.json").read_text(encoding="utf-8"))
            with np.load(Path(empty, "logits.npz")) as saved:
                logits = [saved[f"logits{i}"] for i in range(len(self._prompts))]
                cached = [saved[f"cached{i}"] for i in range(len(self._prompts))]
        return Answer(
            found["prompts"], found["texts"], logits, found["new"], cached, np.array(found["losses"]), found["best"]
        )

    def difference(self, answer: Answer) -> float:
        """The largest absolute difference of a logit, with the cache and without; infinite where it can't be told."""
        if [answer.prompt_ids, answer.text_ids] != self._ids:
            return float("inf")
        apart = 0.0
        for prompt, new, whole, cached in zip(
            answer.prompt_ids, answer.new_ids, answer.logits, answer.cached, strict=True
        ):
            expected = self._logits([*prompt, *new])
            found = np.concatenate([whole, cached])
            if found.shape != expected.shape or not np.isfinite(found).all():
                return float("inf")
            apart = max(apart, float(np.abs(expected - found).max()))
        return apart

    def quality(self, answer: Answer) -> dict[str, Any]:
        """Perplexity on the texts of the reference and of the variant, as :func:`compare` puts them, and agreement.

        Returns:
            with ``top1_agreement``: the share of places at which both hold the same next token for the likeliest.
        """
        losses, tokens, best = self._measured
        found = compare((losses, tokens), (answer.losses, tokens))
        same = sum(int(np.sum(a == np.array(b))) for a, b in zip(best, answer.best, strict=True))
        return {**found, "top1_agreement": round(same / max(1, int(tokens.sum())), 4)}

    @torch.no_grad()
    def _logits(self, ids: Sequence[int]) -> np.ndarray:
        return self._model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0].float().numpy()

    def _measure(self) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        losses, best = [], []
        for ids in self._ids[1]:
            logits = torch.from_numpy(self._logits(ids))[:-1].double()
            losses.append(float(torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="sum")))
            best.append(logits.argmax(1).numpy())
        return np.array(losses), np.array([float(len(ids) - 1) for ids in self._ids[1]]), best
