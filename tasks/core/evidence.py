"""What a policy asks the leak gate to know before it opens, besides the limits on its detectors' findings."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tasks.core.by_entity import ByEntity


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KnownValues(ByEntity):
    """The largest share of rows in which a value may stand that was masked elsewhere or fills an identifying column."""

    default: float = 0.0


class Planted(ByEntity):
    """The largest upper bound (one-sided, 95 %) of the share of planted values that came through the masking."""

    default: float = 0.05


class Review(_Frozen):
    """A person reads a sample of masked rows.

    Attributes:
        rows: how many real rows are drawn.
        seeded: how many rows with a known leak are put among them: what the reader misses of these enters the bound.
        limit: the largest upper bound (one-sided, 95 %) of the share of rows that leak.
    """

    rows: int = Field(100, ge=1, le=10_000)
    seeded: int = Field(20, ge=5, le=1_000)
    limit: float = Field(0.1, gt=0, le=1)


class Groups(_Frozen):
    """What a table's columns tell together.

    Attributes:
        quasi_identifiers: columns, or kinds of columns, that narrow a person down when they are put together.
        k: rows that must agree in all of them (k-anonymity).
        sensitive: the column, or kind of column, whose value a group of such rows must not give away.
        l: distinct values of it in such a group (distinct l-diversity); 1 asks for nothing.
        limit: the share of rows that may be in smaller groups; held for poorer ones by itself.
    """

    quasi_identifiers: list[str] = Field(min_length=1)
    k: int = Field(5, ge=2, le=1_000)
    sensitive: str | None = None
    l: int = Field(1, ge=1, le=100)  # noqa: E741 - the literature's name
    limit: float = Field(0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _something_to_tell(self) -> Self:
        if self.l > 1 and self.sensitive is None:
            raise ValueError("`l` needs `sensitive`: the column whose values are counted")
        return self


class Evidence(_Frozen):
    """Kinds of evidence, each left out where the policy doesn't ask for it.

    Attributes:
        independent: whether a kind that the policy masks in text, without a detector of the gate's own, shuts the
            gate or stands in the report.
        known_values: limits on values known from elsewhere in the run.
        planted: limits on planted values.
        review: a person's sample.
        groups: k-anonymity and l-diversity of the table's columns.
    """

    @model_validator(mode="before")
    @classmethod
    def _something_behind_it(cls, value: Any) -> Any:
        for name in [name for name, given in value.items() if given is None] if isinstance(value, dict) else ():
            raise ValueError(f"`{name}:` has nothing behind it; write `{name}: {{}}` for its defaults, or leave it out")
        return value

    independent: Literal["required", "reported"] = "reported"
    known_values: KnownValues | None = None
    planted: Planted | None = None
    review: Review | None = None
    groups: Groups | None = None
