from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from flasklab.store.log_screen import HELD_BYTES, Screen


def kept(*chunks: bytes, wait: float = 0.0) -> bytes:
    """What stays of a stream that printed `chunks`, `wait` seconds after one another, and ended."""
    screen = Screen()
    final = b""
    for position, chunk in enumerate(chunks):
        final += screen.ripe(position * wait) + screen.feed(chunk, position * wait)
    return final + screen.take()


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (b"", b""),
        (b"a\nb", b"a\nb"),
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"a\r\r\nb", b"a\nb"),
        (b" 10%\r 50%\r100%\nnext\n", b"100%\nnext\n"),
        (b"\r10%\r", b"10%"),
        (b"|\b/\b-\b\\", b"\\"),
        ("5 €\b\b\b6 £".encode(), "6 £".encode()),
        (b"\x1b[31m1\x1b[0m\b2", b"\x1b[31m\x1b[0m2"),
        (b"long text\r\x1b[Kshort\n", b"short\n"),
        (b"long text\x1b[2K\rshort\n", b"short\n"),
        (b"\x1b[32m10%\r20%\n", b"\x1b[32m20%\n"),
        (b"\x1b[32m10%\x1b[0m\r20%\n", b"20%\n"),
        (b"\x1b[A\x1b[Aonly\n", b"only\n"),
        (b"\router 0%\n\rinner 1%\x1b[A\n\rinner 2%\x1b[A\router 9%\nthen\n", b"outer 9%\nthen\n"),
        (b"\x1b[1;31mred\x1b[0m \x1b[38;5;200mpink\x1b[m\n", b"\x1b[1;31mred\x1b[0m \x1b[38;5;200mpink\x1b[m\n"),
    ],
)
def test_what_a_terminal_would_show_is_kept(printed: bytes, expected: bytes) -> None:
    assert kept(printed) == expected


@given(
    st.lists(st.sampled_from([b"a", b"bc", "€".encode(), b"\n", b"\r", b"\b", b"\x1b[A", b"\x1b[K", b"\x1b[31m"])),
    st.data(),
)
def test_how_a_pipe_cuts_the_output_changes_nothing(tokens: list[bytes], data: st.DataObject) -> None:
    printed = b"".join(tokens)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(printed)), max_size=6)))
    chunks = [printed[start:end] for start, end in zip([0, *cuts], [*cuts, len(printed)], strict=True)]
    assert kept(*chunks) == kept(printed)


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(printed: bytes) -> None:
    assert kept(printed, b"\nend\n").endswith(b"end\n")


def test_a_bar_of_a_thousand_states_stays_as_one_line() -> None:
    printed = io.StringIO()
    for _ in tqdm(range(1000), file=printed, mininterval=0, miniters=1):
        pass
    assert printed.getvalue().count("\r") > 900
    lines = kept(printed.getvalue().encode()).decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("100%")
    assert "1000/1000" in lines[0]


@pytest.mark.parametrize("leave", [True, False])
def test_nested_bars_stay_as_one_line_each(leave: bool) -> None:
    printed = io.StringIO()
    for _ in tqdm(range(3), desc="outer", file=printed, mininterval=0, miniters=1):
        for _ in tqdm(range(50), desc="inner", file=printed, mininterval=0, miniters=1, leave=leave):
            pass
    chunks = [chunk.encode() for chunk in re.split("(?=\r)", printed.getvalue())]
    assert len(chunks) > 150
    lines = kept(*chunks, wait=0.01).decode().splitlines()
    names = [line.partition(":")[0] for line in lines if line.strip()]
    assert names == (["inner", "inner", "inner", "outer"] if leave else ["outer"])
    assert all("100%" in line for line in lines if line.strip())


def test_a_bar_is_final_when_nothing_has_come_back_to_it() -> None:
    screen = Screen()
    assert screen.feed(b"\r50%\r100%\n", 5.0) == b""
    assert (screen.shown, screen.ripe(5.1)) == (b"100%", b"")
    assert screen.ripe(5.3) == b"100%\n"
    assert screen.is_empty


def test_what_is_held_stays_small() -> None:
    screen = Screen()
    given, final = 0, 0
    for _ in range(500):
        given += 1000
        final += len(screen.feed(b"x" * 1000, 1.0))
        assert given - final <= HELD_BYTES
    climbing = Screen()
    lines = b"".join(climbing.feed(b"\x1b[Aline\n\n", 1.0) for _ in range(500))
    assert len(lines) + len(climbing.shown) >= 500
    assert len(climbing.shown) < 1000
