"""The decorator leaves functions alone and refuses arguments that cannot be used."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import DefinitionError
from flasklab.experiments.definition import Definition, definition_of, experiment

if TYPE_CHECKING:
    from collections.abc import Callable


def here() -> int:
    """The line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def double(param: float = 21.0) -> dict[str, float]:
    return {"output": 2 * param}


def known(function: object) -> Definition:
    found = definition_of(function)
    assert found is not None
    return found


def test_a_decorated_function_is_the_very_same_function() -> None:
    def plain(param: float = 21.0) -> float:
        return 2 * param

    decorated = experiment(plain)

    assert decorated is plain
    assert decorated(4) == 8


def test_arguments_are_noted_in_seconds_and_bytes() -> None:
    @experiment(name="twice-2", tags=["vision", " daily "], timeout="1h 30m", memory="2 GiB", retries=1)
    def double() -> None: ...

    found = known(double)

    assert (found.name, found.tags) == ("twice-2", ("vision", "daily"))
    assert (found.timeout_seconds, found.memory_bytes, found.retries) == (5400.0, 2 * 2**30, 1)
    assert found.isolation == "fresh"


def test_arguments_of_the_queue_are_noted() -> None:
    @experiment(retries=2, retry_on=OSError, retry_wait="1m", priority=-3, concurrency=2, resources={"gpu": 1})
    def double() -> None: ...

    found = known(double)

    assert (found.retry_on, found.retry_wait) == ((OSError,), 60.0)
    assert (found.priority, found.concurrency, found.resources) == (-3, 2, {"gpu": 1})


def test_without_arguments_nothing_is_limited() -> None:
    @experiment
    def double() -> None: ...

    found = known(double)

    assert found.name == "double"
    assert (found.timeout_seconds, found.memory_bytes, found.retries, found.tags) == (None, None, 0, ())
    assert (found.retry_on, found.priority, found.concurrency, found.resources) == ((), 0, None, {})


def test_it_knows_where_the_definition_begins() -> None:
    line = here() + 2

    @experiment
    def double() -> None: ...

    assert (known(double).file, known(double).line) == (__file__, line)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"timeout": "soon"}, 'write timeout="30m"'),
        ({"timeout": 0}, "more than nothing"),
        ({"timeout": float("nan")}, "more than nothing"),
        ({"timeout": True}, "neither a number nor text"),
        ({"memory": "two gigs"}, 'memory="2 GiB"'),
        ({"memory": -1}, "more than nothing"),
        ({"retries": -1}, "retries=-1"),
        ({"retries": True}, "retries=True"),
        ({"retry_on": "ValueError", "retries": 1}, "write retry_on=(ConnectionError,)"),
        ({"retry_on": (KeyboardInterrupt,), "retries": 1}, "is no exception class"),
        ({"retry_on": ValueError}, "write retries=1 beside it"),
        ({"retry_wait": "later"}, 'write retry_wait="10s"'),
        ({"retry_wait": -1}, "more than nothing"),
        ({"priority": "high"}, "priority='high' is no whole number; write priority=1"),
        ({"priority": 2**40}, "is no whole number"),
        ({"concurrency": 0}, "from 1 on"),
        ({"resources": "gpu"}, "write resources={'gpu': 1}"),
        ({"resources": {"a gpu": 1}}, "write resources={'gpu': 1}"),
        ({"resources": {"gpu": 0}}, "resources['gpu']=0"),
        ({"isolation": "hot"}, '"fresh" or "warm"'),
        ({"tags": "vision"}, "tags='vision'"),
        ({"tags": [1]}, "list of words"),
        ({"name": "a/b"}, "stands in addresses"),
        ({"name": ""}, "stands in addresses"),
    ],
)
def test_an_argument_that_cannot_be_used_names_file_line_and_mend(options: dict[str, Any], says: str) -> None:
    line = here() + 2
    with pytest.raises(DefinitionError) as caught:
        experiment(**options)(double)

    assert (caught.value.file, caught.value.line) == (__file__, line)
    assert says in str(caught.value)


class Thing:
    pass


@pytest.mark.parametrize(
    ("value", "says"),
    [(Thing, "is a class"), ("30m", "its arguments need their names"), (staticmethod(double), "a method")],
)
def test_only_functions_become_experiments(value: Any, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        experiment(value)


def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(DefinitionError, match="<lambda>"):
        experiment(lambda: None)

    assert known(experiment(name="nothing")(lambda: None)).name == "nothing"


def test_a_wrapper_around_an_experiment_is_what_runs() -> None:
    def loud(function: Callable[[], str]) -> Callable[[], str]:
        @functools.wraps(function)
        def wrapper() -> str:
            return function().upper()

        return wrapper

    @loud
    @experiment
    def greet() -> str:
        return "hello"

    assert known(greet).function() == "HELLO"
    assert known(greet).name == "greet"


class Stubborn:
    """Answers every question for an attribute, as mocks and some proxies do."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"never ask for {name}")


@pytest.mark.parametrize("value", [None, 3, double, Thing])
def test_other_values_are_no_experiments(value: object) -> None:
    assert definition_of(value) is None


def test_a_value_that_answers_for_any_attribute_is_no_experiment() -> None:
    assert definition_of(Stubborn()) is None


def test_a_second_def_of_one_name_remembers_the_first() -> None:
    namespace: dict[str, Any] = {"experiment": experiment, "__name__": "lab"}
    source = "@experiment\ndef double(): ...\n\n@experiment\ndef double(): ...\n"
    exec(compile(source, "lab.py", "exec"), namespace)  # noqa: S102 - a module in a string

    assert known(namespace["double"]).shadows == ("lab.py", 1)


def test_defining_the_same_lines_again_shadows_nothing() -> None:
    namespace: dict[str, Any] = {"experiment": experiment, "__name__": "lab"}
    code = compile("@experiment\ndef double(): ...\n", "cell.py", "exec")
    exec(code, namespace)  # noqa: S102 - a notebook's cell
    exec(code, namespace)  # noqa: S102 - and once more

    assert known(namespace["double"]).shadows is None
