"""airlock audit MODEL --raw RAW: the attacks on a model made elsewhere, and what a user gets wrong."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import pytest

from tasks.command.main import main
from tasks.methods.attack.on_values import CANDIDATES, seek
from tests.tiny import tiny_causal_lm

WORDS = ["patient", "came", "back", "mild", "fever", "rest", "visit", "doctor", "cough", "pain", "knee", "home"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_causal_lm(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setenv("AIRLOCK_HOME", str(tmp_path / "home"))
    rng = random.Random(2)
    paths = []
    for name in ("raw", "heldout"):
        path = tmp_path / f"{name}.jsonl"
        texts = [
            f"{' '.join(rng.choices(WORDS, k=9))}, call 217-555-{rng.randrange(100, 199):04d} or "
            f"mail {rng.choice(WORDS)}{rng.randrange(10**6)}@example.com"
            for _ in range(40)
        ]
        path.write_text("".join(json.dumps({"note": text}) + "\n" for text in texts), encoding="utf-8")
        paths.append(path)
    return paths[0], paths[1]


def test_it_writes_counts_and_a_page_and_no_value(
    rows: tuple[Path, Path], model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, heldout = rows
    line = ["audit", str(model), "--raw", str(raw), "--heldout", str(heldout), "--base", str(model), "--quiet"]
    line += ["--text-column", "note", "--report", str(tmp_path / "report"), "--values", "8", "--texts", "6", "--json"]
    assert main(line) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["membership"]["attacks"]) == {"calibrated", "loss", "min_k_plus_plus"}
    assert report["membership"]["attacks"]["calibrated"]["auc"]["value"] == 0.5, "the base model itself"
    assert report["values"]["values"] == 8
    for attack in ("extraction", "reconstruction", "inference"):
        assert report["values"][attack]["verdict"] == "at chance" and report["values"][attack]["trained"][1] <= 8
    for name in ("report.json", "report.html"):
        text = (tmp_path / "report" / name).read_text(encoding="utf-8")
        assert "555-" not in text and "example.com" not in text
    assert "Personal values asked back" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--text-column", "note"], "--report DIR"),
        (["--report", "r"], "--text-column NAME"),
        (["--report", "r", "--text-column", "other"], "no row with text in column other"),
        (["--report", "r", "--text-column", "note", "--train.epsilon", "3"], "--train.epsilon belongs to the form"),
        (["--report", "r", "--text-column", "note", "--audit.max_exposure", "3"], "needs canaries"),
        (["--report", "r", "--text-column", "note", "--audit.guesses", "3"], "out of its range"),
        (["--report", "r", "--text-column", "note", "--base", "nowhere"], "train.base_model"),
    ],
)
def test_a_users_error_is_one_sentence(
    rows: tuple[Path, Path],
    model: Path,
    more: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", str(model), "--raw", str(rows[0]), *more]) == 2
    err = capsys.readouterr().err
    assert words in err and "Traceback" not in err


def test_flags_of_this_form_are_refused_in_the_stages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "x.yaml", "--heldout", "y"]) == 2
    assert "belong to the form with --raw" in capsys.readouterr().err


def test_values_get_controls_and_candidates_of_their_kind_and_none_twice() -> None:
    texts = [(f"call 217-555-01{n:02d} now", [(5, 17, "PHONE_NUMBER")]) for n in range(20)]
    odd = [("see Q7", [(4, 6, "A_KIND_OF_MINE")]), ("call 217-555-0100 now", [(5, 17, "PHONE_NUMBER")])]
    found = seek([*texts, *odd], 30, "seed")
    assert len(found.secrets) == len(found.controls) == len(found.others) == 20 and found.passed_over == 1
    values = [one.value for one in (*found.secrets, *found.controls)] + [v for row in found.others for v in row]
    assert len(set(values)) == len(values) == 20 * (1 + CANDIDATES)
    assert all((a.before, a.after) == (b.before, b.after) for a, b in zip(found.secrets, found.controls, strict=True))
    assert seek(texts, 5, "seed").secrets == seek(texts, 5, "seed").secrets
    assert len(seek(texts, 5, "seed").secrets) == 5


def test_what_is_written_on_the_way_lies_in_the_raw_zones_scratch(
    rows: tuple[Path, Path], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def attack(*_: object) -> dict[str, object]:
        seen.append(tempfile.gettempdir())
        return {"claim": None, "model": "none"}

    monkeypatch.setattr("tasks.command.audit_files._attack", attack)
    line = ["audit", str(model), "--raw", str(rows[0]), "--text-column", "note", "--report", str(tmp_path / "report")]
    assert main(line) == 0
    assert seen[0].startswith(str(tmp_path / "home" / "scratch")) and not Path(seen[0]).exists()
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "No attack was asked for" in page and "No attack found" not in page
