from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest

from flasklab.cli.given import merged, read_parameters, require_no_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", "param: 21\noptimizer:\n  lr: 0.1\nday: 2026-01-02\n"),
        ("p.yml", "{param: 21, optimizer: {lr: 0.1}, day: 2026-01-02}"),
        ("p.json", '{"param": 21, "optimizer": {"lr": 0.1}, "day": "2026-01-02"}'),
        ("p.toml", "param = 21\noptimizer.lr = 0.1\nday = 2026-01-02\n"),
    ],
)
def test_a_file_of_parameters_is_read_as_json_values(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_parameters(tmp_path / name) == {"param": 21, "optimizer": {"lr": 0.1}, "day": "2026-01-02"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.yaml", "a: [1", "cannot be read"),
        ("p.json", "{", "cannot be read"),
        ("p.toml", "a = ", "cannot be read"),
        ("p.json", "[1, 2]", "must hold parameters by name"),
        ("p.yaml", "1: 2", "must hold parameters by name"),
    ],
)
def test_a_file_that_holds_no_parameters_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(click.ClickException, match=message):
        read_parameters(tmp_path / name)


SCHEMA = {
    "properties": {
        "table": {"type": "object", "x-flasklab": {"kind": "table"}},
        "parts": {"type": "array", "items": {"type": "object", "x-flasklab": {"kind": "file"}}},
        "model": {"type": "string"},
    }
}


@pytest.mark.parametrize(
    ("name", "text", "mend"),
    [
        ("table", "x.csv", "use --file table=@x.csv."),
        ("table", "@x.csv", "use --file table=@x.csv."),
        ("parts", "a.txt", "use --file parts=@a.txt."),
    ],
)
def test_a_path_given_as_a_text_is_answered_with_how_files_are_given(name: str, text: str, mend: str) -> None:
    with pytest.raises(click.UsageError, match=mend):
        require_no_files(SCHEMA, {name: [text]})


def test_texts_and_the_json_of_a_stored_file_may_be_given_as_text() -> None:
    require_no_files(SCHEMA, {"model": ["x.csv"], "table": ['{"file": "x.csv"}', ""], "unknown": ["x.csv"]})


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ({}, {"lr": 1, "inner": {"a": 1, "b": 2}, "data": {"file": "x", "sha256": "1"}}),
        ({"lr": 2}, {"lr": 2, "inner": {"a": 1, "b": 2}, "data": {"file": "x", "sha256": "1"}}),
        ({"inner": {"b": 3}}, {"lr": 1, "inner": {"a": 1, "b": 3}, "data": {"file": "x", "sha256": "1"}}),
        (
            {"data": {"file": "y", "sha256": "2"}},
            {"lr": 1, "inner": {"a": 1, "b": 2}, "data": {"file": "y", "sha256": "2"}},
        ),
        ({"inner": None}, {"lr": 1, "inner": None, "data": {"file": "x", "sha256": "1"}}),
    ],
)
def test_changes_go_on_top_one_by_one(above: dict[str, Any], expected: dict[str, Any]) -> None:
    below = {"lr": 1, "inner": {"a": 1, "b": 2}, "data": {"file": "x", "sha256": "1"}}
    assert merged(below, above) == expected
    assert below["inner"] == {"a": 1, "b": 2}
