from __future__ import annotations

from types import SimpleNamespace

import pytest

from flasklab.experiments.description import BrokenModule
from flasklab.web.presenters.broken import present_broken
from flasklab.web.presenters.charts import sections
from flasklab.web.presenters.problem import present_problem


def test_a_missing_package_comes_with_the_command_that_installs_it() -> None:
    module = BrokenModule(module="m", file="/lab/m.py", line=3, error="e", traceback="", needs="scikit-learn")
    page = present_broken(module)
    assert (page.install, page.where) == ("pip install scikit-learn", "/lab/m.py:3")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 418, 422, 429, 500, 503, 507])
def test_every_problem_has_a_next_step(status: int) -> None:
    page = present_problem(SimpleNamespace(status=status, title="t", detail="d", errors=()))
    assert page.next_step.endswith(".")


def test_charts_keep_the_order_in_which_metrics_came_up() -> None:
    found = sections(["loss", "gpu/memory", "val_loss", "accuracy"])
    assert [(section.name, [chart.keys for chart in section.charts]) for section in found] == [
        ("", [("loss", "val_loss"), ("accuracy",)]),
        ("gpu", [("gpu/memory",)]),
    ]
