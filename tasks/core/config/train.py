"""How the model is trained, and to what privacy."""

from __future__ import annotations

from typing import Literal

from tasks.core.config.base import Field, Section, knob


class TrainConfig(Section):
    """DP-SGD training of a LoRA adapter on the clean table's text."""

    base_model: str = Field(
        "package:smollm2-135m-instruct",
        title="Base model",
        description="package:NAME for weights that an installed package carries, a local folder or file:// URL in "
        "Hugging Face layout with safetensors, or hf:ORG/NAME (needs allow_download the first time).",
        min_length=1,
    )
    epsilon: float = Field(
        8.0,
        title="ε (epsilon)",
        description="Privacy cost of the training. Smaller is more private: 1 is strong, 8 common, above 10 weak.",
        gt=0,
        le=100,
        allow_inf_nan=False,
    )
    delta: float | None = Field(
        None,
        title="δ (delta)",
        description="Chance that the ε bound fails. Empty: just below n^-1.1 of the population. Above 1/n is refused.",
        gt=0,
        lt=1,
    )
    steps: int = Field(
        60, title="Steps", description="Noisy steps in all; fixed beforehand, never stopped early.", ge=1, le=1_000_000
    )
    expected_batch: int = Field(
        64,
        title="Expected batch",
        description="Records a step uses on average. Each record is drawn by its own coin, so the real number varies; "
        "the update is always divided by this one. Larger batches learn better at the same ε.",
        ge=1,
    )
    population: int | None = Field(
        None,
        title="Population",
        description="Publicly known number of training records, to set the sampling rate and δ. "
        "Empty: the training records are counted, and the report says that their number is public.",
        ge=1,
    )
    max_grad_norm: float = Field(
        0.1,
        title="Clipping norm",
        description="Each record's gradient is scaled down to at most this L2 norm.",
        gt=0,
        allow_inf_nan=False,
    )
    learning_rate: float = Field(
        2e-3,
        title="Learning rate",
        description="Step size of Adam. DP-SGD wants about ten times the usual.",
        gt=0,
        le=10,
        allow_inf_nan=False,
    )
    lora_r: int = Field(4, title="LoRA rank", description="Rank of the adapter's matrices.", ge=1, le=256)
    lora_alpha: float = Field(
        16.0,
        title="LoRA alpha",
        description="The adapter's output is scaled by alpha / rank.",
        gt=0,
        allow_inf_nan=False,
    )
    lora_targets: tuple[str, ...] = Field(
        ("q_proj", "v_proj"),
        title="LoRA targets",
        description="Names of the linear layers that get an adapter.",
        min_length=1,
    )
    lora_last_layers: int | None = Field(
        None,
        title="LoRA on the last layers only",
        description="Put the adapter on this many blocks nearest the output. Fewer blocks train faster and gather less "
        "noise. Empty: on all.",
        ge=1,
    )
    max_length: int = Field(
        256,
        title="Longest text",
        description="Tokens of a record that are used; what lies beyond is cut off and counted.",
        ge=4,
        le=32_768,
    )
    heldout_rows: int = Field(
        500,
        title="Held-out records",
        description="At most this many held-out records are used to measure perplexity before and after training.",
        ge=2,
    )
    allow_download: bool = knob(
        False, title="Allow download", description="Fetch an hf: base model from the hub if it isn't on this machine."
    )
    physical_batch: int = knob(
        8,
        title="Physical batch",
        description="Records on the device at once. Changes speed and memory, not the result beyond rounding.",
        ge=1,
    )
    device: Literal["auto", "cpu", "cuda"] = knob(
        "auto", title="Device", description="auto takes a GPU where there is one; the log says which."
    )
    threads: int = knob(0, title="Threads", description="CPU threads; 0: as many as the machine has.", ge=0, le=1024)
    log_seconds: float = knob(
        5.0, title="Seconds between progress lines", description="How often the log says how far training is.", gt=0
    )
