"""# What a team does with a model that it is handed

Scheduled on the releases of one model. It checks the bundle by the public key of the team that released it, loads the
model without network, and writes a sentence with it: enough to know that what arrived is whole and works. Copy it and
put your own work behind `smoke`.

| setting | meaning |
|---|---|
| `AIRLOCK_CONSUMER_MODEL` | the model's name; `private-model` by default |
| `AIRLOCK_CONSUMER_KEY` | the releasing team's public key, a PEM file: they print it by `airlock key public` |
| `AIRLOCK_CONSUMER_REVOKED` | the list of bundles that were taken back; optional |
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from airflow.sdk import DAG, Param

from airlock_airflow.consumer import SmokeOperator, VerifyOperator
from airlock_airflow.operators.release import release_asset

with DAG(
    "consumer_example",
    description="Check a released model and try it",
    doc_md=__doc__,
    tags=["airlock", "hand-off"],
    schedule=[release_asset(os.environ.get("AIRLOCK_CONSUMER_MODEL", "private-model"))],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=True,
    params={"bundle": Param(None, type=["null", "string"], description="A bundle's URI, for a run by hand.")},
):
    verify = VerifyOperator(task_id="verify")
    smoke = SmokeOperator(task_id="smoke", bundle=verify.output)
