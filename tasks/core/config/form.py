"""One adapter from the configuration's JSON Schema to flat fields (``train.epsilon``).

The Airflow form, the command's flags and the reference page are all made from these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tasks.core.config.model import Config

ESSENTIAL = ("ingest.source", "name", "train.epsilon")
"""The few fields a form shows first; the others are in a named section, which Airflow collapses."""


@dataclass(frozen=True)
class FormField:
    """One field of the form.

    Attributes:
        name: dotted name, ``section.field``; top-level fields have no dot.
        section: title of its section, empty for a top-level field.
        schema: JSON Schema with its references resolved; ``type`` is a list where null is allowed.
        default: the default value; ``None`` also where there is none.
        required: there is no default.
    """

    name: str
    section: str
    schema: dict[str, Any]
    default: Any
    required: bool

    @property
    def title(self) -> str:
        """The field's title."""
        return str(self.schema.get("title", self.name))

    @property
    def description(self) -> str:
        """What the field does."""
        return str(self.schema.get("description", ""))


def form_fields() -> list[FormField]:
    """All fields of the configuration, the essential ones first."""
    root = Config.model_json_schema()
    definitions = root.get("$defs", {})
    found: list[FormField] = []
    for name, prop in root["properties"].items():
        resolved = _resolve(prop, definitions)
        if resolved.get("type") == "object" and "properties" in resolved:
            required = set(resolved.get("required", ()))
            for field, sub in resolved["properties"].items():
                found.append(_field(f"{name}.{field}", resolved["title"], sub, field in required))
        else:
            found.append(_field(name, "", resolved, name in set(root.get("required", ()))))
    order = {name: i for i, name in enumerate(ESSENTIAL)}
    return sorted(found, key=lambda field: order.get(field.name, len(order)))


def from_form(params: dict[str, Any]) -> dict[str, Any]:
    """Nest flat values back into the configuration's sections. Fields that are absent keep their defaults.

    >>> from_form({"name": "m", "train.epsilon": 4.0})
    {'name': 'm', 'train': {'epsilon': 4.0}}
    """
    nested: dict[str, Any] = {}
    for dotted, value in params.items():
        section, _, field = dotted.partition(".")
        if field:
            nested.setdefault(section, {})[field] = value
        else:
            nested[section] = value
    return nested


def reference_page(fields: Iterable[FormField]) -> str:
    """The reference of all fields as Markdown."""
    lines = [
        "# Configuration reference",
        "",
        "Made from the configuration's schema by `airlock config --reference`.",
        "",
    ]
    section: str | None = None
    for field in sorted(fields, key=lambda f: (f.section != "", f.section, f.name)):
        if field.section != section:
            section = field.section
            lines += ["", f"## {section or 'General'}", "", "| field | type | default | meaning |", "|---|---|---|---|"]
        lines.append(_row(field.name, field.schema, field.required, field.default))
        # A list of objects: what each of them may hold.
        item = field.schema.get("items", {})
        required = item.get("required", ())
        for name, schema in item.get("properties", {}).items():
            lines.append(_row(f"{field.name}[].{name}", schema, name in required, schema.get("default")))
    return "\n".join(lines) + "\n"


def _row(name: str, schema: dict[str, Any], required: bool, default: Any) -> str:
    shown = "required" if required else f"`{default!r}`"
    text = f"{schema.get('title', name)}. {schema.get('description', '')}"
    cells = (f"`{name}`", _type(schema), shown, text)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _field(name: str, section: str, schema: dict[str, Any], required: bool) -> FormField:
    schema = {k: v for k, v in schema.items() if not k.startswith("airlock:")}
    default = schema.pop("default", None)
    return FormField(name, section, schema, default, required)


def _resolve(schema: Any, definitions: dict[str, Any]) -> Any:
    """Inline references; fold ``anyOf`` with null into a list of types, the form that Airflow's UI understands."""
    if isinstance(schema, list):
        return [_resolve(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
    if "anyOf" in schema:
        options = [_resolve(option, definitions) for option in schema["anyOf"]]
        kinds = [o for o in options if o.get("type") != "null"]
        if len(kinds) == 1 and len(options) == 2:
            rest = {k: v for k, v in schema.items() if k != "anyOf"}
            schema = {**kinds[0], **rest, "type": [kinds[0]["type"], "null"]}
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
    return {k: _resolve(v, definitions) for k, v in schema.items()}


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value!r}`".replace("'", "") for value in schema["enum"] if value is not None)
    kind = schema.get("type", "object")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    limits = [
        f"{sign} {schema[key]:g}"
        for key, sign in (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))
        if key in schema
    ]
    return words + (f" ({', '.join(limits)})" if limits else "")
