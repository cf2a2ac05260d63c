"""mask with keyed operators: which keys it takes, what rotating one does, the vault, and what a standard asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.core.artifacts import Ref, open_ref
from tasks.core.errors import UserError
from tasks.core.keys import Keys
from tasks.core.policies import load_policy
from tasks.core.stage import Context
from tasks.methods.mask.cipher import Seal
from tasks.stages import mask
from tests.masking import Finder, policy_file, run_mask

ENTITIES = {"PERSON": "hash", "DATE": "shift_date", "AMOUNT": "keep"}


@pytest.fixture(autouse=True)
def _fake_masker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.methods.detect.masker.Masker", Finder)
    monkeypatch.setattr(mask, "_models", lambda *_: {})


def rows_of(ctx: Context, ref: Ref) -> list[dict[str, Any]]:
    return list(pq.read_table(ctx.open(ref).local("rows.parquet")).to_pylist())


def test_a_new_key_is_a_new_artifact_with_other_hashes(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, ENTITIES, vault=True)
    old, new = (Keys.from_master(bytes([n]) * 32) for n in (1, 2))
    ctx, first = run_mask(tmp_path, policy, old)
    _, again = run_mask(tmp_path, policy, old)
    _, rotated = run_mask(tmp_path, policy, new)
    assert first == again and rotated.key != first.key
    assert first.counts["keys"] == {role: old.key_id(role) for role in ("mask", "vault")} != rotated.counts["keys"]
    one, two = rows_of(ctx, first), rows_of(ctx, rotated)
    assert one[0]["name"] == one[2]["name"] and one[0]["name"] in one[0]["note"]
    assert not {row["name"] for row in one} & {row["name"] for row in two}
    assert [row["seen"] for row in one] != [row["seen"] for row in two]
    # The old vault is still there, and opens with the old key alone.
    kept = pq.read_table(open_ref(first).local("vault.parquet")).to_pylist()[0]
    place = kept["ciphertext"], kept["record_id"], kept["column"], kept["masked"]
    assert Seal(old.secret("vault")).open(*place) == "Maria Lopez"
    assert Seal(new.secret("vault")).open(*place) is None


def test_a_policy_without_keyed_operators_needs_no_key_and_has_none_in_its_key(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"PERSON": "tag", "DATE": "year", "AMOUNT": "keep"})
    _, first = run_mask(tmp_path, policy, Keys.from_master(b"1" * 32))
    _, other = run_mask(tmp_path, policy, Keys.from_master(b"2" * 32), only=())
    assert first == other and "keys" not in first.counts
    keyed = policy_file(tmp_path, ENTITIES)
    with pytest.raises(UserError, match="no `mask` key"):
        run_mask(tmp_path, keyed, Keys.from_master(b"1" * 32), only=())
    with pytest.raises(UserError, match="no `vault` key"):
        run_mask(tmp_path, policy_file(tmp_path, ENTITIES, vault=True), Keys.from_master(b"1" * 32), only=("mask",))


def test_no_vault_unless_the_policy_says_so_and_no_value_in_it(tmp_path: Path) -> None:
    keys = Keys.from_master(b"1" * 32)
    ctx, plain = run_mask(tmp_path, policy_file(tmp_path, ENTITIES), keys)
    assert "vault.parquet" not in ctx.open(plain).files
    ctx, kept = run_mask(tmp_path, policy_file(tmp_path, ENTITIES, vault=True), keys)
    artifact = ctx.open(kept)
    assert artifact.files == ["columns.json", "rows.parquet", "spans.parquet", "vault.parquet"]
    for name in artifact.files:
        assert b"lopez" not in artifact.read_bytes(name).lower()
    assert "lopez" not in json.dumps(artifact.manifest).lower()
    assert plain.key != kept.key


@pytest.mark.parametrize("operator", ["hash", "encrypt", "surrogate"])
def test_codes_derived_from_the_value_need_an_expert_under_safe_harbor(tmp_path: Path, operator: str) -> None:
    entities = {"PERSON": operator, "DATE": "shift_date", "AMOUNT": "keep"}
    policy = policy_file(tmp_path, entities, standard="hipaa-safe-harbor")
    ctx, ref = run_mask(tmp_path, policy, Keys.from_master(b"1" * 32))
    said = ctx.open(ref).manifest["counts"]
    assert said["expert_determination_required"] is True
    assert [reason.split(":")[0] for reason in said["expert_determination_reasons"]] == ["PERSON", "DATE"]


def test_the_healthcare_policy_needs_none(tmp_path: Path) -> None:
    policy = load_policy("healthcare")
    assert policy.standard and policy.expert_determination == [] and not policy.keyed and not policy.vault
    ctx, ref = run_mask(tmp_path, "healthcare", Keys.from_master(b"1" * 32))
    assert ref.counts["expert_determination_required"] is False and "expert_determination_reasons" not in ref.counts
    assert rows_of(ctx, ref)[0]["seen"] == 2021


def test_one_persons_rows_do_not_touch_anothers_under_keyed_operators(tmp_path: Path) -> None:
    """Invariant 4: drop a person, and everyone else's masked rows are byte for byte what they were."""
    policy = policy_file(tmp_path, {"PERSON": "surrogate", "DATE": "shift_date", "AMOUNT": "keep"}, vault=True)
    keys = Keys.from_master(b"1" * 32)
    ctx, everyone = run_mask(tmp_path, policy, keys)
    (tmp_path / "less").mkdir()
    other, fewer = run_mask(tmp_path / "less", policy, keys, without="p1")
    less = [{**row, "record_id": 0} for row in rows_of(other, fewer)]
    units = {row["unit_id"] for row in less}
    assert [{**row, "record_id": 0} for row in rows_of(ctx, everyone) if row["unit_id"] in units] == less


def test_an_unknown_locale_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, {"PERSON": "surrogate", "AMOUNT": "keep", "DATE": "tag"}, PERSON={"locale": "xx_XX"})
    with pytest.raises(UserError, match="locale xx_XX, which Faker doesn't know"):
        run_mask(tmp_path, policy, Keys.from_master(b"1" * 32))
