"""The pages without Airflow: what they show, and that whatever they are given stays text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

from airlock_airflow import pages


def step(stage: str, **more: Any) -> dict[str, Any]:
    entry = {"run": "r", "stage": stage, "shard": None, "at": 1_790_000_000.0, "exit_code": 0, "message": ""}
    entry |= {"refs": [], "reused": False, "seconds": 1.5, "facts": {}, "name": "m", "dataset": "d"}
    return entry | more


def ref(**counts: Any) -> dict[str, Any]:
    return {"uri": "u", "stage": "s", "key": "k", "digest": "d", "counts": counts}


class Tags(HTMLParser):
    """Tags, their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.S))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def test_run_shows_stages_counts_and_bars() -> None:
    steps = [
        step("ingest", refs=[ref(shard=0, rows=1000), ref(shard=1, rows=234)], seconds=2.0),
        step("mask", shard=0, refs=[ref(rows=1000, entities={"PERSON": 3})], seconds=4.0),
        step("mask", shard=1, refs=[ref(rows=234)], reused=True, seconds=0.5),
        step("leakcheck", exit_code=3, message="leakcheck: 3 findings, the policy allows 0", seconds=1.0),
    ]
    page = Tags(pages.run_page("manual__1", steps))
    assert "shards 2, rows 1,234" in page.text and "mask 00001" in page.text and "reused" in page.text
    assert "a gate refused" in page.text and "3 findings" in page.text
    bars = [attrs for tag, attrs in page.tags if tag == "rect"]
    assert [bar["class"] for bar in bars] == ["built", "built", "failed"]
    assert float(bars[1]["width"] or 0) == 560.0 and float(bars[0]["width"] or 0) == round(560 * 2 / 4.5, 1)


def test_runs_come_latest_first_with_how_they_ended() -> None:
    page = pages.runs_page(
        {
            "older": [step("ingest"), step("export")],
            "newest": [step("train", at=1_790_000_900.0)],
            "failed": [step("train", at=1_790_000_500.0, exit_code=4, message="over budget")],
            "again": [step("export", at=1.0, reused=True)],
        }
    )
    text = Tags(page).text
    order = [text.index(name) for name in ("newest", "failed", "older", "again")]
    assert order == sorted(order)
    assert "the privacy budget refused" in text and "train done" in text


def test_nothing_to_show_is_a_sentence() -> None:
    assert "No run" in pages.runs_page({})
    assert "No step" in pages.run_page("r", [])
    assert "&lt;b&gt;" in pages.sorry_page("<b>")


def test_whatever_it_is_given_stays_text() -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    steps = [
        step(evil, message=evil, exit_code=2, name=evil, dataset=evil, refs=[ref(**{evil: 1, "x": evil})]),
        step("export", exit_code=99, message=evil),
    ]
    for page in (pages.run_page(evil, steps), pages.runs_page({evil: steps}), pages.sorry_page(evil)):
        found = Tags(page)
        assert not {tag for tag, _ in found.tags} & {"script", "img", "iframe", "object", "form"}
        assert not [name for _, attrs in found.tags for name in attrs if name.startswith("on") or name == "style"]
        assert all(attrs["href"].startswith("run?id=") for tag, attrs in found.tags if tag == "a" and attrs["href"])


def test_policy_allows_its_style_and_nothing_else() -> None:
    css = re.search(r"<style>(.*?)</style>", pages.runs_page({}), re.S)
    assert css is not None
    digest = base64.b64encode(hashlib.sha256(css[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in pages.POLICY and "default-src 'none'" in pages.POLICY
    assert "unsafe" not in pages.POLICY and "prefers-color-scheme:dark" in css[1]
