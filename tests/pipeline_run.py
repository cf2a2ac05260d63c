"""The whole pipeline on made-up rows and a tiny model, for tests that need everything at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tasks.command.runner import walk
from tasks.core.config import Config
from tasks.core.config.files import load_config
from tasks.core.keys import load_keys
from tasks.core.policies import FOLDER
from tasks.methods import sample
from tests.tiny import tiny_causal_lm


def tiny_config(
    home: Path, *, rows: int, shard_rows: int, steps: int = 6, seed: int = 0, leaks: int = 0, planted: int = 0
) -> Config:
    """Write a sample and a tiny model below ``home`` and return a configuration for them (store in ``home/store``).

    Args:
        planted: synthetic values a kind, where the policy asks for them.
    """
    data = home / f"data-{seed}"
    sample.write("healthcare", rows, "en", seed, data, "jsonl", planted_leaks=leaks)
    model = home / "models" / "tiny"
    if not model.exists():
        tiny_causal_lm(model)
    plain: dict[str, Any] = yaml.safe_load((data / "airlock.yaml").read_text(encoding="utf-8"))
    plain["store"] = {"root": str(home / "store")}
    plain["ingest"] |= {"shard_rows": shard_rows}
    plain["budget"] |= {"epsilon": 100}  # for several trainings
    plain["plant"] = {"values_per_kind": planted}
    # A bound from so few planted values is over any limit but this.
    policy = yaml.safe_load((FOLDER / f"{plain['mask']['policy']}.yaml").read_text(encoding="utf-8"))
    policy["evidence"] = {**policy.get("evidence", {}), "planted": {"default": 1.0}}
    (data / "policy.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    plain["mask"]["policy"] = str(data / "policy.yaml")
    plain["train"] = {
        "base_model": str(model),
        "steps": steps,
        "expected_batch": 8,
        "max_length": 64,
        "heldout_rows": 8,
        "threads": 1,
        "device": "cpu",
        "log_seconds": 0.5,
    }
    path = data / "tiny.yaml"
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    return load_config(path)


def run_all(config: Config, run_id: str = "undisturbed") -> dict[str, list[dict[str, Any]]]:
    """Run every stage as the command does; references by stage."""
    home = Path(config.store.root).parent
    return walk(config, load_keys(home), "release", run_id=run_id, log=lambda line: None).refs
