"""release: a bundle that its receiver can check, and every way in which one that was tampered with is found out."""

from __future__ import annotations

import json
import math
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.command.main import main
from tasks.core import runs
from tasks.core.artifacts import reuse_or_build
from tasks.core.errors import GateRefused, UserError
from tasks.core.ledger.chain import Signer
from tasks.core.ledger.statement import sign, statement
from tasks.core.policies import FOLDER
from tasks.core.store import Store
from tasks.methods.bundle import check, leaves, privacy_card, revocation, signing
from tasks.stages import release
from tests.releases import STEPS, Deployment


@pytest.fixture
def released(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))
    deployment = Deployment(tmp_path / "home", tiny_model)
    release.run(deployment.context())
    return deployment


def change(path: Path, change_: Any) -> None:
    """Change a JSON file."""
    plain = json.loads(path.read_bytes())
    change_(plain)
    path.write_text(json.dumps(plain, sort_keys=True))


def test_a_bundle_is_whole_and_stands_the_check(released: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    there = {path.relative_to(released.bundle).as_posix() for path in released.bundle.rglob("*") if path.is_file()}
    assert {*check.REQUIRED, "manifest.json", "model.sig", check.LEDGER, check.LEDGER_SIGNATURE} <= there
    assert released.faults() == []
    assert main(["verify", str(released.bundle)]) == 0
    pem = released.home / "release.pem"
    assert main(["key", "public"]) == 0
    pem.write_text(capsys.readouterr().out.split("released;")[-1].partition("-----BEGIN")[2].join(["-----BEGIN", ""]))
    assert main(["verify", str(released.bundle), "--key", str(pem), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["faults"] == []


def test_other_tools_accept_it(released: Deployment, tmp_path: Path) -> None:
    import mlcroissant
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from model_signing import hashing, verifying

    (tmp_path / "key.pem").write_text(released.pem)
    config = verifying.Config().use_elliptic_key_verifier(public_key=tmp_path / "key.pem")
    ignored = hashing.Config().set_ignored_paths(paths=["model.sig"], ignore_git_paths=False)
    config.set_hashing_config(ignored).verify(released.bundle, released.bundle / "model.sig")
    bill = (released.bundle / "bom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    found = mlcroissant.Dataset(jsonld=json.loads((released.bundle / "croissant.json").read_bytes()))
    assert not found.metadata.ctx.issues.errors
    header = (released.bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert header.startswith("# A model") or yaml.safe_load(header.split("---")[1])


def test_the_command_releases_a_run_by_its_id(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))
    deployment = Deployment(tmp_path / "home", tiny_model)
    config = str(deployment.index("run-1"))
    assert main(["release", config, "--run", "run-2"]) == 2
    assert main(["release", config, "--run", "run-1", "--version", "../1"]) == 2
    assert not (tmp_path / "home" / "store" / "handoff").exists() or not deployment.bundle.exists()
    capsys.readouterr()
    assert main(["release", config, "--run", "run-1", "--version", "1.0.0"]) == 0
    assert str(deployment.bundle) in capsys.readouterr().out
    assert deployment.faults() == []
    runs.record(deployment.clean, "run-1", "train", None, {"exit_code": 4, "refs": [], "name": "", "dataset": ""})
    assert main(["release", config, "--run", "run-1", "--version", "1.0.0"]) == 2
    assert "has no train that ended well" in capsys.readouterr().err


def test_names_and_reasons_of_the_ledger_stay_inside(released: Deployment) -> None:
    whole = b"".join(path.read_bytes() for path in sorted(released.bundle.rglob("*.*")) if "model/" not in str(path))
    for inside in (b"Dr Roe", b"a secret study", b"ada", b"run-1", str(released.home).encode(), b"nonce"):
        assert inside not in whole, inside
    statement = json.loads((released.bundle / check.LEDGER).read_bytes())
    (only,) = statement["charges"]
    assert only["state"] == "committed" and only["mechanism"][0]["steps"] == STEPS
    assert statement["counted_epsilon"] == pytest.approx(released.training["epsilon"], rel=1e-3)


@pytest.mark.parametrize("name", ["model/model.safetensors", "PRIVACY_CARD.md", "report.html", "ledger_extract.json"])
def test_a_changed_byte_is_found_by_name(released: Deployment, name: str) -> None:
    path = released.bundle / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert released.faults() == [f"{name}: was changed after signing"]
    assert main(["verify", str(released.bundle)]) == 3


def test_a_missing_an_added_and_a_linked_file_are_found(released: Deployment, tmp_path: Path) -> None:
    (released.bundle / "DATASHEET.md").unlink()
    (released.bundle / "model" / "more.safetensors").write_bytes(b"x")
    (released.bundle / "bom.cdx.json").rename(tmp_path / "elsewhere")
    (released.bundle / "bom.cdx.json").symlink_to(tmp_path / "elsewhere")
    assert released.faults() == [
        "DATASHEET.md: is missing",
        "bom.cdx.json: is a link",
        "model/more.safetensors: was put in after signing",
    ]
    (released.bundle / "model.sig").unlink()
    assert released.faults() == ["model.sig: is missing: the bundle isn't signed"]


def test_a_linked_folder_is_found(released: Deployment, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "code.py").write_text("print()")
    (released.bundle / "model" / "extra").symlink_to(tmp_path / "elsewhere")
    assert released.faults() == ["model/extra: is a link"]


@pytest.mark.parametrize("name", ["report.html", "model.sig"])
def test_a_pipe_is_a_fault_and_not_waited_for(released: Deployment, name: str) -> None:
    (released.bundle / name).unlink()
    os.mkfifo(released.bundle / name)
    assert [fault.partition(":")[0] for fault in released.faults()] == [name]


def test_folders_that_were_put_in_are_found_unseen(released: Deployment, tmp_path: Path) -> None:
    deep = released.bundle / "model" / "extra"
    for _ in range(200):
        deep = deep / "x"
    deep.mkdir(parents=True)
    (released.bundle / "model.sig").rename(tmp_path / "sig")
    (released.bundle / "model.sig").symlink_to(tmp_path / "sig")
    assert released.faults() == ["model.sig: is a link or no file"]
    (released.bundle / "model.sig").unlink()
    (tmp_path / "sig").rename(released.bundle / "model.sig")
    assert released.faults() == ["model/extra: was put in after signing"]


def test_a_folder_that_cant_be_listed_is_no_empty_one(released: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def closed(path: str) -> Any:  # as for a user without the right; tests may run as root, who has every right
        if Path(path).name == "model":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(PermissionError):
        released.faults()
    assert main(["verify", str(released.bundle)]) == 3


@pytest.mark.parametrize("name", ["privacy_card.json", "manifest.json"])
def test_an_entry_that_stands_twice_is_found_whoever_signs_it(released: Deployment, name: str) -> None:
    released.sign_again()
    path = released.bundle / name
    path.write_text('{"format": "of old",' + path.read_text(encoding="utf-8").lstrip()[1:], encoding="utf-8")
    if name != "manifest.json":
        released.sign_again()
    else:
        (released.bundle / "model.sig").unlink()
        signing.sign(released.bundle, released.key)
    assert released.faults() == ["manifest.json: or a card is not as a release writes it"]


def test_the_ledgers_key_from_elsewhere_is_held_against_the_bundles_own(
    released: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    own = json.loads((released.bundle / "manifest.json").read_bytes())["ledger_key"]
    assert main(["verify", str(released.bundle), "--ledger-key", own]) == 0
    said = capsys.readouterr().out
    assert "ward-model 1.0.0" in said and "own word" not in said
    forger = Signer(b"f" * 32)
    data = (released.bundle / check.LEDGER).read_bytes()
    (released.bundle / check.LEDGER_SIGNATURE).write_text(sign(data, forger))
    change(released.bundle / "manifest.json", lambda plain: plain.update(ledger_key=forger.public))
    released.sign_again()
    assert main(["verify", str(released.bundle)]) == 0 and "own word" in capsys.readouterr().out
    assert main(["verify", str(released.bundle), "--ledger-key", own]) == 3
    assert "ledger_extract.json: isn't signed by the ledger" in capsys.readouterr().out
    assert main(["verify", str(released.bundle), "--ledger-key", "nonsense"]) == 2


def test_names_of_files_cannot_fake_a_line(released: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    (released.bundle / "a\nall is well\x1b[2K").write_text("x")
    assert main(["verify", str(released.bundle)]) == 3
    assert capsys.readouterr().out == "a\\nall is well\\x1b[2K: was put in after signing\n"


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"list": ' * 50_000])
def test_deep_nesting_is_refused_in_a_sentence(released: Deployment, deep: bytes) -> None:
    (fault,) = released.faults(revoked=deep)
    assert fault == "the list: the list of revoked bundles isn't one"
    body = "[" * 100_000
    odd = json.dumps({"list": body, "signature": signing.sign_bytes(body.encode(), released.key)}).encode()
    (fault,) = released.faults(revoked=odd)
    assert "isn't as `airlock revoke` writes it" in fault
    (released.bundle / "model.sig").write_bytes(deep)
    assert released.faults() == ["model.sig: it isn't a signature of a model"]


def test_a_statement_counts_the_budgets_own_period(released: Deployment) -> None:
    ledger = released.context().ledger()
    pool = ledger.pool("visits")
    (entry,) = pool.entries
    monthly = replace(pool, budget=replace(pool.budget, period="month"))
    for period, at, stands in (
        (pool, "2099-01-01T00:00:00Z", True),
        (monthly, entry.created, True),
        (monthly, "2099-01-01T00:00:00Z", False),
    ):
        said = statement(period, ledger.records("visits"), 1.0, None, at)
        assert [one["stands"] for one in said["charges"]] == [stands]


def test_another_key_and_a_broken_signature_are_found(released: Deployment) -> None:
    other = signing.public_pem(signing.private_key(b"o" * 32))
    assert released.faults(pem=other) == ["model.sig: it isn't by the key given, or what was signed has changed"]
    assert "public key in PEM" in released.faults(pem="nothing")[0]
    signature = json.loads((released.bundle / "model.sig").read_bytes())
    signature["dsseEnvelope"]["payload"] = signature["dsseEnvelope"]["payload"][:-8] + "AAAAAAA="
    (released.bundle / "model.sig").write_text(json.dumps(signature))
    assert released.faults()[0].startswith("model.sig: it isn't by the key given")
    (released.bundle / "model.sig").write_text("[]")
    assert released.faults() == ["model.sig: it isn't a signature of a model"]


def test_a_card_that_claims_less_than_the_ledger_is_found_whoever_signs_it(released: Deployment) -> None:
    def less(plain: dict[str, Any]) -> None:
        plain["guarantee"]["epsilon"] = 1.0

    change(released.bundle / "privacy_card.json", less)
    card = json.loads((released.bundle / "privacy_card.json").read_bytes())
    (released.bundle / "PRIVACY_CARD.md").write_text(privacy_card.as_markdown(card), encoding="utf-8")
    change(released.bundle / "manifest.json", lambda plain: plain["figures"].update(epsilon=1.0))
    released.sign_again()
    audited, fault = released.faults()
    assert audited == "audit_report.json: was held against a larger epsilon than the card claims"
    assert fault.startswith("privacy_card.json: claims epsilon 1 ") and "the ledger was charged" in fault


def test_an_audit_goes_with_its_model_without_anybodys_score(released: Deployment) -> None:
    report = json.loads((released.bundle / "audit_report.json").read_bytes())
    assert report["canaries"]["correct"] == 104 and "roc" not in report["membership"]["attacks"]["calibrated"]
    card = json.loads((released.bundle / "privacy_card.json").read_bytes())
    assert card["audit"]["canaries"]["epsilon_lower_bound"] == report["canaries"]["deciding"]["epsilon_lower_bound"]
    assert {"rates of the membership attacks", "how many records come back word for word"} <= set(
        card["outside_the_guarantee"]
    )
    said = (released.bundle / "PRIVACY_CARD.md").read_text(encoding="utf-8")
    assert "so it could have refuted the promised 2.34" in said and "measured what it gives away" not in said
    assert "No audit report is part" not in said
    assert "Canaries: a lower bound" in (released.bundle / "audit_report.html").read_text(encoding="utf-8")
    assert json.loads((released.bundle / "manifest.json").read_bytes())["figures"]["audited"] is True


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda r: r["canaries"]["deciding"].update(refuted=True), "refutes what the card promises"),
        (lambda r: r["canaries"]["deciding"].update(epsilon_lower_bound=99.0), "refutes what the card promises"),
        (lambda r: r["canaries"]["deciding"].update(epsilon_lower_bound=0.01), "something else than audit_report"),
        (lambda r: r["membership"]["attacks"]["calibrated"]["auc"].update(value=0.5), "something else than audit_repo"),
        (lambda r: r["claim"].update(epsilon=99.0), "a larger epsilon than the card claims"),
        (lambda r: r.pop("membership") and r.pop("canaries"), "something else than audit_report"),
    ],
)
def test_an_audit_report_that_was_changed_is_found_whoever_signs_it(
    released: Deployment, changed: Any, said: str
) -> None:
    change(released.bundle / "audit_report.json", changed)
    released.sign_again()
    assert any(said in fault for fault in released.faults())


def test_a_card_of_before_there_were_audits_is_still_read(released: Deployment) -> None:
    for name in ("audit_report.json", "audit_report.html"):
        (released.bundle / name).unlink()
    change(released.bundle / "privacy_card.json", lambda card: card.update(audited=False) or card.pop("audit"))
    card = json.loads((released.bundle / "privacy_card.json").read_bytes())
    (released.bundle / "PRIVACY_CARD.md").write_text(privacy_card.as_markdown(card), encoding="utf-8")
    change(released.bundle / "manifest.json", lambda plain: plain["figures"].update(audited=False))
    released.sign_again()
    assert released.faults() == []


def test_an_audit_that_was_left_out_is_missed(released: Deployment) -> None:
    (released.bundle / "audit_report.json").unlink()
    released.sign_again()
    assert released.faults() == ["audit_report.json: is missing"]


@pytest.mark.parametrize(
    ("file", "changed", "said"),
    [
        ("privacy_card.json", lambda c: c["mechanism"].update(noise_multiplier=3.0), "another noise multiplier"),
        ("privacy_card.json", lambda c: c["composition"].update(epsilon=0.5), "the ledger counts"),
        ("privacy_card.json", lambda c: c["composition"].update(epsilon=math.nan), "the ledger counts"),
        ("privacy_card.json", lambda c: c["guarantee"].update(delta=math.nan), "the ledger was charged"),
        ("privacy_card.json", lambda c: c["composition"].update(entry="0" * 16), "a ledger entry that the ledger"),
        ("privacy_card.json", lambda c: c["model"].update(version="9"), "is another model's"),
        ("privacy_card.json", lambda c: c["guarantee"].update(epsilon=99.0), "another epsilon than manifest"),
        ("ledger_extract.json", lambda c: c.update(counted_epsilon=0.1), "isn't signed by the ledger"),
        ("leak_check/leak_check.json", lambda c: c.update(passed=False), "the leak gate was shut"),
    ],
)  # fmt: skip
def test_cards_that_disagree_are_found_whoever_signs_them(
    released: Deployment, file: str, changed: Any, said: str
) -> None:
    change(released.bundle / file, changed)
    if file == "privacy_card.json":
        card = json.loads((released.bundle / file).read_bytes())
        (released.bundle / "PRIVACY_CARD.md").write_text(privacy_card.as_markdown(card), encoding="utf-8")
    released.sign_again()
    assert any(said in fault for fault in released.faults()), released.faults()


def test_means_in_the_table_count_in_the_guarantee(tmp_path: Path, tiny_model: Path) -> None:
    deployment = Deployment(tmp_path / "home", tiny_model, means=[{"epsilon": 0.5, "delta": 0.0}])
    ref = release.run(deployment.context())
    alone = deployment.training["epsilon"]
    assert ref.counts["epsilon"] == pytest.approx(alone + 0.5, abs=1e-3) and deployment.faults() == []
    text = (deployment.bundle / "PRIVACY_CARD.md").read_text(encoding="utf-8")
    assert "of which the training" in text and "the mean of a column" in text

    def without(card: dict[str, Any]) -> None:
        card["guarantee"]["epsilon"] = alone + 0.1

    change(deployment.bundle / "privacy_card.json", without)
    change(deployment.bundle / "manifest.json", lambda plain: plain["figures"].update(epsilon=alone + 0.1))
    card = json.loads((deployment.bundle / "privacy_card.json").read_bytes())
    (deployment.bundle / "PRIVACY_CARD.md").write_text(privacy_card.as_markdown(card), encoding="utf-8")
    deployment.sign_again()
    (fault,) = deployment.faults()
    assert "the ledger was charged" in fault


def test_a_card_for_people_that_says_something_else_is_found(released: Deployment) -> None:
    path = released.bundle / "PRIVACY_CARD.md"
    path.write_text(path.read_text(encoding="utf-8").replace("**ε = ", "**ε = 0"), encoding="utf-8")
    released.sign_again()
    assert released.faults() == ["PRIVACY_CARD.md: says something else than privacy_card.json"]


def test_a_file_that_every_bundle_has_is_missed_whoever_signs_it(released: Deployment) -> None:
    (released.bundle / "masking_report.json").unlink()
    released.sign_again()
    assert released.faults() == ["masking_report.json: is missing: every bundle has it"]


def test_a_revoked_bundle_is_refused(released: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["revoke", "ward-model", "1.0.0", "--why", "wrong consent"]) == 0
    listed = released.home / "store" / "handoff" / "revoked.json"
    capsys.readouterr()
    assert main(["verify", str(released.bundle), "--revoked", str(listed)]) == 3
    assert "ward-model 1.0.0 was revoked" in capsys.readouterr().out
    assert main(["revoke", "ward-model", "1.0.0", "--why", "again"]) == 2
    assert main(["revoke", "ward-model", "2.0.0", "--why", "isn't there"]) == 2
    assert main(["revoke", "--list", "--json"]) == 0
    # A list of somebody else's leaves out what it likes.
    forged = revocation.write([], signing.private_key(b"o" * 32))
    assert released.faults(forged) == ["the list: the list of revoked bundles isn't signed by the key given"]
    assert released.faults(revocation.write([], released.key)) == []
    assert main(["gc"]) == 0


def test_a_version_is_never_overwritten(released: Deployment, tiny_model: Path) -> None:
    before = (released.bundle / "manifest.json").read_bytes()
    ctx = released.context()
    again = release.run(ctx)
    assert ctx.reused == [True] and again.counts["manifest_sha256"] == release.sha256(before)
    other = reuse_or_build(released.clean, "export", "e" * 64, {"inputs": {}}, lambda writer: {"other": 1})[0]
    with pytest.raises(UserError, match="never overwritten"):
        release.run(released.context(**{**released.inputs, "model": [other]}))
    assert (released.bundle / "manifest.json").read_bytes() == before
    # The record of a release is made anew where it was lost; the bundle stays.
    shutil.rmtree(released.home / "store" / "clean" / "release")
    assert release.run(released.context()) == again
    assert (released.bundle / "manifest.json").read_bytes() == before
    (released.bundle / "manifest.json").write_bytes(before.replace(b"1.0.0", b"1.0.1"))
    with pytest.raises(UserError, match="is not what was published"):
        release.run(released.context())


def test_a_half_copied_bundle_is_none(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = Deployment(tmp_path / "home", tiny_model)
    upload, done = Store.upload, []

    def some(store: Store, source: Path, name: str) -> None:
        done.append(name)
        if len(done) > 5:
            raise KeyboardInterrupt
        upload(store, source, name)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Store, "upload", some)
        release.run(deployment.context())
    assert not (deployment.bundle / "manifest.json").exists()
    release.run(deployment.context())
    assert deployment.faults() == []


def test_a_model_without_privacy_has_no_epsilon_anywhere(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))
    deployment = Deployment(tmp_path / "home", tiny_model, private=False)
    ref = release.run(deployment.context())
    assert "epsilon" not in ref.counts and deployment.faults() == []
    assert main(["verify", str(deployment.bundle)]) == 0
    said = capsys.readouterr().out
    assert "gives no formal guarantee" in said and "ledger" not in said
    text = (deployment.bundle / "PRIVACY_CARD.md").read_text(encoding="utf-8")
    assert "no formal guarantee" in text and "ε =" not in text
    assert "ε =" not in (deployment.bundle / "report.html").read_text(encoding="utf-8")
    change(deployment.bundle / "privacy_card.json", lambda plain: plain["guarantee"].update(epsilon=1.0))
    deployment.sign_again()
    assert any("without a formal guarantee" in fault for fault in deployment.faults())


def test_what_must_not_leave_stops_it(tmp_path: Path, tiny_model: Path) -> None:
    deployment = Deployment(tmp_path / "home", tiny_model, method="DP-SGD, see /home/jane/notes/run.txt")
    with pytest.raises(GateRefused, match="privacy_card.json .mechanism.method.: an absolute path"):
        release.run(deployment.context())
    assert not deployment.bundle.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.md", "seen at /srv/data/rows.jsonl", "an absolute path"),
        ("lineage.json", '{"nonce": "00"}', "an entry that isn't for others"),
        ("lineage.json", "{", "not the text or JSON"),
        ("checkpoint.pt", "x", "isn't part of a bundle"),
        ("model/checkpoint.pt", "x", "a checkpoint"),
    ],
)
def test_the_last_look_finds(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    (found,) = leaves.problems(tmp_path)
    assert said in str(found) and name in str(found)


def test_policies_and_stages_are_described(released: Deployment) -> None:
    masking = json.loads((released.bundle / "masking_report.json").read_bytes())
    policy = yaml.safe_load((FOLDER / f"{masking['policy']}.yaml").read_text(encoding="utf-8"))
    assert {line["kind"] for line in masking["lines"]} == set(policy["entities"])
    lineage = json.loads((released.bundle / "lineage.json").read_bytes())
    assert [one["stage"] for one in lineage["artifacts"]] == ["leakcheck", "train", "clip", "export", "audit"]
    sheet = (released.bundle / "DATASHEET.md").read_text(encoding="utf-8")
    assert "| patient | person |" in sheet and "keyed hash" in sheet
