"""Load an exported model in a clean process of its own, generate, and hand back its outputs."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, PreTrainedModel

from tasks.methods.export.clean import run_clean

PROMPTS = ("The patient was seen in the clinic on", "Please transfer the amount to", "今天的天气")
"""Public text; no row of anyone's."""

_CHILD = """
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer
torch.set_num_threads(task["threads"])
options = {"local_files_only": True, "trust_remote_code": False}
tokenizer = AutoTokenizer.from_pretrained(task["folder"], **options)
model = AutoModelForCausalLM.from_pretrained(task["folder"], dtype="auto", use_safetensors=True, **options).eval()
logits, tokens = {}, {}
with torch.no_grad():
    for i, prompt in enumerate(task["prompts"]):
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        logits[str(i)] = model(input_ids=ids).logits[0].float().contiguous()
        new = []
        if i == 0:
            made = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False,
                                  max_new_tokens=task["new_tokens"], pad_token_id=model.config.eos_token_id or 0)
            new = made[0, ids.shape[1]:].tolist()
        tokens[str(i)] = {"prompt": ids[0].tolist(), "new": new}
save_file(logits, "logits.safetensors")
json.dump({"tokens": tokens, "dtype": str(model.dtype)}, open("answer.json", "w"))
"""


@dataclass(frozen=True)
class Outputs:
    """What a model answers to the prompts.

    Attributes:
        prompt_ids: token ids of each prompt.
        logits: of each prompt, float32, shape (tokens, vocabulary).
        new_ids: tokens generated greedily after each prompt; generation is tried on the first alone.
        dtype: number format of the weights.
    """

    prompt_ids: list[list[int]]
    logits: list[torch.Tensor]
    new_ids: list[list[int]]
    dtype: str


@torch.no_grad()
def outputs_here(model: PreTrainedModel, tokenizer_folder: Path) -> Outputs:
    """The outputs of a model in this process, without generating."""
    tokenizer = AutoTokenizer.from_pretrained(str(tokenizer_folder), local_files_only=True, trust_remote_code=False)
    ids = [tokenizer(prompt, return_tensors="pt")["input_ids"] for prompt in PROMPTS]
    logits = [model(input_ids=i).logits[0].float() for i in ids]
    return Outputs([i[0].tolist() for i in ids], logits, [], str(model.dtype))


def outputs_clean(folder: Path, new_tokens: int = 8, timeout: float = 900.0) -> Outputs:
    """The outputs of a model folder in a clean process without network, and ``new_tokens`` after the first prompt.

    Raises:
        AirlockError: the folder doesn't load there, or the process takes longer than ``timeout`` seconds.
    """
    threads = torch.get_num_threads()
    task = {"folder": str(folder.resolve()), "prompts": PROMPTS, "new_tokens": new_tokens, "threads": threads}
    with tempfile.TemporaryDirectory(prefix="airlock-clean-") as empty:
        run_clean(_CHILD, task, Path(empty), timeout)
        answer = json.loads(Path(empty, "answer.json").read_text(encoding="utf-8"))
        logits = load_file(Path(empty, "logits.safetensors"))
    order = [str(i) for i in range(len(PROMPTS))]
    return Outputs(
        [answer["tokens"][i]["prompt"] for i in order],
        [logits[i] for i in order],
        [answer["tokens"][i]["new"] for i in order],
        answer["dtype"],
    )


def difference(expected: Outputs, found: Outputs) -> float:
    """The largest difference of two models' logits, as a share of the largest expected one.

    Infinite where they can't be compared: other tokens, another vocabulary, or logits that aren't finite.
    """
    if expected.prompt_ids != found.prompt_ids:
        return float("inf")
    pairs = list(zip(expected.logits, found.logits, strict=True))
    if any(a.shape != b.shape or not torch.isfinite(b).all() for a, b in pairs):
        return float("inf")
    largest = max(float(a.abs().max()) for a, _ in pairs)
    apart = max(float((a - b).abs().max()) for a, b in pairs)
    return apart / largest if largest > 0 else apart
