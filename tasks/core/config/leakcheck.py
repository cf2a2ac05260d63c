"""How masked text is checked before anything may learn from it."""

from __future__ import annotations

from typing import Literal

from tasks.core.config.base import Field, Section, knob


class LeakcheckConfig(Section):
    """The leak gate. Its limits stand in the masking policy; here is how it looks and what it does with a finding."""

    on_finding: Literal["remask", "keep", "quarantine"] = Field(
        "remask",
        title="Rows with a finding",
        description="remask: what the gate found in a row is masked in the clean table too; the limits of the policy "
        "count the findings before. keep: rows stay as they are, the limits decide. quarantine: a row with a finding "
        "of its own is left out of the clean table; the gate shuts if too many are.",
    )
    max_quarantined_share: float = Field(
        0.05,
        title="Quarantine limit",
        description="With quarantine: the share of rows that may be left out before the gate shuts.",
        ge=0,
        le=1,
    )
    model_threshold: float = Field(
        0.7,
        title="Model threshold",
        description="Probability from which a word that the gate's model marks is a finding. Lower finds more and is "
        "wrong more often.",
        gt=0,
        lt=1,
    )
    batch_rows: int = knob(256, title="Rows a batch", description="Rows read and scanned at once.", ge=1, le=65_536)
    workers: int = knob(
        0, title="Threads", description="Threads that run the gate's model; 0: one a processor.", ge=0, le=256
    )
