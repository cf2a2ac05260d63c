"""Keeps everything but numbers out of Airflow's database where a person answers for a review sample.

Airflow checks an answer against its form in the browser only; its server writes whatever a request holds into the
task's record and into its audit log, which nothing deletes from. So such a request is looked at before Airflow sees it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tasks.core.answers import Answer
from tasks.core.errors import UserError

TASK_ID = "review_answer"
"""The waiting task's id, by which its requests are known."""

READ, LEAKING = "rows_read", "leaking"
"""The fields of the form."""

OK = "OK"
"""The one option of the form."""

MOST_ROWS = 999_999
LONGEST_BODY = 16_384
"""Bytes of a request that is looked at; a longer one is refused."""

_PATH = re.compile(r"/taskInstances/(?:[^/]*\.)?" + TASK_ID + r"/[^/]*/hitlDetails/?$")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def only_numbers(body: bytes) -> bool:
    """Whether a request's body is an answer of numbers, and nothing beside it.

    >>> only_numbers(b'{"chosen_options": ["OK"], "params_input": {"rows_read": 120, "leaking": "3,17"}}')
    True
    >>> only_numbers(b'{"chosen_options": ["OK"], "params_input": {"rows_read": 120, "leaking": "Jane Roe"}}')
    False
    """
    try:
        answer = json.loads(body)
        given = answer["params_input"]
        if set(answer) != {"chosen_options", "params_input"} or answer["chosen_options"] != [OK]:
            return False
        if set(given) != {READ, LEAKING} or not isinstance(given[LEAKING], str | None):
            return False
        Answer.parse(given[READ], given[LEAKING] or "", MOST_ROWS)
    except (ValueError, KeyError, TypeError, UserError, RecursionError):
        return False
    return True


class ReviewGuard:
    """Refuses, before Airflow's server records it, any answer to a review that holds more than numbers.

    Formal guarantees:
        A request that would write the answer of a task :data:`TASK_ID` reaches Airflow only where its body passes
        :func:`only_numbers` and its address has no query. Requests with an address of their own, such as one that
        writes a note on a task, are none of this guard's business.

    Args:
        app: what comes after.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Look at the request, and hand it on as it is or refuse it."""
        guarded = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and _PATH.search(scope["path"])
        if not guarded:
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more and len(body) <= LONGEST_BODY:
            message = await receive()
            body += message.get("body", b"")
            more = bool(message.get("more_body", False)) and message["type"] == "http.request"
        if len(body) > LONGEST_BODY or scope.get("query_string") or not only_numbers(body):
            await _refuse(send)
            return
        left = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return left.pop() if left else await receive()

        await self._app(scope, replay, send)


async def _refuse(send: Send) -> None:
    said = {
        "detail": f"A review is answered with numbers only: {READ}, and {LEAKING} as in 3,17,40. Nothing was recorded."
    }
    data = json.dumps(said).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 422, "headers": headers})
    await send({"type": "http.response.body", "body": data})
