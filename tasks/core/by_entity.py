"""Figures by kind of personal data, as policies write them: a default, and a line for each kind that differs."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ENTITY = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
"""How a kind is written."""


class ByEntity(BaseModel):
    """A share for each kind, with a default for the kinds not named.

    A subclass gives ``default`` its value.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, float] = Field(init=False)
    default: float = 0.0

    def for_entity(self, entity: str) -> float:
        """The figure of ``entity``: its own line, else the default."""
        own = (self.__pydantic_extra__ or {}).get(entity)
        return float(self.default if own is None else own)

    @model_validator(mode="after")
    def _shares(self) -> Self:
        for name, figure in {"default": self.default, **(self.__pydantic_extra__ or {})}.items():
            if not 0.0 <= figure <= 1.0:
                raise ValueError(f"{name} must be between 0 and 1")
            if name != "default" and not ENTITY.fullmatch(name):
                raise ValueError(f"{name} is not the name of a kind")
        return self
