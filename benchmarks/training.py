"""Speed and memory of DP-SGD against plain training and Opacus, in one run on one device.

Run it from the repository's root on a machine that does nothing else:

    python benchmarks/training.py --device cuda [--largest-batch] [--json OUT] [--only PATTERN] [--quick]

Models have random weights in the shapes of GPT-2 small and SmolLM2-135M (speed doesn't depend on their values), the
batches are full rows of random tokens. All sides compute the same loss for each example (the mean over its tokens) in
the same physical batches, and take one AdamW step (fused on a GPU) a logical batch; the private sides clip each
example and add noise to it, ours with the cryptographic generator, Opacus with torch's. ``as-is`` is Opacus on the
model as transformers builds it; its other rows are Opacus at its best: linear layers in place of Conv1D, torch's
RMSNorm in place of Llama's, an untied head where its ghost mode needs one. A figure is the median of the repeats;
throughput counts examples of a whole logical step. Memory is the allocator's peak on a GPU; on a CPU each side runs in
a process of its own and its peak resident size is given.
"""

# ruff: noqa: E402 - the repository's root must be on the path first
from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from itertools import count, product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "recipes")]

import runner
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import nn

CLIP, SIGMA, RATE = 0.1, 1.0, 1e-4
SIDES = ("plain", "plain-compiled", "opacus-hooks-as-is", "opacus-hooks", "opacus-ghost-as-is", "opacus-ghost", "ours")
MODELS = ("gpt2-small", "smollm2-135m")
LORA = {"gpt2": ["c_attn", "c_proj", "c_fc"], "llama": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj",
                                                        "down_proj"]}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One measurement: what is trained, how, and by whom."""

    model: str
    trains: str
    precision: str
    side: str
    logical: int
    physical: int
    tokens: int
    device: str
    repeats: int

    @property
    def name(self) -> str:
        """What ``--only`` is matched against."""
        return "/".join((self.model, self.trains, self.precision, str(self.physical), self.side))


def build(case: Case) -> nn.Module:
    """The model of a case, on its device, with what is to be trained marked so."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    with torch.device(case.device):
        model = _shape(case)
    if case.side in ("opacus-hooks", "opacus-ghost"):
        _help(model, untie=case.side == "opacus-ghost" and case.trains == "full")
    model = model.to(case.device)
    if case.trains == "lora":
        targets = LORA["gpt2" if case.model.startswith("gpt2") else "llama"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules=targets))
    return model.train()


def _shape(case: Case) -> nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    if case.model.startswith("gpt2"):
        small = {"n_embd": 64, "n_layer": 2, "n_head": 2, "vocab_size": 512} if case.model.endswith("tiny") else {}
        off = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
        ids = {"bos_token_id": None, "eos_token_id": None}
        return GPT2LMHeadModel(GPT2Config(use_cache=False, **ids, **off, **small))
    small = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    small |= {"intermediate_size": 128, "vocab_size": 512}
    full = {"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3}
    full |= {"intermediate_size": 1536, "vocab_size": 49152}
    shape = small if case.model.endswith("tiny") else full
    return LlamaForCausalLM(LlamaConfig(tie_word_embeddings=True, use_cache=False, **shape))


def _help(model: nn.Module, untie: bool) -> None:
    """Replace the layers that Opacus has no sampler of its own for by equal ones that it has."""
    from transformers.models.llama.modeling_llama import LlamaRMSNorm
    from transformers.pytorch_utils import Conv1D

    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, Conv1D):
                linear = nn.Linear(child.weight.shape[0], child.weight.shape[1])
                linear.weight.data, linear.bias.data = child.weight.data.T.contiguous(), child.bias.data
                setattr(module, name, linear)
            elif isinstance(child, LlamaRMSNorm):
                norm = nn.RMSNorm(child.weight.shape[0], eps=child.variance_epsilon)
                norm.weight.data = child.weight.data
                setattr(module, name, norm)
    if untie:
        model.config.tie_word_embeddings = False
        head = nn.Linear(*reversed(model.lm_head.weight.shape), bias=False)
        head.weight.data = model.lm_head.weight.data.clone()
        model.lm_head = head


def losses(model: nn.Module, ids: torch.Tensor, explicit: bool = True) -> torch.Tensor:
    """Each row's mean loss over its tokens [rows]; the same for every side."""
    # Opacus sums over rows the gradients of position ids that are broadcast (Opacus #841).
    positions = {"position_ids": torch.arange(ids.shape[1], device=ids.device).repeat(len(ids), 1)} if explicit else {}
    logits = model(input_ids=ids, use_cache=False, **positions).logits[:, :-1]
    targets = ids[:, 1:]
    nll = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none")
    return nll.view_as(targets).mean(1)


class Bench:
    """A model, its optimizer and one side's way to take a logical step."""

    def __init__(self, case: Case) -> None:
        self.case, self.model = case, build(case)
        self.params = [p for p in self.model.parameters() if p.requires_grad]
        fast = {"fused": True} if case.device == "cuda" else {"foreach": True}
        self.adam = torch.optim.AdamW(self.params, lr=RATE, **fast)
        vocab = int(self.model.config.vocab_size)  # type: ignore[union-attr]
        self.ids = torch.randint(vocab, (case.logical, case.tokens), device=case.device)
        self.facts: dict[str, Any] = {"trainable": sum(p.numel() for p in self.params)}
        side = case.side.removesuffix("-as-is")
        self.step: Callable[[], None] = getattr(self, "_" + side.replace("-", "_"))()

    def batches(self) -> Iterator[torch.Tensor]:
        """The physical batches of a logical one."""
        return iter(self.ids.split(self.case.physical))

    def autocast(self) -> Any:
        """The forward pass's precision."""
        if self.case.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.case.device, torch.bfloat16)

    def _plain(self, model: nn.Module | None = None) -> Callable[[], None]:
        model = self.model if model is None else model

        def step() -> None:
            for ids in self.batches():
                with self.autocast():
                    loss = losses(model, ids, explicit=False).sum() / self.case.logical
                loss.backward()
            self.adam.step()
            self.adam.zero_grad()

        return step

    def _plain_compiled(self) -> Callable[[], None]:
        return self._plain(torch.compile(self.model))

    def _opacus_hooks(self) -> Callable[[], None]:
        from opacus.grad_sample import GradSampleModule
        from opacus.optimizers import DPOptimizer

        wrapped = GradSampleModule(self.model, batch_first=True, loss_reduction="sum")
        optimizer = DPOptimizer(self.adam, **self._opacus())

        def step() -> None:
            for last, ids in self._marked():
                with self.autocast():
                    loss = losses(wrapped, ids, explicit=not self.case.side.endswith("as-is")).sum()
                loss.backward()
                optimizer.signal_skip_step(do_skip=not last)
                optimizer.step()
                optimizer.zero_grad()

        return step

    def _opacus_ghost(self) -> Callable[[], None]:
        from opacus.grad_sample import GradSampleModuleFastGradientClipping
        from opacus.optimizers import DPOptimizerFastGradientClipping
        from opacus.utils.fast_gradient_clipping_utils import DPTensorFastGradientClipping

        wrapped = GradSampleModuleFastGradientClipping(
            self.model, batch_first=True, loss_reduction="sum", max_grad_norm=CLIP, use_ghost_clipping=True
        )
        optimizer = DPOptimizerFastGradientClipping(self.adam, **self._opacus())

        def step() -> None:
            for last, ids in self._marked():
                with self.autocast():
                    each = losses(wrapped, ids, explicit=not self.case.side.endswith("as-is"))
                DPTensorFastGradientClipping(wrapped, optimizer, each, loss_reduction="sum").backward()
                optimizer.signal_skip_step(do_skip=not last)
                optimizer.step()
                optimizer.zero_grad()

        return step

    def _opacus(self) -> dict[str, Any]:
        return {"noise_multiplier": SIGMA, "max_grad_norm": CLIP, "expected_batch_size": self.case.logical,
                "loss_reduction": "mean"}  # fmt: skip

    def _marked(self) -> Iterator[tuple[bool, torch.Tensor]]:
        batches = list(self.batches())
        return ((i == len(batches) - 1, ids) for i, ids in enumerate(batches))

    def _ours(self) -> Callable[[], None]:
        from tasks.methods.dp.engine import GradientEngine
        from tasks.methods.dp.randomness import KeyedRandomness
        from tasks.methods.dp.step import LogicalStep

        precision = None if self.case.precision == "fp32" else torch.bfloat16
        engine = GradientEngine(self.model, max_grad_norm=CLIP, mode="auto", precision=precision)
        logical = LogicalStep(
            engine, self.adam, noise_multiplier=SIGMA, expected_batch=self.case.logical, steps=1 << 30
        )  # fmt: skip
        self.facts["mode"] = engine.mode
        self.randomness = KeyedRandomness(b"benchmark", "0" * 64, b"nonce")
        labels = (f"noise/{number}" for number in count())

        def step() -> None:
            for ids in self.batches():
                engine.accumulate(lambda ids=ids: losses(self.model, ids))
            logical.step(self.randomness.stream(next(labels)))

        return step

    def noise(self) -> None:
        """Draw one step's noise, as our side does, and nothing else."""
        stream = self.randomness.stream("noise/benchmark")
        stream.normal((self.facts["trainable"],), self.params[0].device)


def _sync(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _time(work: Callable[[], None], device: str, repeats: int) -> list[float]:
    taken = []
    for _ in range(repeats):
        _sync(device)
        start = time.perf_counter()
        work()
        _sync(device)
        taken.append(time.perf_counter() - start)
    return taken


def measure(case: Case) -> dict[str, Any]:
    """One case's figures, or the error that it ended in.

    Where the physical batch doesn't fit into memory, half of it is tried, and so on; ``physical`` says what ran.
    """
    warnings.filterwarnings("ignore")
    physical = case.physical
    while True:
        try:
            return _measure(Case(**(asdict(case) | {"physical": physical}))) | {"physical": physical}
        except torch.OutOfMemoryError:
            if physical == 1:
                return {"error": "OutOfMemoryError at a physical batch of 1"}
            physical //= 2
        except Exception as exc:
            return {"error": f"{type(exc).__name__}: {str(exc).splitlines()[0][:200] if str(exc) else ''}"}
        # Outside the handler: the exception's frames hold the case's tensors.
        free()


def _measure(case: Case) -> dict[str, Any]:
    bench = Bench(case)
    for _ in range(2):
        bench.step()
    _sync(case.device)
    if case.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    taken = _time(bench.step, case.device, case.repeats)
    seconds = statistics.median(taken)
    found: dict[str, Any] = {
        "step_s": seconds,
        "fastest_s": min(taken),
        "slowest_s": max(taken),
        "examples_per_s": case.logical / seconds,
        "peak_MiB": torch.cuda.max_memory_allocated() / 2**20
        if case.device == "cuda"
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
        **bench.facts,
    }
    if case.side == "ours":
        bench.noise()
        noise = statistics.median(_time(bench.noise, case.device, max(3, case.repeats // 2)))
        found |= {"noise_s": noise, "noise_share": noise / seconds}
    if not all(torch.isfinite(p).all() for p in bench.params):
        found["error"] = "weights are not finite"
    return found


def free() -> None:
    """Give the device's memory back before the next case."""
    gc.collect()
    if torch.cuda.is_available():
        torch.compiler.reset()
        torch.cuda.empty_cache()


def fits(case: Case, physical: int) -> bool:
    """Whether a logical step of two physical batches of a size runs within the device's memory."""
    tried = Case(**(asdict(case) | {"physical": physical, "logical": 2 * physical}))
    try:
        bench = Bench(tried)
        bench.step()
        _sync(case.device)
        fitted = True
    except torch.OutOfMemoryError:
        fitted = False
    bench = None  # type: ignore[assignment]
    free()
    return fitted


def largest_batch(case: Case, ceiling: int = 4096) -> dict[str, Any]:
    """The largest physical batch that fits, to within an eighth."""
    try:
        low = case.physical
        while not fits(case, low):
            low //= 2
            if low == 0:
                return {"largest_batch": 0}
        while low < ceiling and fits(case, low * 2):
            low *= 2
        if low >= ceiling:
            return {"largest_batch": low, "at_least": True}
        best = low
        for eighths in (4, 2, 1):
            more = best + low * eighths // 8
            best = more if fits(case, more) else best
        return {"largest_batch": best}
    except Exception as exc:
        return {"error": f"{type(exc).__name__}: {str(exc).splitlines()[0][:200]}"}


def _child(case: Case, threads: int, queue: Any) -> None:
    torch.set_num_threads(threads)
    queue.put(measure(case))


def in_child(case: Case, threads: int) -> dict[str, Any]:
    """Measure in a process of its own, whose peak memory is then the case's."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_child, args=(case, threads, queue))
    process.start()
    while True:
        try:
            found: dict[str, Any] = queue.get(timeout=1)
            break
        except Exception:
            if not process.is_alive():
                found = {"error": f"the process ended with {process.exitcode}"}
                break
    process.join()
    return found


def ratios(rows: dict[str, dict[str, Any]]) -> None:
    """Write into each row its throughput and memory over those of plain training of the same thing."""
    for name, row in rows.items():
        plain = rows.get(name.rsplit("/", 1)[0] + "/plain")
        if plain and "step_s" in plain and "step_s" in row:
            row["throughput_ratio"] = row["examples_per_s"] / plain["examples_per_s"]
            row["memory_ratio"] = row["peak_MiB"] / plain["peak_MiB"]


def main() -> None:
    """Measure every case and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--only", default="*", help="MODEL/TRAINS/PRECISION/PHYSICAL/SIDE, with * and ?")
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--logical", type=int, default=256)
    parser.add_argument(
        "--physical", type=int, nargs="+", default=[256, 64], help="after the first: plain and ours only"
    )
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="on a CPU")
    parser.add_argument("--precisions", nargs="+", default=["bf16", "fp32"], choices=("bf16", "fp32"))
    parser.add_argument("--largest-batch", action="store_true", help="search for it too (on a GPU)")
    parser.add_argument("--quick", action="store_true", help="three repeats, no compiled rows")
    args = parser.parse_args()
    rows: dict[str, dict[str, Any]] = {}
    out = runner.environment(torch.device(args.device)) | {
        "settings": {k: str(v) for k, v in vars(args).items()},
        "rows": rows,
    }

    def note(name: str, found: dict[str, Any]) -> None:
        rows[name] = rows.get(name, {}) | found
        ratios(rows)
        print(name, json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in rows[name].items()}))
        sys.stdout.flush()
        if args.json:
            args.json.write_text(json.dumps(out, indent=2) + "\n", encoding="utf-8")

    cases = []
    for physical, precision, model, trains, side in product(
        args.physical, args.precisions, args.models, ("lora", "full"), SIDES
    ):
        case = Case(
            model, trains, precision, side, args.logical, physical, args.tokens, args.device,
            3 if args.quick else args.repeats,
        )  # fmt: skip
        wanted = precision == "bf16" or not side.endswith("as-is")
        if physical != args.physical[0]:
            wanted = precision == "bf16" and side in ("plain", "ours")
        if fnmatch(case.name, args.only) and wanted:
            cases.append(case)
    # What takes longest comes last: an interrupted run has the rest.
    compiled = [case for case in cases if case.side == "plain-compiled" and case.precision == "bf16"]
    for case in [case for case in cases if case.side != "plain-compiled"]:
        note(case.name, measure(case) if args.device == "cuda" else in_child(case, args.threads))
        free()
    for case in cases:
        timed = (
            case.physical == args.physical[0]
            and case.precision == "bf16"
            and case.side in ("plain", "opacus-hooks", "opacus-ghost", "ours")
        )
        if args.largest_batch and args.device == "cuda" and timed and "error" not in rows[case.name]:
            note(case.name, largest_batch(case))
    for case in compiled if not args.quick else ():
        note(case.name, measure(case) if args.device == "cuda" else in_child(case, args.threads))
        free()


if __name__ == "__main__":
    main()
