"""Subkeys by role, and where the master key may come from."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.core.errors import UserError
from tasks.core.keys import ROLES, Keys, load_keys, new_key, parse_keys, share

MASTER = bytes(range(32))


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRLOCK_KEY", raising=False)
    monkeypatch.delenv("AIRLOCK_KEY_FILE", raising=False)


def test_every_role_has_its_own_secret_and_id() -> None:
    keys = Keys.from_master(MASTER)
    assert len({keys.secret(role) for role in ROLES} | {bytes.fromhex(keys.key_id(role)) for role in ROLES}) == 2 * len(
        ROLES
    )
    assert all(keys.key_id(role) not in keys.secret(role).hex() for role in ROLES)


def test_another_master_changes_everything() -> None:
    one, two = Keys.from_master(MASTER), Keys.from_master(b"x" * 32)
    assert all(one.secret(role) != two.secret(role) and one.key_id(role) != two.key_id(role) for role in ROLES)


def test_a_process_holds_only_the_keys_it_was_given() -> None:
    keys = Keys.from_wire(Keys.from_master(MASTER).to_wire(("noise",)))
    assert keys.secret("noise") == Keys.from_master(MASTER).secret("noise")
    with pytest.raises(UserError, match="`unit`"):
        keys.secret("unit")
    with pytest.raises(UserError, match="`unit`"):
        keys.key_id("unit")


def test_a_secret_is_not_in_the_representation() -> None:
    keys = Keys.from_master(MASTER)
    assert all(keys.secret(role).hex() not in repr(keys) for role in ROLES)


def test_a_missing_key_is_said_and_made_only_on_request(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="airlock key new"):
        load_keys(tmp_path)
    made = load_keys(tmp_path, create=True)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert load_keys(tmp_path).key_id("noise") == made.key_id("noise")


@pytest.mark.parametrize(
    "content", ["", "xyz", "00" * 31, "00" * 33, "é" * 64, '{"x": 1}', '{"noise": ["00", "id"]}', "{"]
)
def test_a_broken_key_is_refused_without_quoting_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    with pytest.raises(UserError, match="64 hex characters") as caught:
        load_keys(tmp_path)
    assert not content or content not in str(caught.value)


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_key(tmp_path / "elsewhere")
    monkeypatch.setenv("AIRLOCK_KEY_FILE", str(tmp_path / "elsewhere"))
    from_file = load_keys(tmp_path).key_id("unit")
    monkeypatch.setenv("AIRLOCK_KEY", MASTER.hex())
    assert load_keys(tmp_path).key_id("unit") == Keys.from_master(MASTER).key_id("unit") != from_file


def test_a_worker_can_be_given_some_subkeys_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share(Keys.from_master(MASTER), ["noise"], tmp_path / "noise.key")
    assert stat.S_IMODE((tmp_path / "noise.key").stat().st_mode) == 0o600
    monkeypatch.setenv("AIRLOCK_KEY_FILE", str(tmp_path / "noise.key"))
    keys = load_keys(tmp_path)
    assert keys.roles == ["noise"] and keys.secret("noise") == Keys.from_master(MASTER).secret("noise")
    assert keys.key_id("noise") == Keys.from_master(MASTER).key_id("noise")
    with pytest.raises(UserError, match="`unit`"):
        keys.secret("unit")


def test_a_key_may_come_from_any_text(tmp_path: Path) -> None:
    assert parse_keys(MASTER.hex(), "connection airlock").key_id("vault") == Keys.from_master(MASTER).key_id("vault")
    with pytest.raises(UserError, match="connection airlock must hold 64 hex characters"):
        parse_keys("secret", "connection airlock")


def test_processes_that_make_a_key_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: load_keys(tmp_path, create=True).key_id("unit"), range(16)))
    assert len(ids) == 1


def test_a_worker_without_a_key_hands_on_those_it_has(tmp_path: Path) -> None:
    share(Keys.from_master(MASTER), ["unit", "split", "mask"], tmp_path / "raw.key")
    held = parse_keys((tmp_path / "raw.key").read_text(), "raw.key")
    handed = Keys.from_wire(held.to_wire(("mask", "vault")))
    assert handed.roles == ["mask"]
    with pytest.raises(UserError, match="holds no `vault` key"):
        handed.secret("vault")
    with pytest.raises(UserError, match="holds no `vault` key"):
        share(held, ["vault"], tmp_path / "more.key")
    assert not (tmp_path / "more.key").exists()
