"""`flasklab.client` with a lab that is served, and the example of its page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flasklab.client import Lab, LabAnswerError, RunFailedError

if TYPE_CHECKING:
    from tests.acceptance.conftest import ServedLab

PAGE = Path(__file__).parents[2] / "docs" / "client.md"


def test_the_example_of_the_page_does_what_it_says(example: ServedLab, tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert "http://127.0.0.1:8750" in code

    (tmp_path / "example.py").write_text(code.replace("http://127.0.0.1:8750", example.url))
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=100)

    assert done.returncode == 0, done.stderr
    assert "succeeded" in done.stdout
    assert "canceled" in done.stdout
    assert "output.val_accuracy" in done.stdout
    assert (tmp_path / "weights.npz").read_bytes()[:2] == b"PK"


def test_a_run_that_fails_has_no_result(ends: ServedLab) -> None:
    lab = Lab(ends.url)
    run = lab.start("raises", message="no luck")

    with pytest.raises(RunFailedError, match="no luck"):
        _ = run.result
    assert run.state == "failed"
    assert lab.run(run.id).cancel().state == "failed"


def test_wrong_parameters_are_named(ends: ServedLab) -> None:
    with pytest.raises(LabAnswerError) as raised:
        Lab(ends.url).start("double", param="abc", more=1)

    assert raised.value.status == 422
    assert raised.value.errors.keys() == {"param", "more"}


def test_a_key_starts_one_run_and_waiting_has_an_end(ends: ServedLab) -> None:
    lab = Lab(ends.url)
    first = lab.submit("sleeps", {"seconds": 30}, key="once")
    second = lab.submit("sleeps", {"seconds": 31}, key="once")

    assert first.id == second.id
    with pytest.raises(TimeoutError):
        first.wait(timeout=0.3)
    assert first.cancel().wait(timeout=30).state == "canceled"


def test_runs_are_fetched_as_they_are_gone_over(ends: ServedLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flasklab.client.runs._PAGE", 2)
    lab = Lab(ends.url)
    numbers = [lab.start("double", param=value).wait().number for value in range(5)]

    found = lab.runs(experiment="double", state="succeeded", limit=5)

    assert [run.number for run in found] == numbers[::-1]
    frame = found.to_frame()
    assert list(frame["output.output"]) == [8.0, 6.0, 4.0, 2.0, 0.0]
    assert str(frame["created_at"].dtype).endswith("UTC]")
    assert len(lab.runs("nothing mentions this").to_frame()) == 0


def test_no_web_server_and_no_database_is_loaded() -> None:
    code = (
        "import sys, flasklab.client\n"
        "print([name for name in ('flask', 'werkzeug', 'sqlalchemy', 'pandas', 'pydantic') if name in sys.modules])"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
