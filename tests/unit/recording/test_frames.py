from __future__ import annotations

import math
import random
import select
import struct
from typing import Any

import pytest

from flasklab.recording import frames
from flasklab.recording.frames import Decoder, Layout, Metrics, encode_event, encode_metrics


def decoded(packets: list[bytes]) -> list[Metrics | dict[str, Any]]:
    return Decoder().feed(b"".join(packets))


def only_metrics(packets: list[bytes]) -> Metrics:
    (found,) = decoded(packets)
    assert isinstance(found, Metrics)
    return found


def test_logged_values_come_back_with_time_step_and_order_of_keys() -> None:
    packets = encode_metrics(12.5, 7, {"loss": 0.25, "accuracy": 1.0})
    assert len(packets) == 1
    assert only_metrics(packets) == Metrics(("loss", "accuracy"), (12.5,), (7,), ((0.25,), (1.0,)))


def test_values_without_a_step_come_back_without_one() -> None:
    assert only_metrics(encode_metrics(0.0, None, {"a": 1.0})).steps == (frames.NO_STEP,)


@pytest.mark.parametrize("step", [0, -1, 2**63 - 1, -(2**63) + 1])
def test_every_step_of_64_bits_comes_back(step: int) -> None:
    assert only_metrics(encode_metrics(0.0, step, {"a": 1.0})).steps == (step,)


def test_nan_and_infinities_are_kept() -> None:
    (first,), *others = only_metrics(encode_metrics(0.0, 0, {"a": math.nan, "b": math.inf, "c": -math.inf})).columns
    assert math.isnan(first)
    assert others == [(math.inf,), (-math.inf,)]


@pytest.mark.parametrize("key", ["", "train/loss", "λ → ∞", "a b\n", "x" * frames.MAX_KEY, "__proto__"])
def test_any_text_is_a_key(key: str) -> None:
    assert only_metrics(encode_metrics(0.0, 0, {key: 1.0, "other": 2.0})).keys == (key, "other")


def test_a_key_with_nul_is_the_one_that_databases_keep() -> None:
    assert only_metrics(encode_metrics(0.0, 0, {"a\0b": 1.0})).keys == ("a\ufffdb",)


def test_a_key_with_a_lone_surrogate_is_readable_instead_of_an_error() -> None:
    assert only_metrics(encode_metrics(0.0, 0, {"a\ud800": 1.0})).keys == ("a\\ud800",)


def test_a_key_beyond_the_limit_is_cut_between_characters() -> None:
    (key,) = only_metrics(encode_metrics(0.0, 0, {"é" * 20_000: 1.0})).keys
    assert key == "é" * (frames.MAX_KEY // 2)


def test_a_call_without_values_says_nothing() -> None:
    assert encode_metrics(0.0, 0, {}) == []


def test_no_packet_is_larger_than_one_atomic_write() -> None:
    values = {f"metric {number}": float(number) for number in range(1000)}
    packets = [*encode_metrics(0.0, 0, values), *encode_event({"type": "note", "text": "x" * 100_000})]
    assert len(packets) > 10
    assert max(map(len, packets)) <= select.PIPE_BUF


def test_the_layout_fits_up_to_the_last_byte_of_a_packet_and_not_beyond() -> None:
    room = frames.MAX_PACKET - 3 - 18 - 3 * (8 + 2)
    keys = ("a" * 2000, "b" * 2000, "c" * (room - 4000))
    longer = (*keys[:2], keys[2] + "c")
    assert len(Layout(keys).packet(0.0, 0, [1.0, 2.0, 3.0])) == frames.MAX_PACKET
    assert not Layout(longer).fits
    assert only_metrics(encode_metrics(0.0, 1, dict.fromkeys(longer, 1.0))).keys == longer


def test_a_frame_too_large_for_a_packet_comes_back_whole() -> None:
    values = {f"metric {number}": float(number) for number in range(1000)}
    found = only_metrics(encode_metrics(1.0, 2, values))
    assert dict(zip(found.keys, found.columns, strict=True)) == {key: (value,) for key, value in values.items()}


def test_more_keys_than_a_frame_counts_come_in_several_frames() -> None:
    values = {str(number): 1.0 for number in range(frames.MAX_KEYS + 5)}
    first, second = decoded(encode_metrics(1.0, 2, values))
    assert isinstance(first, Metrics)
    assert isinstance(second, Metrics)
    assert len(first.keys) == frames.MAX_KEYS
    assert second.keys[-1] == str(frames.MAX_KEYS + 4)


def test_an_event_comes_back_as_it_was() -> None:
    event = {"type": "progress", "done": 3, "total": None, "message": "épöche"}
    assert decoded(encode_event(event)) == [event]


@pytest.mark.parametrize("size", [4000, 4093, 4094, 100_000])
def test_an_event_of_any_size_comes_back(size: int) -> None:
    event = {"type": "note", "text": "x" * size}
    assert decoded(encode_event(event)) == [event]


def test_an_event_with_values_json_cannot_hold_is_sent_with_their_reprs() -> None:
    (event,) = decoded(encode_event({"type": "outcome", "output": {"a": math.nan, (1, 2): {"\ud800": print}}}))
    assert event == {
        "type": "outcome",
        "output": {"a": "NaN", "(1, 2)": {"\\ud800": "<built-in function print>"}},
    }


def test_packets_cut_anywhere_are_put_together_again() -> None:
    events: list[dict[str, Any]] = [{"type": "note", "text": "x" * size} for size in (1, 10, 9000)]
    data = b"".join(packet for event in events for packet in encode_event(event))
    data += b"".join(encode_metrics(1.0, 1, {"a": 1.0}))
    decoder = Decoder()
    found = [item for start in range(0, len(data), 7) for item in decoder.feed(data[start : start + 7])]
    assert found == [*events, Metrics(("a",), (1.0,), (1,), ((1.0,),))]
    assert decoder.unfinished == 0


def test_a_packet_cut_at_the_end_is_kept_back_and_counted_as_unfinished() -> None:
    decoder = Decoder()
    assert decoder.feed(encode_event({"type": "begin"})[0][:-1]) == []
    assert decoder.unfinished == 1


def test_large_messages_of_several_writers_may_be_mixed() -> None:
    one = {"type": "note", "text": "1" * 20_000}
    other = {"type": "note", "text": "2" * 20_000}
    pairs = zip(encode_event(one), encode_event(other), strict=True)
    assert decoded([packet for pair in pairs for packet in pair]) == [one, other]


@pytest.mark.parametrize(
    "damaged",
    [
        struct.pack("<HB", 5, 9) + b"what?",
        struct.pack("<HB", 5, frames.EVENT) + b'{"a":',
        struct.pack("<HB", 3, frames.EVENT) + b"[1]",
        struct.pack("<HB", 9, frames.EVENT) + b'{"a":"b"}',
        struct.pack("<HB", 2, frames.METRICS) + b"xx",
        struct.pack("<HB", 18, frames.METRICS) + struct.pack("<dqH", 0.0, 0, 3),
        struct.pack("<HB", 28, frames.METRICS) + struct.pack("<dqHdH", 0.0, 0, 1, 1.0, 9),
        struct.pack("<HB", 26, frames.METRICS) + struct.pack("<dqHd", 0.0, 0, 1, 1.0),
        struct.pack("<HB", 4, frames.PART) + b"abcd",
        struct.pack("<HB", 9, frames.PART) + struct.pack("<QB", 1, 1),
        struct.pack("<HB", 10, frames.PART) + struct.pack("<QB", 1, 1) + bytes((frames.PART,)),
    ],
)
def test_a_damaged_packet_is_counted_and_hides_nothing_after_it(damaged: bytes) -> None:
    decoder = Decoder()
    assert decoder.feed(damaged + encode_event({"type": "begin"})[0]) == [{"type": "begin"}]
    assert decoder.dropped == 1


def test_random_bytes_never_raise() -> None:
    decoder, source = Decoder(), random.Random(0)
    for _ in range(200):
        decoder.feed(source.randbytes(500))


def test_a_message_that_never_ends_does_not_fill_memory_and_its_rest_is_not_misread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "MAX_MESSAGE", 20_000)
    decoder = Decoder()
    assert decoder.feed(b"".join(encode_event({"type": "note", "text": "x" * 50_000}))) == []
    assert decoder.dropped == 1
    assert decoder.unfinished == 0
    small = {"type": "note", "text": "x" * 10_000}
    assert decoder.feed(b"".join(encode_event(small))) == [small]


def test_the_memory_of_keys_is_bounded() -> None:
    decoder = Decoder()
    for number in range(3000):
        decoder.feed(b"".join(encode_metrics(0.0, 0, {f"key {number}": 1.0})))
    assert len(decoder._keys) <= 1024


def test_an_event_nested_without_end_is_counted_and_hides_nothing() -> None:
    decoder = Decoder()
    deep = b'\x02{"type":"note","text":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    found = decoder.feed(b"".join([*frames.split(deep), *encode_event({"type": "begin"})]))
    assert (found, decoder.dropped) == ([{"type": "begin"}], 1)


def test_calls_with_the_same_keys_are_taken_together_and_others_between_them_are_not_mixed_in() -> None:
    calls = [({"a": float(step), "b": step / 2}, step) for step in range(100)]
    calls += [({"c": 1.0, "d": 2.0}, 100), ({"a": 7.0, "b": 8.0}, 101)]
    data = b"".join(packet for values, step in calls for packet in encode_metrics(step / 4, step, values))
    for size in (7, 64, 1000, len(data)):
        decoder = Decoder()
        found = [item for start in range(0, len(data), size) for item in decoder.feed(data[start : start + size])]
        rows = [
            (dict(zip(item.keys, values, strict=True)), step, time)
            for item in found
            if isinstance(item, Metrics)
            for step, time, *values in zip(item.steps, item.times, *item.columns, strict=True)
        ]
        assert rows == [(values, step, step / 4) for values, step in calls]
        assert (decoder.dropped, decoder.unfinished) == (0, 0)
    assert len(found) < 20


def test_a_damaged_call_among_calls_like_it_costs_only_itself() -> None:
    good = encode_metrics(0.0, 1, {"a": 1.0})[0]
    damaged = good[:-1] + b"\xff"  # another key, of the same length
    cut = good[:19] + b"\x09" + good[20:]  # more values promised than there are
    decoder = Decoder()
    found = decoder.feed(good * 5 + damaged + good * 5 + cut + good * 5)
    rows = [item.keys for item in found if isinstance(item, Metrics) for _ in item.steps]
    assert rows.count(("a",)) == 15
    assert decoder.dropped == 1
