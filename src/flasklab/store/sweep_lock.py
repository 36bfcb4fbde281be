"""Whoever reads all files of a lab and whoever removes some never do so at once.

A lock on a file (`flock`): backups share it, a sweep has it alone. The kernel drops it with its holder.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = "sweep.lock"


@contextmanager
def keeping_files(results: Path) -> Iterator[None]:
    """Nothing is swept away during the block; waits for a sweep that is under way."""
    with _locked(results, fcntl.LOCK_SH):
        yield


@contextmanager
def sweeping(results: Path, *, wait: bool = False) -> Iterator[bool]:
    """The right to remove files during the block; False where another has it, or a backup is being made.

    Args:
        results: the lab's results folder
        wait: until it can be had
    """
    try:
        with _locked(results, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)):
            yield True
    except _TakenError:
        yield False


class _TakenError(Exception):
    """Another holds the lock."""


@contextmanager
def _locked(results: Path, kind: int) -> Iterator[None]:
    descriptor = os.open(results / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, kind)
        except BlockingIOError:
            raise _TakenError from None
        yield
    finally:
        os.close(descriptor)
