"""The largest file that a run may write, and what a run is told that wanted more."""

from __future__ import annotations

import errno
import resource

import pytest

from flasklab.execution.limits import FileLimit, explain_too_large, limit_files

MIB = 2**20


@pytest.mark.parametrize(
    ("of_lab", "of_experiment", "most_bytes", "setting"),
    [
        (0, 1000 * MIB, 1000 * MIB, "max_file="),
        (1000 * MIB, None, 1000 * MIB, "FLASKLAB_MAX_FILE"),
        (1000 * MIB, 2000 * MIB, 1000 * MIB, "FLASKLAB_MAX_FILE"),
        (2000 * MIB, 1000 * MIB, 1000 * MIB, "max_file="),
    ],
)
def test_the_setting_that_holds_is_the_one_to_raise(
    of_lab: int, of_experiment: int | None, most_bytes: int, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: held.append(limits))
    limit = limit_files(of_lab, of_experiment)
    assert limit is not None
    assert (limit.most_bytes, held) == (most_bytes, [(most_bytes, most_bytes)])
    assert setting in limit.setting


def test_only_an_error_of_a_file_that_grew_too_large_names_the_limit() -> None:
    assert limit_files(0, None) is None
    limit = FileLimit(MIB, "max_file= in @experiment")
    outcome = {"state": "failed", "error": {"message": "[Errno 27] File too large"}, "errno": errno.EFBIG}
    told = explain_too_large(outcome, limit)
    assert told["error"]["message"] == (
        "[Errno 27] File too large. A run may write files of at most 1 MiB here. "
        "Write less or several files, or raise max_file= in @experiment."
    )
    assert "errno" not in told
    other = outcome | {"errno": errno.ENOENT}
    assert explain_too_large(other, limit)["error"] == outcome["error"]
    assert explain_too_large(outcome, None)["error"] == outcome["error"]
