"""What is publicly known about the base models that Airlock carries or fetches by name."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PACKAGED = {"smollm2-135m-instruct": ("HuggingFaceTB/SmolLM2-135M-Instruct", "apache-2.0")}
_HASHED = re.compile(r"^(?P<name>.+)-[0-9a-f]{12}$")
_PART = r"[A-Za-z0-9][\w.]*(?:-[\w.]+)*"
_HUB = re.compile(rf"^hf--(?P<org>{_PART})--(?P<name>{_PART})(?:--[\w.-]+)?$")


@dataclass(frozen=True)
class Base:
    """A base model as a card may name it.

    Attributes:
        hub: its name on the Hugging Face hub, or empty for a local folder, whose name is its owner's business.
        license: SPDX id, or empty where it isn't known.
        sha: the first 12 characters of its files' joint SHA-256, or empty.
    """

    hub: str
    license: str
    sha: str


def describe_base(model_id: str, found_license: str = "") -> Base:
    """What a card may say about the model of an id such as ``smollm2-135m-instruct-0123456789ab``.

    Args:
        model_id: ``NAME-SHA12``, as :func:`tasks.methods.lm.weights.resolve` gives it.
        found_license: the licence that the model's own folder names, if any.

    >>> describe_base("hf--org--model-0123456789ab", "mit")
    Base(hub='org/model', license='mit', sha='0123456789ab')
    >>> describe_base("janes-notes-0123456789ab").hub
    ''
    """
    hashed = _HASHED.match(model_id)
    name, sha = (hashed["name"], model_id[-12:]) if hashed else (model_id, "")
    if name in _PACKAGED:
        hub, known = _PACKAGED[name]
        return Base(hub, found_license or known, sha)
    on_hub = _HUB.match(name)
    return Base(f"{on_hub['org']}/{on_hub['name']}" if on_hub else "", found_license, sha)
