"""The deployment's key in Airflow: from a connection where one is named, else as everywhere."""

from __future__ import annotations

import os

from tasks.core import settings
from tasks.core.errors import UserError
from tasks.core.keys import Keys, load_keys, parse_keys

VARIABLE = "AIRLOCK_KEY_CONN"
"""Names the connection whose password is the master key, or a worker's subkeys as ``airlock key share`` writes them."""


def deployment_keys() -> Keys:
    """The keys that this worker holds; an operator hands its stage only those that it needs.

    Raises:
        UserError: where the connection, or the key, isn't there.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return load_keys(settings.home())
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = BaseHook.get_connection(name)
    except AirflowNotFoundException:
        raise UserError(f"key: there is no Airflow connection {name}, which {VARIABLE} names") from None
    if not connection.password:
        raise UserError(f"key: the Airflow connection {name} has no password; put the key there")
    return parse_keys(connection.password, f"the password of the connection {name}")
