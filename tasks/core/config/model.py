"""The whole configuration and the rules that cross its sections."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, field_validator, model_validator

from tasks.core.config.audit import AuditConfig
from tasks.core.config.base import Field, Section, knob
from tasks.core.config.budget import BudgetConfig
from tasks.core.config.canary import CanaryConfig
from tasks.core.config.clip import ClipConfig
from tasks.core.config.export import ExportConfig
from tasks.core.config.ingest import IngestConfig
from tasks.core.config.leakcheck import LeakcheckConfig
from tasks.core.config.mask import MaskConfig
from tasks.core.config.plant import PlantConfig
from tasks.core.config.release import ReleaseConfig
from tasks.core.config.train import TrainConfig
from tasks.core.errors import UserError

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"


class StoreConfig(Section):
    """Where the zones lie. Each may be any fsspec URL with its own access; by default all lie below ``root``."""

    root: str = knob(
        "", title="Store", description="URL or folder that holds the zones; empty: `store` in Airlock's home."
    )
    raw: str = knob("", title="Raw zone", description="URL of the raw zone; empty: `raw` below the store.")
    sealed: str = knob("", title="Sealed zone", description="URL of the sealed zone; empty: `sealed` below the store.")
    clean: str = knob("", title="Clean zone", description="URL of the clean zone; empty: `clean` below the store.")
    handoff: str = knob(
        "", title="Hand-off zone", description="URL of the hand-off zone; empty: `handoff` below the store."
    )

    def zone(self, name: str, home: Path) -> str:
        """The URL of a zone, without a slash at its end."""
        own: str = getattr(self, name)
        root = self.root or str(home / "store")
        return (own or f"{root.rstrip('/')}/{name}").rstrip("/")


class Config(Section):
    """Everything a run is told. Keys, passwords and tokens are not part of it: they come from the deployment."""

    name: str = Field(
        "private-model",
        title="Model name",
        description="Name of the model that comes out; lower-case letters, digits, - and _.",
        pattern=NAME,
    )
    dataset: str = Field(
        "default",
        title="Data set",
        description="The registered data set whose people pay the privacy cost in the ledger.",
        pattern=NAME,
    )
    store: StoreConfig = Field(default_factory=StoreConfig, title="Store", description="Where the zones lie.")
    ingest: IngestConfig = Field(title="Ingest", description="What is read and how its columns are declared.")
    budget: BudgetConfig = Field(
        default_factory=BudgetConfig, title="Budget", description="What the data set may spend on privacy."
    )
    plant: PlantConfig = Field(
        default_factory=PlantConfig, title="Plant", description="What is planted to measure the masking by."
    )
    mask: MaskConfig = Field(default_factory=MaskConfig, title="Mask", description="How personal data is masked.")
    leakcheck: LeakcheckConfig = Field(
        default_factory=LeakcheckConfig, title="Leak check", description="How masked text is checked."
    )
    canary: CanaryConfig = Field(
        default_factory=CanaryConfig, title="Canaries", description="Invented records that the audit looks for."
    )
    train: TrainConfig = Field(default_factory=TrainConfig, title="Train", description="DP-SGD training.")
    clip: ClipConfig = Field(default_factory=ClipConfig, title="Clip", description="Clipping of the weights.")
    export: ExportConfig = Field(default_factory=ExportConfig, title="Export", description="The exported model.")
    audit: AuditConfig = Field(
        default_factory=AuditConfig, title="Audit", description="Attacks on the model before it is handed over."
    )
    release: ReleaseConfig = Field(
        default_factory=ReleaseConfig, title="Release", description="The bundle for another team."
    )

    @field_validator("name", "dataset")
    @classmethod
    def _no_trailing_newline(cls, value: str) -> str:
        if not re.fullmatch(NAME[1:-1], value):
            raise ValueError("use lower-case letters, digits, - and _")
        return value

    @model_validator(mode="after")
    def _something_to_train_on(self) -> Self:
        if not any(column.role == "text" for column in self.ingest.columns):
            raise ValueError("ingest.columns: declare at least one column with role text")
        return self

    @model_validator(mode="after")
    def _delta_below_one_in_the_population(self) -> Self:
        delta, population = self.train.delta, self.train.population
        if delta is not None and population is not None and delta > 1 / population:
            raise ValueError(f"train.delta: must be at most 1/{population}, one in train.population")
        return self

    @model_validator(mode="after")
    def _columns_that_training_reads(self) -> Self:
        roles = {column.name: column.role for column in self.ingest.columns}
        for field in ("prompt_column", "answer_column"):
            name = getattr(self.train, field)
            if name and roles.get(name) != "text":
                raise ValueError(f"train.{field}: must be a column that ingest declares with role text")
        if self.train.objective == "classification":
            labels = [name for name, role in roles.items() if role == "label"]
            if (len(labels) != 1) if not self.train.label_column else (self.train.label_column not in labels):
                raise ValueError("train.label_column: must name a column that ingest declares with role label")
        if self.train.unit == "person" and "person" not in roles.values():
            raise ValueError("train.unit: person needs a column with role person in ingest.columns")
        return self

    @model_validator(mode="after")
    def _canaries_fit_what_is_trained(self) -> Self:
        if not self.canary.count:
            return self
        persons = self.train.unit == "person" or (
            self.train.unit == "auto" and any(column.role == "person" for column in self.ingest.columns)
        )
        if persons and self.canary.repeats > self.train.max_rows_per_person:
            raise ValueError(
                f"canary.repeats: a canary is a person of its own here, and train.max_rows_per_person lets a person "
                f"have {self.train.max_rows_per_person} rows"
            )
        if self.train.objective in ("classification", "masked_lm") and "high_temperature" in self.canary.kinds:
            raise ValueError("canary.kinds: high_temperature needs a causal language model as train.base_model")
        return self

    @model_validator(mode="after")
    def _clip_fits_what_is_trained(self) -> Self:
        adapter = any(rule.target == "adapter" for rule in self.clip.rules)
        if adapter and self.train.adaptation != "lora" and not self.train.stop_here:
            raise ValueError(
                f"clip.rules: train.adaptation {self.train.adaptation} leaves no adapter to clip; use rules with "
                "target merged, or an empty list"
            )
        return self

    @classmethod
    def parse(cls, data: dict[str, Any], where: str = "config") -> Config:
        """Build a configuration from plain data.

        Raises:
            UserError: naming each field at fault and what it must be, never the value given.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as exc:
            raise UserError(f"{where}: " + "; ".join(_sentences(exc))) from None


def _sentences(exc: ValidationError) -> list[str]:
    found = []
    for error in exc.errors(include_input=False, include_url=False, include_context=False):
        path = ".".join(str(part) for part in error["loc"])
        message = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            message = "no such field"
        found.append(f"{path}: {message}" if path else message)
    return found
