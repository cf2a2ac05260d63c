"""moto's S3 server, with one request answered at a time.

S3 decides ``If-None-Match: *`` atomically. moto (5.x) looks whether the key is there and writes it in two steps, so
of two requests at once both may win. The lock gives the mock the property that the real service has (Amazon S3 user
guide, "Conditional writes"); without it a test of racing creators fails by chance, once in many runs.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

MOTO = DomainDispatcherApplication(create_backend_app)
ONE_AT_A_TIME = threading.Lock()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer one request, alone."""
    with ONE_AT_A_TIME:
        answer: Iterable[bytes] = MOTO(environ, start_response)
        return answer


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True, request_handler=MotoRequestHandler)
