"""Configuration of the export stage."""

from __future__ import annotations

from typing import Literal

from tasks.core.config.base import Field, Section


class ExportConfig(Section):
    """The model folder that leaves: its number format and what its card says."""

    dtype: Literal["fp32", "bf16"] = Field(
        "fp32", title="Number format", description="fp32 keeps the weights exact; bf16 halves the size."
    )
    license: str = Field(
        "",
        title="Licence",
        description="SPDX id for the model card, such as apache-2.0; empty: the base model's, where its folder "
        "names one.",
        pattern=r"^[A-Za-z0-9.+-]{0,64}$",
    )
    language: str = Field(
        "",
        title="Language",
        description="Language code for the model card, such as en or zh; empty: not stated.",
        pattern=r"^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$",
    )
    intended_use: str = Field(
        "",
        title="Intended use",
        description="What the model is for, in a sentence or two, as the model card's readers should see it. "
        "Public text: it leaves with the model.",
        max_length=2000,
    )
