"""The verdict: each kind of evidence can shut the gate alone, and so does its absence."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.methods.gate import asked, counts, verdict
from tasks.methods.gate.decision import planted_needed
from tasks.methods.gate.verdict import GroupLimits, Limits, Verdict
from tasks.methods.gate.why import why

ROWS = 100
COLUMNS = "record_id integer, note string"
SHARD = {"shard": 0, "rows": ROWS, "rows_promised": ROWS, "rows_without_text": 0, "columns": COLUMNS}
LIMITS = Limits(
    {"PERSON": 0.02, "EMAIL_ADDRESS": 0.0},
    detectors_required=["PERSON", "EMAIL_ADDRESS"],
    known_values={"PERSON": 0.03},
    planted={"PERSON": 0.05, "EMAIL_ADDRESS": 0.02},
    groups=GroupLimits(k=5, limit=0.1, l=2),
    review=0.1,
)
PLANTED = [
    {"entity": "EMAIL_ADDRESS", "planted": 300, "through": 0, "bound": 0.00994, "by_format": {}},
    {"entity": "PERSON", "planted": 300, "through": 7, "bound": 0.04337},
    {"entity": "AGE", "planted": 300, "through": 300, "bound": 1.0},
]
REVIEW = {"rows_read": 100, "leaking": 2, "bound": 0.0616, "seeded_read": 20}
KINDS = {"PERSON": True, "EMAIL_ADDRESS": True, "GALAXY_NUMBER": False}


def by_row(path: Path, rows: int = ROWS, **columns: list[int]) -> Path:
    """A table of counts by row: a column's numbers stand in its first rows, 0 (or the last number) in the others."""
    last = {name: c[-1] if name.startswith("group") else 0 for name, c in columns.items() if rows}
    filled = {name: [*c, *[last[name]] * (rows - len(c))] if rows else [] for name, c in columns.items()}
    ids = {"record_id": range(rows), "shard": [0] * rows}
    pq.write_table(pa.table({name: pa.array(list(c), pa.int64()) for name, c in {**ids, **filled}.items()}), path)
    return path


def judged(tmp_path: Path, limits: Limits = LIMITS, docs: Path | None = None, **changed: Any) -> Verdict:
    """A verdict on evidence that holds, but for what is changed."""
    rows = changed.pop("rows", {"found": [1, 1], "found_PERSON": [1, 2], "found_EMAIL_ADDRESS": [0]})
    known = changed.pop("known", {"found": [1], "found_PERSON": [1, 1, 1]})
    groups = changed.pop("groups", {"group_rows": [4] * 10 + [5], "group_values": [1] * 10 + [2]})
    evidence = {
        "known": by_row(tmp_path / "known.parquet", **known) if known else None,
        "groups": by_row(tmp_path / "groups.parquet", **groups) if groups else None,
        "planted": PLANTED,
        "review": REVIEW,
        "kinds": KINDS,
        **changed,
    }
    path = tmp_path / "counts.sqlite"
    path.unlink(missing_ok=True)
    counts.write_database(path, by_row(tmp_path / "rows.parquet", **rows), [SHARD], **evidence)
    return verdict.judge(path, ROWS, COLUMNS, limits, docs)


def test_what_holds_opens_the_gate_at_its_very_limits(tmp_path: Path) -> None:
    decision = judged(tmp_path)
    assert decision.passed and not decision.failures
    assert [(line.evidence, line.name, line.found, line.of, line.bound, line.allowed) for line in decision.others] == [
        ("independent", "PERSON", 1, 0, None, 0),
        ("independent", "EMAIL_ADDRESS", 1, 0, None, 0),
        ("known values", "PERSON", 3, 100, None, 3),
        ("planted values", "PERSON", 7, 300, 0.04337, 0),
        ("planted values", "EMAIL_ADDRESS", 0, 300, 0.00994, 0),
        ("groups", "k-anonymity (k = 5)", 10, 100, None, 10),
        ("groups", "l-diversity (l = 2)", 10, 100, None, 10),
        ("review", "rows that leak", 2, 100, 0.0616, 0),
    ]
    assert [(line.name, line.found, line.allowed) for line in decision.entities] == [
        ("PERSON", 2, 2),
        ("EMAIL_ADDRESS", 0, 0),
    ]
    assert decision.lines == [*decision.shape, *decision.entities, *decision.others]


@pytest.mark.parametrize(
    ("changed", "evidence", "name", "says"),
    [
        ({"rows": {"found_PERSON": [1, 1, 1], "found_EMAIL_ADDRESS": [0]}}, "independent", "PERSON", "still in 3 of"),
        ({"kinds": {**KINDS, "PERSON": False}}, "independent", "PERSON", "no detector of the gate looks for it"),
        ({"known": {"found_PERSON": [1, 1, 1, 1]}}, "known values", "PERSON", "still stand in 4 of 100 rows"),
        ({"planted": [{**PLANTED[1], "bound": 0.0501}, PLANTED[0]]}, "planted values", "PERSON", "mend the masking"),
        (
            {"planted": [{**PLANTED[0], "planted": 40, "bound": 0.0722}, PLANTED[1]]},
            "planted values",
            "EMAIL_ADDRESS",
            "0 of 40 came through.*plant at least 149",
        ),
        ({"groups": {"group_rows": [4] * 11 + [5], "group_values": [2]}}, "groups", "k-anon", "hold in 11 of 100"),
        ({"groups": {"group_rows": [5], "group_values": [1] * 11 + [2]}}, "groups", "l-div", "hold in 11 of 100"),
        ({"review": {**REVIEW, "leaking": 9, "bound": 0.1501}}, "review", "rows that leak", "9 of 100 rows leaking"),
    ],
    ids=["found", "no detector", "known", "planted", "too few planted", "k", "l", "review"],
)
def test_each_kind_of_evidence_shuts_the_gate_alone(
    tmp_path: Path, changed: dict[str, Any], evidence: str, name: str, says: str
) -> None:
    decision = judged(tmp_path, **changed)
    (line,) = decision.failures
    assert line.evidence == evidence and line.name.startswith(name)
    assert re.search(says, why(line))


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"kinds": {"PERSON": True}}, ["EMAIL_ADDRESS"]),
        ({"planted": PLANTED[1:]}, ["EMAIL_ADDRESS"]),
        ({"planted": []}, ["PERSON", "EMAIL_ADDRESS"]),
        ({"review": None}, ["rows that leak"]),
        (
            {"known": {"rows": 99, "found_PERSON": [0]}},
            ["every row that masking promised has evidence of known values"],
        ),
        (
            {"groups": {"rows": 99, "group_rows": [5], "group_values": [2]}},
            ["every row that masking promised has evidence of groups"],
        ),
    ],
    ids=["kind", "planted kind", "planted", "review", "known", "groups"],
)
def test_evidence_that_is_asked_for_and_lacks_something_shuts_the_gate(
    tmp_path: Path, changed: dict[str, Any], names: list[str]
) -> None:
    (table,) = changed
    asked_for = {"kinds": "detectors_required", "known": "known_values"}.get(table, table)
    decision = judged(tmp_path, Limits({}, **{asked_for: getattr(LIMITS, asked_for)}), **changed)
    assert [line.name for line in decision.failures] == names
    assert all(why(line) for line in decision.failures)


@pytest.mark.parametrize("table", ["known", "groups"])
def test_a_table_of_evidence_that_is_not_there_is_not_judged_as_empty(tmp_path: Path, table: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        judged(tmp_path, **{table: None})
    assert "leak gate" in str(caught.value)


def test_evidence_that_is_not_asked_for_is_not_expected(tmp_path: Path) -> None:
    decision = judged(tmp_path, Limits({"PERSON": 0.02}), known=None, groups=None, planted=[], review=None, kinds=None)
    assert decision.passed and len(decision.lines) == 6 and not decision.others


@pytest.mark.parametrize("limit", [0.07, 0.29])
def test_groups_and_known_values_are_counted_exactly(tmp_path: Path, limit: float) -> None:
    allowed = verdict.allowed_rows(limit, ROWS)
    for over in (0, 1):
        decision = judged(
            tmp_path,
            Limits({}, known_values={"PERSON": limit}, groups=GroupLimits(2, limit)),
            known={"found_PERSON": [1] * (allowed + over)},
            groups={"group_rows": [1] * (allowed + over) + [2], "group_values": [0]},
        )
        assert len(decision.failures) == 2 * over


def test_no_rows_at_all(tmp_path: Path) -> None:
    empty = [by_row(tmp_path / f"{name}.parquet", 0, found_PERSON=[], group_rows=[5]) for name in "abc"]
    shard = {**SHARD, "rows": 0, "rows_promised": 0}
    limits = Limits({"PERSON": 0.0}, known_values={"PERSON": 0.0}, groups=GroupLimits(2))
    for shards in ([shard], []):
        path = tmp_path / f"{len(shards)}.sqlite"
        counts.write_database(path, empty[0], shards, known=empty[1], groups=empty[2])
        if shards:
            assert verdict.judge(path, 0, COLUMNS, limits).passed
            assert verdict.judge(path, 1, COLUMNS, limits).failures[0].name == asked.CONSERVED
        else:
            with pytest.raises(RuntimeError, match="could not evaluate"):
                verdict.judge(path, 0, COLUMNS, limits)


def test_data_docs_name_every_kind_of_evidence(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    assert judged(tmp_path, replace(LIMITS, review=0.01), docs).failures
    text = "".join(path.read_text(encoding="utf-8") for path in docs.rglob("*.html"))
    for said in ("k-anonymity", "known from elsewhere", "planted values that came through", "Review", "of its own"):
        assert said in text


def test_how_many_must_be_planted_is_the_least_number() -> None:
    for limit in (0.001, 0.01, 0.05, 0.1, 0.5, 0.95, 0.99):
        for confidence in (0.9, 0.95, 0.999):
            needed = planted_needed(limit, confidence)
            assert (1 - confidence) ** (1 / needed) >= 1 - limit - 1e-12
            assert needed == 1 or (1 - confidence) ** (1 / (needed - 1)) < 1 - limit + 1e-12
    assert planted_needed(0.0) == 0


def test_the_library_is_imported_by_one_module_which_turns_its_reports_of_use_off_first() -> None:
    gate = Path(verdict.__file__).parent
    importing = [p for p in gate.glob("*.py") if re.search(r"^\s*(from|import) great_expect", p.read_text(), re.M)]
    assert [path.name for path in importing] == ["quiet.py"]
    text = importing[0].read_text(encoding="utf-8")
    assert text.index('os.environ["GX_ANALYTICS_ENABLED"] = "false"') < text.index("import great_expectations")
    suites = (gate / "expectations" / "__init__.py").read_text(encoding="utf-8")
    first = next(line for line in suites.splitlines() if line.startswith(("from tasks", "import")))
    assert first.startswith("from tasks.methods.gate import quiet")
