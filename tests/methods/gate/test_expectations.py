"""The expectations for a team's own suites: each passes and fails, and none shows a value under any result format."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.gate import expectations as ours
from tasks.methods.gate import registry
from tasks.methods.gate.expectations import free_of_personal_data
from tasks.methods.gate.expectations.k_anonymous import TableGroups
from tasks.methods.gate.quiet import gx, gxe

KEY = b"k" * 32
MARK = "zebrafinch"
"""Stands in every cell that must not be shown."""

FORMATS: list[Any] = [
    "BOOLEAN_ONLY",
    "BASIC",
    "SUMMARY",
    "COMPLETE",
    {"result_format": "COMPLETE", "include_unexpected_rows": True, "partial_unexpected_count": 50},
    {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["who"],
        "return_unexpected_index_query": True,
        "include_unexpected_rows": True,
    },
]


def batch(context: Any, table: pd.DataFrame) -> Any:
    name = f"t{len(context.data_sources.all())}"
    asset = context.data_sources.add_pandas(name).add_dataframe_asset("a")
    return asset.add_batch_definition_whole_dataframe("b"), {"dataframe": table}


@pytest.fixture(scope="module")
def checked() -> Callable[[pd.DataFrame, Any], Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}

    def check(table: pd.DataFrame, expectation: Any) -> Any:
        definition, options = batch(context, table)
        result = definition.get_batch(options).validate(expectation, result_format="COMPLETE")
        info = result.exception_info
        assert not info.get("raised_exception") and not any(isinstance(one, dict) for one in info.values()), info
        return result

    return check


@pytest.fixture
def values(tmp_path: Path) -> Path:
    path = tmp_path / "values.txt"
    path.write_text("\ufeffMaría López\n\n  415-555-0134 \n张伟\n", encoding="utf-8")
    return path


def notes(*texts: Any) -> pd.DataFrame:
    return pd.DataFrame({"note": pd.Series(texts, dtype=object)})


def test_text_free_of_personal_data_passes_and_other_text_fails(checked: Callable[..., Any]) -> None:
    table = notes("call 415-555-0134", "all is well", None, "<PHONE_NUMBER> called", "write to a.hale@example.org")
    expect = ours.ExpectColumnValuesToBeFreeOfPersonalData
    result = checked(table, expect(column="note"))
    assert not result.success
    assert result.result["unexpected_count"] == 2 and result.result["missing_count"] == 1
    assert checked(table, expect(column="note", mostly=0.5)).success
    assert not checked(table, expect(column="note", mostly=0.51)).success
    phones = checked(table, expect(column="note", entities=["PHONE_NUMBER"]))
    assert not phones.success and phones.result["unexpected_count"] == 1
    assert checked(table, expect(column="note", entities=["US_SSN"])).success
    assert checked(notes("all is well", None), expect(column="note")).success
    assert checked(notes(), expect(column="note")).success


def test_placeholders_and_kinds_of_structured_columns(checked: Callable[..., Any]) -> None:
    expect = ours.ExpectColumnValuesToBeFreeOfPersonalData
    numbers = notes(4155550134, 4155550199)
    assert not checked(numbers, expect(column="note", kind="PHONE_NUMBER")).success
    marked = notes("call [415-555-0134]")
    assert not checked(marked, expect(column="note")).success
    assert checked(marked, expect(column="note", placeholders=["[415-555-0134]"])).success


@pytest.mark.parametrize("digests", [False, True], ids=["text", "digests"])
def test_known_values_absent_passes_and_present_fails(
    checked: Callable[..., Any], values: Path, tmp_path: Path, digests: bool
) -> None:
    given: dict[str, Any] = {"values_file": str(values)}
    if digests:
        path, key = tmp_path / "values.parquet", tmp_path / "key"
        key.write_bytes(KEY)
        assert ours.write_digests(values.read_text(encoding="utf-8-sig").splitlines(), path, KEY) == 3
        assert not any(word in path.read_bytes() for word in (b"maria", b"415", "张".encode()))
        given = {"values_file": str(path), "key_file": str(key)}
    expect = ours.ExpectColumnValuesToHoldNoKnownValue(column="note", **given)
    clean = notes("Maria called", "Lopez, Maria", "415-555-01345", "marial lopez", None, 415)
    assert checked(clean, expect).success
    leaking = ["so MARIA  LOPEZ said", "(415) 555 0134?", "ＭＡＲＩＡ-lópez", "我是张伟。"]
    for leak in leaking:
        assert not checked(notes("fine", leak), expect).success, leaking.index(leak)
    assert checked(notes(*leaking, "fine"), expect).result["unexpected_count"] == 4


def test_digests_need_their_key(values: Path, tmp_path: Path) -> None:
    path, short = tmp_path / "values.parquet", tmp_path / "short"
    ours.write_digests(["Maria Lopez"], path, KEY)
    short.write_bytes(b"short")
    (tmp_path / "empty.txt").write_text("\n \n")
    with pytest.raises(ValueError, match="at least 16"):
        ours.write_digests(["x"], path, b"short")
    cases = [
        ({"values_file": str(path)}, "need `key_file`"),
        ({"values_file": str(path), "key_file": str(short)}, "at least 16 bytes"),
        ({"values_file": str(tmp_path / "empty.txt")}, "holds no value"),
        ({"values_file": str(tmp_path / "gone.txt")}, "could not be read"),
    ]
    context = gx.get_context(mode="ephemeral")
    definition, options = batch(context, notes("x"))
    for arguments, said in cases:
        expectation = ours.ExpectColumnValuesToHoldNoKnownValue(column="note", **arguments)
        result = definition.get_batch(options).validate(expectation)
        assert not result.success and said in json.dumps(result.to_json_dict()), "a file that can't be read isn't empty"


def test_k_anonymity_and_l_diversity_pass_and_fail(checked: Callable[..., Any]) -> None:
    table = pd.DataFrame(
        {"age": [30, 30, 30, 40, 40, None, None], "zip": list("aaabbcc"), "ill": ["x", "x", "x", "x", "y", None, "y"]}
    )
    columns = ["age", "zip"]
    result = checked(table, ours.ExpectTableToBeKAnonymous(quasi_identifiers=columns, k=2))
    assert result.success and result.result["observed_value"] == 2
    result = checked(table, ours.ExpectTableToBeKAnonymous(quasi_identifiers=columns, k=3))
    assert not result.success and result.result["details"]["rows_below_k"] == 4
    diverse = {"quasi_identifiers": columns, "k": 2, "sensitive": "ill", "l": 2}
    result = checked(table, ours.ExpectTableToBeKAnonymous(**diverse))
    assert not result.success and result.result["details"]["rows_below_l"] == 3
    assert checked(table, ours.ExpectTableToBeKAnonymous(**diverse, mostly=4 / 7)).success
    assert checked(table.iloc[:0], ours.ExpectTableToBeKAnonymous(**diverse)).success
    for wrong in ({"quasi_identifiers": []}, {"quasi_identifiers": ["age"], "l": 2}, {**diverse, "k": 1}):
        with pytest.raises(ValueError):
            ours.ExpectTableToBeKAnonymous(**wrong)


def test_rows_are_conserved_or_not(checked: Callable[..., Any]) -> None:
    expect = ours.ExpectTableRowsToBeConserved
    assert checked(notes(*"abcd"), expect(rows_in=5, planted=2, left_out={"quarantined": 1, "planted": 2})).success
    for wrong in ({"rows_in": 5}, {"rows_in": 3}, {"rows_in": 4, "planted": 1}, {"rows_in": 4, "left_out": {"x": 1}}):
        assert not checked(notes(*"abcd"), expect(**wrong)).success
    assert checked(notes(), expect(rows_in=0)).success


@given(
    rows=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.sampled_from(["x", "y", None])), max_size=30),
    k=st.integers(2, 5),
    l=st.integers(1, 3),
)
@settings(max_examples=80, deadline=None)
def test_groups_on_pandas_are_what_counting_by_hand_finds(rows: list[Any], k: int, l: int) -> None:  # noqa: E741
    table = pd.DataFrame(rows, columns=["a", "b", "ill"])
    engine = SimpleNamespace(get_compute_domain=lambda *_, **__: (table, {}, {}))
    asked = {"quasi_identifiers": ["a", "b"], "sensitive": "ill"}
    found = TableGroups._pandas(TableGroups, engine, {}, asked, {}, {})
    groups: dict[Any, list[Any]] = {}
    for *key, ill in rows:
        groups.setdefault(tuple(key), []).append(ill)
    judged = ours.ExpectTableToBeKAnonymous(
        quasi_identifiers=["a", "b"], k=k, sensitive="ill", l=l, mostly=0.6
    )._validate({"table.quasi_identifier_groups": found})
    details = judged["result"]["details"]
    assert details["rows_below_k"] == sum(len(g) for g in groups.values() if len(g) < k)
    assert details["rows_below_l"] == sum(len(g) for g in groups.values() if len(set(g)) < l)
    at_fault = sum(len(g) for g in groups.values() if len(g) < k or len(set(g)) < l)
    assert details["rows_at_fault"] == at_fault
    assert judged["success"] == (not rows or (len(rows) - at_fault) / len(rows) >= 0.6)
    assert judged["result"]["observed_value"] == min(map(len, groups.values()), default=0)


def suites(values: Path, control: bool) -> list[tuple[pd.DataFrame, list[Any]]]:
    leak = f"{MARK} 415-555-0134"
    table = pd.DataFrame(
        {"note": [leak, "fine", leak + " again"], "who": [MARK, MARK + "2", MARK + "3"], "age": [1, 2, 3]}
    )
    expected = [
        ours.ExpectColumnValuesToBeFreeOfPersonalData(column="note"),
        ours.ExpectColumnValuesToBeFreeOfPersonalData(column="note", mostly=0.1),
        ours.ExpectColumnValuesToHoldNoKnownValue(column="note", values_file=str(values)),
        ours.ExpectTableToBeKAnonymous(quasi_identifiers=["who", "note"], k=2, sensitive="note", l=2),
        ours.ExpectTableRowsToBeConserved(rows_in=7),
    ]
    if control:
        expected = [gxe.ExpectColumnValuesToNotMatchRegex(column="note", regex="[0-9]{4}")]
    broken = pd.DataFrame({"note": [leak, leak], "who": [[leak], [leak]]})
    raising = [
        ours.ExpectColumnValuesToBeFreeOfPersonalData(column="note"),
        ours.ExpectColumnValuesToHoldNoKnownValue(column="note", values_file=str(values)),
        ours.ExpectColumnValuesToHoldNoKnownValue(column="who", values_file=str(values.parent / "bad.txt")),
        ours.ExpectTableToBeKAnonymous(quasi_identifiers=["who"], k=2),
        ours.ExpectTableToBeKAnonymous(quasi_identifiers=["gone"], k=2),
    ]
    return [(table, expected), (broken, [] if control else raising)]


def everything_said(folder: Path, values: Path, control: bool = False) -> str:
    """All that Great Expectations says and leaves of a run under every result format, Data Docs and files included."""
    context = gx.get_context(mode="file", project_root_dir=folder)
    said = []
    for place, (table, expected) in enumerate(suites(values, control)):
        if not expected:
            continue
        definition, options = batch(context, table)
        suite = context.suites.add(gx.ExpectationSuite(name=f"s{place}", expectations=expected))
        check = gx.ValidationDefinition(name=f"v{place}", data=definition, suite=suite)
        check = context.validation_definitions.add(check)
        for number, how in enumerate(FORMATS[2:3] if control else FORMATS):
            checkpoint = gx.Checkpoint(name=f"c{place}{number}", validation_definitions=[check], result_format=how)
            result = context.checkpoints.add(checkpoint).run(batch_parameters=options)
            assert not result.success
            said += [str(result), json.dumps(result.describe_dict()), result.describe()]
            said += [str(one.exception_info) for run in result.run_results.values() for one in run.results]
    context.build_data_docs()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any("data_docs" in str(path) and "validations" in str(path) for path in files)
    return "\n".join([*said, *(path.read_bytes().decode("utf-8", "replace") + str(path) for path in files)])


def test_no_value_is_shown_under_any_result_format(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    values = tmp_path / "values.txt"
    values.write_text(f"{MARK} 415-555-0134\n")
    (tmp_path / "bad.txt").write_bytes(f"{MARK}\xff".encode("latin-1"))

    class Raising:
        name, reads_language, entities = "raising", False, frozenset({"PHONE_NUMBER"})

        def detect(self, texts: list[str], kind: str = "") -> Any:
            raise ValueError(f"could not read {texts}")

    folder = tmp_path / "context"
    said = everything_said(folder, values)
    free_of_personal_data._detectors.cache_clear()
    monkeypatch.setattr(registry, "detectors", lambda *_: [Raising()])
    (tmp_path / "again").mkdir()
    said += everything_said(tmp_path / "again", values)
    free_of_personal_data._detectors.cache_clear()
    captured = capfd.readouterr()
    assert "could not be judged (ValueError)" in said and "could not be read (UnicodeDecodeError)" in said
    assert "could not be counted (TypeError)" in said and "has no column gone" in said
    assert "k-anonymity" in said and "values.txt" in said and '"unexpected_count": 2' in said
    for text in (said, caplog.text, captured.out, captured.err):
        assert MARK not in text and "555-0134" not in text


def test_the_search_would_find_a_value(tmp_path: Path) -> None:
    assert MARK in everything_said(tmp_path / "context", tmp_path / "values.txt", control=True)


@pytest.mark.parametrize(
    ("expectation", "says"),
    [
        (
            lambda: ours.ExpectColumnValuesToBeFreeOfPersonalData(
                column="no$te", entities=["PERSON"], mostly={"$PARAMETER": "least"}
            ),
            "$subject airlock-rules must find no PERSON in at least $$least of the values",
        ),
        (
            lambda: ours.ExpectColumnValuesToHoldNoKnownValue(column="note", values_file="/secret/values.txt"),
            "$subject at least 100 % of the values must hold no value of values.txt",
        ),
        (
            lambda: ours.ExpectTableToBeKAnonymous(
                quasi_identifiers=["age", "zip"], sensitive="ill", l=2, mostly=0.995
            ),
            "$subject at least 99.5 % of the rows must be in a group of at least 5 rows that share age, zip "
            "and have at least 2 values of ill",
        ),
        (
            lambda: ours.ExpectTableRowsToBeConserved(rows_in={"$PARAMETER": "in"}, left_out={"quarantined": 3}),
            "$subject $$in in and 0 planted, without those left out (quarantined 3), must be here",
        ),
    ],
    ids=["free", "known", "k", "rows"],
)
def test_each_says_what_it_expects(expectation: Callable[[], Any], says: str) -> None:
    built = expectation()
    built.render()
    assert built.rendered_content[0].value.template == says
    (content,) = type(built)._prescriptive_renderer(configuration=built.configuration)
    assert content.string_template["template"] == says
    subject = content.string_template["params"]["subject"]
    assert subject in ("no$te", "note", "k-anonymity:", "rows are conserved:")
    assert built.rendered_content[0].value.params["subject"]["value"] == subject
    assert type(built)(**built.configuration.kwargs) == built
