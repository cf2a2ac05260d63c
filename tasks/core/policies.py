"""Policies: which kinds of personal data are masked, how, found by whom, and how much the gate lets through.

A policy is a YAML file that people edit. Every line about a kind carries a sentence of reason, so that a reader
sees why as well as what. ``policies/`` holds the named ones; a path that ends in ``.yaml`` names any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from tasks.core.by_entity import ENTITY, ByEntity
from tasks.core.errors import UserError
from tasks.core.evidence import Evidence
from tasks.core.operators import DISCLOSES, HIDES, KEYED, OPERATORS, PARAMETERS, VAULTED, placeholder_pattern
from tasks.core.standards import SAFE_HARBOR, expert_determination
from tasks.core.strict_yaml import RepeatedKeyError, StrictLoader
from tasks.core.user_model import UserModel, check_name

FOLDER = Path(__file__).resolve().parents[2] / "policies"
"""Where the named policies lie."""

UNDECLARED = "UNDECLARED"
"""The kind of a structured column whose declaration names none."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EntityRule(_Frozen):
    """What happens to one kind of personal data.

    Attributes:
        operator: one of :data:`tasks.core.operators.OPERATORS`.
        reason: one sentence that says why.
        gate: whether the gate counts what is left of this kind. Left out, it does wherever the operator hides the
            whole value.
        tag: what stands in place of the value under ``tag``, and wherever an operator can't read a value; by default
            the kind in angle brackets. Numbers and codes stand inside it: ``<PERSON_1>``.
        keep: for ``partial``: how many characters stay, at most four.
        locale: for ``surrogate``: where the surrogates come from, such as ``en_US``.
        day_first: for operators that read dates: whether 3/4 is the third of April.
        epsilon: for ``noise``: ε a cell; for ``mean``: ε of all its cells together, which hold one figure. With
            ``delta`` the noise is Gaussian, else Laplace.
        delta: the same for δ.
        empty: for ``noise``: whether it hides which cells are empty, or shows them.
        relative: for ``jitter``: the noise as a share of the cell.
        max_rows: for ``mean``: at most so many rows of a person count, one where it is left out.
    """

    operator: str
    reason: str = Field(min_length=6)
    gate: bool | None = None
    tag: str | None = Field(None, pattern=r"^<[A-Z][A-Z0-9_]*>$")
    keep: int | None = Field(None, ge=1, le=4)
    locale: str | None = Field(None, pattern=r"^[a-z]{2,3}_[A-Z]{2}$")
    day_first: bool | None = None
    epsilon: float | None = Field(None, gt=0, le=100)
    delta: float | None = Field(None, gt=0, lt=1)
    empty: Literal["hide", "show"] | None = None
    relative: float | None = Field(None, gt=0, le=1)
    max_rows: int | None = Field(None, ge=1, le=10**6)

    @model_validator(mode="before")
    @classmethod
    def _no_other(cls, value: Any) -> Any:
        unknown = [str(name) for name in value if name not in cls.model_fields] if isinstance(value, dict) else []
        if unknown:
            raise ValueError(f"there is no `{unknown[0]}`; a line has {', '.join(cls.model_fields)}")
        return value

    @field_validator("operator")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in OPERATORS:
            raise ValueError(f"there is no operator of this name; there are {', '.join(OPERATORS)}")
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        for name, operators in PARAMETERS.items():
            if getattr(self, name) is not None and self.operator not in operators:
                raise ValueError(f"`{name}` is a parameter of {', '.join(operators)}, not of {self.operator}")
        for operator, name in (("noise", "epsilon"), ("jitter", "relative"), ("mean", "epsilon")):
            if self.operator == operator and getattr(self, name) is None:
                raise ValueError(f"`{operator}` needs `{name}`")
        return self

    @property
    def parameters(self) -> dict[str, Any]:
        """The operator's parameters that the line gives."""
        return {name: getattr(self, name) for name in PARAMETERS if getattr(self, name) is not None}

    @property
    def hides(self) -> bool:
        """Whether nothing of the value stays readable."""
        return self.operator in HIDES

    @property
    def masks_text(self) -> bool:
        """Whether a value of this kind is looked for in free text."""
        return self.operator != "keep"


class Detectors(_Frozen):
    """Who looks for personal data. The sides share no detector: a gate that repeats the masker is blind where it is.

    Attributes:
        masker: detectors whose findings are masked.
        gate: detectors kept for the gate.
    """

    masker: list[str] = Field(min_length=1)
    gate: list[str] = Field(min_length=1)

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        both = sorted(set(self.masker) & set(self.gate))
        if both:
            raise ValueError(f"{', '.join(both)}: a detector serves the masker or the gate, never both")
        return self


class Thresholds(ByEntity):
    """The lowest score at which a finding of a kind is masked."""

    default: float = 0.4


class Limits(ByEntity):
    """The largest share of rows in which the gate may still find a kind."""

    default: float = 0.0


class Policy(_Frozen):
    """A masking policy.

    Attributes:
        name: how a configuration calls it.
        description: whom it is for, in a sentence or two.
        languages: languages it is written for.
        entities: a rule for every kind, in the order of the file.
        detectors: the masker's and the gate's.
        thresholds: lowest scores by kind.
        detector_thresholds: lowest scores by detector of the masker; a finding must reach both.
        limits: the gate's limits on what its detectors find.
        evidence: what else the gate must know.
        allow: words that are never personal data here, compared without case.
        deny: words and phrases that are always masked, and the kind that each is masked as.
        models: models of the user's own, by the names under which ``detectors`` lists them.
        unread: what happens to a row with text in a language that no detector of the masker reads, whatever
            ``mask.language`` says: its text is masked as a whole by the line ``UNREAD_TEXT``, or the row is set aside.
            Left out: masked under ``mask.language: auto``, and read as the language that ``mask.language`` names.
        standard: what the policy claims to follow; masking then says where it needs more than the standard's rules.
        vault: whether masking keeps what it replaced, encrypted, in the raw zone, for `airlock reveal`.
        approval: whether a person must approve a model before it is released.
        sha256: of the file's bytes; part of the key of every stage that reads the policy.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    description: str
    languages: list[Literal["en", "zh"]] = Field(min_length=1)
    entities: dict[str, EntityRule] = Field(min_length=1)
    detectors: Detectors
    thresholds: Thresholds = Field(default_factory=Thresholds)
    limits: Limits = Field(default_factory=Limits)
    evidence: Evidence = Field(default_factory=Evidence)
    detector_thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    allow: list[str] = Field(default_factory=list)
    deny: dict[str, str] = Field(default_factory=dict)
    models: dict[str, UserModel] = Field(default_factory=dict)
    unread: Literal["mask", "quarantine"] | None = None
    standard: Literal["hipaa-safe-harbor"] | None = None
    vault: bool = False
    approval: bool = False
    sha256: str = ""

    @model_validator(mode="after")
    def _limits_on_kinds_it_has(self) -> Self:
        for name, kinds in (("known_values", self.text_entities), ("planted", self.gate_entities)):
            limits = getattr(self.evidence, name)
            if unknown := sorted(set(limits.__pydantic_extra__ or {}) - set(kinds)) if limits else []:
                raise ValueError(f"evidence.{name}: {', '.join(unknown)} is no kind that this policy promises to mask")
        return self

    @field_validator("entities")
    @classmethod
    def _names(cls, value: dict[str, EntityRule]) -> dict[str, EntityRule]:
        for entity in value:
            if not ENTITY.fullmatch(entity):
                raise ValueError(f"{entity}: a kind is written in capitals with underscores, such as PHONE_NUMBER")
        return value

    @field_validator("detector_thresholds", mode="after")
    @classmethod
    def _detectors_it_has(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        masker = getattr(info.data.get("detectors"), "masker", None)
        unknown = sorted(set(value) - set(masker or value))
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is not among detectors.masker")
        return value

    @field_validator("deny")
    @classmethod
    def _kinds_it_masks(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        allowed = {word.casefold() for word in info.data.get("allow", ())}
        entities = info.data.get("entities")
        for phrase, kind in value.items():
            if not phrase.strip():
                raise ValueError("a phrase is empty")
            if entities is not None and (kind not in entities or not entities[kind].masks_text):
                raise ValueError(f"{kind} is not a kind that this policy masks in text")
            if phrase.casefold() in allowed:
                raise ValueError("a phrase stands in `allow` as well")
        return value

    @field_validator("models")
    @classmethod
    def _models_that_look(cls, value: dict[str, UserModel], info: ValidationInfo) -> dict[str, UserModel]:
        entities, detectors = info.data.get("entities"), info.data.get("detectors")
        if entities is None or detectors is None:
            return value  # their own mistake is told first
        for name, model in value.items():
            check_name(name)
            if name not in (*detectors.masker, *detectors.gate):
                raise ValueError(f"{name} stands neither in detectors.masker nor in detectors.gate")
            for kind in model.labels.values():
                if kind not in entities or not entities[kind].masks_text:
                    raise ValueError(f"{name}: {kind} is not a kind that this policy masks in text")
        folders = {name: model.folder.resolve() for name, model in value.items()}
        for masker in set(detectors.masker) & set(value):
            for gate in set(detectors.gate) & set(value):
                if folders[masker] == folders[gate]:
                    raise ValueError(f"{masker}, {gate}: a model serves the masker or the gate, never both")
        return value

    @model_validator(mode="after")
    def _a_line_for_unread_text(self) -> Self:
        if self.unread == "mask" and "UNREAD_TEXT" not in self.text_entities:
            raise ValueError("unread: `mask` needs a line UNREAD_TEXT with the operator tag or redact, or `quarantine`")
        return self

    @model_validator(mode="after")
    def _something_to_keep(self) -> Self:
        if self.vault and not any(rule.operator in VAULTED for rule in self.entities.values()):
            raise ValueError(
                f"vault: no line has an operator whose values a vault keeps ({', '.join(sorted(VAULTED))})"
            )
        return self

    @cached_property
    def text_entities(self) -> list[str]:
        """Kinds the masker looks for in free text, in the order of the file."""
        return [entity for entity, rule in self.entities.items() if rule.masks_text]

    @cached_property
    def gate_entities(self) -> list[str]:
        """Kinds the policy promises to mask in free text, which the gate therefore counts."""
        return [
            entity
            for entity, rule in self.entities.items()
            if rule.masks_text and (rule.hides if rule.gate is None else rule.gate)
        ]

    @cached_property
    def keyed(self) -> bool:
        """Whether masking needs the ``mask`` key."""
        return any(rule.operator in KEYED for rule in self.entities.values())

    @cached_property
    def disclosures(self) -> dict[str, str]:
        """What a reader of the masked table learns, by kind: a sentence each, for the masking report."""
        return {entity: DISCLOSES[rule.operator] for entity, rule in self.entities.items()}

    @cached_property
    def expert_determination(self) -> list[str]:
        """Why the named standard asks for an expert's judgement of this policy; empty where it doesn't."""
        if self.standard != SAFE_HARBOR:
            return []
        return expert_determination((entity, rule.operator) for entity, rule in self.entities.items())

    @cached_property
    def placeholder_patterns(self) -> list[str]:
        """Regular expressions for the marks that masking leaves in text, besides the plain tags."""
        marks = {placeholder_pattern(self.tag(entity), rule.operator) for entity, rule in self.entities.items()}
        return sorted(mark for mark in marks if mark)

    @cached_property
    def tags(self) -> list[str]:
        """What stands in place of values, of all kinds."""
        return sorted({self.tag(entity) for entity in self.entities})

    def rule(self, kind: str, column: str) -> EntityRule:
        """The rule for a structured column; one whose declaration names no kind goes by the line :data:`UNDECLARED`.

        Raises:
            UserError: where the policy has no line for the kind. Nothing is kept in silence.
        """
        kind = kind or UNDECLARED
        if kind not in self.entities:
            raise UserError(f"policy '{self.name}' says nothing about kind {kind} of column {column}: add a line")
        return self.entities[kind]

    def lines_under(
        self, operator: str, declared: Iterable[Mapping[str, Any]]
    ) -> list[tuple[Mapping[str, Any], dict[str, Any]]]:
        """The structured columns under an operator, each with the parameters of its line.

        Args:
            declared: columns with their ``name``, ``role`` and ``kind``.

        Raises:
            UserError: where the policy has no line for a column's kind.
        """
        structured = [column for column in declared if column["role"] == "structured"]
        rules = [(column, self.rule(column["kind"], column["name"])) for column in structured]
        return [(column, rule.parameters) for column, rule in rules if rule.operator == operator]

    def tag(self, entity: str) -> str:
        """What stands in place of a value under ``tag``.

        >>> load_policy("default").tag("PERSON")
        '<PERSON>'
        """
        rule = self.entities.get(entity)
        return rule.tag if rule and rule.tag else f"<{entity}>"


def available() -> list[str]:
    """Names of the policies that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_policy(name_or_path: str) -> Policy:
    """Read a policy by name, or from a path that ends in ``.yaml``.

    Raises:
        UserError: where there is none, the file is not YAML, or a line of it breaks a rule (the line is named).
    """
    named = not name_or_path.endswith((".yaml", ".yml"))
    path = FOLDER / f"{name_or_path}.yaml" if named else Path(name_or_path)
    if named and name_or_path not in available():
        raise UserError(
            f"mask.policy: there is no policy of this name; there are {', '.join(available())}, "
            "or give the path of a .yaml file"
        )
    try:
        content = path.read_bytes()
    except OSError:
        raise UserError(f"mask.policy: the file {path.name} cannot be read") from None
    try:
        data = yaml.load(content, Loader=StrictLoader)
    except yaml.MarkedYAMLError as exc:
        line = f"line {exc.problem_mark.line + 1}: " if exc.problem_mark else ""
        detail = exc.problem if isinstance(exc, RepeatedKeyError) else "this is not YAML"
        raise UserError(f"policy file {path.name}: {line}{detail}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise UserError(f"policy file {path.name} is not YAML in UTF-8") from None
    if not isinstance(data, dict) or "sha256" in data:
        raise UserError(f"policy file {path.name}: a policy is a mapping with name, description, entities, …")
    try:
        data["sha256"] = hashlib.sha256(content).hexdigest()
        return Policy.model_validate(data, context={"folder": path.absolute().parent})
    except ValidationError as exc:
        error = exc.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in error["loc"])
        message = error["msg"].removeprefix("Value error, ")
        line = _line_of(content, error["loc"])
        raise UserError(f"policy file {path.name}, {line}{where}: {message}") from None


def _line_of(content: bytes, loc: tuple[int | str, ...]) -> str:
    """``line 12, `` for a place in the file, as deep as it can be followed."""
    node = yaml.compose(content, Loader=yaml.SafeLoader)
    line = 0
    for part in loc:
        if not isinstance(node, yaml.MappingNode):
            break
        pair = next(((key, value) for key, value in node.value if key.value == part), None)
        if pair is None:
            break
        line, node = pair[0].start_mark.line + 1, pair[1]
    return f"line {line}, " if line else ""
