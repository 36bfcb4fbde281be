"""A client that costs little beside the server it measures: raw keep-alive sockets, no more parsing than is needed.

A trip is what a user waits for, however many requests it takes: an `Ask` is given each answer and says what is next.
"""

from __future__ import annotations

import select
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

CLIENTS = 16
_WARM_UPS = 20
_WARM_SECONDS = 1.0
_PATIENCE = 60.0  # seconds without any answer


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    head: bytes
    body: bytes  # with its chunks' sizes in it where it came in chunks


# Given the latest answer of a trip, or None at its begin: the next request, or None when the trip is over.
Ask = Callable[[Answer | None], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast trips went."""

    median_ms: float  # one after the other
    p95_ms: float
    per_second: float  # with `CLIENTS` connections at once

    def best(self, other: Pace) -> Pace:
        """What was least disturbed: other programs only ever make it slower."""
        quieter = self if self.median_ms <= other.median_ms else other
        per_second = max(self.per_second, other.per_second)
        return Pace(median_ms=quieter.median_ms, p95_ms=quieter.p95_ms, per_second=per_second)


class Connection:
    """A keep-alive connection to 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""

    def fileno(self) -> int:
        """For epoll."""
        return self._socket.fileno()

    def send(self, request: bytes) -> None:
        """Send a request, whole."""
        self._socket.sendall(request)

    def receive(self) -> Answer | None:
        """What has arrived of an answer, once it is whole.

        Raises:
            ConnectionError: the server closed the connection.
        """
        new = self._socket.recv(1 << 18)
        if not new:
            raise ConnectionResetError("the server closed a keep-alive connection")
        self._got += new
        end = self._got.find(b"\r\n\r\n") + 4
        if end < 4:
            return None
        head = self._got[:end].lower()
        if b"\r\ntransfer-encoding: chunked" in head:
            if not self._got.endswith(b"0\r\n\r\n"):
                return None
        elif len(self._got) < end + int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r")[0]):
            return None
        answer = Answer(int(head[9:12]), head, self._got[end:])
        self._got = b""
        return answer

    def exchange(self, *pieces: bytes) -> Answer:
        """Send a request, each piece in a write of its own, and wait for its answer."""
        for piece in pieces:
            self.send(piece)
        while (answer := self.receive()) is None:
            pass
        return answer

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def request(method: str, path: str, body: bytes | None = None) -> bytes:
    """The bytes of a request, with a JSON body if there is one."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def pace(port: int, ask: Ask, trips: int, seconds: float) -> Pace:
    """Both ways to measure a server.

    Args:
        port: of the server
        ask: what a trip is
        trips: how many, one after the other
        seconds: how long `CLIENTS` at once go on
    """
    took = one_after_another(port, ask, trips)
    return Pace(
        median_ms=1000 * statistics.median(took),
        p95_ms=1000 * statistics.quantiles(took, n=20)[-1],
        per_second=at_once(port, ask, seconds),
    )


def one_after_another(port: int, ask: Ask, trips: int) -> list[float]:
    """Seconds of each trip on one connection, after some to warm up."""
    connection = Connection(port)
    took = []
    for _ in range(_WARM_UPS + trips):
        began = time.perf_counter()
        wanted = ask(None)
        while wanted is not None:
            wanted = ask(connection.exchange(wanted))
        took.append(time.perf_counter() - began)
    connection.close()
    return took[_WARM_UPS:]


def at_once(port: int, ask: Ask, seconds: float) -> float:
    """Trips a second that end while `CLIENTS` connections do one after the other; all are over when it returns."""
    connections = {one.fileno(): one for one in (Connection(port) for _ in range(CLIENTS))}
    count, busy = 0, len(connections)
    with select.epoll() as ready:
        for fd, connection in connections.items():
            ready.register(fd, select.EPOLLIN)
            connection.send(ask(None) or b"")
        begin = time.perf_counter() + _WARM_SECONDS
        end = begin + seconds
        while busy:
            found = ready.poll(_PATIENCE)
            if not found:
                raise TimeoutError(f"no answer within {_PATIENCE:.0f} s")
            now = time.perf_counter()
            for fd, _ in found:
                answer = connections[fd].receive()
                if answer is None:
                    continue
                wanted = ask(answer)
                if wanted is None:
                    count += begin <= now < end
                    wanted = ask(None) if now < end else None
                if wanted is None:
                    busy -= 1
                else:
                    connections[fd].send(wanted)
    for connection in connections.values():
        connection.close()
    return count / seconds
