"""Messages and descriptors between supervisor and zygote."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.execution.wire import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    one, other = (Channel(end) for end in socket.socketpair())
    yield one, other
    one.close()
    other.close()


def test_a_message_brings_its_descriptors(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    read_end, write_end = os.pipe()
    one.send({"do": "fork"}, (write_end,))
    os.close(write_end)
    assert other.receive() == [{"do": "fork"}]
    (taken,) = other.take_fds(1)
    os.write(taken, b"through")
    os.close(taken)
    assert os.read(read_end, 100) == b"through"
    os.close(read_end)


def test_a_message_larger_than_one_read_arrives_whole(ends: tuple[Channel, Channel]) -> None:
    import threading

    one, other = ends
    big = {"told": "described", "text": "x" * 5_000_000}
    sender = threading.Thread(target=one.send, args=(big,))
    sender.start()
    received: list[dict[str, object]] = []
    while not received:
        received = other.receive()
    sender.join()
    assert received == [big]


def test_several_messages_in_one_read_stay_apart(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    for number in range(3):
        one.send({"n": number})
    assert [message["n"] for message in other.receive()] == [0, 1, 2]


def test_the_end_of_the_stream_is_noticed_on_both_sides(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one.finish()
    assert other.receive() == []
    assert other.closed
    other.close()
    assert one.send({"n": 1}) is False


def test_a_message_whose_reader_has_read_it_and_gone_was_sent(
    ends: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = ends
    real = socket.send_fds

    def send_and_lose_the_reader(*arguments: Any) -> int:
        sent = real(*arguments)
        assert other.receive() == [{"do": "run"}]
        other.close()
        return sent

    monkeypatch.setattr(socket, "send_fds", send_and_lose_the_reader)
    assert one.send({"do": "run"})  # else whoever asked would let it run a second time
    assert not one.closed
