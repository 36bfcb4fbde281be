"""Signatures become JSON Schema, and JSON values become what the function takes."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import jsonschema_rs
import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, ConfigDict, Field, Secret, SecretBytes, SecretStr, field_validator, model_validator

from flasklab.errors import DefinitionError, InvalidParametersError
from flasklab.experiments.definition import definition_of, experiment
from flasklab.experiments.markers import Unit, Upload
from flasklab.experiments.parameters import from_text, to_text, validate
from flasklab.experiments.schema import Parameters


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Login(BaseModel):
    user: str
    token: SecretStr


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


@dataclass
class Optimizer:
    """How to descend."""

    lr: Annotated[float, Field(gt=0), Unit("1/s")] = 0.1
    color: Color = Color.RED
    betas: list[float] = field(default_factory=list)


class Network(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    layers: list[int] = [64]
    optimizer: Optimizer = Optimizer()
    count: int = Field(3, alias="howMany", description="how many of them")


class Point(NamedTuple):
    x: float
    y: float


@dataclass
class Tinted:
    tint: Literal[Color.RED] = Color.RED


class Plain:
    pass


class Even(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("must be even")
        return number


class Range(BaseModel):
    low: float = 0
    high: float = 1

    @model_validator(mode="after")
    def ordered(self) -> Range:
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        return self


def parameters(function: Callable[..., Any]) -> Parameters:
    definition = definition_of(experiment(function))
    assert definition is not None
    return Parameters(definition)


def of_type(annotation: Any, *default: Any) -> Parameters:
    def function(x):  # type: ignore[no-untyped-def]
        return x

    function.__annotations__ = {"x": annotation}
    function.__defaults__ = default
    return parameters(function)


def no_file(value: dict[str, Any]) -> Path:
    raise AssertionError(f"nobody asked for {value}")


def bound(annotation: Any, value: Any) -> Any:
    return of_type(annotation).bind({"x": value}, no_file)["x"]


KINDS: list[tuple[Any, Any, Any, str]] = [  # annotation, default, its JSON, kind
    (int, 3, 3, "integer"),
    (float, 3, 3.0, "number"),
    (float, float("nan"), "NaN", "number"),
    (bool, True, True, "boolean"),
    (str, "a", "a", "text"),
    (str, "a\nb", "a\nb", "multiline"),
    (Annotated[str, Field(json_schema_extra={"multiline": True})], "a", "a", "multiline"),
    (Literal["svm", "forest"], "svm", "svm", "choice"),
    (Literal[1, 2], 2, 2, "choice"),
    (Literal["only"], "only", "only", "choice"),
    (Color, Color.BLUE, "blue", "choice"),
    (Size, Size.LARGE, 2, "choice"),
    (list[Literal["a", "b"]], ["a"], ["a"], "choices"),
    (set[Color], {Color.RED, Color.BLUE}, ["blue", "red"], "choices"),
    (dt.date, dt.date(2026, 1, 31), "2026-01-31", "date"),
    (dt.datetime, dt.datetime(2026, 1, 31, 8, tzinfo=dt.UTC), "2026-01-31T08:00:00Z", "datetime"),
    (dt.time, dt.time(8, 30), "08:30:00", "time"),
    (dt.timedelta, dt.timedelta(days=400, seconds=1.5), "P400DT1.5S", "duration"),
    (int | None, None, None, "integer"),
    (dt.date | None, dt.date(2026, 1, 31), "2026-01-31", "date"),
    (list[int], [1, 2], [1, 2], "list"),
    (tuple[int, str], (1, "a"), [1, "a"], "list"),
    (Point, Point(1, 2), [1.0, 2.0], "list"),
    (list[list[float]], [[1]], [[1.0]], "list"),
    (dict[str, Any], {"a": None}, {"a": None}, "json"),
    (Any, {"a": [1]}, {"a": [1]}, "json"),
    (dict[str, int], {"a": 1}, {"a": 1}, "json"),
    (Optimizer, Optimizer(lr=1), {"lr": 1.0, "color": "red", "betas": []}, "object"),
    (Optimizer | None, None, None, "object"),
    (
        Network,
        Network(layers=[1], howMany=3),
        {"layers": [1], "optimizer": {"lr": 0.1, "color": "red", "betas": []}, "howMany": 3},
        "object",
    ),
    (float | Literal["auto"], "auto", "auto", "text"),
    (float | str, 1.5, 1.5, "text"),
    (Decimal, Decimal("1.50"), "1.50", "decimal"),
    (Decimal | None, Decimal("0.1234567890123456789"), "0.1234567890123456789", "decimal"),
    (list[Decimal], [Decimal("1.50")], ["1.50"], "list"),
    (Path, Path("a/b"), "a/b", "text"),
]


@pytest.mark.parametrize(("annotation", "default", "as_json", "kind"), KINDS)
def test_every_kind_has_a_field_a_json_default_and_its_value_back(
    annotation: Any, default: Any, as_json: Any, kind: str
) -> None:
    found = of_type(annotation, default)
    schema = found.json_schema()
    jsonschema_rs.meta.validate(schema)

    assert schema["properties"]["x"]["x-flasklab"]["kind"] == kind
    assert repr(found.defaults()["x"]) == repr(as_json)
    assert schema["properties"]["x"]["default"] == as_json
    checked = validate(schema, found.defaults(), {"x": as_json})
    assert checked.given == ()
    again = found.bind(checked.params, no_file)["x"]
    assert again == default or again != again
    assert type(again) is (float if annotation is float else type(default))


@pytest.mark.parametrize(("annotation", "default", "as_json", "kind"), KINDS)
def test_every_kind_can_be_typed_into_a_form(annotation: Any, default: Any, as_json: Any, kind: str) -> None:
    found = of_type(annotation, default)
    schema = found.json_schema()

    texts = to_text(schema, {"x": as_json})

    assert from_text(schema, texts) == {"x": as_json}, (texts, kind)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("-0.5", "must be at least 0"),
        (-0.5, "must be at least 0"),
        ("much", "is not a number: 'much'"),
        ("Infinity", "is not a number: 'Infinity'"),
        (True, "is not a number: true"),
    ],
)
def test_limits_of_a_decimal_hold_for_texts_and_numbers(value: Any, says: str) -> None:
    found = of_type(Annotated[Decimal, Field(ge=0)])

    with pytest.raises(InvalidParametersError) as caught:
        validate(found.json_schema(), {}, {"x": value})

    assert caught.value.errors[0].message == says


def test_a_signature_becomes_an_object_in_its_order() -> None:
    def classify(
        model: Literal["svm", "forest"],
        test_size: Annotated[float, Field(ge=0.05, le=0.5)] = 0.2,
        speed: Annotated[float | None, Field(ge=0), Unit("m/s")] = None,
        rate: Annotated[float, Field(json_schema_extra={"log": True, "step": 0.01})] = 0.1,
        grid: Annotated[int, Field(multiple_of=8, description="cells", title="Grid!")] = 64,
        seed: int = 0,
    ) -> None:
        """Train a classifier.

        Args:
            test_size: share of the rows held out
            grid: never shown
        """

    schema = parameters(classify).json_schema()
    marks = {name: one["x-flasklab"] for name, one in schema["properties"].items()}

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["title"], schema["description"]) == ("classify", "Train a classifier.")
    assert list(schema["properties"]) == ["model", "test_size", "speed", "rate", "grid", "seed"]
    assert (schema["required"], schema["additionalProperties"]) == (["model"], False)
    assert schema["properties"]["test_size"] == {
        "title": "test size",
        "description": "share of the rows held out",
        "type": "number",
        "minimum": 0.05,
        "maximum": 0.5,
        "default": 0.2,
        "x-flasklab": {"kind": "number", "optional": False},
    }
    assert schema["properties"]["speed"]["anyOf"] == [{"type": "number", "minimum": 0}, {"type": "null"}]
    assert "unit" not in schema["properties"]["speed"]
    assert marks["speed"] == {"kind": "number", "optional": True, "unit": "m/s"}
    assert marks["rate"] == {"kind": "number", "optional": False, "log": True, "step": 0.01}
    assert marks["grid"]["step"] == 8
    assert schema["properties"]["grid"]["description"] == "cells"
    assert schema["properties"]["grid"]["title"] == "Grid!"
    assert marks["seed"]["seed"] is True


def test_nested_fields_have_marks_titles_and_take_no_unknown_names() -> None:
    found = of_type(Network)
    schema = found.json_schema()

    assert schema["$defs"]["Optimizer"]["properties"]["lr"]["x-flasklab"]["unit"] == "1/s"
    assert schema["$defs"]["Network"]["properties"]["howMany"]["description"] == "how many of them"
    with pytest.raises(InvalidParametersError, match="x has no field 'layer'; did you mean 'layers'"):
        validate(schema, {}, {"x": {"layer": [1]}})
    assert found.bind({"x": {"howMany": 5}}, no_file)["x"].count == 5


def test_any_name_a_function_may_use_is_a_parameters_name() -> None:
    def function(
        copy: int = 1, json: int = 2, model_config: int = 3, _hidden: int = 4, schema: int = 5, self: int = 6
    ) -> None: ...

    found = parameters(function)

    assert found.bind(found.defaults(), no_file) == found.defaults()
    assert list(found.defaults().values()) == [1, 2, 3, 4, 5, 6]


def test_a_parameter_that_is_left_out_keeps_the_functions_default() -> None:
    assert of_type(int, 3).bind({}, no_file) == {}
    with pytest.raises(InvalidParametersError, match="x: is required"):
        of_type(int).bind({}, no_file)


def test_a_frozen_default_is_made_anew_for_each_run() -> None:
    default = Optimizer()
    found = of_type(Optimizer, default)

    first = found.bind(found.defaults(), no_file)["x"]
    first.betas.append(1.0)

    assert found.bind(found.defaults(), no_file)["x"].betas == []
    assert default.betas == []


def test_what_only_the_authors_validators_know_is_told_at_binding_for_all_at_once() -> None:
    def function(even: Even, span: Range, count: int, many: list[Even]) -> None: ...

    with pytest.raises(InvalidParametersError) as caught:
        parameters(function).bind(
            {"even": {"number": 3}, "span": {"low": 2}, "count": 1, "many": [{"number": 2}, {"number": 1}], "z": 1},
            no_file,
        )

    assert [(error.param, error.message) for error in caught.value.errors] == [
        ("z", "function has no parameter 'z'"),
        ("even.number", "must be even"),
        ("span", "low must be less than high"),
        ("many.1.number", "must be even"),
    ]


def test_a_union_s_refusals_are_one_message_of_one_place() -> None:
    with pytest.raises(InvalidParametersError) as caught:
        bound(int | dt.date, [])

    assert [error.param for error in caught.value.errors] == ["x"]
    assert ", or " in caught.value.errors[0].message


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        (pd.DataFrame, 'Annotated[pd.DataFrame, Upload(".csv", ".parquet")]'),
        (pd.DataFrame | None, "Annotated[pd.DataFrame, Upload"),
        (np.ndarray, 'Annotated[np.ndarray, Upload(".npy")]'),
        (np.float64, "write `float`"),
        (Plain, "make Plain a dataclass"),
        (list[Plain], "make Plain a dataclass"),
        (Callable[[int], int], 'like `Literal["relu", "tanh"]`'),
        (Annotated[int, Upload(".csv")], "a file cannot become int"),
        (Annotated[pd.DataFrame, Upload(".docx")], "cannot be read from .docx"),
        (Annotated[int, Field(alias="n")], "name the parameter itself so"),
        (Annotated[int, Field(default=3)], "`x: ... = <default>`"),
        (Literal[Color.RED], "write `Color`, or `Literal['red']`"),
        (list[Literal[Size.SMALL]] | None, "write `Size`, or `Literal[1]`"),
        (Tinted, "no form can send Color.RED"),
        (Literal[b"red"], "no form can send b'red'"),
        (SecretStr, 'read it inside the function, like `os.environ["X"]`'),
        (SecretBytes | None, "it is a secret"),
        (Secret[int], "it is a secret"),
        (list[Login], "it is a secret"),
    ],
)
def test_an_annotation_without_a_form_names_file_line_and_mend(annotation: Any, says: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        of_type(annotation).json_schema()

    assert caught.value.file == __file__
    assert "parameter 'x' of function" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "default", "says"),
    [
        (int, "3", "is not a whole number: '3'"),
        (int, None, "write `... | None` as its type"),
        (Annotated[int, Field(le=10)], 11, "must be at most 10"),
        (Literal["a", "b"], "c", "is not one of a, b: 'c'"),
        (Color, "green", "is not one of red, blue: 'green'"),
        (list[int], ["a"], "valid integer"),
        (Even, Optimizer(), "Even"),
        (Annotated[Path, Upload(".csv")], Path("a.csv"), "a file has no default but None"),
        (Any, Plain(), "Plain"),
    ],
)
def test_a_default_that_its_type_refuses_names_file_line_and_mend(annotation: Any, default: Any, says: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        of_type(annotation, default).json_schema()

    assert caught.value.file == __file__
    assert says in str(caught.value)
    assert "its default" in str(caught.value) or "no default" in str(caught.value)


def test_a_default_set_is_told_in_the_same_order_by_every_process() -> None:
    letters = "abcdefghijklmnop"

    assert of_type(set[str], set(letters)).defaults()["x"] == list(letters)


def test_a_file_parameter_says_what_it_takes() -> None:
    def function(
        table: Annotated[pd.DataFrame, Upload(".csv", max_size="1 MB")],
        image: Annotated[Path | None, Upload()] = None,
        several: Annotated[list[Path], Upload(".png")] = [],  # noqa: B006 - as an author writes it
        arrays: Annotated[dict[str, np.ndarray] | None, Upload()] = None,
    ) -> None: ...

    schema = parameters(function).json_schema()["properties"]

    assert schema["table"]["x-flasklab"] == {
        "kind": "table",
        "reads": "pandas",
        "accept": [".csv"],
        "max_size": 1_000_000,
        "optional": False,
    }
    assert schema["image"]["x-flasklab"] == {"kind": "file", "reads": "path", "optional": True}
    assert schema["several"]["x-flasklab"]["multiple"] is True
    assert schema["arrays"]["x-flasklab"]["accept"] == [".npz"]
