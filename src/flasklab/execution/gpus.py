"""GPUs by NVIDIA's management library, where it and its Python module are there; never needed."""

from __future__ import annotations

import contextlib
import importlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container

log = logging.getLogger("flasklab.supervisor")

_DEVICE = Path("/dev/nvidiactl")  # there once the driver is


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuUsage:
    """One GPU at a moment."""

    index: int
    busy: float  # percent of the last moments in which anything ran on it, whoever's it was
    memory_bytes: int  # of the run's processes; of everybody's where the library cannot tell whose it is


def find_gpus(device: Path = _DEVICE) -> Gpus | None:
    """This machine's GPUs, or None where there are none or nothing can ask them."""
    if not device.exists():
        return None
    try:
        nvml = importlib.import_module("pynvml")  # of nvidia-ml-py
        return Gpus(nvml)
    except Exception as error:  # not installed, or its library and the driver do not go together
        log.info("GPUs are not watched: %s", error)
        return None


class Gpus:
    """Asks the GPUs through `nvml`, the module `pynvml`.

    Raises:
        Exception: the library cannot be used.
    """

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        nvml.nvmlInit()
        self._handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]

    def usage(self, pids: Container[int]) -> list[GpuUsage]:
        """What `pids` use of each GPU; one that does not answer is left out."""
        found = []
        for index, handle in enumerate(self._handles):
            with contextlib.suppress(Exception):  # a GPU may fall off the bus
                busy = float(self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
                found.append(GpuUsage(index=index, busy=busy, memory_bytes=self._memory(handle, pids)))
        return found

    def _memory(self, handle: Any, pids: Container[int]) -> int:
        with contextlib.suppress(Exception):  # not supported by this GPU or driver
            processes = self._nvml.nvmlDeviceGetComputeRunningProcesses(handle)
            mine = [one.usedGpuMemory for one in processes if one.pid in pids]
            # In a container the library may know the processes by other pids: then nobody is mine.
            if None not in mine and (mine or not processes):
                return int(sum(mine))
        return int(self._nvml.nvmlDeviceGetMemoryInfo(handle).used)
