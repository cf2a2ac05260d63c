"""The command ``airlock``: a face over stages, in the same words as the configuration."""

from __future__ import annotations

from tasks.command.main import main

__all__ = ["main"]
