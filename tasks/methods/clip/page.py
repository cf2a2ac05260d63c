"""The page beside a clipped model: what each rule did, with every tensor's weights before and after as a histogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tasks.methods.clip.cost import in_words
from tasks.methods.clip.histogram import BINS, Histogram

_TALL = 100

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--soft:#5b6874;--line:#c3cbd3;--was:#b4c6d8;--is:#b3470f;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9fabb7;--line:#43505c;--was:#3d5870;--is:#f4a46c;
--paper:#14191f}}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:var(--ink);
background:var(--paper)}
table{border-collapse:collapse}th,td{text-align:left;padding:.2rem .9rem .2rem 0;border-bottom:1px solid var(--line);
vertical-align:top;font-variant-numeric:tabular-nums}td{overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:1rem 1.6rem}
figure{margin:0}figcaption{overflow-wrap:anywhere;font-size:.87rem}figcaption span,.ends,.key{color:var(--soft)}
svg.h{display:block;width:100%;height:6rem;border-bottom:1px solid var(--line)}.ends{display:flex;
justify-content:space-between;font-size:.8rem;font-variant-numeric:tabular-nums}
.was{fill:var(--was)}.is{fill:none;stroke:var(--is);stroke-width:1.5;vector-effect:non-scaling-stroke}
.key svg{width:1.6rem;height:.8rem;vertical-align:middle}
"""


def as_html(
    title: str,
    guarantee: str,
    rules: Sequence[Mapping[str, Any]],
    quality: Mapping[str, Any] | None,
    histograms: Sequence[tuple[str, Histogram]],
) -> str:
    """A self-contained page.

    Args:
        title: what was clipped.
        guarantee: what the rules mean for privacy, in a sentence.
        rules: :meth:`tasks.methods.clip.rules.Clipper.report`.
        quality: :func:`tasks.methods.clip.quality.compare`, or ``None`` where nothing was measured.
        histograms: name of each tensor that a rule was applied to, and its weights before and after.
    """
    drawn = dict(histograms)
    sections = [
        f"<h2>Rule {rule['rule']}: {escape(rule_in_words(rule))}</h2>"
        f'<div class="grid">{"".join(_figure(layer, drawn[layer["name"]]) for layer in rule["layers"])}</div>'
        for rule in rules
    ]
    key = (
        '<p class="key"><svg viewBox="0 0 4 2" preserveAspectRatio="none" aria-hidden="true"><path class="was" '
        'd="M0,2V0H4V2Z"/></svg> before <svg viewBox="0 0 4 2" preserveAspectRatio="none" aria-hidden="true"><path '
        'class="is" d="M0,1H4"/></svg> after. Heights are square roots of counts, so that few weights can be seen.</p>'
    )
    measured = f"<p>Quality: {escape(in_words(quality))}.</p>" if quality is not None else ""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(guarantee)}</p>"
        f"{measured}{_table(rules)}{key if rules else ''}{''.join(sections)}</html>\n"
    )


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """A rule's terms, short.

    >>> rule_in_words({"method": "truncate", "target": "adapter", "pattern": "*", "bound": 0.25})
    'truncate, bound 0.25, on adapter *'
    """
    names = ("bound", "deviations", "axis", "scale", "cutoff")
    kind = [rule["kind"]] if "kind" in rule else []
    constants = [f"{name} {rule[name]:g}" for name in names if name in rule]
    return f"{', '.join([rule['method'], *constants])}, on {' '.join([rule['target'], *kind, rule['pattern']])}"


def _table(rules: Sequence[Mapping[str, Any]]) -> str:
    if not rules:
        return "<p>No rule: the weights are what training made them.</p>"
    rows = "".join(
        f"<tr><td>{rule['rule']}</td><td>{escape(rule_in_words(rule))}</td><td>{_changed(rule)} in "
        f"{len(rule['layers']):,} tensors</td></tr>"
        for rule in rules
    )
    return f"<table><tr><th>Rule</th><th>What it does</th><th>Weights changed</th></tr>{rows}</table>"


def _changed(of: Mapping[str, Any]) -> str:
    share = f" ({of['changed'] / of['weights']:.2%})" if of["weights"] else ""
    return f"{of['changed']:,} of {of['weights']:,}{share}"


def _figure(layer: Mapping[str, Any], histogram: Histogram) -> str:
    facts = f"{_changed(layer)} changed"
    if "lipschitz_before" in layer:
        facts += f"; largest singular value {layer['lipschitz_before']:.4g}, now {layer['lipschitz_after']:.4g}"
    return (
        f"<figure><figcaption>{escape(layer['name'])}<br><span>{escape(facts)}</span></figcaption>{_svg(histogram)}"
        f'<div class="ends"><span>{histogram.low:.3g}</span><span>{histogram.high:.3g}</span></div></figure>'
    )


def _svg(histogram: Histogram) -> str:
    """Bins as steps: filled before, a line after."""
    tallest = max(*histogram.before, *histogram.after, 1) ** 0.5

    def steps(counts: Sequence[int]) -> str:
        heights = (f"{_TALL - 0.97 * _TALL * count**0.5 / tallest:.1f}" for count in counts)
        return "".join(f"V{height}H{right}" for right, height in enumerate(heights, 1))

    return (
        f'<svg class="h" viewBox="0 0 {BINS} {_TALL}" preserveAspectRatio="none" role="img" aria-label="weights before '
        f'and after"><path class="was" d="M0,{_TALL}{steps(histogram.before)}V{_TALL}Z"/>'
        f'<path class="is" d="M0,{_TALL}{steps(histogram.after)}V{_TALL}"/></svg>'
    )
