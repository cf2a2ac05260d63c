"""The trigger form: one Airflow param for each field of the configuration."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from airlock_airflow.settings import deployment_config
from tasks.core.config import Config
from tasks.core.config.form import ESSENTIAL, FormField, form_fields, from_form

_EXAMPLES = {
    "ingest.columns": ' As JSON: [{"name": "patient_id", "role": "person"}, {"name": "note", "role": "text"}].',
    "train.projection": ' As JSON: [{"pattern": "*.lora_B.weight", "method": "max_norm", "bound": 0.5}].',
    "clip.rules": ' As JSON: [{"pattern": "*", "method": "truncate", "bound": 0.25}].',
}


def params() -> dict[str, Param]:
    """A param for every field, the essential ones first and outside the collapsed sections.

    A field's default is the deployment's (``AIRLOCK_CONFIG``), else the configuration's own. A required field that
    neither gives has none: Airflow refuses a run that doesn't name it.
    """
    deployed = deployment_config()
    given = deployed.model_dump(mode="json") if deployed is not None else {}
    return {field.name: _param(field, given) for field in form_fields()}


def config_of(params: dict[str, Any]) -> Config:
    """The configuration that a run's params describe.

    Raises:
        UserError: naming each field at fault, by the rules that cross fields too.
    """
    return Config.parse(from_form(params), where="params")


def _param(field: FormField, given: dict[str, Any]) -> Param:
    schema = {key: value for key, value in field.schema.items() if key not in ("description", "default")}
    section, _, name = field.name.rpartition(".")
    below = given.get(section, {}) if section else given
    required = field.required and name not in below
    if field.name not in ESSENTIAL and not required:
        schema["section"] = field.section or "General"
    if not required:
        schema["default"] = below.get(name, field.default)
    return Param(description=field.description + _EXAMPLES.get(field.name, ""), **schema)
