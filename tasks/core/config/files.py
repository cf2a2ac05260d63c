"""Reading a configuration from YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tasks.core.config.model import Config
from tasks.core.errors import UserError
from tasks.core.strict_yaml import RepeatedKeyError, StrictLoader

_PATHS = (
    ("ingest", "source"),
    ("train", "base_model"),
    ("mask", "policy"),
    *(("store", zone) for zone in ("root", "raw", "sealed", "clean", "handoff")),
)


def load_config(path: str | Path, overrides: dict[str, Any] | None = None) -> Config:
    """Read ``path`` and apply ``overrides`` (dotted names, as in ``{"train.epsilon": 4.0}``).

    A relative source, store, model folder or policy file is taken from the folder of the file, so that a
    configuration can travel with its data.

    Raises:
        UserError: where the file is missing, is not YAML, or breaks a rule of the configuration.
    """
    data = read_yaml(path)
    folder = Path(path).resolve().parent
    for section, field in _PATHS:
        value = data.get(section, {}).get(field) if isinstance(data.get(section), dict) else None
        if isinstance(value, str) and _is_relative_path(value, section, field, folder):
            data[section][field] = str(folder / value)
    return Config.parse(with_overrides(data, overrides or {}), where=Path(path).name)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        UserError: where there is none.
    """
    try:
        data = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=StrictLoader)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; `airlock sample` writes a starter configuration") from None
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path}: cannot be read as a UTF-8 file") from None
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 0
        problem = exc.problem if isinstance(exc, RepeatedKeyError) else "this is not YAML"
        raise UserError(f"{path}: line {line}: {problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise UserError(
            f"{path}: a value in it can't be read as YAML (a control character, or a date that isn't one?)"
        ) from None
    if not isinstance(data, dict):
        raise UserError(f"{path}: a configuration is a mapping of sections, such as `ingest:` and `train:`")
    return data


def with_overrides(data: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """A copy of ``data`` with dotted names set.

    >>> with_overrides({"train": {"epsilon": 8}}, {"train.epsilon": 4, "name": "m"})
    {'train': {'epsilon': 4}, 'name': 'm'}
    """
    result = {k: dict(v) if isinstance(v, dict) else v for k, v in data.items()}
    for dotted, value in overrides.items():
        section, _, field = dotted.partition(".")
        if not field:
            result[section] = value
            continue
        below = result.setdefault(section, {})
        if not isinstance(below, dict):
            raise UserError(f"{section}: must be a section with fields")
        below[field] = value
    return result


def _is_relative_path(value: str, section: str, field: str, folder: Path) -> bool:
    if not value or "://" in value or value.startswith("/"):
        return False
    if section == "mask":
        return value.endswith((".yaml", ".yml"))
    if section == "train":
        return ":" not in value and (folder / value).exists()
    return True
