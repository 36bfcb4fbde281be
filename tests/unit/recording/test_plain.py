from __future__ import annotations

import dataclasses
import datetime
import enum
import uuid
from collections import namedtuple
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pydantic
import pytest

from flasklab.recording.plain import MISSING, as_json, described, members, printable, scalar, shortened


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Corner:
    x: float
    y: Any = None


class Model(pydantic.BaseModel):
    depth: int = 3


class Struct(msgspec.Struct):
    a: int = 1


Pair = namedtuple("Pair", "left right")  # the untyped kind that authors use


class BadRepr:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class BadMembers(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2**63, str(2**63)),
        (0.5, 0.5),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ("é", "é"),
        ("a\ud800", "a\\ud800"),
        (Colour.RED, "red"),
        (Level.LOW, 1),
        (np.float32(0.5), 0.5),
        (np.int64(2), 2),
        (np.bool_(True), True),
        (np.array(7), 7),
        (np.float64("nan"), "NaN"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.timedelta(minutes=1), 60.0),
        (Path("a/b"), "a/b"),
        (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_scalars_become_what_json_holds(value: Any, plain: Any) -> None:
    assert scalar(value) == plain
    assert type(scalar(value)) is type(plain)


@pytest.mark.parametrize("value", [[], {}, np.zeros(1), object(), Corner(1), b"", Corner])
def test_other_things_are_no_scalars(value: Any) -> None:
    assert scalar(value) is MISSING


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ({1: "a", "b": 2}, {"1": "a", "b": 2}),
        ((1, 2), [1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        (Corner(1, 2), {"x": 1, "y": 2}),
        (Model(), {"depth": 3}),
        (Struct(), {"a": 1}),
        (Pair(1, 2), {"left": 1, "right": 2}),
        (Corner, None),
        ("text", None),
        (object(), None),
    ],
)
def test_containers_are_opened_one_level_deep(value: Any, held: Any) -> None:
    assert members(value) == held


def test_json_goes_to_any_depth() -> None:
    value = {"a": [Corner(np.float64(1), {Colour.RED})], Colour.RED: Model()}
    assert as_json(value) == {"a": [{"x": 1.0, "y": ["red"]}], "red": {"depth": 3}}


def test_a_circle_ends_in_a_repr() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert 3 < msgspec.json.encode(as_json(circle)).count(b"[") < 100


def test_objects_that_fight_back_are_described() -> None:
    assert as_json([BadRepr(), BadMembers(a=1)]) == ["<BadRepr object whose repr fails>", "{'a': 1}"]


def test_descriptions_and_texts_are_cut_to_their_limit() -> None:
    assert described("x" * 50, 10) == "'xxxxxxxx…"
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"


def test_printable_text_is_always_utf_8() -> None:
    assert printable("\udc80é").encode() == "\\udc80é".encode()


def test_an_integer_with_more_digits_than_python_writes_is_told_in_hexadecimal() -> None:
    assert as_json({"big": 10**5000, "kept": 1}) == {"big": hex(10**5000), "kept": 1}


def test_a_repr_that_would_end_the_program_is_told_as_one_that_fails() -> None:
    class Leaving:
        def __repr__(self) -> str:
            raise SystemExit(3)

    assert as_json(Leaving()) == "<Leaving object whose repr fails>"
