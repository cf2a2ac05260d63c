"""The report's sections, one a kind of evidence: what it says, what it doesn't, a plot and all figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tasks.methods.gate import report_plots as plots
from tasks.methods.gate.planted_words import at_most_percent, sentence, sentence_weaker
from tasks.methods.gate.report_html import listed, name_of, table, within

_SIZES = (1, 2, 3, 5, 10, 20, 50, 100)
"""Where the classes of group sizes begin."""


def independent_detectors(report: Mapping[str, Any]) -> str:
    """What the gate's own detectors find."""
    lines = report["entities"]
    rows = [
        (
            name_of(line),
            f"{line['found']:,}",
            f"{line['share']:.2%}",
            f"{line['limit']:.2%}",
            ", ".join(f"{by} {count:,}" for by, count in sorted(report["found_by"].get(line["name"], {}).items())),
            within(line),
        )
        for line in lines
    ]
    head = ("Kind", "Rows|n", "Share|n", "Limit|n", "Findings by", "Within")
    detectors = ", ".join(str(one["name"]) for one in report["detectors"]) or "none"
    return (
        "<h2>Independent detectors</h2><p>Rows in which detectors that the masker doesn't have still find something. "
        "It says what these see; what nobody sees, it doesn't.</p>"
        f"{_bars(lines, 'Share of masked rows with a finding, by kind; the upright mark is the limit.')}"
        f"<details><summary>All kinds; detectors: {escape(detectors)}</summary>{table(head, rows)}</details>"
    )


def known_values(report: Mapping[str, Any]) -> str:
    """Values known from elsewhere; empty where they weren't looked for, as in the other sections."""
    known = report["known"]
    if known is None:
        return ""
    lines = [line for line in report["others"] if line["evidence"] == "known values"]
    lines = [{**line, "share": line["found"] / line["of"] if line["of"] else 0.0} for line in lines]
    skipped: dict[str, int] = {}
    for by_kind in known.get("skipped", {}).values():
        for kind, count in by_kind.items():
            skipped[kind] = skipped.get(kind, 0) + count
    rows = [
        (
            kind,
            f"{count:,}",
            f"{known['looked_for'].get(kind, 0):,}",
            f"{skipped.get(kind, 0):,}",
            f"{known['rows_with'].get(kind, 0):,}",
        )
        for kind, count in sorted(known.get("values", {}).items())
    ]
    reasons = ", ".join(
        f"{reason} {sum(by_kind.values()):,}" for reason, by_kind in sorted(known.get("skipped", {}).items())
    )
    head = ("Kind", "Known values|n", "Looked for|n", "Not|n", "Rows|n")
    return (
        "<h2>Known values</h2><p>Rows in which a value still stands that was masked elsewhere in the run or fills an "
        "identifying column. Words that are common, or very short, are not looked for: the values of which nothing is "
        f"left, or that are no evidence: {escape(reasons or 'none')}.</p>"
        f"{_bars(lines, 'Share of masked rows with a known value, by kind; the upright mark is the limit.')}"
        f"<details><summary>All kinds</summary>{table(head, rows)}</details>"
    )


def planted_values(report: Mapping[str, Any]) -> str:
    """What became of planted values."""
    planted = report["planted"]
    if not planted:
        return ""
    limits = {line["name"]: line for line in report["others"] if line["evidence"] == "planted values"}
    again = report["on_finding"] == "remask"
    points, rows = [], []
    for kind in sorted(planted["entities"], key=lambda kind: (-kind["bound"], kind["entity"])):
        line = limits.get(kind["entity"])
        counted, total = kind["through"], kind["planted"]
        left, left_bound = kind["through_after_remask"], kind["bound_after_remask"]
        figure = f"{counted:,} of {total:,}; at most {at_most_percent(kind['bound'], 1)}"
        limit = line["limit"] if line else None
        points.append(
            plots.Interval(
                kind["entity"],
                counted / total if total else 0.0,
                kind["bound"],
                figure,
                (left / total if total else 0.0, left_bound) if again else None,
                limit,
                bool(line and not line["passed"]),
            )
        )
        formats = ", ".join(
            f"{name} {one['through']:,} of {one['planted']:,}"
            for name, one in sorted(kind.get("by_format", {}).items())
            if one["through"]
        )
        rows.append(
            (
                kind["entity"],
                f"{total:,}",
                f"{counted:,}",
                at_most_percent(kind["bound"], 2),
                *((f"{left:,}", at_most_percent(left_bound, 2)) if again else ()),
                "-" if limit is None else f"{limit:.2%}",
                formats,
                within(line) if line else "not limited",
            )
        )
    head = (
        "Kind", "Planted|n", "Through|n", "Bound|n", *(("After remask|n", "Bound|n") if again else ()), "Limit|n",
        "Forms that came through", "Within",
    )  # fmt: skip
    return (
        "<h2>Planted values</h2><p>Values that were written into records of our own and went through the same "
        "masking. The bounds are one-sided, "
        f"{100 * planted['confidence']:g} % for each kind by itself; for all kinds together it is at most "
        f"{at_most_percent(planted['bound_all'], 1)}. They speak of planted values: real ones may be written in other "
        "ways.</p>"
        + _weaker(planted)
        + plots.intervals(
            points,
            "Share of planted values that came through the masking (dot) and its upper bound (end of the line)"
            + ("; below it, hollow, the same after the rows were masked again" if again else "")
            + "; the upright mark is the limit.",
        )
        + f"<details><summary>In sentences</summary>{listed(_sentences(planted, again))}</details>"
        + f"<details><summary>All figures</summary>{table(head, rows)}</details>"
    )


def _sentences(planted: Mapping[str, Any], again: bool) -> list[str]:
    said = (sentence(kind, after) for kind in planted["entities"] for after in ((False, True) if again else (False,)))
    return [f"{text[:1].upper()}{text[1:]}." for text in said]


def persons_sample(report: Mapping[str, Any]) -> str:
    """What a person's sample says."""
    review = report["review"]
    if not review:
        return ""
    limit = next((line["limit"] for line in report["others"] if line["evidence"] == "review"), None)
    rows = [
        ("Real rows read", f"{review['rows_read']:,}"),
        ("of them marked as leaking", f"{review['leaking']:,}"),
        ("Seeded leaks read", f"{review['seeded_read']:,}"),
        ("of them found", f"{review['seeded_found']:,}"),
        ("A leak is found at least in", f"{review['detection_lower']:.2%}"),
        ("Rows that leak, at most", at_most_percent(review["bound"], 2)),
        ("Limit", "-" if limit is None else f"{limit:.2%}"),
    ]
    return (
        "<h2>A person's sample</h2><p>Masked rows drawn at random and read by a person, with known leaks among them. "
        "Of all the evidence it alone speaks of real rows; it rests on seeded leaks being no easier to see than real "
        f"ones.</p>{table(('', 'Number|n'), rows)}"
    )


def small_groups(report: Mapping[str, Any]) -> str:
    """How small the groups are."""
    groups = report["groups"]
    if groups is None:
        return ""
    lines = [line for line in report["others"] if line["evidence"] == "groups"]
    k = int(groups.get("k", 0))
    edges = sorted({*_SIZES, k} - {0})
    sizes = {int(size): count for size, count in groups["sizes"].items()}
    bars = []
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        rows = sum(size * count for size, count in sizes.items() if size >= low and (high is None or size < high))
        label = f"{low:,} or more" if high is None else f"{low:,}" if high == low + 1 else f"{low:,} to {high - 1:,}"
        share = rows / groups["rows"] if groups["rows"] else 0.0
        bars.append(plots.Bar(label, share, f"{rows:,} rows ({share:.1%})", None, bool(low < k and rows)))
    figures = [
        (
            line["name"],
            f"{line['found']:,}",
            f"{line['allowed']:,}",
            "" if line["limit"] is None else f"{line['limit']:.2%}",
            within(line),
        )
        for line in lines
    ]
    columns = ", ".join(groups["columns"]) or "none"
    of = f"; sensitive: {groups['sensitive']}" if groups.get("sensitive") else ""
    return (
        f"<h2>Groups</h2><p>Rows that agree in all of: {escape(columns)}{escape(of)}. A row in a small group is told "
        "apart by these columns alone, whatever was masked in its text. "
        f"{groups['unique_rows']:,} rows stand alone; there are {groups['groups']:,} groups.</p>"
        f"{plots.bars(bars, 'Share of rows by the size of their group.')}"
        f"{table(('Expected', 'Rows below|n', 'Allowed|n', 'Limit|n', 'Within'), figures)}"
    )


def _bars(lines: Sequence[Mapping[str, Any]], caption: str) -> str:
    """The kinds with something found, the worst first; the others in a sentence."""
    found = sorted(
        (line for line in lines if line["found"] or not line["passed"]), key=lambda line: (-line["share"], line["name"])
    )
    bars = [
        plots.Bar(
            name_of(line), line["share"], f"{line['found']:,} rows ({line['share']:.2%})", line["limit"],
            not line["passed"],
        )
        for line in found
    ]  # fmt: skip
    none = [name_of(line) for line in lines if line not in found]
    text = f'<p class="soft">Nothing found of: {escape(", ".join(none))}.</p>' if none else ""
    return (plots.bars(bars, caption) if bars else "") + text


def _weaker(planted: Mapping[str, Any]) -> str:
    """Kinds of which values were masked, but as another kind."""
    said = [escape(words) for kind in planted["entities"] if kind["promised"] and (words := sentence_weaker(kind))]
    return f"<p>{'; '.join(said)}: these are not counted as having come through.</p>" if said else ""
