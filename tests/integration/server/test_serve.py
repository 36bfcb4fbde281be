from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from flasklab.config import load_settings
from flasklab.errors import SettingsError
from flasklab.server.serve import SupervisorKeeper, serve

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.config import Settings


class KeeperOf(SupervisorKeeper):
    """A keeper of any program."""

    def __init__(self, *command: str) -> None:
        super().__init__()
        self._command = command

    def _spawn(self, _: Settings) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        return process


@pytest.mark.parametrize(
    ("on_term", "told"),
    [
        ("exit", 0),
        ("sleep 1; exit", 1),
    ],
)
def test_a_stop_is_told_when_running_work_makes_it_wait(tmp_path: Path, on_term: str, told: int) -> None:
    keeper = KeeperOf("sh", "-c", f"trap '{on_term}' TERM; echo ready; while :; do sleep 0.02; done")
    keeper.start(load_settings(tmp_path, environ={}))
    waits: list[bool] = []
    keeper.stop(lambda: waits.append(True))
    assert len(waits) == told


def test_a_results_folder_that_cannot_be_made_is_named_with_its_mend(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, environ={}, flags={"FLASKLAB_RESULTS": "/proc/nope", "FLASKLAB_PORT": "0"})
    with pytest.raises(SettingsError, match=r"The results folder /proc/nope cannot be made .*FLASKLAB_RESULTS"):
        serve(settings, None, lambda _: None)
