"""The page beside an audit: what was promised, what the attacks found, and what they could not have found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from tasks.methods.bundle.page import document, figures, table

_NAMES = {
    "calibrated": "loss, calibrated by the base model",
    "loss": "loss alone",
    "min_k_plus_plus": "Min-K%++",
    "one_run": "one run, for every (ε, δ)",
    "one_run_gaussian": "one run, for a Gaussian's curve",
}
_STROKES = ("var(--mark)", "var(--ok)", "var(--soft)")
_LEAST = 1e-4
_WIDE, _TALL = 420, 300


def as_html(title: str, report: Mapping[str, Any], failed: Sequence[str]) -> str:
    """A self-contained page; no text of a record or canary is on it.

    Args:
        title: what was audited.
        report: the audit stage's report.
        failed: what keeps the model from being handed over, in sentences.
    """
    attacked = any(part in report for part in ("canaries", "membership", "extraction", "values"))
    said = (
        [f"<p><b>Not to be handed over.</b> {escape('; '.join(failed))}.</p>"]
        if failed
        else ["<p><b>No attack found more than was promised or allowed.</b></p>"] * attacked
    )
    parts = [_summary(report), *said]
    if "canaries" in report:
        parts += _canaries(report["canaries"])
    if "exposure" in report:
        parts += _exposure(report["exposure"])
    if "membership" in report:
        parts += _membership(report["membership"])
    if "extraction" in report:
        parts += _extraction(report["extraction"])
    if "values" in report:
        parts += _values(report["values"])
    if not attacked:
        parts.append("<p>No attack was asked for: set canary.count, audit.rows or both.</p>")
    return document(title, parts)


def _summary(report: Mapping[str, Any]) -> str:
    claim, deciding = report.get("claim"), report.get("canaries", {}).get("deciding")
    found = [(f"{claim['epsilon']:.2f}" if claim else "none", "ε that training promised")]
    if deciding:
        found.append((f"≥ {deciding['epsilon_lower_bound']:.2f}", "ε that the canaries show, at an error of 0.1 %"))
    if attack := report.get("membership", {}).get("attacks", {}).get("calibrated"):
        found.append((f"{attack['auc']['value']:.3f}", "area under the membership attack's curve; 0.5 is chance"))
    extracted = report.get("extraction", {}).get("training")
    if extracted and extracted["documents"]:
        found.append((f"{extracted['exact']['count']} of {extracted['documents']}", "records that come back in full"))
    return figures(found)


def _canaries(found: Mapping[str, Any]) -> Iterable[str]:
    deciding, claim = found.get("deciding"), found.get("claim")
    yield "<h2>Canaries: a lower bound on ε</h2>"
    yield (
        f"<p>Of {found['canaries']:,} invented records each was trained on or not by a secret coin"
        + (f", {found['repeats']} times over" if found["repeats"] > 1 else "")
        + f". {found['guesses']:,} coins were guessed from the model, {found['correct']:,} of them right.</p>"
    )
    if deciding is None:
        yield "<p>Nothing is promised for groups of so many records, so nothing could be refuted.</p>"
        return
    rows = [
        (_NAMES[name], f"{100 * one['significance']:g} %", f"{one['epsilon_lower_bound']:.3f}")
        for name, one in found["bounds"].items()
    ]
    name = f"{_NAMES[deciding['bound']]} (decides)"
    rows.insert(0, (name, f"{100 * deciding['significance']:g} %", f"{deciding['epsilon_lower_bound']:.3f}"))
    yield table(("bound", "error", "ε is at least"), rows)
    yield f"<p>{escape(power(deciding, claim))}</p>"
    yield _histogram(found["scores"])


def power(deciding: Mapping[str, Any], claim: Mapping[str, Any] | None) -> str:
    """What the deciding bound could have shown, in a sentence."""
    ceiling = f"With every guess right it would have shown ε ≥ {deciding['ceiling']:.2f}"
    if claim is None:
        return f"{ceiling}; no ε was promised."
    of = f" for {claim['of']}" if claim["of"] else ""
    if deciding["ceiling"] >= claim["epsilon"]:
        return f"{ceiling}, so it could have refuted the promised {claim['epsilon']:.2f}{of}."
    needed = deciding["guesses_needed"]
    more = f"; {needed:,} right guesses would be needed" if needed else "; so many canaries can't, however it guesses"
    return f"{ceiling}: it could not have refuted the promised {claim['epsilon']:.2f}{of}{more}."


def _exposure(found: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>Exposure</h2>"
    beyond = found["extrapolated_mean_bits"]
    rows = [
        ("trained canaries, by rank", f"{found['mean_bits']:.2f}"),
        ("trained canaries, extrapolated", "the scores don't fit" if beyond is None else f"{beyond:.2f}"),
        ("canaries left out", f"{found['untrained_mean_bits']:.2f}"),
        ("the most that can be shown", f"{found['ceiling_bits']:.2f}"),
    ]
    yield table(("mean exposure", "bits"), rows)
    yield f"<p>Chance of ranks so high had training left no trace: {found['p_value']:.2g}.</p>"


def _membership(found: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>Membership: who was trained on</h2>"
    yield f'<p class="soft">These figures are {escape(found["outside_the_guarantee"])}.</p>'
    attacks = {name: one for name, one in found["attacks"].items() if one}
    if not attacks:
        yield f"<p>{escape(found.get('why_not', 'No attack was possible.'))}</p>"
        return
    rows = []
    for name, one in attacks.items():
        at, low = one.get("tpr_at_1_percent"), one.get("tpr_at_0.1_percent")
        auc = f"{one['auc']['value']:.3f} ({one['auc']['low']:.3f} to {one['auc']['high']:.3f})"
        rows.append((_NAMES[name], auc, _share(at), _share(low)))
    yield table(("attack by", "area under the curve", "found at 1 % false alarms", "at 0.1 %"), rows)
    any_ = next(iter(attacks.values()))
    yield (
        f"<p>{any_['members']:,} training records against {any_['non_members']:,} held-out ones; "
        f"{found['near_duplicates']['pairs']:,} pairs of near-duplicates left out on both sides.</p>"
    )
    if all("roc" in one for one in attacks.values()):
        yield _roc(attacks, found.get("ceiling"))


def _share(at: Mapping[str, Any] | None) -> str:
    if at is None:
        return "too few held-out records"
    return f"{100 * at['value']:.1f} % ({100 * at['low']:.1f} to {100 * at['high']:.1f})"


def _extraction(found: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>Word for word</h2>"
    yield f'<p class="soft">These figures are {escape(found["outside_the_guarantee"])}.</p>'
    rows = [
        (name, f"{one['documents']:,}", f"{one['exact']['count']:,}", f"{one['near']['count']:,}")
        for name, one in ((said, found[key]) for key, said in (("training", "training"), ("heldout", "held-out")))
    ]
    yield table(("records", "long enough", "come back exactly", "within a tenth of edits"), rows)


_ASKED = {
    "extraction": "written when the model is left to write",
    "reconstruction": "put into the gap where it stood",
    "inference": "picked among {candidates} candidates",
}


def _values(found: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>Personal values asked back</h2>"
    yield f'<p class="soft">These figures are {escape(found["outside_the_guarantee"])}.</p>'
    rows = []
    for name, words in _ASKED.items():
        if one := found.get(name):
            could = "nothing" if one["detectable"] is None else f"a rate of {100 * one['detectable']:.0f} %"
            trained, controls = (f"{hits:,} of {of:,}" for hits, of in (one["trained"], one["controls"]))
            rows.append((words.format(**one), trained, controls, one["verdict"], could))
    if not rows:
        yield "<p>No value was found that could be asked for.</p>"
        return
    yield table(("values", "trained on", "made up", "verdict", "could have been told"), rows)
    yield (
        "<p>At chance: not more than of made-up values of the same kinds, by a one-sided test at 1 %. "
        f"{found['passed_over']:,} values of other kinds were passed over.</p>"
    )
    if found["inference"]["controls_differ"]:
        yield "<p><b>The made-up values are picked too often themselves: they aren't like the real ones.</b></p>"


def _histogram(scores: Mapping[str, Any]) -> str:
    """Both sides' scores over each other."""
    most = max(1, *scores["in"], *scores["out"])
    drawn = []
    for name, style in (("out", "fill:var(--soft);opacity:.45"), ("in", "fill:var(--mark);opacity:.55")):
        bars = "".join(f"M{n},20V{20 - 20 * count / most:.2f}H{n + 1}V20Z" for n, count in enumerate(scores[name]))
        drawn.append(f'<path d="{bars}" style="{style}"/>')
    return (
        '<figure style="margin:1rem 0"><svg viewBox="0 0 40 20" preserveAspectRatio="none" role="img" '
        'aria-label="scores of canaries trained on and left out" style="width:100%;height:8rem;display:block">'
        f'{"".join(drawn)}</svg><figcaption class="soft">Scores of the canaries, from {scores["from"]:g} to '
        f"{scores['to']:g} nats a token better than the base: blue trained on, grey left out.</figcaption></figure>"
    )


def _roc(attacks: Mapping[str, Any], ceiling: Sequence[Sequence[float]] | None) -> str:
    """True- against false-positive rates, both on logarithmic axes from 0.01 % to all."""
    lines = [("chance", [[_LEAST, _LEAST], [1.0, 1.0]], "stroke:var(--line)")]
    if ceiling:
        lines.append(("what ε allows", [list(point) for point in ceiling], "stroke:var(--bad);stroke-dasharray:6 4"))
    lines += [
        (_NAMES[name], _steps(one["roc"]), f"stroke:{stroke}")
        for (name, one), stroke in zip(attacks.items(), _STROKES, strict=False)
    ]
    drawn = "".join(
        f'<polyline points="{" ".join(_at(x, y) for x, y in points)}" style="fill:none;stroke-width:2;{style}"/>'
        for _, points, style in lines
    )
    grid = "".join(
        f'<path d="M{_x(rate):.1f},0V{_TALL}M0,{_y(rate):.1f}H{_WIDE}" style="stroke:var(--line);stroke-width:.6"/>'
        f'<text x="{_x(rate) + 3:.1f}" y="{_TALL + 14}" style="font-size:11px;fill:var(--soft)">{100 * rate:g} %</text>'
        for rate in (1e-4, 1e-3, 1e-2, 1e-1)
    )
    key = "; ".join(
        f'<span style="white-space:nowrap"><svg width="22" height="8" aria-hidden="true"><path d="M0,4H22" '
        f'style="stroke-width:2;{style}"/></svg> {escape(name)}</span>'
        for name, _, style in lines
    )
    return (
        f'<figure style="margin:1rem 0;max-width:34rem"><svg viewBox="0 0 {_WIDE} {_TALL + 18}" role="img" '
        'aria-label="ROC curves on logarithmic axes" style="width:100%;height:auto;display:block">'
        f'{grid}{drawn}</svg><figcaption class="soft">Found (upwards) at a rate of false alarms (to the right), both '
        f"from 0.01 % to 100 %. {key}</figcaption></figure>"
    )


def _steps(roc: Sequence[Sequence[float]]) -> list[list[float]]:
    """The curve as the steps that it is, from the least rate of false alarms that so few non-members can show."""
    points: list[list[float]] = []
    for (_, before), (x, y) in zip(roc, roc[1:], strict=False):
        if x > 0:
            points += [[x, before], [x, y]]
    return points


def _at(x: float, y: float) -> str:
    return f"{_x(x):.1f},{_y(y):.1f}"


def _x(rate: float) -> float:
    return _WIDE * (1 + math.log10(max(rate, _LEAST)) / 4)


def _y(rate: float) -> float:
    return _TALL * (-math.log10(max(rate, _LEAST)) / 4)
