"""The virtual environments of the rivals, one each in `.venv-rivals/`, so that none decides what another runs with."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / ".venv-rivals"
RECORDED = "recorded"  # after a rival's name: not measured in this run

# Rivals make no calls home, and log nowhere but here.
QUIET = {
    "AIM_TRACKING_DISABLED": "1",
    "DO_NOT_TRACK": "true",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_CONSOLE": "off",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment that is made when it is asked for."""

    name: str  # of its folder
    requires: tuple[str, ...]  # what pip installs

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return _FOLDER / self.name

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    @property
    def is_ready(self) -> bool:
        """Whether it is there, and complete."""
        return self._mark.exists()

    @property
    def _mark(self) -> Path:
        return self.folder / ".ready"

    def install(self) -> None:
        """Make it, unless it is there.

        Raises:
            OSError, subprocess.CalledProcessError: it could not be made.
        """
        if self.is_ready:
            return
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "venv", str(self.folder)], check=True)
        subprocess.run([self.python, "-m", "pip", "install", "--quiet", *self.requires], check=True)
        self._mark.touch()
        print(f"{self.name}: installed in {time.perf_counter() - began:.0f} s")
