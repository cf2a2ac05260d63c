"""The privacy card: what is promised to whom, by which mechanism, and what is not; after NIST SP 800-226.

NIST SP 800-226 (March 2025, "Guidelines for Evaluating Differential Privacy Guarantees") asks for ε with its unit, then
for what stands below them: trust model, mechanism, implementation, composition, and what the data went through before.
The JSON is what is checked; the Markdown is a function of it, for people.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.methods.export.bases import Base
from tasks.methods.export.privacy import MISSING, NO_GUARANTEE, read_privacy

FORMAT = "airlock/privacy-card/1"

TRUST_MODEL = (
    "Central: whoever runs the pipeline sees the rows, and holds the keys that the noise is drawn from. The guarantee "
    "is towards everybody else who gets the model."
)
RELEASED = "The final weights alone. Checkpoints, losses on training rows and gradients are not released."
NOT_PROTECTED = (
    "People who are named in another person's rows, such as relatives and staff: the unit is whom the row is about.",
    "What is true of a whole group: a model may learn that, and someone may conclude it about a member.",
    "People in data sets of other deployments or under other names that nobody linked to this one.",
    "What the base model knew before: it is public and was trained by others.",
)
_OTHERS = (
    ("epsilon_rdp", "by Rényi accounting"),
    ("epsilon_unamplified", "without amplification by sampling"),
    ("epsilon_fixed_batches", "if batches had been of fixed size"),
)


def as_json(
    *,
    name: str,
    version: str,
    base: Base,
    training: Mapping[str, Any],
    clip: Mapping[str, Any],
    ledger: Mapping[str, Any] | None,
    entry: str,
    masking: Mapping[str, Any],
    outside: Sequence[str],
    approval: Mapping[str, Any] | None = None,
    audit: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The card.

    Args:
        name, version: the bundle's.
        base: the base model as it may be named.
        training: train's account of itself.
        clip: clip's report.
        ledger: the ledger's statement; ``None`` where nothing was charged.
        entry: id of the ledger's entry for the training.
        masking: ``policy``, ``standard``, ``expert_determination_required`` and ``gate`` (in words).
        outside: figures in the bundle that were computed from real rows, by name.
        approval: ``by``, ``at`` and ``comment`` of whoever approved the release.
        audit: what attacks found (:func:`tasks.methods.bundle.audit_report.for_card`); ``None``: there were none.
    """
    privacy = read_privacy(training)
    card: dict[str, Any] = {
        "format": FORMAT,
        "model": {"name": name, "version": version, "base": base.hub, "parameters": clip["parameters"]},
        "guarantee": {"formal": False, "statement": NO_GUARANTEE},
        "masking": dict(masking),
        "clipping": [
            {key: rule[key] for key in ("method", "target", "pattern", "weights", "changed") if key in rule}
            for rule in clip["rules"]
        ],
        "outside_the_guarantee": list(outside),
        "not_protected": list(NOT_PROTECTED),
        # A folder by itself isn't signed and knows of no audit, a bundle may.
        "missing": [
            one
            for one in privacy.missing or MISSING
            if one != MISSING[1] and not (one == MISSING[0] and audit is not None)
        ],
        "subgroups": "not measured",
        "audited": audit is not None,
        "audit": dict(audit) if audit is not None else None,
        "canaries": dict(training["canaries"]) if training.get("canaries") else None,
        "approval": dict(approval) if approval else None,
    }
    if not privacy.private:
        return card
    mechanism = dict(training["mechanism"])
    card["guarantee"] = {
        "formal": True,
        "epsilon": _up(privacy.epsilon),
        "delta": privacy.delta,
        "unit": privacy.unit,
        "relation": privacy.relation,
        "trust_model": TRUST_MODEL,
        "released": RELEASED,
    }
    card["mechanism"] = {
        "method": training.get("method", ""),
        "noise_multiplier": mechanism["noise_multiplier"],
        "max_grad_norm": mechanism["max_grad_norm"],
        "sampling_rate": mechanism["sampling_rate"],
        "steps": mechanism["steps"],
        "sampling": mechanism.get("sampling", ""),
        "accountant": privacy.accountant,
        "other_figures": {
            words: _up(float(training[key])) for key, words in _OTHERS if isinstance(training.get(key), int | float)
        },
        "noise": privacy.generator,
        "max_rows_per_person": training.get("max_rows_per_person"),
    }
    card["guarantee"]["sum_of"] = [list(part) for part in privacy.parts]
    means = [str(mean["ledger_entry"]) for mean in training.get("means") or []]
    card["composition"] = _composition(ledger, entry, means) if ledger is not None else None
    return card


def _composition(ledger: Mapping[str, Any], entry: str, means: list[str]) -> dict[str, Any]:
    standing = [one for one in ledger["charges"] if one["stands"]]
    tight = ledger["tight_epsilon"]
    return {
        "dataset": ledger["dataset"],
        "entry": entry,
        "entries_of_means": means,
        "charges": len(standing),
        "epsilon": _up(ledger["counted_epsilon"]),
        "epsilon_if_all_was_fixed_beforehand": None if tight is None else _up(tight),
        "delta": ledger["budget"]["delta"],
        "budget": ledger["budget"]["epsilon"],
        "period": ledger["budget"]["period"],
        "linked_data_sets": ledger["linked_data_sets"],
        "at": ledger["at"],
    }


def as_markdown(card: Mapping[str, Any]) -> str:
    """The card for people: a function of the JSON alone."""
    model, guarantee = card["model"], card["guarantee"]
    parts = [f"# Privacy card: {model['name']} {model['version']}", _promise(card)]
    if guarantee["formal"]:
        parts += [_how(card["mechanism"]), _life(card["composition"])]
    parts += [_before(card), _after(card), *_attacked(card)]
    parts.append("## Who is not protected\n\n" + _bullets(card["not_protected"]))
    outside = card["outside_the_guarantee"]
    figures = _bullets(outside) if outside else "Nothing in this bundle."
    parts.append(f"## Outside the guarantee\n\nComputed from real rows, without noise:\n\n{figures}")
    parts.append(
        "## What is missing\n\n"
        + _bullets([*card["missing"], *([] if card["audited"] else ["No audit report is part of this bundle."])])
        + f"\n\nQuality and error by subgroup: {card['subgroups']}."
    )
    approval = card["approval"]
    if approval:
        comment = f" {approval['comment']}" if approval.get("comment") else ""
        parts.append(f"## Approval\n\nReleased by {approval['by']}, {approval['at']}.{comment}")
    return "\n\n".join(parts) + "\n"


def _promise(card: Mapping[str, Any]) -> str:
    guarantee = card["guarantee"]
    if not guarantee["formal"]:
        return (
            f"**This model has {NO_GUARANTEE}.** It was trained without differential privacy, or the account of its "
            "training is not complete. Masking, clipping, max-norm and added noise make leaks less likely; none of "
            "them bounds what somebody can find out about a person from the model."
        )
    epsilon, delta = guarantee["epsilon"], guarantee["delta"]
    times = math.exp(min(epsilon, 20))
    size = f"{times:,.1f}" if times < 1000 else f"{times:,.0f}" if times < 1e6 else f"10^{epsilon / math.log(10):.0f}"
    return (
        f"**ε = {epsilon:g} at δ = {delta:g}, for {guarantee['unit']}.**\n\n"
        f"In plain words: take all that belongs to one such unit out of the training data. Whatever somebody concludes "
        f"from the model then stays as likely, up to a factor of e^ε = {size}, but for a chance of δ = {delta:g}. ε up "
        "to 1 counts as a strong promise, up to 10 as a reasonable one, above that as weak (Ponomareva et al. 2023, "
        '"How to DP-fy ML", section 5.2).\n\n'
        f"| | |\n|---|---|\n| Neighbouring relation | {guarantee['relation']} |\n"
        f"| Trust model | {guarantee['trust_model']} |\n| What is released | {guarantee['released']} |"
        + "".join(f"\n| {what} | {figures} |" for what, figures in guarantee["sum_of"])
    )


def _how(mechanism: Mapping[str, Any]) -> str:
    rows = [
        ("Method", mechanism["method"]),
        ("Noise multiplier σ", f"{mechanism['noise_multiplier']:.6g}"),
        ("Clipping norm C", f"{mechanism['max_grad_norm']:.6g}"),
        ("Sampling rate q", f"{mechanism['sampling_rate']:.6g} ({mechanism['sampling']})"),
        ("Noisy steps T", f"{mechanism['steps']:,}"),
        ("Accountant", mechanism["accountant"]),
        *(("ε " + words, f"{value:g}") for words, value in sorted(mechanism["other_figures"].items())),
        ("Noise", mechanism["noise"]),
    ]
    if mechanism["max_rows_per_person"]:
        rows.append(("Rows of a person that count", f"at most {mechanism['max_rows_per_person']}"))
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows if value)
    return f"## How\n\n| | |\n|---|---|\n{lines}"


def _life(composition: Mapping[str, Any] | None) -> str:
    if composition is None:
        return "## Over the data set's life\n\nNot known: no ledger stood behind this run."
    period = {"lifetime": "in all", "year": "this year", "month": "this month"}[composition["period"]]
    n = composition["charges"]
    text = (
        f"## Over the data set's life\n\nThis is not the only thing that was ever computed on these people: {n:,} "
        f"{'charge' if n == 1 else 'charges'} on data set {composition['dataset']} {'stands' if n == 1 else 'stand'} "
        f"{period}, this model's among them (ledger entry {composition['entry']}). Together they come to ε = "
        f"{composition['epsilon']:g} at δ = {composition['delta']:g}, of a budget of {composition['budget']:g}, at "
        f"{composition['at']}. `ledger_extract.json` lists them, signed."
    )
    tight = composition["epsilon_if_all_was_fixed_beforehand"]
    if n > 1 and tight is not None:
        text += f" Had all been fixed beforehand it would be {tight:g}."
    if composition["linked_data_sets"]:
        text += f" {composition['linked_data_sets']} more data sets with the same people count in it."
    return text


def _before(card: Mapping[str, Any]) -> str:
    masking = card["masking"]
    text = (
        f"## Before training\n\nPersonal data was masked under the policy `{masking['policy']}`. {masking['gate']} "
        "Masking is no guarantee: what it missed was seen by the training, and only ε bounds what the weights keep of "
        "it. The detectors were fixed beforehand and learnt nothing from these rows."
    )
    if masking.get("standard"):
        text += f" The policy follows `{masking['standard']}`."
    if masking.get("expert_determination_required"):
        text += " It needs an expert's determination, which is not part of this bundle."
    return text


def _after(card: Mapping[str, Any]) -> str:
    if not card["clipping"]:
        return "## After training\n\nNo weight was clipped."
    lines = _bullets(
        f"{rule['method']} on {rule['target']} `{rule['pattern']}`: {rule['changed']:,} of {rule['weights']:,} weights"
        for rule in card["clipping"]
    )
    says = (
        "Post-processing: it changes nothing in ε."
        if card["guarantee"]["formal"]
        else f"Without private training it gives {NO_GUARANTEE}."
    )
    return f"## After training\n\n{lines}\n\n{says}"


def _attacked(card: Mapping[str, Any]) -> Iterator[str]:
    audit = card.get("audit")  # cards of before there were audits have none
    if audit is None:
        return
    said = ["The model was attacked before it was released; `audit_report.html` has the figures."]
    if canaries := audit["canaries"]:
        said.append(
            f"Canaries: {canaries['number']:,} invented records, each trained on or not by a secret coin. Guessing the "
            f"coins from the model shows ε ≥ {canaries['epsilon_lower_bound']:.2f} (bound `{canaries['bound']}`, named "
            f"beforehand, error {100 * canaries['significance']:g} %). {canaries['power']}"
        )
    if membership := audit["membership"]:
        auc = membership["auc"]
        said.append(
            f"Membership: the area under the attack's curve is {auc['value']:.3f} ({auc['low']:.3f} to "
            f"{auc['high']:.3f}); 0.5 is chance."
        )
    yield "## Attacks\n\n" + "\n\n".join(said)


def _bullets(items: Any) -> str:
    return "\n".join(f"- {item}" for item in items)


def _up(value: float) -> float:
    """Rounded up to four decimals: a card never says less than was spent."""
    return math.ceil(value * 10_000 - 1e-9) / 10_000 if math.isfinite(value) else value
