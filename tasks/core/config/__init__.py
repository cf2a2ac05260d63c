"""The configuration: one pydantic model, one section a stage, no secret among its fields."""

from __future__ import annotations

from tasks.core.config.model import Config

__all__ = ["Config"]
