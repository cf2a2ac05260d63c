"""`airlock leakcheck MASKED --raw RAW`: the gate on files, its exit codes, its reports and what is never in them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tasks.command.main import main
from tasks.core import settings
from tests.command.fake_side import fake  # noqa: F401
from tests.leak_search import search

MARKER = "zebrafinch"
"""Stands beside what leaks; may be in tables of rows and nowhere else."""

LEAK = f"{MARKER} call 415-555-0134 {MARKER}"


def policy(folder: Path, limits: dict[str, float] | None = None, **evidence: Any) -> str:
    kinds = {"PERSON": "tag", "PHONE_NUMBER": "tag", "EMAIL_ADDRESS": "tag", "CATEGORY": "keep", "INCOME": "delete"}
    content = {
        "name": "own",
        "description": "For tests.",
        "languages": ["en"],
        "entities": {kind: {"operator": what, "reason": "A line of a test."} for kind, what in kinds.items()},
        "detectors": {"masker": ["airlock-people"], "gate": ["airlock-rules"]},
        "limits": {"default": 0.0, **(limits or {})},
        "evidence": evidence,
    }
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows in the format of a path's ending."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows).replace_schema_metadata({"who": MARKER}), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        with open(path, "w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, list(rows[0]), delimiter="," if path.suffix == ".csv" else "\t")
            table.writeheader()
            table.writerows(rows)
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return lines(path)
    with open(path, encoding="utf-8", newline="") as raw:
        return list(csv.DictReader(raw, delimiter="," if path.suffix == ".csv" else "\t"))


RAW = [
    {"id": "a1", "text": "Ann Lee asked about the fee", "free": "secret", "kind": "loan"},
    {"id": "b2", "text": LEAK, "free": "secret", "kind": "card"},
    {"id": "c3", "text": "nothing at all", "free": "secret", "kind": "card"},
]
MASKED = [
    {"id": "a1", "text": "<PERSON> asked about the fee", "free": "secret", "kind": "loan"},
    {"id": "b2", "text": f"{MARKER} call <PHONE_NUMBER> {MARKER}", "free": "secret", "kind": "card"},
    {"id": "c3", "text": "nothing at all", "free": "secret", "kind": "card"},
]
LEAKY = [MASKED[0], {**MASKED[1], "text": LEAK}, MASKED[2]]


@pytest.fixture(autouse=True)
def _no_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data Docs take most of a verdict's time: only the test that reads them builds them."""
    if "value" not in request.node.name:
        from tasks.methods.gate import verdict

        judge = verdict.judge

        def without(*args: Any) -> Any:
            args[4].mkdir()
            return judge(*args[:4])

        monkeypatch.setattr(verdict, "judge", without)


class Case:
    """A folder with a masked file, its raw one and a policy, and the command on them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.report, self.out = folder, folder / "report", folder / "out"
        self.policy = policy(folder)

    def run(self, masked: Path, raw: Path, *more: str, out: bool = True) -> int:
        words = ["leakcheck", str(masked), "--raw", str(raw), "--text-column", "text", "--policy", self.policy]
        words += ["--report", str(self.report), "--quiet", *(["--out", str(self.out)] if out else []), *more]
        return main(words)

    def check(self, masked: list[dict[str, Any]], *more: str, raw: list[dict[str, Any]] | None = None) -> int:
        return self.run(
            write(self.folder / "masked.jsonl", masked), write(self.folder / "raw.jsonl", raw or RAW), *more
        )

    @property
    def content(self) -> dict[str, Any]:
        return json.loads((self.report / "report.json").read_text(encoding="utf-8"))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


@pytest.mark.parametrize("ending", ["jsonl", "csv", "tsv", "parquet"])
def test_an_open_gate_writes_the_declared_columns_in_the_files_format(case: Case, ending: str) -> None:
    masked, raw = write(case.folder / f"m.{ending}", MASKED), write(case.folder / f"r.{ending}", RAW)
    assert case.run(masked, raw, "--column", "kind:CATEGORY") == 0
    found = rows_of(case.out / f"clean.{ending}")
    assert [(str(row["id"]), row["text"], row["kind"]) for row in found] == [
        (str(n), row["text"], row["kind"]) for n, row in enumerate(MASKED)
    ]
    assert all(list(row) == ["id", "text", "kind"] for row in found), "nothing passes that nobody declared"
    assert sorted(path.name for path in case.report.iterdir()) == [
        "data_docs", "findings.jsonl", "report.html", "report.json",
    ]  # fmt: skip
    if ending == "parquet":
        assert MARKER not in str(pq.read_schema(case.out / "clean.parquet").metadata)


def test_a_leak_shuts_the_gate(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert case.check(LEAKY, "--json") == 3
    said, err = capsys.readouterr()
    assert json.loads(said)["why"] and MARKER not in said
    assert "PHONE_NUMBER" in err and "1 of 3 rows" in err and str(case.report / "report.html") in err
    assert len(err.strip().splitlines()) == 1 and not case.out.exists()
    assert case.content["passed"] is False and case.content["flagged_records"] == [1]
    (finding,) = lines(case.report / "findings.jsonl")
    assert (finding["record_id"], finding["column"], finding["entity"]) == (1, "text", "PHONE_NUMBER")
    assert LEAK[finding["start"] : finding["end"]] == "415-555-0134"


@pytest.mark.parametrize(
    ("on_finding", "texts"),
    [
        ("remask", [row["text"] for row in MASKED]),
        ("keep", [row["text"] for row in LEAKY]),
        ("quarantine", [MASKED[0]["text"], MASKED[2]["text"]]),
    ],
)
def test_what_happens_to_a_row_with_a_finding(case: Case, on_finding: str, texts: list[str]) -> None:
    case.policy = policy(case.folder, {"PHONE_NUMBER": 0.5})
    assert case.check(LEAKY, "--on-finding", on_finding, "--leakcheck.max_quarantined_share", "0.5") == 0
    assert [row["text"] for row in lines(case.out / "clean.jsonl")] == texts


def test_quarantine_has_a_limit_of_its_own(case: Case) -> None:
    case.policy = policy(case.folder, {"PHONE_NUMBER": 1.0})
    assert case.check(LEAKY, "--on-finding", "quarantine") == 3
    assert not case.out.exists()


def test_a_value_masked_elsewhere_shuts_the_gate(case: Case) -> None:
    case.policy = policy(case.folder, known_values={"default": 0.0})
    raw = [{"text": "Ann Quillfeather wrote"}, {"text": "then ann quillfeather left"}, {"text": "nothing"}]
    masked = [{"text": "<PERSON> wrote"}, {"text": "then ann quillfeather left"}, {"text": "nothing"}]
    assert case.check(masked, raw=raw) == 3
    assert case.content["flagged_by"]["known"] == [1] and case.content["flagged_records"] == []
    places = lines(case.report / "findings.jsonl")
    assert {(place["record_id"], place["detector"].partition(":")[0]) for place in places} == {(1, "known-values")}
    page = (case.report / "report.html").read_text(encoding="utf-8")
    assert "Known values" in page and "quillfeather" not in page.lower()


def test_another_maskers_file_tells_what_it_took_away(case: Case) -> None:
    case.policy = policy(case.folder, known_values={"default": 0.0})
    raw = [{"text": "Zork Quillfeather wrote"}, {"text": "for Zork Quillfeather"}, {"text": "nothing"}]
    masked = [{"text": "[REDACTED] wrote"}, {"text": "for Zork Quillfeather"}, {"text": "nothing"}]
    assert case.check(masked, raw=raw) == 3
    assert case.content["flagged_by"]["known"] == [1] and case.content["known"]["rows_with"]["UNNAMED"] == 1


def test_a_file_that_changes_meanwhile_gives_no_clean_table(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tasks.command import gate_evidence

    def slow(*args: Any) -> Any:
        found = answer(*args)
        write(case.folder / "masked.jsonl", LEAKY)
        return found

    answer = gate_evidence.answer
    monkeypatch.setattr(gate_evidence, "answer", slow)
    assert case.check(MASKED) == 2
    assert "was changed while it was checked" in capsys.readouterr().err
    assert not list(case.out.glob("*"))


def test_small_groups_shut_the_gate(case: Case) -> None:
    case.policy = policy(case.folder, groups={"quasi_identifiers": ["CATEGORY", "AGE"], "k": 2})
    assert case.check(MASKED, "--column", "kind:CATEGORY") == 3
    assert case.content["flagged_by"]["groups"] == [0], "the one loan"
    assert case.content["not_checked"] == ["groups by AGE (no such column)"]


def test_a_group_column_that_nobody_declared_is_said(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.policy = policy(case.folder, groups={"quasi_identifiers": ["kind"], "k": 2})
    assert case.check(MASKED) == 2
    assert "no column kind is declared" in capsys.readouterr().err


def test_what_a_file_cannot_show_is_said(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.policy = policy(case.folder, planted={"default": 0.05}, review={"rows": 10, "seeded": 5, "limit": 0.5})
    assert case.check(MASKED) == 0
    said = capsys.readouterr().out
    assert "Not looked for here, though the policy asks for it: planted values" in said and "person's sample" in said


def test_a_kind_without_a_detector_shuts_the_gate_where_the_policy_says_so(case: Case) -> None:
    case.policy = policy(case.folder, independent="required")
    assert case.check(MASKED) == 3
    assert case.content["no_independent_evidence"] == ["INCOME"]


def test_a_column_that_should_be_gone_shuts_the_gate(case: Case) -> None:
    more = ["--column", "pay:INCOME:integer"]
    raw = [{**row, "pay": 5} for row in RAW]
    assert case.check(MASKED, *more, raw=raw) == 0
    assert "pay" not in lines(case.out / "clean.jsonl")[0]
    case.out = case.folder / "other"
    assert case.check([{**row, "pay": 5} for row in MASKED], *more, raw=raw) == 3


def test_rows_are_paired_by_id_whatever_their_order(case: Case) -> None:
    assert case.check(LEAKY[::-1]) == 3
    assert case.content["flagged_records"] == [1]
    assert case.check(LEAKY[::-1], "--pair", "order") == 3
    case.policy = policy(case.folder, {"PHONE_NUMBER": 1.0})
    assert case.check(LEAKY[::-1]) == 0
    assert [(row["id"], row["text"]) for row in lines(case.out / "clean.jsonl")] == [
        (2, MASKED[2]["text"]),
        (1, MASKED[1]["text"]),
        (0, MASKED[0]["text"]),
    ]


@pytest.mark.parametrize(
    ("masked", "raw", "words"),
    [
        (MASKED[:2], RAW, "holds 2 rows"),
        (MASKED, RAW[:2], "an id that no row"),
        ([*MASKED, MASKED[0]], RAW, "an id that no row"),
        (MASKED, [*RAW, RAW[0]], "an id stands in several rows"),
        ([{"text": "x"}], [{"text": "x"}, {"text": "y"}], "holds 1 rows"),
        ([{"text": "x"}, {"text": "y"}], [{"text": "x"}], "holds 2 rows"),
        ([{"id": "a", "text": "x"}, {"text": "y"}], RAW[:2], "an id that no row"),
        ([{"note": "x"}], [{"text": "x"}], "no row has text in column 'text'"),
    ],
)
def test_files_that_do_not_fit_are_said(
    case: Case, masked: list[dict[str, Any]], raw: list[dict[str, Any]], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert case.check(masked, raw=raw) == 2
    err = capsys.readouterr().err
    assert words in err and MARKER not in err and len(err.strip().splitlines()) == 1
    assert not case.out.exists() and not case.report.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--column", "kind:GALAXY"], "says nothing about kind GALAXY"),
        (["--person-column", "free"], "the keyed hash"),
        (["--mask.policy", "zh"], "belongs to the form without --raw"),
        (["--leakcheck.model_threshold", "7"], "out of its range"),
        (["--text-column", "nowhere"], "no row has text in column 'nowhere'"),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    case: Case, more: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert case.check(MASKED, *more) == 2
    err = capsys.readouterr().err
    assert words in err and "secret" not in err and len(err.strip().splitlines()) == 1


def test_a_clean_table_is_replaced_by_force_alone_and_never_outlives_a_refusal(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    assert case.check(MASKED) == 0
    assert case.check(MASKED) == 2 and "--force" in capsys.readouterr().err
    assert case.check(MASKED, "--force") == 0
    assert case.check(LEAKY, "--force") == 3
    assert not list(case.out.iterdir()), "the table of the run before must not pass for this one's"


def test_force_removes_no_file_that_is_read_and_no_stranger(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.out.mkdir()
    raw = write(case.out / "clean.jsonl", RAW)
    masked = write(case.folder / "masked.jsonl", MASKED)
    assert case.run(masked, raw, "--force") == 2 and "is read here" in capsys.readouterr().err
    assert raw.is_file()
    raw.rename(case.folder / "raw.jsonl")
    stranger = case.out / "clean.py"
    stranger.write_text("mine")
    (case.out / "clean.csv").write_text("of an earlier run")
    assert case.run(masked, case.folder / "raw.jsonl", "--force") == 0
    assert stranger.is_file() and not (case.out / "clean.csv").exists()


def test_half_a_surrogate_pair_is_written_as_unreadable(case: Case) -> None:
    halves = [{**row, "text": f"{row['text']} \ud800"} for row in MASKED]
    assert case.check(halves) == 0
    assert [row["text"][-1] for row in rows_of(case.out / "clean.jsonl")] == ["\ufffd"] * 3


def test_what_is_in_the_way_is_said_before_anything_is_read(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    (case.report / "data_docs").mkdir(parents=True)
    (case.report / "data_docs" / "mine.html").write_text("mine")
    assert case.check(MASKED) == 2 and "didn't write" in capsys.readouterr().err
    assert (case.report / "data_docs" / "mine.html").is_file()
    case.report = case.folder / "masked.jsonl"
    assert case.check(MASKED) == 2 and "is no folder" in capsys.readouterr().err
    case.report, case.out = case.folder / "new", case.folder / "raw.jsonl"
    assert case.check(MASKED) == 2 and "is no folder, as --out" in capsys.readouterr().err
    assert not case.report.exists()


def test_no_table_is_written_unless_asked(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    masked, raw = write(case.folder / "m.jsonl", MASKED), write(case.folder / "r.jsonl", RAW)
    assert case.run(masked, raw, "--json", out=False) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] and found["clean"] is None and {"independent", "pairing rows"} <= set(found["seconds"])
    assert not [path for path in case.folder.rglob("clean.*")]


def test_nothing_raw_is_left_on_the_disk(case: Case) -> None:
    assert case.check(LEAKY) == 3
    assert not list(settings.scratch().iterdir())
    assert settings.scratch().stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("fake")
def test_a_folder_of_the_mask_command(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        RAW[0],
        {"id": "b2", "text": "call 555-0134"},
        RAW[2],
        {"id": "d4", "text": 5},
        {"id": "e5", "text": "Bo Ray"},
    ]
    raw = write(case.folder / "raw.jsonl", rows)
    copy = case.folder / "copy"
    case.policy = policy(case.folder, known_values={"default": 0.0})
    flags = ["--text-column", "text", "--policy", case.policy, "--out", str(copy), "--quiet"]
    assert main(["mask", str(raw), *flags]) == 0
    assert case.run(copy, raw) == 0, "row 3 was set aside, and the others go by their numbers"
    assert [row["id"] for row in lines(case.out / "clean.jsonl")] == [0, 1, 2, 4]
    capsys.readouterr()
    assert case.run(copy, write(case.folder / "other.jsonl", [*rows, rows[0]]), "--force") == 2
    assert "are not those of other.jsonl" in capsys.readouterr().err
    case.report = copy
    assert case.run(copy, raw, "--force") == 2
    assert "another folder for --report" in capsys.readouterr().err


def test_no_value_in_anything_but_tables_of_rows(case: Case, capfd: pytest.CaptureFixture[str]) -> None:
    case.policy = policy(case.folder, known_values={"default": 0.0}, groups={"quasi_identifiers": ["CATEGORY"]})
    assert case.check(LEAKY, "--column", "kind:CATEGORY") == 3
    captured = capfd.readouterr()
    found = search([case.report], {MARKER, "415-555", "555-0134", "nothing at all", "asked about"})
    assert found.hits == [] and found.files > 10
    assert any((case.report / "data_docs").rglob("*.html"))
    assert MARKER not in captured.out + captured.err and "415" not in captured.out + captured.err


def test_the_stage_keeps_its_command(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    raw = write(case.folder / "r.jsonl", RAW)
    assert main(["leakcheck", str(raw)]) == 2
    assert "name the column of free text" in capsys.readouterr().err
    assert main(["leakcheck", str(raw), "--text-column", "text", "--policy", "zh"]) == 2
    assert "--mask.policy" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["leakcheck", "--help"])
    text = capsys.readouterr().out
    assert "--raw" in text and "airlock leakcheck airlock.yaml" in text and "Exit code 0" in text
