"""How supervisor and zygote talk: JSON messages with a length before them, file descriptors beside them."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections import deque
from typing import Any

import msgspec

_LENGTH = struct.Struct("<I")
_MOST_FDS = 64
_LOST = -1  # stands for all descriptors of a message that could not be taken in


class Channel:
    """One end of a stream socket that carries whole messages, with any descriptors that belong to them."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._received = bytearray()
        self._fds: deque[int] = deque()
        self.closed = False  # True once the other end has gone

    def fileno(self) -> int:
        """The socket's descriptor, for select."""
        return self._socket.fileno()

    def send(self, message: dict[str, Any], fds: tuple[int, ...] = ()) -> bool:
        """Send a message; False when the other end has gone."""
        data = msgspec.json.encode(message)
        try:
            sent = socket.send_fds(self._socket, [_LENGTH.pack(len(data)) + data], list(fds))
            if rest := (_LENGTH.pack(len(data)) + data)[sent:]:  # even nothing cannot be sent to who has read and gone
                self._socket.sendall(rest)
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True
            return False
        except TimeoutError:  # it does not read: half a message may stand in its way, so this is the end
            self.closed = True
            self._socket.shutdown(socket.SHUT_RDWR)
            return False
        return True

    def receive(self) -> list[dict[str, Any]]:
        """Every whole message that one read brings; sets `closed` at the end of the stream."""
        try:
            data, fds, flags, _ = socket.recv_fds(self._socket, 1 << 20, _MOST_FDS)
        except ConnectionResetError:
            data, fds, flags = b"", [], 0
        except BlockingIOError:
            return []
        if flags & socket.MSG_CTRUNC:  # no handles left here: a part of them would be taken for another message's
            for fd in fds:
                os.close(fd)
            fds = [_LOST]
        self._fds.extend(fds)
        if not data:
            self.closed = True
        self._received += data
        messages = []
        while len(self._received) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received)
            end = _LENGTH.size + length
            if len(self._received) < end:
                break
            messages.append(msgspec.json.decode(bytes(self._received[_LENGTH.size : end])))
            del self._received[:end]
        return messages

    def take_fds(self, count: int) -> tuple[int, ...]:
        """The next `count` descriptors that came, in the order in which they were sent.

        Raises:
            OSError: this process had no handles left to take them in.
        """
        if count and self._fds[0] == _LOST:
            self._fds.popleft()
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return tuple(self._fds.popleft() for _ in range(count))

    def finish(self) -> None:
        """Say that nothing more will be sent; the other end sees the end of the stream and goes."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close this end, and what came for messages not yet obeyed."""
        self.closed = True
        self._socket.close()
        while self._fds:
            if (fd := self._fds.popleft()) != _LOST:
                os.close(fd)
