from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flasklab.errors import ParameterError
from flasklab.web.presenters.fields import FieldView, field_view
from flasklab.web.presenters.form import present_form

SPEC: dict[str, Any] = {
    "name": "x", "label": "x", "kind": "number", "unit": "", "help": "", "required": False, "minimum": None,
    "maximum": None, "step": None, "multiple_of": None, "min_length": None, "max_length": None, "pattern": None,
    "choices": (), "accept": (), "max_bytes": None, "multiple": False,
    "nullable": False, "logarithmic": False, "group": "",
}  # fmt: skip


def field(data: Any = "", errors: tuple[str, ...] = (), **spec: Any) -> SimpleNamespace:
    found = SimpleNamespace(**(SPEC | spec))
    return SimpleNamespace(spec=found, id=f"param-{found.name}", name=found.name, data=data, errors=errors)


def view(data: Any = "", **spec: Any) -> FieldView:
    return field_view(field(data, **spec), {})


def choices(count: int) -> tuple[SimpleNamespace, ...]:
    return tuple(SimpleNamespace(value=f"c{number}", label=f"c{number}") for number in range(count))


@pytest.mark.parametrize(
    ("kind", "control"),
    [
        ("integer", "number"), ("number", "number"), ("decimal", "number"), ("text", "text"),
        ("multiline", "textarea"), ("boolean", "check"),
        ("choices", "checks"), ("date", "date"), ("datetime", "datetime-local"), ("time", "time"), ("duration", "text"),
        ("list", "textarea"), ("json", "textarea"), ("object", "textarea"), ("file", "file"), ("table", "file"),
        ("array", "file"), ("something new", "text"),
    ],
)  # fmt: skip
def test_every_kind_has_a_native_control(kind: str, control: str) -> None:
    assert view(kind=kind).control == control


def test_few_choices_stand_side_by_side_and_many_fold() -> None:
    assert view("c0", kind="choice", choices=choices(4)).control == "segments"
    assert view("c0", kind="choice", choices=choices(5)).control == "select"


def test_what_may_be_none_can_be_chosen_to_be_none() -> None:
    assert view("", kind="choice", choices=choices(2), nullable=True).options[0] == ("", "none")
    assert [value for value, _ in view("", kind="boolean", nullable=True).options] == ["", "true", "false"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("number", "abc"), ("number", "NaN"), ("date", "tomorrow"), ("datetime", "2026-11-23T08:00:00Z"), ("time", "8")],
)
def test_a_text_that_a_browsers_control_would_drop_is_shown_as_text(kind: str, text: str) -> None:
    found = view(text, kind=kind)
    assert (found.control, found.value) == ("text", text)


@pytest.mark.parametrize("text", ["", "21", "-0.5", "1e-3", ".5", "3."])
def test_numbers_keep_their_control(text: str) -> None:
    assert view(text).control == "number"


def test_a_slider_needs_both_limits() -> None:
    assert view("1", minimum=0).slider_step == ""
    assert view("1", minimum=0, maximum=10).slider_step == "0.1"
    assert view("0.2", minimum=0.05, maximum=0.5).slider_step == "0.001"
    assert view("1", kind="integer", minimum=1, maximum=500).slider_step == "1"
    assert view("1", minimum=0, maximum=1, step=0.25).slider_step == "0.25"


def test_a_slider_over_orders_of_magnitude_is_logarithmic() -> None:
    assert view("1", minimum=1e-6, maximum=1).logarithmic
    assert view("1", minimum=1, maximum=10, logarithmic=True).logarithmic
    assert view("100", kind="integer", minimum=100, maximum=10_000_000).logarithmic
    assert not view("1", kind="integer", minimum=1, maximum=500).logarithmic
    assert not view("1", minimum=0, maximum=1e6, logarithmic=True).logarithmic


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"minimum": 0.05, "maximum": 0.5}, "0.05 to 0.5"),
        ({"minimum": 1}, "at least 1"),
        ({"maximum": 1e-6}, "at most 1e-6"),
        ({"kind": "table", "accept": (".csv", ".parquet"), "max_bytes": 10**8}, ".csv .parquet · up to 100 MB"),
        ({"kind": "integer", "minimum": 100, "maximum": 10_000_000}, "100 to 10,000,000"),
        ({"kind": "integer", "minimum": 1990, "multiple_of": 5}, "at least 1990 · a multiple of 5"),
        ({"kind": "text", "min_length": 2, "max_length": 40}, "2 to 40 characters"),
        ({"kind": "text", "max_length": 8, "pattern": "^[a-z]+$"}, "at most 8 characters · matches ^[a-z]+$"),
        ({"kind": "text", "min_length": 3, "max_length": 3}, "3 characters"),
        ({}, ""),
    ],
)
def test_limits_are_said_in_words(spec: dict[str, Any], words: str) -> None:
    assert view(**spec).limits == words


def test_a_kept_upload_is_named_with_its_size() -> None:
    found = view({"file": "penguins.csv", "sha256": "0" * 64, "size": 15241}, kind="table")
    assert (found.kept_text, found.values) == ("penguins.csv · 15.2 kB", ())


def test_lists_have_one_item_per_line_and_json_is_indented() -> None:
    assert view(["64", "32"], kind="list").value == "64\n32"
    objects = view(['{"a":1}', '{"a":2}'], kind="objects")
    assert (objects.value, objects.hint) == ('{"a":1}\n{"a":2}', "One item per line, as JSON.")
    assert view('{"a":1}', kind="json").value == '{\n  "a": 1\n}'
    assert view("{broken", kind="json").value == "{broken"


def test_only_a_whole_number_named_seed_has_dice() -> None:
    assert view(kind="integer", name="seed").dice
    assert not view(kind="number", name="seed").dice


def test_an_empty_control_says_what_it_means() -> None:
    assert view(kind="integer", name="limit", nullable=True).placeholder == "none"
    assert view(kind="integer", name="model.seed", nullable=True).placeholder == "drawn at the start"
    assert view(kind="text").placeholder == ""


def test_help_and_errors_are_tied_to_the_control() -> None:
    found = field_view(field("1", ("must be at most 0.5",), help="share"), {})
    assert found.described == "param-x-help param-x-error"


def test_fields_of_a_nested_model_share_a_group(make: Any) -> None:
    fields = [
        field(name="a"),
        field(name="optimizer.lr", group="Optimizer"),
        field(name="optimizer.m", group="Optimizer"),
    ]
    page = present_form(make.description(), fields, source=None, problems=(), queue=None, copies=SimpleNamespace())
    assert [(group.legend, len(group.fields)) for group in page.groups] == [("", 1), ("Optimizer", 2)]


def test_a_problem_leads_to_its_field_even_inside_a_list(make: Any) -> None:
    problems = (ParameterError("layers.0", "must be a number"), ParameterError("parm", "is no parameter"))
    page = present_form(
        make.description(), [field(name="layers")], source=None, problems=problems, queue=None, copies=SimpleNamespace()
    )
    assert [(found.label, found.target) for found in page.problems] == [("layers.0", "param-layers"), ("parm", None)]


def test_the_docstrings_further_paragraphs_follow_its_summary(make: Any) -> None:
    page = present_form(make.description(), [], source=None, problems=(), queue=None, copies=SimpleNamespace())
    assert (page.summary, page.doc, page.where) == ("Train a network.", ("On digits.",), "train.py:19")
