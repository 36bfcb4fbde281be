"""A signature that no form can be made of is refused, on the line where the mistake stands."""

from __future__ import annotations

import datetime as dt
import enum
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import Field

from flasklab.errors import DefinitionError
from flasklab.experiments.definition import Definition
from flasklab.experiments.markers import Upload
from flasklab.experiments.signature import read_signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal


class Color(enum.Enum):
    RED = "red"


@dataclass
class Optimizer:
    lr: float = 0.1


def defined(function: Callable[..., Any]) -> Definition:
    return Definition(function=function, name=function.__name__)


def line_of(text: str) -> int:
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))


def test_annotations_written_as_text_are_evaluated_with_their_metadata() -> None:
    def function(rate: Annotated[float, "kept"], count: int = 3) -> None: ...

    rate, count = read_signature(defined(function))

    assert rate.annotation == Annotated[float, "kept"]
    assert (rate.is_required, count.is_required, count.default) == (True, False, 3)


def test_an_unknown_return_type_is_nobodys_business() -> None:
    def function(rate: float) -> Decimal:  # type: ignore[empty-body]
        ...

    assert read_signature(defined(function))[0].annotation is float


def test_names_of_the_function_around_are_known_where_the_function_uses_them() -> None:
    kind = float

    def function(rate: kind = 1.0) -> Any:  # type: ignore[valid-type]
        return kind(rate)

    assert read_signature(defined(function))[0].annotation is float


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        (True, bool),
        (1, int),
        (1.0, float),
        ("a", str),
        (dt.date(2026, 1, 1), dt.date),
        (dt.datetime(2026, 1, 1), dt.datetime),  # noqa: DTZ001 - as an author writes it
        (dt.timedelta(1), dt.timedelta),
        (Color.RED, Color),
        (Optimizer(), Optimizer),
        ([1, 2], list[int]),
        ([1, "a"], list[Any]),
        ([], list[Any]),
        ((1.0,), tuple[float, ...]),
        ({Color.RED}, set[Color]),
        ({"a": 1}, dict[str, Any]),
    ],
)
def test_a_default_says_the_type_where_no_annotation_does(default: Any, expected: Any) -> None:
    def function(value=default): ...  # type: ignore[no-untyped-def]

    assert read_signature(defined(function))[0].annotation == expected


def nothing_said(  # type: ignore[no-untyped-def]
    rate: float,
    bare,
) -> None: ...


def none_says_nothing(  # type: ignore[no-untyped-def]
    empty=None,
) -> None: ...


def positional(
    first: int,
    /,
) -> None: ...


def several(
    *values: int,
) -> None: ...


def named(
    **options: int,
) -> None: ...


def unknown(
    amount: Decimal,
) -> None: ...


def field_as_default(
    epochs: int = Field(3, ge=1),
) -> None: ...


def upload_as_default(
    table: Any = Upload(".csv"),  # noqa: B008 - the mistake this is about
) -> None: ...


@pytest.mark.parametrize(
    ("function", "written", "says"),
    [
        (nothing_said, "bare,", "no annotation; write its type, like `bare: float`"),
        (none_says_nothing, "empty=None,", "no annotation, and None says too little"),
        (positional, "first: int,", "remove the `/`"),
        (several, "*values: int,", "take `values: list[float]`"),
        (named, "**options: int,", "take `options: dict[str, float]`"),
        (unknown, "amount: Decimal,", "import Decimal at the top of the module"),
        (field_as_default, "epochs: int = Field", "`epochs: Annotated[<type>, Field(...)] = <default>`"),
        (upload_as_default, "table: Any = Upload", "`table: Annotated[Path, Upload(...)]`"),
    ],
)
def test_a_parameter_without_a_form_names_its_line_and_its_mend(
    function: Callable[..., Any], written: str, says: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_signature(defined(function))

    assert (caught.value.file, caught.value.line) == (__file__, line_of(written))
    assert says in str(caught.value)
    assert function.__name__ in str(caught.value)


def test_the_definition_s_line_stands_in_where_the_source_is_gone() -> None:
    namespace: dict[str, Any] = {}
    exec(compile("\ndef function(a): ...\n", "<gone>", "exec"), namespace)  # noqa: S102 - a console's input

    with pytest.raises(DefinitionError) as caught:
        read_signature(defined(namespace["function"]))

    assert (caught.value.file, caught.value.line) == ("<gone>", 2)


def test_a_callable_without_a_signature_is_refused() -> None:
    assert inspect.isbuiltin(max)

    with pytest.raises(DefinitionError, match="signature cannot be read"):
        read_signature(defined(max))
