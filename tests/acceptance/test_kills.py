"""Killed while it logs, a run keeps every point whose `run.log` had returned; `make storm` does it 10,000 times."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.killing import EXPERIMENT, storm

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.conftest import ServedLab

TRIES = 200


def test_a_killed_run_keeps_every_point_that_it_had_logged(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("loops", FLASKLAB_WORKERS="4")
    shutil.rmtree(lab.folder / "experiments")
    (lab.folder / "experiments").mkdir()
    (lab.folder / "experiments" / "logs.py").write_text(EXPERIMENT, encoding="utf-8")
    lab.start()
    verdicts = list(storm(lab.port, lab.folder, TRIES, seed=4))
    assert [one for one in verdicts if one.violated] == []
    assert len(verdicts) == TRIES
    assert max(one.logged for one in verdicts) > 100
