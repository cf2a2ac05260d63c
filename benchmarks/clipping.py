"""What limits on a model's weights cost: perplexity on generated text under one rule at a time.

    python benchmarks/clipping.py [--texts 32] [--json OUT]

The model is SmolLM2-135M-Instruct as its package carries it, with each rule on all its linear layers (or on those
named); the texts are generated visit notes, those of the clip stage.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch

from tasks.core.config.clip import ClipRule
from tasks.methods.clip.cost import in_words
from tasks.methods.clip.model import clip_loaded
from tasks.methods.clip.page import rule_in_words
from tasks.methods.clip.quality import Quality, generated_texts
from tasks.methods.export.folder import load_model
from tasks.methods.lm.weights import resolve

RULES: tuple[dict[str, Any], ...] = (
    {"deviations": 12},
    {"deviations": 8},
    {"method": "max_norm", "bound": 8},
    {"method": "spectral", "bound": 40},
    {"method": "spectral", "bound": 20},
    {"pattern": "*.o_proj.weight", "method": "spectral", "bound": 20},
    {"method": "gaussian", "scale": 0.003},
    {"method": "gaussian", "scale": 0.01},
    {"method": "gaussian", "cutoff": 8},
)


def measure(texts: int) -> list[dict[str, Any]]:
    """Each rule by itself on the same model: its report without layers, and what it cost."""
    with tempfile.TemporaryDirectory() as home:
        base = resolve("package:smollm2-135m-instruct", Path(home))
        model = load_model(base.path, torch.float32)
        weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        quality = Quality(base.path, generated_texts("healthcare", "en", texts))
        quality(model)
        found = []
        for terms in RULES:
            model.load_state_dict(weights)
            rule = ClipRule(kind="linear", target="merged", **terms)
            (report,) = clip_loaded(model, (rule,), secret=b"benchmark".ljust(32)).report["rules"]
            layers = report.pop("layers")
            quality(model)
            if rule.method == "spectral":
                report["largest_lipschitz_before"] = max(layer["lipschitz_before"] for layer in layers)
            found.append({**report, "tensors": len(layers), "quality": quality.report()})
            print(
                f"{rule_in_words(report)}: {report['changed']:,} changed; {in_words(found[-1]['quality'])}", flush=True
            )
    return found


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": platform.machine(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in ("torch", "transformers")},
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=32)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    here = machine()
    text = json.dumps({"machine": here, "texts": args.texts, "rules": measure(args.texts)}, indent=1)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
