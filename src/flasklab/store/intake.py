"""The way in for starts: a Unix socket on which the supervisor takes them, stores many at once and tells their end.

Nothing depends on it but speed: whoever finds nobody there, or hears nothing, writes to the database and rings the
doorbell. A run's id is chosen by who starts it, so that both ways lead to one run.
"""

from __future__ import annotations

import itertools
import os
import select
import socket
import stat
import struct
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LENGTH = struct.Struct("<I")
_LONGEST_PATH = 100  # of an address; the kernel takes 107 bytes
_PATIENCE_SECONDS = 2.0  # until a first answer; a supervisor gives one within milliseconds, or is in trouble


class Start(msgspec.Struct, tag="start", array_like=True):
    """Queue a run."""

    n: int  # of this question on its connection
    new: dict[str, Any]  # the fields of a NewRun
    wait: bool  # whether its end is to be told


class Await(msgspec.Struct, tag="await", array_like=True):
    """Tell the end of a run that is queued or running already."""

    n: int
    id: str


class Accepted(msgspec.Struct, tag="accepted", array_like=True):
    """It is stored, durably."""

    n: int
    number: int
    created_at: float  # Unix seconds
    claimed: bool


class Known(msgspec.Struct, tag="known", array_like=True):
    """Another run was started before with the same idempotency key."""

    n: int
    id: str


class Full(msgspec.Struct, tag="full", array_like=True):
    """As many runs are queued as the lab takes."""

    n: int
    queued: int
    limit: int


class Refused(msgspec.Struct, tag="refused", array_like=True):
    """It is not taken here: who started it writes to the database and sees why."""

    n: int


class Ended(msgspec.Struct, tag="ended", array_like=True):
    """It is in its final state, durably."""

    n: int
    end: dict[str, Any] | None  # the fields of the Run that changed since its start; None: read it from the store


Question: TypeAlias = Start | Await
Answer: TypeAlias = Accepted | Known | Full | Refused | Ended

_encode = msgspec.msgpack.Encoder().encode
_questions = msgspec.msgpack.Decoder(Question)
_answers = msgspec.msgpack.Decoder(Answer)


def framed(message: Question | Answer) -> bytes:
    """A message as it travels: its length, then itself."""
    data = _encode(message)
    return _LENGTH.pack(len(data)) + data


def unframed(received: bytearray) -> list[bytes]:
    """Take every whole message out of what was received."""
    messages = []
    while len(received) >= _LENGTH.size:
        end = _LENGTH.size + _LENGTH.unpack_from(received)[0]
        if len(received) < end:
            break
        messages.append(bytes(received[_LENGTH.size : end]))
        del received[:end]
    return messages


def read_question(data: bytes) -> Question:
    """A message of a client's.

    Raises:
        msgspec.ValidationError: it is none.
    """
    found: Question = _questions.decode(data)
    return found


class _Connection:
    """One thread's connection; asks one thing at a time."""

    def __init__(self, path: Path) -> None:
        self.pid = os.getpid()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _address(path) as address:
                self.socket.connect(address)
        except BaseException:
            self.socket.close()
            raise
        self._received = bytearray()
        self._answers: deque[Answer] = deque()
        self._waiting = select.poll()
        self._waiting.register(self.socket, select.POLLIN)

    def __del__(self) -> None:  # a thread that ends takes its connection with it
        self.socket.close()

    def ask(self, question: Question) -> None:
        self.socket.settimeout(_PATIENCE_SECONDS)
        self.socket.sendall(framed(question))

    def answer(self, n: int, deadline: float) -> Answer | None:
        """The next answer to question `n`; None when there is none until `deadline` (monotonic seconds).

        Raises:
            OSError: the supervisor has gone.
        """
        while True:
            self._answers.extend(_answers.decode(data) for data in unframed(self._received))
            while self._answers:
                found = self._answers.popleft()
                if found.n == n:
                    return found  # an answer to an earlier question comes before it, and nobody waits for it
            left = deadline - time.monotonic()
            if left <= 0 or not self._waiting.poll(left * 1000):
                return None
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the supervisor has gone")
            self._received += data


class Intake:
    """The clients' side. Safe to use from several threads, each of which gets a connection of its own.

    Args:
        results: the lab's results folder
    """

    def __init__(self, results: Path) -> None:
        self.path = results / "supervisor.sock"
        self._local = threading.local()
        self._numbers = itertools.count(1)

    def start(self, new: dict[str, Any], *, wait: bool) -> Answer | None:
        """Hand a new run in; its first answer, or None where nobody takes it: it may be stored all the same.

        Args:
            new: the fields of a NewRun
            wait: whether its end may be the first answer, if that comes soon; else ask for it with `ended`
        """
        return self._first(Start(next(self._numbers), new, wait))

    def ask_for_end(self, run_id: str) -> bool:
        """Ask to be told a run's end, which `ended` waits for; False where nobody is there to tell it."""
        question = Await(next(self._numbers), run_id)
        connection = self._connected()
        if connection is None:
            return False
        try:
            connection.ask(question)
        except OSError:
            self._drop()
            return False
        self._local.asked = question.n
        return True

    def ended(self, seconds: float) -> Ended | None:
        """The end of what this thread asked for last; None when it is not told within `seconds`, or never will be."""
        connection = self._connected()
        if connection is None:
            return None
        try:
            found = connection.answer(self._local.asked, time.monotonic() + seconds)
        except (OSError, msgspec.MsgspecError):
            self._drop()
            return None
        return found if isinstance(found, Ended) else None

    @property
    def is_connected(self) -> bool:
        """Whether this thread's connection stands, as far as is known."""
        return getattr(self._local, "connection", None) is not None

    def _first(self, question: Start) -> Answer | None:
        self._local.asked = question.n
        connection = self._connected()
        try:
            if connection is not None:
                connection.ask(question)
        except OSError:  # of a supervisor that has been replaced since
            self._drop()
            connection = self._connected()
            with suppress(OSError):
                if connection is not None:
                    connection.ask(question)
        if connection is None:
            return None
        try:
            found = connection.answer(question.n, time.monotonic() + _PATIENCE_SECONDS)
        except (OSError, msgspec.MsgspecError):
            found = None
        if found is None:
            self._drop()
        return found

    def _connected(self) -> _Connection | None:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is not None and connection.pid == os.getpid():
            return connection
        try:
            self._local.connection = connection = _Connection(self.path)
        except OSError:
            return None
        return connection

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.socket.close()


def listen(results: Path) -> socket.socket:
    """The supervisor's side: a socket that listens where clients look; replaces one of a supervisor that is gone.

    Raises:
        OSError: the folder cannot be written, or takes no sockets.
    """
    path = results / "supervisor.sock"
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with _address(path) as address:
            listening.bind(address)
        path.chmod(0o600)
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The address of a socket's file, by way of a descriptor of its folder where its path is too long for one."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
