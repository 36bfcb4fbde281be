from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.execution import watching
from flasklab.execution.gpus import Gpus, find_gpus
from flasklab.execution.recorded import Recorded
from flasklab.execution.usage import Usage
from flasklab.execution.watching import Watcher, pause_after
from flasklab.runs import system_metrics
from flasklab.store.files import FileStore

if TYPE_CHECKING:
    from pathlib import Path

MIB = 2**20


class Nvml:
    """NVIDIA's library as `pynvml` shows it, with two GPUs."""

    def __init__(self) -> None:
        self.processes: dict[int, list[Any]] = {0: [], 1: []}

    def nvmlInit(self) -> None:  # noqa: N802 - the library's name
        pass

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:  # noqa: N802
        return SimpleNamespace(gpu=90 - handle, memory=5)

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: N802, ARG002 - both are alike
        return SimpleNamespace(used=700 * MIB, total=1000 * MIB)

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Any]:  # noqa: N802
        return self.processes[handle]


def attempt(folder: Path, *, memory: int | None = None, run_id: str = "r") -> Any:
    """An attempt whose process is this one."""
    recorded = Recorded(id=run_id, number=1, attempt=1, seq=0, files=FileStore(folder))
    recorded.begin()
    return SimpleNamespace(
        spec=SimpleNamespace(id=run_id),
        limits=SimpleNamespace(memory_bytes=memory),
        pid=os.getpid(),
        gone=False,
        over=False,
        recorded=recorded,
        zygote=SimpleNamespace(process=SimpleNamespace(pid=0)),
    )


def points(one: Any) -> dict[str, list[tuple[int, float]]]:
    return {key: list(zip(column.steps, column.values, strict=True)) for key, column in one.recorded._columns.items()}


def test_samples_are_dense_at_first_and_rare_later() -> None:
    assert [pause_after(elapsed) for elapsed in (0, 59, 60, 3599, 3600, 1e6)] == [1, 1, 5, 5, 15, 15]


def test_a_sample_is_points_of_system_metrics_at_whole_seconds(tmp_path: Path) -> None:
    watcher, one = Watcher(system_metrics=True), attempt(tmp_path)
    for second in range(4):
        assert watcher.look([one], 100.0 + second) == []
        assert watcher.look([one], 100.4 + second) == []
    found = points(one)
    assert {key for key in found if not key.startswith("system/gpu")} == {
        system_metrics.CPU,
        system_metrics.MEMORY,
        system_metrics.DISK_READ,
        system_metrics.DISK_WRITE,
        system_metrics.NET_IN,
        system_metrics.NET_OUT,
    }
    assert [step for step, _ in found[system_metrics.MEMORY]] == [1, 2, 3]
    assert found[system_metrics.MEMORY][-1][1] > 10
    assert all(value >= 0 for column in found.values() for _, value in column)


def test_nobody_is_woken_for_nothing(tmp_path: Path) -> None:
    watcher, one = Watcher(system_metrics=True), attempt(tmp_path)
    assert watcher.next_time() is None
    watcher.look([one], 100.0)
    assert watcher.next_time() == 100.4  # a run that ends sooner costs nothing
    watcher.look([one], 100.4)
    assert watcher.next_time() == 101.0
    one.gone = True
    watcher.look([one], 100.5)
    assert watcher.next_time() is None
    off = Watcher(system_metrics=False)
    off.look([attempt(tmp_path)], 100.0)
    assert off.next_time() is None


def test_a_limit_is_held_by_the_same_reading_and_without_system_metrics_too(tmp_path: Path) -> None:
    for records in (True, False):
        watcher, small, large = Watcher(system_metrics=records), attempt(tmp_path, memory=1, run_id="s"), None
        large = attempt(tmp_path, memory=2**50, run_id="l")
        assert watcher.look([small, large], 100.0) == watcher.look([small, large], 100.4) == []
        assert watcher.look([small, large], 101.0) == [small]
        assert bool(points(large)) is records


def test_memory_over_a_limit_is_counted_exactly_before_anything_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    class Tree:
        def __init__(self, pid: int, zygote: int) -> None:
            pass

        def usage(self) -> Usage:
            return Usage(cpu_seconds=0.0, read_bytes=0, written_bytes=0, pids=frozenset())

        def held_bytes(self, *, exactly: bool = False) -> int:
            asked.append(exactly)
            return 50 if exactly else 150

    monkeypatch.setattr(watching, "ProcessTree", Tree)
    watcher, one = Watcher(system_metrics=False), attempt(tmp_path, memory=100)
    watcher.look([one], 100.0)
    watcher.look([one], 100.4)
    assert watcher.look([one], 101.0) == []
    assert asked == [False, True]


def test_gpus_tell_how_busy_they_are_and_what_the_run_holds_of_them(tmp_path: Path) -> None:
    nvml = Nvml()
    mine, other = os.getpid(), 1
    nvml.processes[0] = [
        SimpleNamespace(pid=mine, usedGpuMemory=300 * MIB),
        SimpleNamespace(pid=other, usedGpuMemory=400 * MIB),
    ]
    watcher, one = Watcher(system_metrics=True, gpus=Gpus(nvml)), attempt(tmp_path)
    for now in (100.0, 100.4, 101.0):
        watcher.look([one], now)
    found = points(one)
    assert found[system_metrics.gpu(0)] == [(1, 90)]
    assert found[system_metrics.gpu_memory(0)] == [(1, 300)]
    assert found[system_metrics.gpu(1)] == [(1, 89)]
    assert found[system_metrics.gpu_memory(1)] == [(1, 0)]


@pytest.mark.parametrize(
    "processes", [[SimpleNamespace(pid=1, usedGpuMemory=5)], [SimpleNamespace(pid=2, usedGpuMemory=None)]]
)
def test_where_nobody_can_tell_whose_memory_it_is_everybodys_is_told(processes: list[Any]) -> None:
    nvml = Nvml()
    nvml.processes[0] = processes
    assert Gpus(nvml).usage({2})[0].memory_bytes == 700 * MIB


def test_a_gpu_that_does_not_answer_is_left_out() -> None:
    nvml = Nvml()

    def fallen(handle: int) -> Any:
        raise RuntimeError("GPU is lost")

    nvml.nvmlDeviceGetUtilizationRates = fallen  # type: ignore[method-assign]
    assert Gpus(nvml).usage({2}) == []


def test_no_library_is_looked_for_where_there_is_no_device(tmp_path: Path) -> None:
    assert find_gpus(tmp_path / "nvidiactl") is None
    (tmp_path / "nvidiactl").touch()
    assert find_gpus(tmp_path / "nvidiactl") is None  # nothing to ask it with, or no driver
