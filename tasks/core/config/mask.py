"""How personal data is masked."""

from __future__ import annotations

from typing import Literal

from tasks.core.config.base import Field, Section, knob


class MaskConfig(Section):
    """Masking: who looks for personal data, and the policy that says what happens to it."""

    policy: str = Field(
        "default",
        title="Masking policy",
        description="Name of a policy (default, healthcare, finance, government, zh) or the path of a .yaml file.",
        min_length=1,
    )
    language: Literal["en", "zh", "auto"] = Field(
        "en",
        title="Language",
        description="Language of the text columns: en (English), zh (Chinese), or auto: each text's own, among those "
        "of the policy.",
    )
    spacy_model: str = Field(
        "en_core_web_md",
        title="spaCy model",
        description="Installed spaCy model, or a folder that holds one, that finds names in English text.",
        min_length=1,
    )
    own_values: bool = Field(
        True,
        title="Use the row's own columns",
        description="Look in a row's text for the values of its own structured columns (name, phone, address, …).",
    )
    batch_rows: int = knob(
        256, ge=1, le=10_000, title="Rows a batch", description="Rows held in memory and analysed at once."
    )
