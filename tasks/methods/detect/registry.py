"""The masker's detectors by name, and the Presidio recognizers each consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from presidio_analyzer import EntityRecognizer, Pattern
from presidio_analyzer import predefined_recognizers as presidio

from tasks.methods.detect import chinese, gazetteer, identifiers, nationalities, organizations, people, places
from tasks.methods.detect.lac import LacRecognizer
from tasks.methods.detect.nhs import HumbleNhsRecognizer
from tasks.methods.detect.rules import Finder, Function, RuleRecognizer
from tasks.methods.detect.tagger import TaggerRecognizer
from tasks.methods.detect.user_models import ModelEntry, recognizer

DETECTORS: dict[str, tuple[str, ...]] = {
    "spacy": ("en",),
    "spacy-organizations": ("en",),
    "presidio-patterns": ("en", "zh"),
    "airlock-identifiers": ("en",),
    "airlock-people": ("en",),
    "airlock-places": ("en",),
    "airlock-organizations": ("en",),
    "airlock-gazetteer": ("en",),
    "airlock-tagger": ("en",),
    "airlock-zh": ("zh",),
    "lac": ("zh",),
}
"""The masker's detectors and the languages each works in."""

CANONICAL = {
    "DATE_TIME": "DATE",
    "US_ITIN": "TAX_ID",
    "US_PASSPORT": "PASSPORT",
    "US_BANK_NUMBER": "ACCOUNT_NUMBER",
    "US_DRIVER_LICENSE": "DRIVERS_LICENSE",
    "MEDICAL_LICENSE": "LICENSE_NUMBER",
}
"""Presidio's names for kinds that this project calls otherwise."""

TAGGERS = frozenset({"spacy", "spacy-organizations"})
"""Detectors that read a text with the spaCy model; the others go by a text's form, or read for themselves."""

TAGGER_THRESHOLD = 0.6
"""Of our tagger: the least probability that a word is personal data."""

NETWORKS = frozenset({"airlock-tagger", "lac"})
"""Detectors that run a network of their own: windows in which a disguise is taken off are not read by them."""

SPACY_KINDS = {
    "spacy": ["LOCATION", "NRP", "PERSON"],
    "spacy-organizations": ["ORGANIZATION"],
}
"""Two detectors of one model: what it takes for organisations is often a drug, so a policy asks for them apart."""
_NUMBERED = (
    "version",
    "versions",
    "section",
    "sections",
    "chapter",
    "release",
    "firmware",
    "build",
    "ver",
    r"ver\.",
    r"sec\.",
    "§",
)
_PHONE_REGIONS = ("US", "GB", "DE", "FR", "IN")
"""Whose national notation is read; numbers with a country code are read from everywhere, Canada's as US numbers."""


def recognizers(detector: str, language: str, models: Mapping[str, ModelEntry] | None = None) -> list[EntityRecognizer]:
    """The recognizers of one detector, in the order in which they look; ``models`` are the user's own, by name."""
    if models and detector in models:
        return [recognizer(detector, models[detector], language)]
    if detector in SPACY_KINDS:
        kinds = SPACY_KINDS[detector]
        return [presidio.SpacyRecognizer(supported_language=language, supported_entities=kinds, name=detector)]
    if detector == "airlock-tagger":
        return [TaggerRecognizer(TAGGER_THRESHOLD, detector, language)]
    if detector == "lac":
        return [LacRecognizer(detector, language)]
    if detector == "presidio-patterns":
        return _patterns(language)
    rules: dict[str, Sequence[Finder]] = {
        "airlock-identifiers": identifiers.RULES,
        "airlock-people": (*people.RULES, Function("PERSON", people.speakers)),
        "airlock-places": places.RULES,
        "airlock-organizations": organizations.RULES,
        "airlock-gazetteer": (*gazetteer.RULES, *nationalities.RULES),
        "airlock-zh": chinese.RULES,
    }
    return [RuleRecognizer(detector, rules[detector], language)]


def _patterns(language: str) -> list[EntityRecognizer]:
    """Presidio's own recognizers.

    Its e-mail recognizer is left out: it asks tldextract, which goes online at its first use, and drops addresses in
    domains that are not public. So is its URL recognizer, whose time grows with the square of a run of dots. Ours
    replace them.
    """
    general = [
        presidio.CreditCardRecognizer, presidio.CryptoRecognizer, presidio.IbanRecognizer,
        presidio.MacAddressRecognizer, presidio.DateRecognizer,
    ]  # fmt: skip
    if language == "zh":
        kinds = [presidio.IbanRecognizer, presidio.MacAddressRecognizer, presidio.CryptoRecognizer]
        return [kind(supported_language="zh") for kind in kinds]
    american = [
        presidio.UsBankRecognizer, presidio.UsItinRecognizer, presidio.UsLicenseRecognizer,
        presidio.UsPassportRecognizer, presidio.UsSsnRecognizer, presidio.MedicalLicenseRecognizer,
        HumbleNhsRecognizer,
    ]  # fmt: skip
    phone = presidio.PhoneRecognizer(supported_language=language, supported_regions=_PHONE_REGIONS)
    ip = presidio.IpRecognizer(supported_language=language, patterns=_no_versions(presidio.IpRecognizer.PATTERNS))
    return [*(kind(supported_language=language) for kind in (*general, *american)), ip, phone]


def _no_versions(patterns: Sequence[Pattern]) -> list[Pattern]:
    """The patterns of addresses, but for what the word before says is the number of a version or of a section.

    Look-behinds of a fixed width each, so that what a text must hold can still be read off the pattern.
    """
    guard = "".join(f"(?<!{word} )" for word in _NUMBERED)
    return [Pattern(p.name, f"{guard}(?:{p.regex})", p.score) for p in patterns]
