"""How many synthetic values are planted among the records, to measure the masking by."""

from __future__ import annotations

from tasks.core.config.base import Field, Section


class PlantConfig(Section):
    """Planted records: what the policy masks, in synthetic values, where the policy asks for such evidence."""

    values_per_kind: int = Field(
        300,
        title="Values a kind",
        description="Synthetic values planted of each kind that the policy masks in text. With 300 of which none comes "
        "through, at most 1 % do (95 % confidence). 0: none, whatever the policy asks for.",
        ge=0,
        le=5_000,
    )
