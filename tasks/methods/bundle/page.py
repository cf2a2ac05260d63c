"""The look of the bundle's pages: one file each that loads nothing, light and dark, printable, from a telephone up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tasks.methods.gate.report_html import listed, table

__all__ = ["bars", "document", "figures", "flow", "listed", "table"]

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5c6675;--paper:#fff;--card:#f4f6f9;--line:#d8dee7;--ok:#2b7a57;
--bad:#b93a2b;--mark:#35629f}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaf0;--soft:#a5aebc;--paper:#13171d;--card:#1c222b;--line:#353e4b;
--ok:#5dbd92;--bad:#ff8272;--mark:#8db4ee}}
*{box-sizing:border-box}body{font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:60rem;margin:1.6rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.55rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{margin:.4rem 0}a{color:var(--mark)}
.soft{color:var(--soft);font-size:.92rem}ul.said{margin:.4rem 0;padding-left:1.2rem}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .7rem .3rem 0;
border-bottom:1px solid var(--line)}td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.five{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.7rem;margin:1rem 0;padding:0}
.five div{background:var(--card);border-radius:.5rem;padding:.7rem .8rem}
.five b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}.five span{color:var(--soft);font-size:.88rem}
ol.flow{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr));gap:.6rem;padding:0;
margin:1rem 0;counter-reset:step}ol.flow li{counter-increment:step;background:var(--card);border-radius:.5rem;
padding:.45rem .7rem;border-top:3px solid var(--line)}ol.flow li.ok{border-color:var(--ok)}
ol.flow li.bad{border-color:var(--bad)}
ol.flow b{display:block}ol.flow b::before{content:counter(step) ". ";color:var(--soft)}
ol.flow span{color:var(--soft);font-size:.85rem}
.bar{display:grid;grid-template-columns:minmax(7rem,13rem) 1fr 5.5rem;gap:.6rem;align-items:center;margin:.22rem 0}
.bar svg{width:100%;height:.95rem;display:block}.bar .v{text-align:right;font-variant-numeric:tabular-nums}
.track{fill:var(--card)}.fill{fill:var(--mark)}.over{fill:var(--bad)}.limit{stroke:var(--ink);stroke-width:.4}
@media(max-width:40rem){.bar{grid-template-columns:1fr 5.5rem;margin:.5rem 0}.bar span:first-child{grid-column:1/-1}}
table{overflow-wrap:normal}
@media print{body{max-width:none;margin:0}.five div,ol.flow li{border:1px solid var(--line)}h2{break-after:avoid}}
"""


def document(title: str, body: Iterable[str]) -> str:
    """A whole page; ``body`` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{''.join(body)}</body></html>\n"
    )


def figures(found: Sequence[tuple[str, str]]) -> str:
    """The figures that matter: each a value and what it is."""
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>" for value, what in found)
    return f'<div class="five">{cells}</div>'


def flow(steps: Sequence[tuple[str, str, bool | None]]) -> str:
    """The pipeline as a picture: name, what it did, and its gate's verdict where it has one."""
    style = {True: ' class="ok"', False: ' class="bad"', None: ""}
    items = "".join(f"<li{style[ok]}><b>{escape(name)}</b><span>{escape(did)}</span></li>" for name, did, ok in steps)
    return f'<ol class="flow">{items}</ol>'


def bars(rows: Sequence[tuple[str, float, float | None, str]], largest: float) -> str:
    """Shares as bars: name, share, its limit, and the share in words. Longer than its limit is red."""
    scale = 100 / largest if largest > 0 else 0.0
    lines = []
    for name, share, limit, said in rows:
        over = limit is not None and share > limit
        mark = f'<path class="limit" d="M{min(limit * scale, 100):.2f},0V6"/>' if limit is not None else ""
        lines.append(
            f'<div class="bar"><span>{escape(name)}</span><svg viewBox="0 0 100 6" preserveAspectRatio="none" '
            f'role="img" aria-label="{escape(said)}"><rect class="track" width="100" height="6"/><rect '
            f'class="{"over" if over else "fill"}" width="{min(share * scale, 100):.2f}" height="6"/>{mark}</svg>'
            f'<span class="v">{escape(said)}</span></div>'
        )
    return "".join(lines)
