"""The page that a receiver opens first: what the model is, what is promised, what was checked, and where to look."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from tasks.methods.bundle.page import bars, document, figures, flow, listed

_LINKS = (
    ("PRIVACY_CARD.md", "what is promised to whom, and what isn't"),
    ("MODEL_CARD.md", "what the model is for, and how to load it"),
    ("masking_report.html", "what was masked, and what masking misses"),
    ("audit_report.html", "what attacks on the model found"),
    ("leak_check/leak_check.json", "the leak gate's verdicts and limits"),
    ("DATASHEET.md", "what it was trained on"),
    ("ledger_extract.json", "everything that was charged on these people, signed"),
    ("bom.cdx.json", "what it is made of, CycloneDX 1.6"),
    ("croissant.json", "the data's description, Croissant 1.1"),
    ("lineage.json", "which artifact came from which"),
    ("VERIFY.md", "how to check all of it"),
)


def as_html(
    *, name: str, version: str, card: Mapping[str, Any], leak_check: Mapping[str, Any], files: Mapping[str, Any]
) -> str:
    """The page.

    Args:
        card: the privacy card.
        leak_check: what of the gate's report may leave.
        files: the bundle's, to link what is there.
    """
    guarantee, life = card["guarantee"], card.get("composition")
    formal = guarantee["formal"]
    body = [
        f'<p class="soft">version {escape(version)}. Check the signature before you believe this page: '
        '<a href="VERIFY.md">VERIFY.md</a> says how.</p>',
        figures(_five(card, leak_check)),
        "<h2>How it came about</h2>",
        flow(_steps(card, leak_check)),
    ]
    if formal and life is not None:
        budget = max(life["budget"], life["epsilon"])
        body += [
            "<h2>What its people have paid</h2>",
            bars(
                [
                    ("this model", guarantee["epsilon"], None, f"ε = {guarantee['epsilon']:g}"),
                    ("all charges together", life["epsilon"], life["budget"], f"ε = {life['epsilon']:g}"),
                ],
                budget,
            ),
            f'<p class="soft">Of a budget of ε = {life["budget"]:g} at δ = {life["delta"]:g}, '
            f"{escape(life['period'])}. Charges on data set {escape(life['dataset'])}: {life['charges']:,}, at "
            f"{escape(life['at'])}.</p>",
        ]
    body += [
        "<h2>Who is not protected</h2>",
        listed(card["not_protected"]),
        "<h2>Outside the guarantee, and missing</h2>",
        listed([*(f"Computed from real rows: {one}." for one in card["outside_the_guarantee"]), *card["missing"]]),
        "<h2>The evidence</h2><ul class='said'>",
        *(
            f'<li><a href="{escape(file)}">{escape(file)}</a>: {escape(what)}</li>'
            for file, what in _LINKS
            if file in files or file == "VERIFY.md"
        ),
        "</ul>",
    ]
    return document(name, body)


def _five(card: Mapping[str, Any], leak_check: Mapping[str, Any]) -> list[tuple[str, str]]:
    guarantee, life = card["guarantee"], card.get("composition")
    found: list[tuple[str, str]] = []
    if guarantee["formal"]:
        found.append((f"ε = {guarantee['epsilon']:g}", f"at δ = {guarantee['delta']:g}, for {guarantee['unit']}"))
    else:
        found.append(("no ε", guarantee["statement"]))
    if life is not None:
        found.append((f"ε = {life['epsilon']:g}", f"all charges on its people, of {life['budget']:g}"))
    planted = leak_check["planted"]
    measured = [one for one in planted["kinds"] if one["of"]] if planted else []
    if measured:
        worst = max(measured, key=lambda one: one["bound"])
        through, of = sum(one["found"] for one in measured), sum(one["of"] for one in measured)
        found.append((f"{through} of {of:,}", "planted values came through masking"))
        found.append((f"≤ {worst['bound']:.1%}", f"missed of the worst kind, {worst['name']}, with 95 % confidence"))
    else:
        found.append(("not known", "what share of personal data masking misses: nothing was planted"))
    found.append(("audited" if card["audited"] else "not audited", "attacks on the model itself"))
    return found[:5]


def _steps(card: Mapping[str, Any], leak_check: Mapping[str, Any]) -> list[tuple[str, str, bool | None]]:
    guarantee = card["guarantee"]
    changed = sum(rule["changed"] for rule in card["clipping"])
    trained = f"DP-SGD, ε = {guarantee['epsilon']:g}" if guarantee["formal"] else "without differential privacy"
    return [
        ("mask", f"policy {card['masking']['policy']}", None),
        ("leak gate", "open" if leak_check["passed"] else "shut", bool(leak_check["passed"])),
        ("ledger", "charged before the first noise" if card.get("composition") else "not charged", None),
        ("train", trained, guarantee["formal"]),
        ("clip", f"{changed:,} weights changed" if card["clipping"] else "no rule", None),
        ("export", "scanned, loaded in a clean process", True),
        ("audit", "passed" if card["audited"] else "not done", True if card["audited"] else None),
        ("release", "signed" if not card["approval"] else f"approved by {card['approval']['by']}", True),
    ]
