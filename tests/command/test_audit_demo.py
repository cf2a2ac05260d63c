"""The demonstration's table, its values, and the table's words; the whole of it is `make audit-demo`."""

from __future__ import annotations

from typing import Any

from tasks.command.audit_demo import CANDIDATES, _values, text
from tasks.methods.attack.pii_extraction import Finder, form_of
from tasks.methods.sample.generate import records


def row(training: str, epsilon: float | None, correct: int, bound: float) -> dict[str, Any]:
    attack = {"trained": [0, 60], "controls": [1, 60], "verdict": "at chance"}
    return {
        "training": training, "epsilon": epsilon, "correct": correct, "epsilon_lower_bound": bound,
        "extraction": attack, "inference": attack,
    }  # fmt: skip


def test_the_table_says_what_it_could_have_shown() -> None:
    found = {
        "canaries": 1000, "guesses": 200, "delta": 1e-5, "significance": 0.05, "seconds": 600.0,
        "rows": [row("no protection", None, 200, 4.17), row("DP-SGD", 8.0, 101, 0.0)],
    }  # fmt: skip
    said = text(found)
    assert "200 of 200" in said and "≥ 0.00 (promised 8)" in said
    assert "the bound would be 4.17" in said and "64 right guesses show epsilon 3" in said


def test_values_are_the_records_own_and_their_controls_nobodys() -> None:
    own = [*records("healthcare", 12, "en", 5)]
    public = [str(one.fields["text"]) for one in records("healthcare", 40, "en", 99)]
    secrets, controls, others = _values(own, public, lambda words: 250)
    texts = "\n".join(str(one.fields["text"]) for one in own)
    assert len(secrets) == len(controls) == len(others) > 5
    assert all(one.before + one.value + one.after in texts for one in secrets)
    assert not any(one.value in "\n".join(public) for one in secrets)
    strangers = [one.value for one in controls] + [value for row in others for value in row]
    assert not Finder(map(form_of, strangers)).found(texts)
    assert {len(row) for row in others} == {CANDIDATES - 1}
