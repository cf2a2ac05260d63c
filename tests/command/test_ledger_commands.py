"""`airlock ledger`: what each command says, writes and refuses."""

from __future__ import annotations

import json
import os
import platform
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tasks.command.main import main
from tasks.core import keys, settings
from tasks.core.artifacts import reuse_or_build
from tasks.core.dp_events import Gaussian, SampledGaussian
from tasks.core.ledger import Charge, Entry, Heads, Ledger, Signer, UnitSet
from tasks.core.store import Store
from tasks.methods.dp.tight import tight

MASTER = "1a" * 32
TRAINING = SampledGaussian(1.1, 0.01, 500)


@pytest.fixture(autouse=True)
def _deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_KEY", MASTER)


def zone(name: str) -> Store:
    return Store(str(settings.home() / "store" / name))


@pytest.fixture
def ledger() -> Ledger:
    signer = Signer(keys.load_keys(settings.home()).secret("ledger"))
    return Ledger(settings.ledger_url(), signer, Heads(zone("clean")))


def charge(**changes: Any) -> Charge:
    fields: dict[str, Any] = {
        "dataset": "visits", "run_id": "run-1", "key": "1" * 64, "events": (TRAINING,), "epsilon": 1.0,
        "delta": 1e-6, "unit": "person", "relation": "add_or_remove", "tight": tight, "actor": "ann",
    }  # fmt: skip
    return Charge(**{**fields, **changes})


def enter(ledger: Ledger, upto: str = "reserved", **changes: Any) -> Entry:
    entry = ledger.reserve(charge(**changes), fingerprint="f" * 64)
    if upto in ("noise", "committed"):
        ledger.mark(entry.id)
    if upto == "committed":
        ledger.commit(entry.id, "d" * 64)
    return entry


class Said(str):
    """What a command printed."""

    def json(self) -> Any:
        return json.loads(self)


@pytest.fixture
def airlock(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, code: int = 0) -> Said:
        capsys.readouterr()
        assert main(["ledger", *words]) == code
        printed = capsys.readouterr()
        return Said(printed.err if code not in (0, 3) else printed.out)

    return run


@pytest.fixture
def registered(airlock: Any) -> Any:
    line = ("set-budget", "visits", "--epsilon", "10", "--delta", "1e-6", "--owner", "Dr Roe", "--reason", "study")
    assert airlock(*line) == "registered visits: ε = 10 at δ = 1e-06, lifetime, for one person\nowner Dr Roe: study\n"
    return airlock


def test_without_a_ledger_what_reads_says_so_and_makes_none(airlock: Any) -> None:
    for line in (("list",), ("show", "visits"), ("history", "visits"), ("verify",), ("export", "visits")):
        assert "there is none at" in airlock(*line, code=2)
    assert not Path(settings.ledger_url()).exists()


def test_a_budget_is_registered_and_changed(registered: Any) -> None:
    said = registered("set-budget", "visits", "--epsilon", "12", "--period", "year", "--reason", "more")
    assert said == (
        "before  ε = 10 at δ = 1e-06, lifetime, for one person\n"
        "after   ε = 12 at δ = 1e-06, each year, for one person\nowner Dr Roe: more\n"
    )
    found = registered("set-budget", "visits", "--parallel", "--reason", "wards", "--json").json()
    assert (found["before"]["parallel"], found["after"]["parallel"]) == (False, True)
    assert (found["after"]["epsilon"], found["after"]["period"], found["after"]["owner"]) == (12.0, "year", "Dr Roe")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("set-budget", "labs", "--epsilon", "1"), "labs isn't registered yet; give --delta, --owner, --reason too"),
        (("set-budget", "visits", "--epsilon", "1"), "say by --reason why the budget changes"),
        (("set-budget", "visits", "--reason", "x"), "name what changes"),
        (("set-budget", "visits", "--epsilon", "-1", "--reason", "x"), "epsilon must be a finite number above 0"),
        (("set-budget", "Visits", "--epsilon", "1", "--delta", "0.1", "--owner", "a", "--reason", "x"), "lower-case"),
        (("set-budget", "../x", "--epsilon", "1", "--delta", "0.1", "--owner", "a", "--reason", "x"), "lower-case"),
        (("show", "labs"), "data set labs isn't registered"),
        (("history", "labs"), "data set labs isn't registered"),
        (("export", "labs"), "data set labs isn't registered"),
        (("link", "visits", "labs", "--reason", "x"), "data set labs isn't registered"),
        (("link", "visits", "visits", "--reason", "x"), "name two different data sets"),
        (("link", "visits", "labs", "--reason", " "), "say by --reason how you know"),
        (("reconcile", "--abandon", "ff"), "--abandon and --reason go together"),
        (("reconcile", "--abandon", "ff", "--reason", "x"), "there is no entry ff"),
        (("verify", "--key", "zz"), "the ledger's public key must be 64 hex characters"),
        (("verify", "--extract", "nothing.json"), "an extract is checked by the public key"),
        (("verify", "--extract", "nothing.json", "--key", "a" * 64), "nothing.json can't be read"),
        (("history", "visits", "--plot", "/nowhere/x.svg"), "/nowhere/x.svg can't be written"),
        (("export", "visits", "--out", "/nowhere/x.json"), "/nowhere/x.json can't be written"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(registered: Any, line: tuple[str, ...], said: str) -> None:
    assert said in registered(*line, code=2)


def test_writing_needs_the_key(registered: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keys.share(keys.load_keys(settings.home()), ["noise"], tmp_path / "noise")
    monkeypatch.delenv("AIRLOCK_KEY")
    monkeypatch.setenv("AIRLOCK_KEY_FILE", str(tmp_path / "noise"))
    for line in (("set-budget", "visits", "--epsilon", "9", "--reason", "x"), ("reconcile",), ("export", "visits")):
        assert "holds no `ledger` key" in registered(*line, code=2)
    assert "visits" in registered("list")


def test_list(registered: Any, ledger: Ledger) -> None:
    ledger.set_budget("labs", epsilon=2, delta=1e-6, owner="lab", reason="x", period="year")
    enter(ledger, "committed")
    ledger.link("labs", "visits", "the same")
    [labs, visits] = registered("list", "--json").json()
    assert (labs["dataset"], labs["budget_of"], visits["budget_of"]) == ("labs", "visits", "visits")
    alone = tight((TRAINING,), 1e-6)
    assert visits["spent"] == pytest.approx(alone) and visits["left"] == pytest.approx(10 - alone)
    assert visits["charges"] == labs["charges"] == 1
    lines = registered("list").splitlines()
    assert lines[0].split() == ["data", "set", "budget", "spent", "left", "charges", "period", "owner"]
    assert lines[1].startswith("labs") and lines[1].endswith("Dr Roe (draws on visits)")
    assert f"{alone:.2f}" in lines[2]


def test_an_empty_ledger_lists_nothing(airlock: Any, ledger: Ledger) -> None:
    assert ledger.datasets() == []
    assert "no data set is registered" in airlock("list")
    assert airlock("list", "--json").json() == []


def test_show_draws_what_is_spent_reserved_and_left(registered: Any, ledger: Ledger) -> None:
    ledger.set_budget("labs", epsilon=2, delta=1e-6, owner="lab", reason="x")
    ledger.link("labs", "visits", "the same")
    events = (Gaussian(3.0),)
    enter(ledger, "committed", events=events)
    enter(ledger, "reserved", key="2" * 64, events=events, dataset="labs")
    shown = registered("show", "visits", "--json").json()
    assert shown["linked"] == ["labs"] and len(shown["last"]) == 2 and shown["charges"] == 2
    assert shown["filter"] == pytest.approx(shown["spent"]) and 0 < shown["reserved"] < shown["spent"]
    assert shown["tight"] == pytest.approx(tight(events * 2, 1e-6), rel=0.01) and shown["tight"] < shown["filter"]
    said = registered("show", "visits")
    [bar] = [line for line in said.splitlines() if line.startswith("[")]
    assert len(bar) == 52 and bar.strip("[]").strip("#").strip(".").strip("+") == ""
    assert 0 < bar.count("+") < bar.count("#") < bar.count(".")
    assert "linked     labs: one budget for all, one sum" in said and "holds however the 2 charges were chosen" in said
    assert "it is linked to" in registered("show", "labs")


def test_show_of_a_charge_that_stands_alone_says_what_decides(registered: Any, ledger: Ledger) -> None:
    assert "[" + "." * 50 + "]" in registered("show", "visits")
    enter(ledger, "committed")
    said = registered("show", "visits")
    assert "fixed beforehand, and decides" in said
    assert f"spent {tight((TRAINING,), 1e-6):.2f} " in said


def test_history_cumulates_and_starts_anew_with_each_period(
    registered: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        for number, day in enumerate(("2025-03-01", "2025-04-01", "2025-05-01", "2026-01-01")):
            patch.setattr("tasks.core.ledger.accounts.now", lambda day=day: f"{day}T10:00:00Z")
            entry = enter(ledger, key=f"{number}" * 64, events=(Gaussian(3.0),), released="mean of age")
            if number == 1:
                ledger.free(entry.id, "x")
    figures = [tight((Gaussian(3.0),) * count, 1e-6) for count in (1, 1, 2, 3)]
    rows = registered("history", "visits", "--json").json()
    assert [row["tight_after"] for row in rows] == pytest.approx(figures, rel=0.01)
    assert [row["state"] for row in rows] == ["reserved", "freed", "reserved", "reserved"]
    assert rows[0]["spent_after"] == rows[1]["spent_after"] < rows[2]["spent_after"] < rows[3]["spent_after"]
    registered("set-budget", "visits", "--period", "year", "--reason", "x")
    rows = registered("history", "visits", "--json").json()
    assert [row["period"] for row in rows] == ["2025", "2025", "2025", "2026"]
    assert rows[3]["spent_after"] == pytest.approx(figures[0])
    said = registered("history", "visits", "--last", "1")
    assert "the last 1 of 4 charges" in said and "mean of age" in said and len(said.splitlines()) == 3


def test_history_of_parts_is_that_of_the_most_charged(registered: Any, ledger: Ledger) -> None:
    registered("set-budget", "visits", "--parallel", "--reason", "wards")
    for number, block in enumerate("aabc"):
        units = UnitSet.of("key-1", [f"{ord(block):016x}{number:048x}"])
        enter(ledger, key=f"{number}" * 64, events=(Gaussian(3.0),), block=block, units=units)
    rows = registered("history", "visits", "--json").json()
    one, two = (tight((Gaussian(3.0),) * count, 1e-6) for count in (1, 2))
    assert [row["tight_after"] for row in rows] == pytest.approx([one, two, two, two], rel=0.01)
    enter(ledger, key="9" * 64, events=(Gaussian(3.0),), block="d", units=UnitSet.of("key-2", ["f" * 64]))
    rows = registered("history", "visits", "--json").json()
    assert rows[-1]["tight_after"] == pytest.approx(tight((Gaussian(3.0),) * 5, 1e-6), rel=0.01)
    assert rows[-1]["spent_after"] == pytest.approx(registered("show", "visits", "--json").json()["filter"])
    assert "(block d)" in registered("history", "visits")


def test_a_long_history_is_composed_once(registered: Any, ledger: Ledger) -> None:
    for number in range(6):
        enter(ledger, key=f"{number}" * 64, events=(Gaussian(10.0),))
    [first] = registered("history", "visits", "--last", "1", "--json").json()
    [kept] = (settings.home() / "ledger-figures").iterdir()
    assert kept.name == "visits.npz"
    whole = registered("history", "visits", "--last", "0", "--json").json()
    assert whole[-1]["tight_after"] == pytest.approx(first["tight_after"], rel=0.01)
    kept.write_bytes(b"damaged")
    assert registered("history", "visits", "--last", "1", "--json").json() == [first]


@pytest.mark.parametrize("charges", [0, 1, 3])
def test_the_plot_is_an_svg_with_the_budget(registered: Any, ledger: Ledger, tmp_path: Path, charges: int) -> None:
    for number in range(charges):
        enter(ledger, key=f"{number}" * 64, run_id="<a&b>", events=(Gaussian(3.0),))
    path = tmp_path / "visits.svg"
    assert f"drew {path}" in registered("history", "visits", "--plot", str(path))
    text = path.read_text(encoding="utf-8")
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg" and len(root.findall(f"{space}circle")) == charges
    assert any(label.text == "budget 10" for label in root.findall(f"{space}text"))
    assert "prefers-color-scheme:dark" in text and "nan" not in text
    [budget] = [line for line in root.findall(f"{space}line") if line.get("class") == "budget"]
    [curve] = [path for path in root.findall(f"{space}path") if path.get("class") == "counted"]
    heights = [float(point.split(",")[1]) for point in curve.get("d", "").replace("M", "L").split("L")[1:]]
    assert heights == sorted(heights, reverse=True) and heights[-1] > float(budget.get("y1", "0"))


def test_link_says_what_both_have_spent(registered: Any, ledger: Ledger) -> None:
    ledger.set_budget("labs", epsilon=2, delta=1e-6, owner="lab", reason="x")
    enter(ledger, "committed", dataset="labs")
    enter(ledger, "committed")
    said = registered("link", "visits", "labs", "--reason", "the same")
    assert said.startswith("visits draws on the budget of labs: together they have spent")
    shown = registered("link", "visits", "labs", "--reason", "again", "--json").json()
    assert (shown["budget_of"], shown["linked"]) == ("labs", ["labs", "visits"])
    ledger.set_budget("staff", epsilon=2, delta=1e-6, owner="hr", reason="x")
    assert "share nobody" in registered("link", "staff", "visits", "--distinct", "--reason", "patients aren't staff")
    assert registered("link", "staff", "visits", "--distinct", "--reason", "x", "--json").json()
    assert registered("verify").startswith("looked at")


def test_verify_needs_no_secret_with_the_public_key(
    registered: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(ledger)
    found = registered("verify", "--json").json()
    public = found["public_key"]
    assert (found["records"], found["datasets"], found["charges"], found["findings"]) == (2, 1, 1, [])
    monkeypatch.delenv("AIRLOCK_KEY")
    said = registered("verify", "--key", public)
    assert said.endswith("nothing was changed\n") and public in said
    assert "weren't looked at" in registered("verify", "--key", public, "--no-heads")
    other = Signer(b"o" * 32).public
    assert "isn't signed by the ledger's key" in registered("verify", "--key", other, code=3)


def test_verify_finds_a_changed_ledger_and_ends_with_3(registered: Any, ledger: Ledger) -> None:
    import sqlite3

    enter(ledger, "committed")
    with sqlite3.connect(settings.ledger_url()) as db:
        db.execute("UPDATE charge SET state = 'freed'")
    db.close()
    said = registered("verify", code=3)
    assert "state is freed; its log says committed" in said and "findings: 1." in said
    [finding] = registered("verify", "--json", code=3).json()["findings"]
    assert finding["dataset"] == "visits" and finding["place"].startswith("entry ")


def test_an_extract_is_checked_by_the_public_key_alone(
    registered: Any, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = enter(ledger, "committed")
    path = tmp_path / "visits.json"
    assert f"wrote 4 records to {path}" in registered("export", "visits", "--out", str(path))
    assert entry.nonce.hex() not in path.read_text()
    public = registered("export", "visits", "--out", str(path), "--json").json()["public_key"]
    assert registered("export", "visits").json()["public_key"] == public
    monkeypatch.delenv("AIRLOCK_KEY")
    Path(settings.ledger_url()).unlink()
    said = registered("verify", "--extract", str(path), "--key", public)
    assert "charges: 1 committed" in said and said.endswith("nothing was changed\n")
    plain = json.loads(path.read_text())
    plain["records"][1]["body"] = plain["records"][1]["body"].replace('"epsilon":1.0', '"epsilon":0.1')
    path.write_text(json.dumps(plain))
    assert "record 2: was changed" in registered("verify", "--extract", str(path), "--key", public, code=3)
    found = registered("verify", "--extract", str(path), "--key", public, "--json", code=3).json()
    assert len(found["findings"]) == 1
    path.write_text("{}")
    assert "isn't an extract" in registered("verify", "--extract", str(path), "--key", public, code=2)


# --- reconcile


def claim(entry: Entry, **changes: Any) -> None:
    """A lease on an entry's run: of this process, unless something is changed."""
    from tasks.core import lease

    mine = {"place": lease._place(), "host": platform.node(), "pid": os.getpid(), "started": ""}
    mine |= {"started": lease.start_time(os.getpid()), **changes}
    zone("sealed").write_bytes(f"train/{entry.key}/lease/00000001.json", json.dumps(mine).encode())


def publish(entry: Entry, ledger_entry: str | None = None, stage: str = "train") -> str:
    def build(writer: Any) -> dict[str, Any]:
        writer.write_json("model.json", {})
        return {"ledger_entry": ledger_entry or entry.id}

    return reuse_or_build(zone("clean"), stage, entry.key, {}, build)[0].digest


def outcomes(airlock: Any, *words: str) -> dict[str, tuple[str, str]]:
    return {one["entry"]: (one["now"], one["sentence"]) for one in airlock("reconcile", *words, "--json").json()}


def states(ledger: Ledger) -> dict[str, str]:
    return {entry.id: entry.state for entry in ledger.entries()}


def test_nothing_open_is_nothing_to_do(registered: Any, ledger: Ledger) -> None:
    enter(ledger, "committed")
    assert registered("reconcile") == "no charge is open\n"


def test_a_reservation_is_freed_when_its_attempt_is_dead(registered: Any, ledger: Ledger) -> None:
    dead, alive, young = (enter(ledger, key=letter * 64) for letter in "abc")
    claim(dead, pid=2**22 + 1)
    claim(alive)
    found = outcomes(registered)
    assert {one: now for one, (now, _) in found.items()} == {
        dead.id: "freed",
        alive.id: "reserved",
        young.id: "reserved",
    }
    assert f"process {os.getpid()} on {platform.node()} is at work on it" in found[alive.id][1]
    assert "may be alive" in found[young.id][1]
    assert states(ledger) == {dead.id: "freed", alive.id: "reserved", young.id: "reserved"}
    assert f"{alive.id}  visits  reserved -> reserved" in registered("reconcile")


def test_an_old_reservation_without_a_lease_is_freed(
    registered: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("tasks.core.ledger.accounts.now", lambda: "2026-01-01T00:00:00Z")
        entry = enter(ledger)
    assert outcomes(registered)[entry.id][0] == "freed"


def test_a_reservation_whose_attempt_is_alive_on_another_host_stays(registered: Any, ledger: Ledger) -> None:
    entry = enter(ledger)
    claim(entry, place="elsewhere", host="elsewhere")
    assert outcomes(registered)[entry.id][0] == "reserved"
    path = Path(zone("sealed").path(f"train/{entry.key}/lease/00000001.json"))
    os.utime(path, (path.stat().st_mtime - 301,) * 2)
    assert outcomes(registered)[entry.id][0] == "freed"


def test_a_published_output_is_committed(registered: Any, ledger: Ledger) -> None:
    entry, other = enter(ledger, "noise"), enter(ledger, "noise", key="2" * 64)
    digest = publish(entry)
    publish(other, "another entry")
    found = outcomes(registered)
    assert found[entry.id] == ("committed", "its output is published")
    assert found[other.id][0] == "noise" and "give it up for good by --abandon" in found[other.id][1]
    assert [one.digest for one in ledger.entries()] == [digest, None]
    assert registered("verify").endswith("nothing was changed\n")


def test_a_statistic_is_put_right_too(registered: Any, ledger: Ledger) -> None:
    means = [enter(ledger, "noise", key=letter * 64, events=(Gaussian(9.0),)) for letter in "ab"]
    publish(means[0], stage="statistics")
    assert [now for now, _ in outcomes(registered).values()] == ["committed", "noise"]
    folder = f"statistics/{means[1].key}/attempts/20260101T000000Z-abc"
    zone("clean").write_bytes(f"{folder}/payload/mean.json", b"{}")
    zone("clean").write_bytes(f"{folder}/lease.json", json.dumps({"renewed": time.time()}).encode())
    line = ("reconcile", "--reason", "x", "--abandon", means[1].id)
    assert "an attempt is at work on it" in registered(*line, code=75)
    zone("clean").remove(f"{folder}/lease.json")
    assert "it counts whole" in registered(*line)
    assert zone("clean").listing(f"statistics/{means[1].key}/attempts") == []
    assert [entry.events for entry in ledger.entries()] == [(Gaussian(9.0),)] * 2


def leave_traces(entry: Entry, begun: dict[str, Any] | None = None) -> None:
    for name in ("checkpoint.safetensors", ".1234.tmp"):
        zone("sealed").write_bytes(f"train/{entry.key}/{name}", b"weights")
    zone("clean").write_bytes(f"train/{entry.key}/attempts/20260101T000000Z-abc/payload/adapter/a.safetensors", b"x")
    if begun:
        zone("sealed").write_bytes(f"train/{entry.key}/begun.json", json.dumps(begun).encode())


def test_an_abandoned_run_leaves_nothing_and_counts_whole(registered: Any, ledger: Ledger) -> None:
    entry = enter(ledger, "noise")
    leave_traces(entry)
    before = ledger.account("visits", tight).spent
    said = registered("reconcile", "--abandon", entry.id, "--reason", "a wrong configuration")
    assert said.endswith("its checkpoint is deleted and its nonce overwritten; it counts whole\n")
    assert [item["name"] for item in zone("sealed").listing(f"train/{entry.key}")] == ["lease"]
    assert zone("clean").listing(f"train/{entry.key}/attempts") == []
    [after] = ledger.entries()
    assert (after.state, after.nonce, after.events) == ("abandoned", b"", (TRAINING,))
    assert ledger.account("visits", tight).spent == before
    assert registered("verify").endswith("nothing was changed\n")
    again = registered("reconcile", "--abandon", entry.id, "--reason", "x", code=2)
    assert f"entry {entry.id} is abandoned" in again


@pytest.mark.parametrize(
    ("begun", "steps"),
    [
        ({"steps": 120}, 120), ({"steps": 120, "entry": "another"}, 500), ({"steps": 0}, 500), ({"steps": 501}, 500),
        ({"steps": True}, 500), ({"steps": "5"}, 500), ({"n": 5}, 500),
    ],
)  # fmt: skip
def test_steps_that_never_began_are_freed_by_the_runs_own_record(
    registered: Any, ledger: Ledger, begun: dict[str, Any], steps: int
) -> None:
    entry = enter(ledger, "noise")
    leave_traces(entry, {"entry": entry.id, **begun})
    [(now, said)] = outcomes(registered, "--abandon", entry.id, "--reason", "x").values()
    [after] = ledger.entries()
    assert (now, after.events) == ("abandoned", (SampledGaussian(1.1, 0.01, steps),))
    assert ("380 of 500 steps never began and are freed" in said) == (steps == 120)


def test_another_entry_of_the_same_run_is_named(registered: Any, ledger: Ledger) -> None:
    entry = enter(ledger, "noise")
    second = ledger.reserve(charge(), fingerprint="e" * 64)
    ledger.mark(second.id)
    leave_traces(entry, {"steps": 120, "entry": second.id})
    [(_, said)] = outcomes(registered, "--abandon", entry.id, "--reason", "x").values()
    assert "it counts whole" in said and f"Entry {second.id} is of the same run" in said


def test_a_live_or_published_run_is_not_abandoned(registered: Any, ledger: Ledger) -> None:
    entry, published = enter(ledger, "noise"), enter(ledger, "noise", key="2" * 64)
    reserved = enter(ledger, key="3" * 64)
    leave_traces(entry)
    claim(entry)
    line = ("reconcile", "--reason", "x", "--abandon")
    assert "is at work on it; try again when that has ended" in registered(*line, entry.id, code=75)
    publish(published)
    assert "has released its output" in registered(*line, published.id, code=2)
    assert f"entry {reserved.id} is reserved" in registered(*line, reserved.id, code=2)
    assert zone("sealed").exists(f"train/{entry.key}/checkpoint.safetensors")
    assert list(states(ledger).values()) == ["noise", "noise", "reserved"]
    zone("clean").write_bytes(f"train/{published.key}/manifest.json", b"{")
    assert "is damaged" in registered(*line, published.id, code=2)


def test_abandoning_spares_what_another_entry_published_under_the_key(registered: Any, ledger: Ledger) -> None:
    entry = enter(ledger, "noise")
    publish(entry, "another entry")
    leave_traces(entry)
    assert outcomes(registered, "--abandon", entry.id, "--reason", "x")[entry.id][0] == "abandoned"
    from tasks.core.artifacts import find

    assert find(zone("clean"), "train", entry.key) is not None
    assert len(zone("clean").listing(f"train/{entry.key}/attempts")) == 1
