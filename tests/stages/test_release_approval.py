"""A release that waits for a person: asked for by the policy, given or refused, and what card and ledger say of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tasks.command.main import main
from tasks.core import approvals
from tasks.core.approvals import Decision
from tasks.core.errors import GateRefused, TryAgain, UserError
from tasks.core.policies import FOLDER
from tasks.stages import release
from tests.releases import Deployment

AT = "2026-11-24T09:00:00Z"


@pytest.fixture
def asking(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A run under a policy that asks for an approval."""
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))
    deployment = Deployment(tmp_path / "home", tiny_model)
    policy = yaml.safe_load((FOLDER / "healthcare.yaml").read_text(encoding="utf-8")) | {"approval": True}
    path = tmp_path / "asking.yaml"
    path.write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    mask = deployment.config.mask.model_copy(update={"policy": str(path)})
    deployment.config = deployment.config.model_copy(update={"mask": mask})
    deployment.index("run-1")
    return deployment


def test_without_an_approval_nothing_leaves(asking: Deployment) -> None:
    with pytest.raises(TryAgain, match="airlock approve"):
        release.run(asking.context())
    assert not asking.bundle.exists()


def test_an_approval_stands_in_card_ledger_and_audit_log(
    asking: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    key = asking.inputs["model"][0].key
    assert main(["approve"]) == 0 and "nobody has decided yet" in capsys.readouterr().out
    assert main(["approve", key[:8]]) == 0 and "epsilon" in capsys.readouterr().out
    assert approvals.decision_on(asking.clean, asking.inputs["model"][0]) is None, "looking decides nothing"
    assert main(["approve", key[:8], "--comment", "DPIA 2026-3"]) == 0
    ref = release.run(asking.context())
    assert asking.faults() == []
    card = json.loads((asking.bundle / "privacy_card.json").read_bytes())
    assert card["approval"]["comment"] == "DPIA 2026-3" and card["approval"]["by"]
    assert "DPIA 2026-3" in (asking.bundle / "PRIVACY_CARD.md").read_text(encoding="utf-8")
    ledger = asking.context().ledger()
    (note,) = [record.read() for record in ledger.records("visits") if record.kind == "release"]
    assert note["approval"] == card["approval"] and note["manifest_sha256"] == ref.counts["manifest_sha256"]
    release.run(asking.context())
    assert sum(record.kind == "release" for record in ledger.records("visits")) == 1
    assert main(["ledger", "verify"]) == 0
    log = (asking.home / "audit" / "approve.jsonl").read_text(encoding="utf-8")
    assert log.count("release approved") == 1 and key in log


def test_a_rejected_model_stays(asking: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    key = asking.inputs["model"][0].key
    assert main(["approve", key[:8], "--reject", "--comment", "too much"]) == 0
    with pytest.raises(GateRefused, match="rejected model .* too much"):
        release.run(asking.context())
    assert not asking.bundle.exists()
    assert main(["approve", key[:8], "--comment", "after all"]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main(["approve", key[:8], "--comment", "after all", "--replace"]) == 0
    release.run(asking.context())
    assert asking.faults() == []


def test_an_approval_is_of_one_model(asking: Deployment, tmp_path: Path) -> None:
    model = asking.inputs["model"][0]
    decision = Decision(True, "ada", AT, "")
    approvals.record(asking.clean, model, decision, tmp_path)
    approvals.record(asking.clean, model, decision, tmp_path)
    assert approvals.required(asking.clean, model) == decision
    other = type(model)(model.uri, model.stage, model.key, "0" * 64, {})
    assert approvals.decision_on(asking.clean, other) is None
    with pytest.raises(UserError, match="ada has approved this model"):
        approvals.record(asking.clean, model, Decision(False, "eve", AT), tmp_path)
    asking.clean.write_bytes(f"approvals/{model.key}.json", b"[]")
    with pytest.raises(UserError, match="is damaged"):
        approvals.required(asking.clean, model)


@pytest.mark.parametrize(("by", "comment"), [("", ""), ("ada", "x" * 501), ("ada", "two\nlines")])
def test_a_decision_has_somebody_and_a_line(by: str, comment: str) -> None:
    with pytest.raises(UserError):
        Decision(True, by, AT, comment)
