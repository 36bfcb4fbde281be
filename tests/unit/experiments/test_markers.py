"""Markers hold what they were given in one form, and refuse what is no file ending."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter

from flasklab.experiments.markers import Unit, Upload


def test_endings_are_lower_case_with_a_dot_and_once() -> None:
    assert Upload("CSV", ".csv", " .Parquet ").endings == (".csv", ".parquet")


def test_the_largest_size_is_read_as_bytes() -> None:
    assert Upload(".csv", max_size="2 MiB").max_size == 2 * 2**20
    assert Upload(".csv").max_size is None


@pytest.mark.parametrize("ending", ["", ".", "a/b", ".csv,.tsv"])
def test_what_is_no_ending_is_refused(ending: str) -> None:
    with pytest.raises(ValueError, match="write a file ending"):
        Upload(ending)


@pytest.mark.parametrize("size", ["huge", 0, -1])
def test_what_is_no_size_is_refused(size: str | int) -> None:
    with pytest.raises(ValueError, match=r"size|byte"):
        Upload(".csv", max_size=size)


def test_markers_can_stand_in_annotated_types_that_are_hashed() -> None:
    assert len({Unit("m"), Unit("m"), Upload(".csv"), Upload("csv")}) == 2


def test_a_unit_changes_nothing_but_the_schema() -> None:
    adapter = TypeAdapter(Annotated[float, Unit("m/s")])

    assert adapter.json_schema() == {"type": "number", "unit": "m/s"}
    assert adapter.validate_python(3) == 3.0
