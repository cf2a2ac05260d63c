"""The gate's report: what a reader sees first, every kind of evidence, and nothing that could run or leak."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tasks.methods.gate import report, report_plots
from tasks.methods.gate.decision import GROUPS, INDEPENDENT, KNOWN, PLANTED, REVIEW, Line, Verdict
from tasks.methods.gate.groups import below
from tasks.methods.gate.review import bound
from tasks.methods.gate.why import why

EVIDENCE: dict[str, Any] = {
    "no_independent_evidence": ["GALAXY_NUMBER"],
    "columns_kept_by_policy": ["product"],
    "found_by": {"PERSON": {"airlock-rules": 7}},
    "detectors": [{"name": "airlock-rules"}],
}
PERSON = Line("PERSON", True, 0.1, 100, 7, INDEPENDENT, 1000)
SHAPE = (Line("no row lost its text", True),)


def planted(through: int = 0) -> dict[str, Any]:
    line = {
        "entity": "PHONE_NUMBER", "name": "phone numbers", "promised": True, "planted": 300, "set_aside": 0,
        "through": through, "share": through / 300, "bound": 0.009936, "confidence": 0.95, "bound_all": 0.01,
        "through_after_remask": 0, "bound_after_remask": 0.009936, "bound_all_after_remask": 0.01, "by": {},
        "by_format": {"us dashes": {"planted": 60, "through": through, "through_after_remask": 0}}, "by_context": {},
    }  # fmt: skip
    return {
        "confidence": 0.95, "kinds": 1, "not_planted": ["GALAXY_NUMBER"], "planted": 300, "through": through,
        "bound_all": 0.01, "bound_all_after_remask": 0.01, "entities": [line],
    }  # fmt: skip


GROUP_SIZES = {
    "rows": 1000, "groups": 90, "unique_rows": 3, "smallest": 1, "sizes": {"1": 3, "4": 2, "100": 9, "89": 1},
    "values": {"1": 3}, "columns": ["age", "zip"], "sensitive": "illness",
}  # fmt: skip


def whole(**changes: Any) -> dict[str, Any]:
    """A report with every kind of evidence."""
    others = (
        Line("PERSON", False, 0.0, 0, 5, KNOWN, 1000),
        Line("PHONE_NUMBER", True, 0.05, 0, 0, PLANTED, 300, 0.009936, 59),
        Line("k-anonymity (k = 5)", False, 0.0, 0, 11, GROUPS, 1000),
        Line("rows that leak", True, 0.1, 0, 1, REVIEW, 100, 0.073),
    )
    given: dict[str, Any] = {
        "policy": "default",
        "known": {
            "rows": 1000, "rows_with": {"PERSON": 5}, "values": {"PERSON": 40}, "looked_for": {"PERSON": 30},
            "skipped": {"short": {"PERSON": 10}}, "passes": 1, "found_by": {},
        },
        "planted": planted(),
        "review": bound(100, 1, 20, 19).to_dict(),
        "groups": {**GROUP_SIZES, **below(GROUP_SIZES, 5)},
        "records_by": {"known": [4, 5], "groups": [6]},
    }  # fmt: skip
    return report.as_json(Verdict(1000, (PERSON,), SHAPE, others), EVIDENCE, "remask", [1, 2, 3], **(given | changes))


def bare(passed: bool = True) -> dict[str, Any]:
    return report.as_json(Verdict(1000, (replace(PERSON, passed=passed),), SHAPE), EVIDENCE, "keep", [1])


def test_the_verdict_comes_first_and_then_what_decided_it() -> None:
    assert bare()["sentences"][0] == "The gate is open: in 1,000 masked rows all 2 expectations hold."
    found = whole()
    assert found["sentences"][0] == "The gate is shut: in 1,000 masked rows 2 expectations do not hold, of 6."
    assert len(found["why"]) == 2 and "PERSON" in found["sentences"][1] and "k-anonymity" in found["sentences"][2]
    page = report.as_html(found)
    places = [page.index(text) for text in ("The gate is shut", found["sentences"][1].split("'")[0], "<h2>")]
    assert places == sorted(places)


def test_each_kind_of_evidence_says_its_sentence() -> None:
    said = "\n".join(whole()["sentences"])
    assert "find something in 3 of 1,000 (0.3 %) masked rows" in said
    assert "masked elsewhere still stand in 2 of 1,000 (0.2 %) rows" in said
    assert "of the one planted kind at most 1.0 % came through" in said.lower()
    assert "A reader marked 1 of 100 real rows" in said
    page = report.as_html(whole())
    assert "At most 1.0 % of planted phone numbers came through (one-sided 95 %, 0 of 300)." in page
    for title in ("Independent detectors", "Known values", "Planted values", "A person&#x27;s sample", "Groups"):
        assert title in page.replace("person's", "person&#x27;s")


def test_what_was_not_looked_for_is_said() -> None:
    page = report.as_html(bare())
    assert "Kinds without an independent detector: GALAXY_NUMBER." in page
    assert "Columns that the policy keeps as they are: product." in page
    assert "planted values, so no share of what masking misses is known" in page
    assert "<h2>Planted values</h2>" not in page and "<h2>Groups</h2>" not in page
    whole_page = report.as_html(whole())
    assert "Kinds of which nothing was planted: GALAXY_NUMBER." in whole_page
    missing = report.as_html(whole(planted=None, not_checked=["planted values (a pipeline plants them)"]))
    assert "Not looked for here, though the policy asks for it: planted values" in missing


def test_a_shut_gate_does_not_speak_of_a_clean_table() -> None:
    assert "clean table" in "".join(report.as_json(
        Verdict(1000, (PERSON,), SHAPE), EVIDENCE, "remask", [1])["sentences"])  # fmt: skip
    assert "clean table" not in "".join(whole()["sentences"])


def test_the_sentence_of_a_shut_gate_says_what_how_many_where_and_what_to_do() -> None:
    line = replace(PERSON, passed=False, limit=0.001, allowed=1)
    other = Line("PERSON", False, 0.0, 0, 5, KNOWN, 1000)
    text = report.refusal(Verdict(1000, (line,), SHAPE, (other,)), "/r/report.html")
    assert re.match(r"leak gate: .*PERSON.* 7 of 1,000 rows", text)
    assert text.endswith("; 1 more expectation does not hold; the report is /r/report.html")
    assert report.refusal(Verdict(1000, (line,), SHAPE), "/r") == f"leak gate: {why(line)}; the report is /r"


def test_the_page_escapes_what_it_is_given() -> None:
    evil = "<b onload=x>\"'&"
    lines = [Line(evil, False, 0.1, 0, 1, kind, 10, 0.5) for kind in (INDEPENDENT, KNOWN, GROUPS)]
    kind = {**planted()["entities"][0], "entity": evil, "name": evil, "by_format": {evil: {"through": 1, "planted": 2}}}
    found = report.as_json(
        Verdict(10, (lines[0],), (Line(evil, True),), tuple(lines[1:])),
        {
            "no_independent_evidence": [evil],
            "columns_kept_by_policy": [evil],
            "found_by": {evil: {evil: 1}},
            "detectors": [{"name": evil}],
        },
        "keep",
        [],
        policy=evil,
        known={
            "values": {evil: 1},
            "looked_for": {},
            "skipped": {evil: {evil: 1}},
            "rows_with": {},
        },
        planted={**planted(), "entities": [kind], "not_planted": [evil]},
        groups={**GROUP_SIZES, "columns": [evil], "sensitive": evil, "k": 5},
        records_by={"known": [1], "groups": [2]},
        not_checked=[evil],
    )
    page = report.as_html(found, title=evil, seconds={evil: 1.0})
    assert "<b" not in page.replace("<body", "") and "onload=x&gt;&quot;&#x27;&amp;" in page


def test_the_page_loads_nothing_and_knows_the_dark() -> None:
    page = report.as_html(whole(), seconds={"independent": 1.5})
    assert not re.search(r"https?:|//|<script|<link|<img|url\(|@import|src=", page)
    assert "prefers-color-scheme:dark" in page and 'name="viewport"' in page and page.count("<svg") > 4
    assert "1.5 s" in page


def test_the_report_is_plain_json_and_holds_flagged_records_by_kind() -> None:
    found = json.loads(json.dumps(whole()))
    assert found["flagged_records"] == [1, 2, 3] and found["flagged_by"] == {"groups": [6], "known": [4, 5]}
    assert report.as_html(found) == report.as_html(whole())


def test_group_sizes_are_rows_by_the_size_of_their_group() -> None:
    page = report.as_html(whole())
    figures = re.findall(r'<span class="label">([^<]*)</span>.*?<span class="figure( bad)?">([^<]*)</span>', page)
    rows = {label: (figure, bool(bad)) for label, bad, figure in figures}
    assert rows["1"] == ("\u2717 3 rows (0.3%)", True)
    assert rows["3 to 4"] == ("\u2717 8 rows (0.8%)", True)
    assert rows["50 to 99"] == ("89 rows (8.9%)", False)
    assert rows["100 or more"] == ("900 rows (90.0%)", False)


@pytest.mark.parametrize("share", [0.0, 1e-9, 0.009936, 0.05, 0.2, 0.999, 1.0])
def test_no_shape_leaves_its_plot(share: float) -> None:
    drawn = report_plots.bars([report_plots.Bar("a", share, "", share)], "c")
    drawn += report_plots.intervals([report_plots.Interval("a", share / 2, share, "", (0.0, share), 0.01)], "c")
    places = [float(x) for x in re.findall(r'(?:x1|x2|cx|width|x)="([0-9.]+)%"', drawn)]
    assert places and all(0 <= place <= 100 for place in places)


def test_a_larger_share_is_drawn_further() -> None:
    drawn = [report_plots.bars([report_plots.Bar("a", s), report_plots.Bar("b", 0.3)], "c") for s in (0.001, 0.01, 0.2)]
    widths = [float(re.findall(r'<rect x="0" y="3" width="([0-9.]+)%', text)[0]) for text in drawn]
    assert widths == sorted(widths) and widths[0] > 4, "a tenth of a percent can still be seen"


def test_the_report_lists_some_ids_and_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "SHOWN", 3)
    evidence = {"no_independent_evidence": [], "columns_kept_by_policy": [], "found_by": {}, "detectors": []}
    known = {"values": {}, "looked_for": {}, "skipped": {}, "rows_with": {}}
    found = report.as_json(
        Verdict(100, (), (Line("x", True),), ()),
        evidence,
        "keep",
        range(40),
        known=known,
        records_by={"known": range(7)},
    )
    assert found["flagged_records"] == [0, 1, 2] and found["flagged_by"] == {"known": [0, 1, 2]}
    assert any("40 of 100" in said for said in found["sentences"]) and any("7 of 100" in s for s in found["sentences"])


def test_what_was_not_looked_for_is_said_where_everything_else_was_too() -> None:
    whole = report.as_json(
        Verdict(10, (), (Line("x", True),), ()),
        {"no_independent_evidence": [], "columns_kept_by_policy": [], "found_by": {}, "detectors": []},
        "keep",
        [],
        known={"values": {}, "looked_for": {}, "skipped": {}, "rows_with": {}},
        planted=planted(),
        review=bound(100, 0, 20, 20).to_dict(),
        groups={**GROUP_SIZES, "columns": ["age"], "sensitive": None, "k": 5},
        records_by={"known": [], "groups": []},
        not_checked=["groups by ZIPCODE: the table has no such column"],
    )
    page = report.as_html(whole)
    assert "not asked for, or not here: groups by ZIPCODE" in page and "after remask" not in page.lower()
