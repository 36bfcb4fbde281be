from __future__ import annotations

import datetime
import decimal
import fractions
import math
from typing import Any

import numpy as np
import pytest

from flasklab.recording.numbers import as_number, as_step


class Tensor:
    """What a torch scalar looks like."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        return self.value


class Moody:
    def __float__(self) -> float:
        raise RuntimeError("not today")

    def __index__(self) -> int:
        raise KeyError("nor tomorrow")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1.0),
        (True, 1.0),
        (0.5, 0.5),
        (math.inf, math.inf),
        (np.float32(0.5), 0.5),
        (np.float16(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.uint8(3), 3.0),
        (np.bool_(True), 1.0),
        (np.array(2.5), 2.5),
        (np.array([[2.5]]), 2.5),
        (Tensor(4.0), 4.0),
        (Tensor(np.float32(4.0)), 4.0),
        (decimal.Decimal("0.5"), 0.5),
        (fractions.Fraction(1, 2), 0.5),
    ],
)
def test_numbers_of_all_kinds_are_numbers(value: Any, number: float) -> None:
    assert as_number(value) == number
    assert type(as_number(value)) is float


@pytest.mark.parametrize(
    "value",
    [
        None,
        "0.5",
        np.str_("0.5"),
        b"1",
        1j,
        np.complex64(1j),
        np.array(1j),
        [1.0],
        np.array([1.0, 2.0]),
        np.array([]),
        np.datetime64("2020-01-01"),
        np.timedelta64(5, "s"),
        datetime.timedelta(seconds=1),
        Tensor("text"),
        Tensor(None),
        Moody(),
        10**400,
        object(),
    ],
)
def test_other_things_are_no_numbers(value: Any) -> None:
    assert as_number(value) is None


def test_nan_is_a_number() -> None:
    assert math.isnan(as_number(np.float64("nan")) or 0.0)


@pytest.mark.parametrize("value", [3, 3.0, np.int32(3), np.float64(3.0), Tensor(3), np.array(3)])
def test_whole_numbers_are_steps(value: Any) -> None:
    assert as_step(value) == 3


@pytest.mark.parametrize("value", [3.5, math.nan, math.inf, "3", None, 2**63, -(2**63), Moody(), np.array([1, 2])])
def test_other_things_are_no_steps(value: Any) -> None:
    assert as_step(value) is None
