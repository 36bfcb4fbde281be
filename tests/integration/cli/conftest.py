"""A lab in a folder of its own, and the command in it, as a person calls it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from flasklab.cli.entrance import Entrance
from flasklab.cli.group import flasklab
from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

EXPERIMENTS = '''
from flasklab import experiment


@experiment
def double(param: float = 21.0):
    """Twice the parameter."""
    return {"output": 2 * param}
'''


@dataclass
class LabFolder:
    """A lab's folder with the command in it."""

    folder: Path
    store: Store

    def call(self, *arguments: str) -> Result:
        """Call `flasklab` with these arguments in this lab."""
        return CliRunner().invoke(flasklab, ["-C", str(self.folder), *arguments])

    def queue(self, experiment: str = "double", **params: Any) -> Run:
        """Put a run into the queue."""
        new = NewRun(id=new_run_id(), experiment=experiment, params=params, given=tuple(params))
        with self.store.write() as unit:
            return unit.runs.add(new, AT)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[LabFolder]:
    """A lab with one experiment, where nothing has run yet."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "double.py").write_text(EXPERIMENTS)
    store = Store(Entrance(folder=tmp_path).settings({})).open()
    yield LabFolder(folder=tmp_path, store=store)
    store.close()
