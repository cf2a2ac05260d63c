"""The page on which a person reads a sample: one file that loads nothing, in light and dark, narrow and wide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tasks.methods.gate.placeholders import Placeholders

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2433;--soft:#5b6577;--paper:#fff;--card:#f6f7f9;--line:#d9dee7;
--mark:#e3edf9;--marked:#1c4f8a;--bad:#b3261e;--badpaper:#fdeceb}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa5b8;--paper:#14181f;--card:#1b212b;--line:#333b48;
--mark:#1d3048;--marked:#9cc7f7;--bad:#ff8a7d;--badpaper:#3a1f1d}}
*{box-sizing:border-box}
body{font:16px/1.6 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 8rem}
h1{font-size:1.4rem;margin:0 0 .5rem}.soft{color:var(--soft)}code{font:14px/1.5 ui-monospace,monospace}
ol{list-style:none;margin:1.5rem 0 0;padding:0}
li{display:grid;grid-template-columns:5.5rem 1fr;gap:0 1rem;border:1px solid var(--line);border-radius:8px;
background:var(--card);padding:.7rem .9rem;margin:.6rem 0}
li:has(input:checked){border-color:var(--bad);background:var(--badpaper)}
label{display:flex;gap:.5rem;align-items:baseline;font-weight:600;font-variant-numeric:tabular-nums;cursor:pointer}
.texts{min-width:0}.name{font-size:.8rem;color:var(--soft)}
p.text{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
mark{background:var(--mark);color:var(--marked);border-radius:4px;padding:0 .2em;font-size:.88em}
footer{position:fixed;inset:auto 0 0;background:var(--paper);border-top:1px solid var(--line);padding:.6rem 1rem}
footer p{max-width:60rem;margin:0 auto;overflow-wrap:anywhere}
@media(max-width:36rem){li{grid-template-columns:1fr;gap:.3rem}}
"""

# The ticks stand in the address, as numbers, so that a page loaded again keeps them.
_SCRIPT = """
const boxes=[...document.querySelectorAll('input')],out=document.getElementById('numbers');
const before=location.hash.slice(1).split(',');
function show(){const n=boxes.filter(b=>b.checked).map(b=>b.value).join(',');out.textContent=n||'none';
history.replaceState(null,'','#'+n)}
boxes.forEach(b=>{b.checked=before.includes(b.value);b.addEventListener('change',show)});show();
"""


def as_html(
    rows: Sequence[Mapping[str, str]],
    placeholders: Placeholders,
    kinds: Sequence[str],
    command: str,
    limit: int = 200_000,
) -> str:
    """The page.

    Args:
        rows: column to masked text, in order; row 1 comes first.
        placeholders: what the masker leaves in place of a value; marked.
        kinds: the kinds of which nothing should be readable.
        command: what to type in the end, without the numbers of the leaking rows.
        limit: characters of a text that are shown; of a longer one its beginning, and a line says so.

    Returns:
        One file of HTML. It holds the texts: it belongs where they lie.
    """
    items = "".join(_item(number, row, placeholders, limit) for number, row in enumerate(rows, 1))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'\"><title>Review sample</title>"
        f"<style>{_STYLE}</style></head><body><main><h1>{len(rows)} masked rows to read</h1>"
        "<p>Tick each row in which something can still be read that points to a person. What was masked is "
        "<mark>marked</mark> and is no leak. Some rows hold a leak that was put there, so that what a reader "
        "overlooks can be reckoned with: tick them like any other.</p>"
        f'<p class="soft">Of these kinds nothing should be readable: {escape(", ".join(kinds)) or "none"}. A part of '
        "a value counts, as a surname does. This page holds rows of the raw zone: don’t copy it, and "
        f"answer with numbers only.</p><ol>{items}</ol></main>"
        '<footer><p>Rows that leak: <strong id="numbers">tick them</strong> '
        f'<span class="soft">· answer with <code>{escape(command)}</code> and these numbers</span></p></footer>'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _item(number: int, row: Mapping[str, str], placeholders: Placeholders, limit: int) -> str:
    texts = "".join(
        (f'<div class="name">{escape(name)}</div>' if len(row) > 1 else "")
        + f'<p class="text" dir="auto">{_marked(text[:limit], placeholders)}</p>'
        + (f'<p class="soft">The first {limit:,} of {len(text):,} characters.</p>' if len(text) > limit else "")
        for name, text in row.items()
    )
    empty = '<p class="soft">No text.</p>'
    return (
        f'<li><label><input type="checkbox" value="{number}" autocomplete="off">{number}</label>'
        f'<div class="texts">{texts or empty}</div></li>'
    )


def _marked(text: str, placeholders: Placeholders) -> str:
    parts, end = [], 0
    for start, stop in placeholders.places(text):
        parts += [escape(text[end:start]), f"<mark>{escape(text[start:stop])}</mark>"]
        end = stop
    return "".join([*parts, escape(text[end:])])
