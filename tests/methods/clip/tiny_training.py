"""A published train artifact on a tiny model, without training, and a context to run the stages after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.core.artifacts import Ref, Writer, reuse_or_build
from tasks.core.config import Config
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.methods.lm.weights import resolve
from tests.methods.clip.tiny_models import tiny_adapter, tiny_base

TRAINING: dict[str, Any] = {
    "private": True,
    "epsilon": 7.98712,
    "delta": 1.2e-5,
    "unit": "one record",
    "relation": "one record added or removed",
    "accountant": "PRV, upper bound",
    "mechanism": {"noise_multiplier": 0.73, "max_grad_norm": 0.1, "sampling_rate": 0.02, "steps": 60},
    "missing": ["The ledger does not yet refuse.", "The generator is not cryptographic."],
}
EVALUATION: dict[str, Any] = {
    "base": {"perplexity": 41.2, "low": 39.0, "high": 44.0},
    "trained": {"perplexity": 21.0, "low": 20.0, "high": 22.5},
    "too_small_to_learn": False,
}


def context(root: Path, inputs: dict[str, list[Ref]], **sections: Any) -> Context:
    """A context whose store and home lie below ``root``; the base model is the one of :func:`trained`."""
    config = Config.parse(
        {
            "name": "clinic-notes",
            "store": {"root": str(root / "store")},
            "ingest": {"source": str(root / "none.csv"), "columns": [{"name": "text", "role": "text"}]},
            "train": {"base_model": str(root / "base")},
            **sections,
        }
    )
    return Context(
        config=config,
        run_id="test",
        keys=Keys.from_master(b"k" * 32),
        home=root / "home",
        ledger_path=root / "home" / "ledger.sqlite",
        inputs=inputs,
    )


def trained(root: Path, training: dict[str, Any] | None = None, *, seed: int = 1) -> Ref:
    """Publish what train would have, with an adapter drawn by ``seed``."""
    if not (root / "base").exists():
        tiny_base(root / "base")
    base = resolve(str(root / "base"), root / "home")

    def build(writer: Writer) -> dict[str, Any]:
        tiny_adapter(root / "base", writer.local_dir() / "adapter", seed=seed)
        known = {"base_model": {"id": base.id, "sha256s": base.sha256s}}
        writer.write_json("training.json", {**(TRAINING if training is None else training), **known})
        writer.write_json("evaluation.json", EVALUATION)
        return {}

    key = f"{seed + 1000 * (training is not None):064x}"
    return reuse_or_build(Store(str(root / "store" / "clean")), "train", key, {}, build)[0]
