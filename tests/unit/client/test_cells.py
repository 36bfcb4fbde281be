from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from flasklab.client.run import revived
from flasklab.client.runs import cells_of
from flasklab.client.transport import checked_url
from flasklab.client.uploads import form_body


def test_numbers_that_json_cannot_hold_come_back() -> None:
    assert revived({"a": ["Infinity", "x"], "b": "-Infinity"}) == {"a": [math.inf, "x"], "b": -math.inf}
    assert math.isnan(revived("NaN"))


def test_a_run_has_a_cell_for_each_of_its_values() -> None:
    upload = {"file": "x.csv", "sha256": "0", "size": 1}
    run: dict[str, Any] = {
        **dict.fromkeys(("id", "number", "experiment", "state", "created_at", "started_at", "finished_at")),
        "tags": [],
        "note": "",
        "seed": None,
        "params": {"optimizer": {"rate": 0.1}, "data": upload, "none": None},
        "output": {"y": "Infinity", "figure": {"$shown": "roc"}},
        "metrics": {"loss": {"last": 0.5}},
    }

    found = {name: value for name, value in cells_of(run).items() if "." in name}

    assert found == {
        "params.optimizer.rate": 0.1,
        "params.data": upload,
        "params.none": None,
        "output.y": math.inf,
        "metrics.loss": 0.5,
    }


def test_a_form_is_as_long_as_it_says_and_made_anew_each_time(tmp_path: Path) -> None:
    (tmp_path / 'a"b.csv').write_bytes(b"x" * 1000)

    body = form_body({"data": tmp_path / 'a"b.csv', "n": 1, "on": True, "several": ["a", "b"], "nested": {"x": 0.5}})

    sent = b"".join(body.pieces())
    assert len(sent) == body.length
    assert sent == b"".join(body.pieces())
    assert b'name="data"; filename="a%22b.csv"' in sent
    assert b'name="nested.x"\r\n\r\n0.5\r\n' in sent
    assert sent.count(b'name="several"') == 2


def test_what_no_form_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="none cannot be sent"):
        form_body({"data": Path("x"), "none": None})


@pytest.mark.parametrize("url", ["127.0.0.1:8750", "file:///etc/passwd", "", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no address of a lab"):
        checked_url(url)
    assert checked_url("http://lab.example/lab/") == "http://lab.example/lab"
