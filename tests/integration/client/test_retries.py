"""The client against a server that refuses, is silent or hangs up, as a test tells it to."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.client.errors import LabAnswerError, LabUnreachableError
from flasklab.client.transport import Transport, json_body

if TYPE_CHECKING:
    from collections.abc import Iterator


class Server:
    """Answers with the given statuses, one after the other; 0 hangs up."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.seen: list[tuple[str, str | None, bytes]] = []
        self.headers: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.seen.append((self.path, self.headers.get("Idempotency-Key"), body))
                status = outer.statuses.pop(0)
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b'{"detail": "told", "errors": [{"param": "x", "message": "is wrong"}]}')

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base's name
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_a_start_is_made_again_with_the_same_key_and_body(server: Server) -> None:
    server.statuses = [0, 503, 200]
    pauses: list[float] = []
    transport = Transport(url=server.url, sleep=pauses.append)

    transport.json("POST", "/x", {"a": 1, "b": None}, body=json_body({"p": 1}), headers={"Idempotency-Key": "k"})

    assert server.seen == [("/x?a=1", "k", b'{"p": 1}')] * 3
    assert pauses == [0.4, 0.8]


def test_the_lab_says_when_to_come_back(server: Server) -> None:
    server.statuses, server.headers = [429, 200], {"Retry-After": "7"}
    pauses: list[float] = []

    Transport(url=server.url, sleep=pauses.append).json("GET", "/x")

    assert pauses == [7.0]


def test_a_refusal_is_told_at_once(server: Server) -> None:
    server.statuses = [422]

    with pytest.raises(LabAnswerError, match="422 Error: told") as raised:
        Transport(url=server.url).json("GET", "/x")

    assert raised.value.errors == {"x": "is wrong"}
    assert len(server.seen) == 1


def test_nobody_there_is_told_after_all_tries(server: Server) -> None:
    server.statuses = [0, 0]
    with pytest.raises(LabUnreachableError, match="Is the lab served there"):
        Transport(url=server.url, tries=2, sleep=lambda _: None).json("GET", "/x")

    server.statuses = [503] * 2
    with pytest.raises(LabAnswerError, match="503"):
        Transport(url=server.url, tries=2, sleep=lambda _: None).json("GET", "/x")
