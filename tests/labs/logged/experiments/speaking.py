"""Runs that print all that a log must be able to show."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path

from tqdm import tqdm

from flasklab import experiment

RED, RESET = "\x1b[31m", "\x1b[0m"


@experiment
def colors() -> None:
    """Print in every kind of colour and weight, on both streams."""
    for code in (*range(30, 38), *range(90, 98)):
        print(f"\x1b[{code}mforeground {code}\x1b[0m \x1b[{code + 10}mground {code + 10}\x1b[0m")
    print("".join(f"\x1b[38;5;{index}m■" for index in range(16, 256)) + RESET)
    print("".join(f"\x1b[48;2;{255 - step};{step};128m " for step in range(0, 256, 4)) + RESET)
    print("\x1b[1mbold\x1b[0m \x1b[2mdim\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munderlined\x1b[0m \x1b[9mstruck\x1b[0m")
    print("\x1b[7minverse\x1b[0m \x1b]8;;https://example.org\x1b\\a link\x1b]8;;\x1b\\ <b>&amp; markup</b>")
    print(f"{RED}a colour that\ngoes on until{RESET} here", file=sys.stderr)
    logging.getLogger("trainer").warning("a warning of logging")


@experiment
def lines(count: int = 1000, width: int = 60, failing: bool = False) -> int:
    """Print many lines.

    Args:
        count: how many
        width: characters of each
        failing: end with a traceback, in the middle of which there is one too
    """
    filler = "." * max(0, width - 20)
    written = []
    for number in range(1, count + 1):
        written.append(f"line {number} of {count} {filler}\n")
        if len(written) == 10_000 or number == count:
            sys.stdout.write("".join(written))
            sys.stdout.flush()
            written.clear()
        if failing and number == count // 2:
            print("2026-01-01 12:00:00 ERROR trainer: the loss is not finite", file=sys.stderr, flush=True)
    if failing:
        raise ValueError("the numbers do not fit")
    return count


@experiment
def bars(gate: str = "", states: int = 1000) -> None:
    """Draw progress bars: one alone, then one inside another.

    Args:
        gate: a file; the last bar stops half way until it exists
        states: how often the first one is drawn
    """
    for _ in tqdm(range(states), desc="alone", mininterval=0, miniters=1):
        pass
    for outer in tqdm(range(3), desc="outer", mininterval=0, miniters=1):
        for inner in tqdm(range(20), desc="inner", mininterval=0, miniters=1, leave=False):
            while gate and outer == 1 and inner == 10 and not Path(gate).exists():
                time.sleep(0.02)
    print("all bars are done")


@experiment
def junk() -> None:
    """Write what is hardly text, close a stream, and go on."""
    os.write(1, bytes(range(256)) + b"\n" + b"\xff\xfe\xf0\x9f\n")
    os.write(1, "half a €".encode()[:-1])
    os.write(2, b"meanwhile\n")
    os.write(1, "€".encode()[-1:] + b"\n")
    os.write(1, b"x" * 10_000_000 + b"\nafter the long line\n")
    for number in range(1000):
        os.write(2, b"%d," % number)
    os.write(2, b"\n")
    sys.stdout.close()
    os.close(2)
    threading.Thread(target=lambda: os.write(1, b"last words\n")).start()


@experiment
def slowly(gate: str = "", before: int = 500) -> None:
    """Print some lines, then one more for each line of a file.

    Args:
        gate: the file; "end" ends it
        before: lines at the start
    """
    for number in range(1, before + 1):
        print(f"line {number}")
    done = 0
    while "end" not in (said := Path(gate).read_text(encoding="utf-8").splitlines()):
        for text in said[done:]:
            print(text, flush=True)
        done = len(said)
        time.sleep(0.02)
