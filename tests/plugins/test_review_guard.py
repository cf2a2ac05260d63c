"""The guard before Airflow's server: an answer to a review reaches it only where it is numbers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock_airflow.review_guard import LONGEST_BODY, ReviewGuard, only_numbers

PATH = "/api/v2/dags/private_model/dagRuns/r/taskInstances/review_answer/-1/hitlDetails"
GOOD: dict[str, Any] = {"chosen_options": ["OK"], "params_input": {"rows_read": 120, "leaking": "3,17"}}


def call(
    body: bytes, path: str = PATH, method: str = "PATCH", query: bytes = b"", pieces: int = 1
) -> tuple[int, bytes]:
    """Status, and the body that reached what stands behind the guard (which answers 200)."""
    reached, said = [], []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            reached.append(message["body"])
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    size = -(-len(body) // pieces) or 1
    cut = [body[k : k + size] for k in range(0, len(body), size)] or [b""]
    messages = [{"type": "http.request", "body": b, "more_body": k + 1 < len(cut)} for k, b in enumerate(cut)]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query}
    asyncio.run(ReviewGuard(behind)(scope, receive, send))
    return said[0]["status"], b"".join(reached)


@pytest.mark.parametrize("pieces", [1, 5])
def test_numbers_pass_as_they_are(pieces: int) -> None:
    for given_params in (
        {"rows_read": 120, "leaking": "3,17"},
        {"rows_read": 1, "leaking": ""},
        {"rows_read": 9, "leaking": None},
    ):
        body = json.dumps({**GOOD, "params_input": given_params}).encode()
        assert call(body, pieces=pieces) == (200, body)
    assert call(json.dumps(GOOD).encode(), path=PATH.replace("review_answer", "group.review_answer"))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {**GOOD, "params_input": {"rows_read": 120, "leaking": "Jane Roe"}},
        {**GOOD, "params_input": {"rows_read": "Jane", "leaking": ""}},
        {**GOOD, "params_input": {"rows_read": 120, "leaking": "3", "comment": "Jane Roe"}},
        {**GOOD, "params_input": {"rows_read": 120, "leaking": [3]}},
        {**GOOD, "params_input": {"rows_read": 120}},
        {**GOOD, "chosen_options": ["Jane Roe"]},
        {**GOOD, "note": "Jane Roe"},
        ["Jane Roe"],
        "Jane Roe",
        None,
    ],
)
def test_anything_else_is_refused_before_airflow_sees_it(body: Any) -> None:
    assert call(json.dumps(body).encode()) == (422, b"")
    assert call(json.dumps(body).encode(), path=PATH.replace("review_answer", "g.review_answer") + "/")[0] == 422


def test_a_query_and_a_long_body_are_refused() -> None:
    good = json.dumps(GOOD).encode()
    assert call(good, query=b"name=Jane") == (422, b"")
    assert call(good + b" " * LONGEST_BODY) == (422, b"")
    assert call(b"\xff\xfe Jane") == (422, b"") and call(b"[" * 9_000) == (422, b"")


def test_other_requests_are_none_of_its_business() -> None:
    for path in (PATH.replace("review_answer", "approve"), "/api/v2/dags", PATH.replace("hitlDetails", "note")):
        assert call(b"Jane Roe", path=path) == (200, b"Jane Roe")
    assert call(b"", method="GET") == (200, b"")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rows_read", "leaking", "x"]), inner, max_size=3)
)))  # fmt: skip
def test_only_digits_and_commas_pass(params: Any) -> None:
    if only_numbers(json.dumps({"chosen_options": ["OK"], "params_input": params}).encode()):
        assert set(params) == {"rows_read", "leaking"}
        assert set(f"{params['rows_read']}{params['leaking'] or ''}") <= set("0123456789,")


def test_airflows_server_is_given_the_guard() -> None:
    from airlock_plugin import AirlockPlugin

    (layer,) = AirlockPlugin().fastapi_root_middlewares
    assert layer["middleware"] is ReviewGuard and "Airlock" in layer["name"]
