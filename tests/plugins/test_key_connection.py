"""The key out of an Airflow connection."""

from __future__ import annotations

import pytest

from airlock_airflow.keys import deployment_keys
from tasks.core.errors import UserError
from tasks.core.keys import Keys

MASTER = "ab" * 32


def test_the_key_comes_from_the_connections_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AIRLOCK_KEY", f"generic://:{MASTER}@")
    monkeypatch.setenv("AIRLOCK_KEY_CONN", "airlock_key")
    monkeypatch.setenv("AIRLOCK_KEY", "cd" * 32)
    assert deployment_keys().key_id("mask") == Keys.from_master(bytes.fromhex(MASTER)).key_id("mask")


@pytest.mark.parametrize(
    ("connection", "says"),
    [(None, "there is no Airflow connection"), ("generic://host", "has no password"), ("generic://:secret@", "64 hex")],
)
def test_a_connection_without_a_key_is_named_and_its_password_is_not(
    monkeypatch: pytest.MonkeyPatch, connection: str | None, says: str
) -> None:
    if connection:
        monkeypatch.setenv("AIRFLOW_CONN_AIRLOCK_OTHER", connection)
    monkeypatch.setenv("AIRLOCK_KEY_CONN", "airlock_other")
    with pytest.raises(UserError, match=says) as caught:
        deployment_keys()
    assert "airlock_other" in str(caught.value) and "secret" not in str(caught.value)
