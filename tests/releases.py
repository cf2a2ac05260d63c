"""What tests of releases share: a home with the artifacts that a run leaves, and what it takes to release them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from tasks.core import runs
from tasks.core.artifacts import Ref, reuse_or_build
from tasks.core.config import Config
from tasks.core.dp_events import Pure, SampledGaussian
from tasks.core.keys import load_keys
from tasks.core.ledger.statement import signed
from tasks.core.stage import Context
from tasks.core.store import Store
from tasks.methods.attack import guessing
from tasks.methods.attack.guessing import Claim
from tasks.methods.attack.one_run import Guessed
from tasks.methods.bundle import check, signing
from tasks.methods.dp.accounting import Mechanism, epsilon
from tasks.stages import release
from tests.ledgers import charge

SIGMA, RATE, STEPS, DELTA = 1.1, 0.05, 60, 1e-5
COLUMNS = [
    {"name": "patient", "role": "person", "kind": "", "type": "string"},
    {"name": "note", "role": "text", "kind": "", "type": "string"},
    {"name": "charge", "role": "structured", "kind": "AMOUNT", "type": "number"},
]
LEAK_CHECK = {
    "format": "airlock/leak-check/1", "passed": True, "policy": "healthcare", "on_finding": "remask",
    "independent": {"detectors": ["rules"], "limits": {"PERSON": 0.01}, "passed": True,
                    "kinds_without_a_second_detector": []},
    "known": None, "review": None, "groups": None, "not_checked": [], "depends_on_rows": "that the gate passed",
    "planted": {"kinds": [{"name": "PERSON", "of": 120, "found": 2, "bound": 0.052, "limit": 0.1, "passed": True}],
                "not_planted": []},
}  # fmt: skip


def training(**changes: Any) -> dict[str, Any]:
    mechanism = {
        "noise_multiplier": SIGMA, "max_grad_norm": 0.5, "sampling_rate": RATE, "steps": STEPS, "sampling": "Poisson",
    }  # fmt: skip
    return {
        "private": True, "method": "DP-SGD (Adam) on a LoRA adapter", "delta": DELTA,
        "epsilon": epsilon(Mechanism(SIGMA, RATE, STEPS), DELTA), "epsilon_rdp": 9.0, "epsilon_unamplified": 20.0,
        "unit": "one person", "relation": "zero-out",
        "accountant": "PRV", "mechanism": mechanism, "noise_generator": "ChaCha20", "missing": [],
        "objective": "causal_lm", "max_rows_per_person": 4, **changes,
    }  # fmt: skip


def audit(training: dict[str, Any]) -> dict[str, Any]:
    """What the audit stage leaves after guessing 200 of 1,000 coins, 104 of them right, and attacking 200 records."""
    private = training["private"]
    claim = Claim(training["epsilon"], DELTA) if private else None
    canaries = guessing.report(Guessed(1000, 200, 104), claim, "one_run", DELTA)
    attack = {
        "members": 200,
        "non_members": 200,
        "auc": {"value": 0.52, "low": 0.46, "high": 0.58},
        "roc": [[0, 0], [1, 1]],
    }
    none = {"count": 0, "low": 0.0, "high": 0.02}
    side = {"documents": 180, "too_short": 20, "exact": none, "near": none}
    return {
        "claim": {"epsilon": claim.epsilon, "delta": DELTA, "unit": training["unit"]} if claim else None,
        "model": "the exported weights",
        "canaries": {
            **canaries, "claim": {"epsilon": claim.epsilon, "delta": DELTA, "of": ""} if claim else None, "repeats": 1,
            "kinds": ["random_token"], "scores": {"from": -1.0, "to": 1.0, "in": [1, 2], "out": [2, 1]},
        },
        "membership": {
            "outside_the_guarantee": "computed on real records", "dropped": 0, "ceiling": None,
            "near_duplicates": {"pairs": 0, "training": 0, "heldout": 0}, "attacks": {"calibrated": attack},
        },
        "extraction": {
            "outside_the_guarantee": "computed on real records",
            "training": side, "heldout": side,
        },
    }  # fmt: skip


class Deployment:
    """A home after a run.

    Args:
        home: Airlock's home.
        model: a model folder.
        changes: to train's account of itself.
    """

    def __init__(self, home: Path, model: Path, **changes: Any) -> None:
        self.home, self.keys = home, load_keys(home, create=True)
        columns = [{**column, "kind": column["kind"]} for column in COLUMNS]
        plain: dict[str, Any] = {
            "name": "ward-model",
            "dataset": "visits",
            "store": {"root": str(home / "store")},
            "ingest": {"source": str(home / "rows.jsonl"), "columns": columns},
        }
        self.config = Config.parse(plain)
        self.clean = Store(str(home / "store" / "clean"))
        self.training = training(**changes)
        self.audit = audit(self.training)
        self.inputs = self._artifacts(model)

    def _put(self, stage: str, files: dict[str, Any], inputs: list[Ref], counts: dict[str, Any]) -> Ref:
        def build(writer: Any) -> dict[str, Any]:
            for name, content in files.items():
                if isinstance(content, Path):
                    shutil.copytree(content, writer.local_dir() / name)
                elif isinstance(content, str):
                    (writer.local_dir() / name).write_text(content)
                else:
                    writer.write_json(name, content)
            return counts

        decided_by = {"inputs": {"of": [ref.digest for ref in inputs]}, "libraries": {"torch": "2.13.0"}}
        key = f"{len(stage):x}" * 64
        return reuse_or_build(self.clean, stage, key, decided_by, build)[0]

    def _artifacts(self, model: Path) -> dict[str, list[Ref]]:
        shared = self._put("leakcheck-shared", {"leak_check.json": LEAK_CHECK}, [], {})
        clean = self._put("leakcheck", {"columns.json": COLUMNS}, [], {})
        entry = self._charge() if self.training["private"] else ""
        for mean in self.training.get("means", ()):
            mean["ledger_entry"] = self._charge_mean(mean["epsilon"])
        counts = {"ledger_entry": entry, "epsilon": self.training["epsilon"], "delta": DELTA} if entry else {}
        trained = self._put("train", {"training.json": self.training}, [clean], counts)
        if entry:
            self.context().ledger().commit(entry, trained.digest)
        clip = {"base": {"id": "tiny-0123456789ab", "license": "mit"}, "parameters": 1000, "merged": True, "rules": []}
        clipped = self._put("clip", {"clip.json": clip}, [trained], {})
        exported = self._put("export", {"model": model, "MODEL_CARD.md": "# A model\n"}, [clipped], {})
        audit = self._put("audit", {"audit.json": self.audit}, [exported, trained, clean], {"audited": True})
        clean = replace(clean, counts={**clean.counts, "leak_check": shared.to_dict()})
        return {"model": [exported], "clipped": [clipped], "training": [trained], "clean": [clean], "audit": [audit]}

    def _charge(self) -> str:
        ledger = self.context().ledger()
        ledger.set_budget("visits", epsilon=20, delta=DELTA, owner="Dr Roe", reason="a secret study")
        event = SampledGaussian(SIGMA, RATE, STEPS)
        paid = charge(event, key="5" * 64, epsilon=self.training["epsilon"], delta=DELTA, released="model")
        entry = ledger.reserve(paid, fingerprint="f")
        ledger.mark(entry.id)
        return entry.id

    def _charge_mean(self, epsilon: float) -> str:
        ledger = self.context().ledger()
        paid = charge(Pure(epsilon), key="9" * 64, epsilon=epsilon, delta=0.0, released="statistic")
        entry = ledger.reserve(paid, fingerprint="f")
        ledger.mark(entry.id)
        ledger.commit(entry.id, "d" * 64)
        return entry.id

    def context(self, version: str = "1.0.0", **inputs: Any) -> Context:
        config = self.config.model_copy(update={"release": self.config.release.model_copy(update={"version": version})})
        inputs = inputs or getattr(self, "inputs", {})
        return Context(config, "run-1", self.keys, self.home, self.home / "ledger.sqlite", inputs)

    @property
    def bundle(self) -> Path:
        return self.home / "store" / "handoff" / "ward-model" / "1.0.0"

    @property
    def key(self) -> Any:
        return signing.private_key(self.keys.secret("release"))

    @property
    def pem(self) -> str:
        return signing.public_pem(self.key)

    def faults(self, revoked: bytes | None = None, pem: str = "") -> list[str]:
        return [str(fault) for fault in check.check(self.bundle, pem or self.pem, signed, revoked)]

    def sign_again(self) -> None:
        """What a releasing team that wants to deceive can do: list and sign what it has changed."""
        manifest = json.loads((self.bundle / "manifest.json").read_bytes())
        for name in list(manifest["files"]):
            path = self.bundle / name
            if path.exists():
                manifest["files"][name]["sha256"] = release.sha256(path.read_bytes())
            else:
                del manifest["files"][name]
        (self.bundle / "manifest.json").write_text(json.dumps(manifest))
        (self.bundle / "model.sig").unlink()
        signing.sign(self.bundle, self.key)

    def index(self, run_id: str) -> Path:
        """Enter the run in the index, and write the configuration that it had."""
        for stage, role in (
            ("leakcheck", "clean"), ("train", "training"), ("clip", "clipped"), ("export", "model"), ("audit", "audit"),
        ):  # fmt: skip
            entry = {"exit_code": 0, "name": "ward-model", "dataset": "visits", "refs": []}
            runs.record(self.clean, run_id, stage, None, {**entry, "refs": [r.to_dict() for r in self.inputs[role]]})
        path = self.home / "airlock.yaml"
        path.write_text(yaml.safe_dump(self.config.model_dump(mode="json")), encoding="utf-8")
        return path
