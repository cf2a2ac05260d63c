"""The allow-list: who may trigger a run may not thereby read every path that a worker can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.core.config import Config
from tasks.core.errors import UserError
from tasks.core.settings import check_allowed


def config(source: str = "/data/in/rows.jsonl", **sections: Any) -> Config:
    return Config.parse({"ingest": {"source": source, "columns": [{"name": "n", "role": "text"}]}, **sections})


@pytest.mark.parametrize(
    "source", ["/data/in/rows.jsonl", "/data/in", "file:///data/in/x", "s3://bucket/prefix/x", "/data/in/*/a.csv"]
)
def test_inside(source: str) -> None:
    check_allowed(config(source), ["/data/in", "s3://bucket/prefix"])


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd",
        "/data/in/../secret",
        "/data/input",
        "s3://bucket/prefix2/x",
        "s3://bucket/prefix/../x",
        "s3://other/prefix/x",
        "file:///etc/passwd",
        "http://bucket/prefix/x",
        "/data/in/x::s3://other/y",
        "zip://a::/data/in/x",
        "~/x",
    ],
)
def test_outside(source: str) -> None:
    with pytest.raises(UserError, match=r"ingest\.source: lies outside .* AIRLOCK_ALLOWED_URLS"):
        check_allowed(config(source), ["/data/in", "s3://bucket/prefix"])


def test_a_link_out_of_an_allowed_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to("/etc")
    with pytest.raises(UserError):
        check_allowed(config(str(tmp_path / "in" / "link" / "passwd")), [str(tmp_path / "in")])


@pytest.mark.parametrize(
    "sections",
    [{"store": {"root": "/elsewhere"}}, {"train": {"base_model": "/models/x"}}, {"mask": {"policy": "/etc/p.yaml"}}],
)
def test_store_model_and_policy_count_too(sections: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="lies outside"):
        check_allowed(config(**sections), ["/data/in"])


def test_packaged_models_are_part_of_the_installation() -> None:
    check_allowed(config(train={"base_model": "package:smollm2-135m-instruct"}), ["/data/in"])
