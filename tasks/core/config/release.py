"""Configuration of the release stage."""

from __future__ import annotations

from tasks.core.config.base import Field, Section


class ReleaseConfig(Section):
    """The bundle that another team is handed."""

    version: str = Field(
        "",
        title="Version",
        description="The bundle's version in the hand-off zone, such as 1.2.0; never overwritten. Empty: named by what "
        "is in it.",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9.+_-]{0,62})?$",
    )
