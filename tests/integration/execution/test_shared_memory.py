"""Only what a library made up and nobody has mapped any more is removed."""

from __future__ import annotations

import os
import sys
from multiprocessing import shared_memory as python_shared
from pathlib import Path

import pytest

from flasklab.execution import shared_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shared memory is a folder on Linux only")


def test_what_somebody_has_mapped_stays_and_goes_with_them() -> None:
    held = python_shared.SharedMemory(create=True, size=4096)
    name = held.name
    try:
        assert shared_memory.held_by([os.getpid()]) >= {name}
        assert shared_memory.sweep([name]) == []
        held.close()
        assert shared_memory.sweep([name]) == [name]
        assert not Path(shared_memory.FOLDER, name).exists()
    finally:
        python_shared.resource_tracker.unregister(held._name, "shared_memory")  # type: ignore[attr-defined]


def test_a_name_of_somebodys_own_is_left_alone() -> None:
    held = python_shared.SharedMemory(f"ends-{os.getpid()}", create=True, size=4096)
    try:
        assert held.name not in shared_memory.held_by([os.getpid()])
    finally:
        held.close()
        held.unlink()
