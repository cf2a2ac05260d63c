"""Checking a bundle on the receiver's machine: every file, the signature, and the cards against each other.

Nothing but the standard library and ``cryptography`` is needed. Nothing of the bundle is executed.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tasks.methods.bundle import audit_report, privacy_card, revocation, signing

FORMAT = "airlock/bundle/1"
MANIFEST = "manifest.json"
REQUIRED = (
    "MODEL_CARD.md", "PRIVACY_CARD.md", "privacy_card.json", "DATASHEET.md", "croissant.json", "masking_report.html",
    "masking_report.json", "leak_check/leak_check.json", "lineage.json", "bom.cdx.json", "report.html", "VERIFY.md",
)  # fmt: skip
"""What every bundle has, beside its model."""
LEDGER, LEDGER_SIGNATURE = "ledger_extract.json", "ledger_extract.json.sig"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a bundle.

    Attributes:
        file: below the bundle's folder.
        what: in words.
    """

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def check(
    folder: Path, pem: str, ledger_signed: Callable[[bytes, str, str], bool], revoked: bytes | None = None
) -> list[Fault]:
    """Everything that is wrong with a bundle; nothing where it is as it was released.

    Args:
        folder: the bundle.
        pem: the releasing team's public key, from a source other than the bundle.
        ledger_signed: whether bytes, given their signature, are signed by a ledger's public key.
        revoked: a list of revoked bundles, signed by the same key (:mod:`tasks.methods.bundle.revocation`).

    Formal guarantees:
        Where nothing is found, every file is, byte for byte, one that the key's holder signed for this bundle, none is
        missing or put in, the card's ε isn't below what the ledger's statement says of the entries that the card names,
        and the list given doesn't name the bundle. The statement is the ledger's where ``ledger_signed`` knows the
        ledger's key from elsewhere; else it is as good as whoever signed the bundle, who names that key in it.

    Raises:
        OSError: a folder or file of the bundle can't be read.
    """
    try:
        if not stat.S_ISREG((folder / signing.NAME).lstat().st_mode):
            return [Fault(signing.NAME, "is a link or no file")]
        vouched = signing.signed_files((folder / signing.NAME).read_bytes(), pem)
    except FileNotFoundError:
        return [Fault(signing.NAME, "is missing: the bundle isn't signed")]
    except ValueError as exc:
        return [Fault(signing.NAME, str(exc))]
    faults = list(_files(folder, vouched))
    if any(fault.file == MANIFEST for fault in faults) or MANIFEST not in vouched:
        return faults or [Fault(MANIFEST, "is not among the signed files")]
    try:
        manifest = _json(folder / MANIFEST)
        if manifest["format"] != FORMAT:
            return [*faults, Fault(MANIFEST, "is of a version that this release doesn't read")]
        faults += _manifest(manifest, vouched)
        if not faults:
            faults += _cards(folder, manifest, ledger_signed)
        name, version = str(manifest["name"]), str(manifest["version"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return [*faults, Fault(MANIFEST, "or a card is not as a release writes it")]
    if revoked is not None:
        faults += _revoked(name, version, vouched[MANIFEST], revoked, pem)
    return faults


def _files(folder: Path, vouched: Mapping[str, str]) -> Iterator[Fault]:
    there = _there(folder, {str(parent) for name in vouched for parent in PurePosixPath(name).parents})
    for name in sorted({*there, *vouched} - {signing.NAME}):
        if name in there and stat.S_ISLNK(there[name]):
            yield Fault(name, "is a link")
        elif name not in vouched:
            yield Fault(name, "was put in after signing")
        elif name not in there:
            yield Fault(name, "is missing")
        elif not stat.S_ISREG(there[name]):
            # To open a pipe or a device could wait for ever.
            yield Fault(name, "isn't a file")
        elif _sha256(folder / name) != vouched[name]:
            yield Fault(name, "was changed after signing")


def _there(folder: Path, expected: set[str]) -> dict[str, int]:
    """What a bundle holds, and its mode: all but the folders that it should have, which are looked into instead.

    Raises:
        OSError: a folder can't be listed, so that something could hide in it.
    """

    def unlisted(error: OSError) -> None:
        raise error

    found: dict[str, int] = {}
    for root, folders, files in os.walk(folder, onerror=unlisted):
        for name in (*folders, *files):
            path = Path(root, name)
            found[path.relative_to(folder).as_posix()] = path.lstat().st_mode
        folders[:] = [name for name in folders if Path(root, name).relative_to(folder).as_posix() in expected]
    return {name: mode for name, mode in found.items() if not (stat.S_ISDIR(mode) and name in expected)}


def _json(path: Path) -> Any:
    """A file's JSON.

    Raises:
        ValueError: it isn't JSON, or names an entry twice, of which readers take one or the other.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("an entry stands twice")
        return dict(pairs)

    return json.loads(path.read_bytes(), object_pairs_hook=once)


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _manifest(manifest: Mapping[str, Any], vouched: Mapping[str, str]) -> Iterator[Fault]:
    listed = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    for name in sorted({*listed, *vouched} - {MANIFEST}):
        if listed.get(name) != vouched.get(name):
            yield Fault(name, f"isn't what {MANIFEST} lists")
    for name in REQUIRED:
        if name not in listed:
            yield Fault(name, "is missing: every bundle has it")
    if not any(name.startswith("model/") and name.endswith(".safetensors") for name in listed):
        yield Fault("model/", "holds no weights")


def _cards(
    folder: Path, manifest: Mapping[str, Any], ledger_signed: Callable[[bytes, str, str], bool]
) -> Iterator[Fault]:
    card = _json(folder / "privacy_card.json")
    if (folder / "PRIVACY_CARD.md").read_text(encoding="utf-8") != privacy_card.as_markdown(card):
        yield Fault("PRIVACY_CARD.md", "says something else than privacy_card.json")
    if (card["model"]["name"], card["model"]["version"]) != (manifest["name"], manifest["version"]):
        yield Fault("privacy_card.json", f"is another model's than {MANIFEST}")
    leak = _json(folder / "leak_check" / "leak_check.json")
    if leak["passed"] is not True:
        yield Fault("leak_check/leak_check.json", "the leak gate was shut")
    yield from _audit(folder, card, manifest)
    guarantee = card["guarantee"]
    if not guarantee["formal"]:
        if "epsilon" in guarantee or manifest["figures"].get("epsilon") is not None:
            yield Fault("privacy_card.json", "gives an epsilon without a formal guarantee")
        return
    if manifest["figures"].get("epsilon") != guarantee["epsilon"]:
        yield Fault("privacy_card.json", f"gives another epsilon than {MANIFEST}")
    if not (folder / LEDGER).exists() or not (folder / LEDGER_SIGNATURE).exists():
        yield Fault(LEDGER, "is missing: a model with a formal guarantee comes with its ledger's statement")
        return
    data, signature = (folder / LEDGER).read_bytes(), (folder / LEDGER_SIGNATURE).read_text(encoding="ascii")
    if not ledger_signed(data, signature, str(manifest["ledger_key"])):
        yield Fault(LEDGER, "isn't signed by the ledger")
        return
    yield from _against_ledger(card, manifest, json.loads(data))


def _audit(folder: Path, card: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[Fault]:
    if card["audited"] is not manifest["figures"]["audited"] or card["audited"] is not (card.get("audit") is not None):
        yield Fault("privacy_card.json", "isn't clear on whether the model was audited")
        return
    there = audit_report.NAME in manifest["files"]
    if card["audited"] is not there:
        yield Fault(audit_report.NAME, "is there, though the card knows of no audit" if there else "is missing")
        return
    if not there:
        return
    report = _json(folder / audit_report.NAME)
    if audit_report.for_card(report) != card["audit"] or not audit_report.audited(report):
        yield Fault("privacy_card.json", f"says something else than {audit_report.NAME}")
    if report["claim"] is not None and report["claim"]["epsilon"] > card["guarantee"].get("epsilon", -1):
        yield Fault(audit_report.NAME, "was held against a larger epsilon than the card claims")
    deciding = report.get("canaries", {}).get("deciding")
    claim = report["canaries"]["claim"] if deciding else None
    if claim is not None and (deciding["refuted"] or not deciding["epsilon_lower_bound"] <= claim["epsilon"]):
        yield Fault(audit_report.NAME, "refutes what the card promises")


def _against_ledger(card: Mapping[str, Any], manifest: Mapping[str, Any], ledger: Mapping[str, Any]) -> Iterator[Fault]:
    guarantee, life = card["guarantee"], card["composition"]
    if life is None:
        yield Fault("privacy_card.json", "says nothing of the ledger that the bundle holds")
        return
    entry = next((one for one in ledger["charges"] if one["id"] == life["entry"]), None)
    if entry is None or life["dataset"] != ledger["dataset"]:
        yield Fault("privacy_card.json", "names a ledger entry that the ledger doesn't have")
        return
    trained = {one["key"] for one in manifest["artifacts"] if one["stage"] == "train"}
    if entry["state"] != "committed" or entry["key"] not in trained:
        yield Fault(LEDGER, f"entry {entry['id']} isn't the charge of this model's training")
    means = [one for one in ledger["charges"] if one["id"] in life["entries_of_means"]]
    if len(means) != len(set(life["entries_of_means"])) or not all(one["state"] == "committed" for one in means):
        yield Fault("privacy_card.json", "names a ledger entry of a mean that the ledger doesn't have")
    epsilon, delta = (math.fsum(one[name] for one in (entry, *means)) for name in ("epsilon", "delta"))
    # Sums in floating point may differ in the last digit; the card's figure is rounded up.
    # Asked so that a figure that isn't a number, which is neither less nor more than another, is a fault too.
    if not (guarantee["epsilon"] >= epsilon - 1e-9 and guarantee["delta"] >= delta * (1 - 1e-12)):
        yield Fault(
            "privacy_card.json",
            f"claims epsilon {guarantee['epsilon']:g} at delta {guarantee['delta']:g}; the ledger was charged "
            f"{epsilon:g} at {delta:g}",
        )
    mechanism: dict[str, Any] = next(
        (one for one in entry["mechanism"] if one["type"] == "poisson_sampled_gaussian"), {}
    )
    same = ("noise_multiplier", "noise_multiplier"), ("sampling_rate", "sample_rate"), ("steps", "steps")
    for name, its in same:
        if card["mechanism"][name] != mechanism.get(its):
            yield Fault("privacy_card.json", f"gives another {name.replace('_', ' ')} than the ledger")
    if not life["epsilon"] >= ledger["counted_epsilon"]:
        yield Fault(
            "privacy_card.json",
            f"says that the data set's charges come to epsilon {life['epsilon']:g}; the ledger counts "
            f"{ledger['counted_epsilon']:g}",
        )


def _revoked(name: str, version: str, digest: str, revoked: bytes, pem: str) -> Iterator[Fault]:
    try:
        found = revocation.read(revoked, pem)
    except ValueError as exc:
        yield Fault("the list", str(exc))
        return
    for one in found:
        if one.sha256 == digest or (one.name, one.version) == (name, version):
            yield Fault(MANIFEST, f"{one.name} {one.version} was revoked on {one.at}: {one.why}")
