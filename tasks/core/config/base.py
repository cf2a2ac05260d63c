"""What a section of the configuration is made of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Field", "Section", "knob"]

_KNOB = "airlock:knob"


def knob(default: Any = ..., **kwargs: Any) -> Any:
    """A field that changes how fast or how chatty the work is, or where things lie, never its result.

    Knobs stay out of the artifact's key: a test changes each and finds the stage reused.
    """
    extra = {**kwargs.pop("json_schema_extra", {}), _KNOB: True}
    return Field(default, json_schema_extra=extra, **kwargs)


class Section(BaseModel):
    """One stage's part of the configuration. Frozen; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    def deciding(self) -> dict[str, Any]:
        """The fields that decide the stage's result, as plain JSON: all but the knobs."""
        data = self.model_dump(mode="json")
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and extra.get(_KNOB):
                data.pop(name)
        return data
