from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint

from flasklab.experiments.description import Description
from flasklab.http.copies import copies_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "lr": {"type": "number", "default": 0.1},
        "name": {"type": "string", "default": "x"},
        "sizes": {"type": "array", "items": {"type": "integer"}, "default": [1]},
        "data": {"type": "object", "x-flasklab": {"kind": "table"}},
    },
}
DESCRIPTION = Description(
    name="fit",
    title="Fit",
    summary="",
    doc="",
    module="experiments.fit",
    function="fit",
    file="/lab/experiments/fit.py",
    line=1,
    parameters=SCHEMA,
    defaults={"lr": 0.1, "name": "x", "sizes": [1]},
)


@pytest.fixture(autouse=True)
def _in_a_request(make_app: Callable[..., Flask]) -> Iterator[None]:
    app = make_app()
    blueprint = Blueprint("flasklab", __name__)
    blueprint.add_url_rule("/run/<experiment>", "start", methods=["POST"])
    app.register_blueprint(blueprint)
    with app.test_request_context(base_url="http://127.0.0.1:8750"):
        yield


def test_only_what_differs_from_the_defaults_is_written() -> None:
    copies = copies_of(DESCRIPTION, {"lr": 0.1, "name": "x", "sizes": [1]})
    assert copies.curl == "curl -X POST 'http://127.0.0.1:8750/run/fit?wait=60'"
    assert copies.command == "flasklab run fit"
    copies = copies_of(DESCRIPTION, {"lr": 0.5, "name": "x"})
    assert copies.curl == "curl -d lr=0.5 'http://127.0.0.1:8750/run/fit?wait=60'"
    assert copies.command == "flasklab run fit -p lr=0.5"
    assert "json={'lr': 0.5}" in copies.python


def test_a_required_file_that_is_not_chosen_has_a_name_that_stands_for_it() -> None:
    table = {"type": "object", "x-flasklab": {"kind": "table", "accept": [".csv", ".parquet"]}}
    asks = replace(DESCRIPTION, parameters={**SCHEMA, "properties": {"table": table}, "required": ["table"]})
    copies = copies_of(asks, {})
    assert copies.curl == "curl -F table=@table.csv 'http://127.0.0.1:8750/run/fit?wait=60'"
    assert "files={'table': open('table.csv', 'rb')}," in copies.python
    assert copies.command == "flasklab run fit --file table=@table.csv"
    chosen = {"table": {"file": "a.csv", "sha256": "0" * 64, "size": 1}}
    assert "table=@a.csv" in copies_of(asks, chosen).curl


def test_every_text_survives_the_shell_and_the_form() -> None:
    nasty = "a b&c=d'e\"f;$(rm) ü @x"
    copies = copies_of(DESCRIPTION, {"name": nasty})
    assert shlex.split(copies.curl)[1:3] == ["--data-urlencode", f"name={nasty}"]
    assert shlex.split(copies.command)[-1] == f"name={nasty}"


def test_several_values_repeat_their_name() -> None:
    assert shlex.split(copies_of(DESCRIPTION, {"sizes": [3, 5]}).command)[3:] == ["-p", "sizes=3", "-p", "sizes=5"]


def test_a_file_is_uploaded_by_its_name() -> None:
    value = {"file": "my data.csv", "sha256": "0" * 64, "size": 3}
    copies = copies_of(DESCRIPTION, {"data": value, "name": "@x;y"})
    words = shlex.split(copies.curl)
    assert words[words.index("-F") + 1] == "data=@my data.csv"
    assert words[words.index("--form-string") + 1] == "name=@x;y"
    assert shlex.split(copies.command)[-2:] == ["--file", "data=@my data.csv"]
    compile(copies.python, "copy", "exec")
