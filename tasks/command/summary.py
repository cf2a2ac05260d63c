"""A run in figures: what went in, what was found, what it cost, where it lies."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tasks.core import runs
from tasks.core.errors import UserError
from tasks.core.pipeline import PIPELINE
from tasks.core.store import Store
from tasks.methods.clip.cost import in_words


def of_run(clean: Store, run_id: str) -> dict[str, Any]:
    """The figures of a run, from its index alone: no artifact is opened."""
    steps = runs.steps(clean, run_id)
    if not steps:
        raise UserError(f"{run_id!r}: no such run in {clean.url}; `airlock runs` lists them")
    by_stage: dict[str, list[dict[str, Any]]] = {}
    for step in steps:
        by_stage.setdefault(step["stage"], []).append(step)
    counts = {stage: [ref["counts"] for step in found for ref in step["refs"]] for stage, found in by_stage.items()}
    entities: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    planted = {
        ref["counts"]["shard"] for step in by_stage.get("plant", ()) for ref in step["refs"] if ref["stage"] == "plant"
    }
    for masked in counts.get("mask", ()):
        if masked.get("shard") in planted:  # nobody's data
            continue
        entities.update(masked.get("entities", {}))
        aside.update(masked.get("reasons", {}))
    failed = next((step for step in steps if step["exit_code"]), None)
    return {
        "run": steps[-1]["run"] if steps else run_id,
        "outcome": "done" if failed is None else failed["message"],
        "exit_code": failed["exit_code"] if failed else 0,
        "ingest": (counts.get("ingest") or [{}])[0].get("source", {}),
        "entities": dict(entities.most_common()),
        "set_aside_by_mask": dict(sorted(aside.items())),
        "leakcheck": (counts.get("leakcheck") or [{}])[0],
        "statistics": (counts.get("statistics") or [{}])[0],
        "train": (counts.get("train") or [{}])[0],
        "clip": (counts.get("clip") or [{}])[0],
        "export": (counts.get("export") or [{}])[0],
        "release": (counts.get("release") or [{}])[0],
        "seconds": {
            step.stage: round(sum(s["seconds"] for s in by_stage[step.stage]), 1)
            for step in PIPELINE
            if step.stage in by_stage
        },
        "reused": {stage: all(step["reused"] for step in found) for stage, found in by_stage.items()},
        "places": {
            stage: sorted({ref["uri"] for s in found for ref in s["refs"] if ref["stage"] == stage})
            for stage, found in by_stage.items()
        },
    }


def text(found: dict[str, Any], places: bool = False) -> str:
    """The figures as people read them."""
    lines = [f"run         {found['run']}: {found['outcome']}"]
    source, leak, train = found["ingest"], found["leakcheck"], found["train"]
    if source:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(source["reasons"].items()))
        lines.append(
            f"rows        {source['records']:,} in, {source['quarantined']:,} quarantined"
            + (f" ({reasons})" if reasons else "")
            + (f", {source['opted_out']:,} opted out" if source.get("opted_out") else "")
            + f", {source['rows']:,} out: "
            + ", ".join(f"{n:,} {split}" for split, n in sorted(source["splits"].items(), reverse=True))
        )
    if found["set_aside_by_mask"]:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in found["set_aside_by_mask"].items())
        lines.append(f"set aside   {reasons}, by mask")
    if found["entities"]:
        lines.append("masked      " + _wrapped(f"{n:,} {kind}" for kind, n in found["entities"].items()))
    if leak:
        by_kind = {kind: n for kind, n in leak["rows_with"].items() if n}
        kinds = ", ".join(f"{n:,} with {kind}" for kind, n in sorted(by_kind.items()))
        lines.append(
            f"leak check  {leak['rows'] + leak['quarantined']:,} rows looked at, findings left in {kinds or 'none'}"
        )
    if train:
        lines.append(f"privacy     ε = {train['epsilon']:.4g}, δ = {train['delta']:.3g}")
        for mean in found["statistics"].get("charged", ()):
            delta = f", δ = {mean['delta']:.3g}" if mean["delta"] else ""
            lines.append(f"            and ε = {mean['epsilon']:.4g}{delta} for the mean of column {mean['column']}")
        lines.append(f"            unit of privacy: {train['unit']}")
        lines += _quality(train)
    if (clip := found["clip"]).get("rules"):
        cost = f"; {in_words(clip['quality'])}" if "quality" in clip else ""
        lines.append(f"clip        {clip['changed']:,} of {clip['weights']:,} weights changed{cost}")
    if found["seconds"]:
        lines.append(
            "seconds     "
            + _wrapped(
                f"{stage} {seconds:.1f}{' (reused)' if found['reused'][stage] else ''}"
                for stage, seconds in found["seconds"].items()
            )
        )
    if places or found["exit_code"] == 0:
        shown = (
            found["places"] if places else {s: p for s, p in found["places"].items() if s in ("leakcheck", "export")}
        )
        lines += [f"{stage:<11} {uri}" for stage, uris in shown.items() for uri in uris]
    if found["release"]:
        lines.append(f"bundle      {found['release']['uri']}: open report.html in it")
    return "\n".join(lines)


def _quality(train: dict[str, Any]) -> list[str]:
    name = "accuracy" if "accuracy_after" in train else "perplexity"
    if f"{name}_after" not in train:
        return ["quality     not measured: too few held-out rows"]
    base, trained = (
        "{:.2f} [{:.2f}, {:.2f}]".format(train[f"{name}_{when}"], *train[f"{name}_{when}_interval"])
        for when in ("before", "after")
    )
    lines = [f"{name:<11} {base} before, {trained} after, on held-out masked text (95 % intervals)"]
    if train.get("too_small_to_learn"):
        lines.append(
            "            The run was too small to learn: the interval of the paired difference holds zero.\n"
            "            More rows, larger batches and more steps change that."
        )
    return lines


def _wrapped(items: Any, width: int = 100) -> str:
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) + 2 > width:
            lines.append(line + ",")
            line = ""
        line = f"{line}, {item}" if line else item
    return ("\n" + " " * 12).join([*lines, line])
