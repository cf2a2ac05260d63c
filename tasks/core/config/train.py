"""How the model is trained, and to what privacy."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from tasks.core.config.base import Field, Section, knob
from tasks.core.config.clip import ProjectionRule

RELEASABLE = ("causal_lm", "instruction")
"""Objectives whose models clip and export can hand over."""


class TrainConfig(Section):
    """DP-SGD training of a language model on the clean table."""

    base_model: str = Field(
        "package:smollm2-135m-instruct",
        title="Base model",
        description="package:NAME for weights that an installed package carries, a local folder or file:// URL in "
        "Hugging Face layout with safetensors, or hf:ORG/NAME (needs allow_download the first time).",
        min_length=1,
    )
    objective: Literal["causal_lm", "instruction", "classification", "masked_lm"] = Field(
        "causal_lm",
        title="Objective",
        description="What is learnt. causal_lm: the text, token by token. instruction: the answer to a prompt, of "
        "which the answer alone is scored. classification: a label from the text, by an encoder. masked_lm: hidden "
        "tokens of the text, by an encoder.",
    )
    prompt_column: str = Field(
        "", title="Prompt column", description="For instruction: the text column that is given.", max_length=200
    )
    answer_column: str = Field(
        "", title="Answer column", description="For instruction: the text column that is learnt.", max_length=200
    )
    label_column: str = Field(
        "",
        title="Label column",
        description="For classification: the column with role label. Empty: the only one there is.",
        max_length=200,
    )
    labels: tuple[str, ...] = Field(
        (),
        title="Labels",
        description="For classification: every label there can be, publicly known; never collected from the records.",
        max_length=10_000,
    )
    adaptation: Literal["lora", "full", "last_layers", "bitfit"] = Field(
        "lora",
        title="What is trained",
        description="lora: small adapters beside frozen weights. full: every weight. last_layers: the blocks nearest "
        "the output. bitfit: the biases. A new classification head is trained with each.",
    )
    last_layers: int | None = Field(
        None, title="Last layers", description="For adaptation last_layers: how many blocks are trained.", ge=1
    )
    quantise: Literal["none", "int8", "nf4"] = Field(
        "none",
        title="Quantise the base",
        description="Hold the frozen base in 8 or 4 bits: for LoRA on a GPU, with bitsandbytes.",
    )
    unit: Literal["auto", "record", "person"] = Field(
        "auto",
        title="Unit of privacy",
        description="Whose data ε protects. auto: a person where a column has role person, else a record. record "
        "although a person is declared protects somebody with several records less, and every report says so.",
    )
    max_rows_per_person: int = Field(
        4,
        title="Rows a person",
        description="For unit person: at most so many of a person's records are used, chosen by their own content "
        "alone, and clipped as one.",
        ge=1,
        le=1024,
    )
    relation: Literal["auto", "add_or_remove", "zero_out"] = Field(
        "auto",
        title="Neighbouring data sets",
        description="What ε compares. add_or_remove: with and without one unit; needs a declared population. zero_out: "
        "one unit's data replaced by nothing; the number of units then counts as public. auto: the first where a "
        "population is declared, else the second.",
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
        description="Units (records or persons) a step uses on average. Each is drawn by its own coin, so the real "
        "number varies; the update is always divided by this one. Larger batches learn better at the same ε.",
        ge=1,
    )
    population: int | None = Field(
        None,
        title="Population",
        description="Publicly known number of training units (records or persons), to set the sampling rate and δ. "
        "Empty: they are counted, and the report says that their number is public.",
        ge=1,
    )
    truncate: bool = Field(
        False,
        title="Truncate batches",
        description="Cap the largest batch, for a step's time and memory to be bounded. The cap is chosen so that it "
        "costs less than 1 % of δ.",
    )
    max_grad_norm: float = Field(
        0.1,
        title="Clipping norm",
        description="Each unit's gradient is scaled down to at most this L2 norm.",
        gt=0,
        allow_inf_nan=False,
    )
    projection: tuple[ProjectionRule, ...] = Field(
        (),
        title="Projection",
        description="Limits on the trained weights, applied after each step. The first rule that fits a weight tensor "
        "decides. Post-processing of the noisy steps: ε stays what it is.",
        max_length=100,
    )
    learning_rate: float = Field(
        2e-3,
        title="Learning rate",
        description="Step size of the optimizer. DP-SGD wants about ten times the usual.",
        gt=0,
        le=1000,
        allow_inf_nan=False,
    )
    optimizer: Literal["adam", "sgd"] = Field(
        "adam", title="Optimizer", description="adam, or sgd with momentum. Weights never decay."
    )
    momentum: float = Field(0.9, title="Momentum", description="Of sgd.", ge=0, lt=1)
    schedule: Literal["linear", "constant"] = Field(
        "linear", title="Schedule", description="linear: the step size falls to zero at the last step."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        title="Precision",
        description="bfloat16: forward and backward under autocast, faster on a GPU. Clipped sums, noise and weights "
        "are float32 in either case.",
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
        (),
        title="LoRA targets",
        description="Names of the linear layers that get an adapter. Empty: those of queries and values, by whatever "
        "name the base model has for them.",
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
        description="Rows on the device at once. Changes speed and memory, not the result beyond rounding.",
        ge=1,
    )
    engine: Literal["auto", "book-keeping", "hooks"] = knob(
        "auto",
        title="Gradient engine",
        description="How each unit's gradient is found: book-keeping takes one backward pass, hooks are Opacus's. "
        "auto: the first where it knows every trained layer. Changes the result by rounding only.",
    )
    checkpoint_seconds: float = knob(
        60.0,
        title="Seconds between checkpoints",
        description="How much work a killed run may lose. SIGTERM writes one at once.",
        gt=0,
    )
    stop_here: bool = knob(
        False,
        title="Stop after training",
        description="The trained model in the clean zone is the result: clip and export, which hand over causal "
        "language models only, refuse to run. Needed for objectives classification and masked_lm.",
    )
    device: Literal["auto", "cpu", "cuda"] = knob(
        "auto", title="Device", description="auto takes a GPU where there is one; the log says which."
    )
    threads: int = knob(0, title="Threads", description="CPU threads; 0: as many as the machine has.", ge=0, le=1024)
    log_seconds: float = knob(
        5.0, title="Seconds between progress lines", description="How often the log says how far training is.", gt=0
    )

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.objective == "instruction" and not (self.prompt_column and self.answer_column):
            raise ValueError("prompt_column and answer_column: objective instruction needs both")
        if self.objective == "instruction" and self.prompt_column == self.answer_column:
            raise ValueError("answer_column: must be another column than prompt_column")
        if self.objective != "instruction" and (self.prompt_column or self.answer_column):
            raise ValueError("prompt_column and answer_column: belong to objective instruction")
        if self.objective == "classification" and len(set(self.labels)) < 2:
            raise ValueError("labels: objective classification needs at least two different ones")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("labels: one is there twice")
        if self.objective != "classification" and (self.labels or self.label_column):
            raise ValueError("labels and label_column: belong to objective classification")
        if (self.adaptation == "last_layers") != (self.last_layers is not None):
            raise ValueError("last_layers: goes with adaptation last_layers, and that needs it")
        if self.adaptation != "lora" and (self.lora_targets or self.lora_last_layers is not None):
            raise ValueError("lora_targets and lora_last_layers: belong to adaptation lora")
        if self.quantise != "none" and (self.adaptation != "lora" or self.objective not in RELEASABLE):
            raise ValueError("quantise: a quantised base is for LoRA on a causal language model")
        if self.relation == "add_or_remove" and self.population is None:
            raise ValueError("relation: add_or_remove needs train.population; a count would make it public")
        if self.adaptation != "lora" and any(rule.kind in ("lora_a", "lora_b") for rule in self.projection):
            raise ValueError("projection: kinds lora_a and lora_b belong to adaptation lora")
        if self.objective not in RELEASABLE and not self.stop_here:
            raise ValueError(
                f"stop_here: clip and export can't hand over a model of objective {self.objective}; set it to true to "
                "end the run with the trained model"
            )
        return self
