"""What is asked of the gate about one masked file, and what the policy promised about its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.command.masked_pairs import MaskedFile
from tasks.core.config.ingest import Column
from tasks.core.config.leakcheck import LeakcheckConfig
from tasks.core.policies import UNDECLARED, Policy
from tasks.stages.leakcheck.known import entities_of

if TYPE_CHECKING:
    from tasks.methods.gate.placeholders import Placeholders
    from tasks.methods.records.sources import Source

UNNAMED = "UNNAMED"
"""The kind of a value that another masker took away without saying what it was."""


@dataclass(frozen=True)
class Question:
    """What is to be checked, and how.

    Attributes:
        masked: the masked rows.
        raw: the file they were made from.
        columns: the declared columns.
        policy: what was promised.
        config: how to look, and what happens to a row with a finding.
        by: how rows are paired: ``auto``, ``id`` or ``order``.
    """

    masked: MaskedFile
    raw: Source
    columns: tuple[Column, ...]
    policy: Policy
    config: LeakcheckConfig
    by: str = "auto"

    @property
    def compared(self) -> list[Column]:
        """The declared columns but that of a person, which leaves masking as a keyed hash."""
        return [column for column in self.columns if column.role != "person"]

    @property
    def kept(self) -> list[Column]:
        """Those of :attr:`compared` that the policy leaves in the table."""
        return [column for column in self.compared if not self._deleted(column)]

    def keeps(self, column: Column) -> bool:
        """Whether the policy leaves a structured column's cells as they are."""
        return column.role == "structured" and self.policy.rule(column.kind, column.name).operator == "keep"

    def identifies(self, column: Column) -> bool:
        """Whether a column's raw cells are values to look for."""
        named = column.kind not in ("", UNDECLARED)
        return named and self.policy.rule(column.kind, column.name).masks_text

    def hides(self, column: Column) -> bool:
        """Whether nothing of a column's raw cells should still be readable: a year or three digits of a code may."""
        return column.role != "structured" or self.policy.rule(column.kind, column.name).hides

    def columns_of(self, name: str) -> list[str]:
        """The columns in the table that a policy means by a name or a kind."""
        return [column.name for column in self.kept if name in (column.name, column.kind)]

    @property
    def quasi_identifiers(self) -> tuple[list[str], list[str]]:
        """The columns that the policy puts together to narrow a person down, and its names that no column fits."""
        groups = self.policy.evidence.groups
        found = {name: self.columns_of(name) for name in (groups.quasi_identifiers if groups is not None else ())}
        columns = dict.fromkeys(column for columns in found.values() for column in columns)
        return list(columns), [name for name, columns in found.items() if not columns]

    @property
    def placeholders(self) -> Placeholders:
        """What masking may have left in text."""
        from tasks.methods.gate.placeholders import Placeholders

        tags = self.policy.tags
        return Placeholders(tags, self.policy.placeholder_patterns)

    def _deleted(self, column: Column) -> bool:
        return column.role == "structured" and self.policy.rule(column.kind, column.name).operator == "delete"

    @property
    def known_kinds(self) -> list[str]:
        """The kinds of which values are known."""
        kinds = entities_of(self.policy)
        return kinds if self.masked.folder is not None else [*kinds, UNNAMED]
