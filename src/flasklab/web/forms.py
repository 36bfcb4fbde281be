"""A Flask-WTF form made from an experiment's JSON Schema: one field for each value that it asks for.

The form carries texts and never judges them: what is valid is the schema's to say, in one place for every way
in. What it finds is put beside the fields, and what was typed survives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_wtf import FlaskForm  # type: ignore[import-untyped]  # ships no types
from wtforms import Field  # type: ignore[import-untyped]  # ships no types

from flasklab.experiments import parameters
from flasklab.experiments.shape import FILES, item_of, options
from flasklab.http.leaves import leaves
from flasklab.runs.json import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from flasklab.errors import ParameterError
    from flasklab.experiments.description import Description
    from flasklab.experiments.shape import Schema
    from flasklab.http.leaves import Leaf

_MULTIPLE = frozenset({"choices", "list", "objects"})
_CHECKED = ("on", "true", "1", "yes", "y", "t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a field with choices."""

    value: str  # what is sent
    label: str  # what people read


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """What a template needs to draw one field."""

    name: str  # the parameter; nested ones with dots
    label: str
    kind: str  # "integer", "number", "text", "multiline", "boolean", "choice", "choices", "date", "file", ...
    unit: str  # "m/s"; "" without one
    help: str  # from the docstring; ""
    required: bool  # without a default, and not a box that may stay unchecked
    minimum: float | str | None  # smallest number or earliest date, itself allowed
    maximum: float | str | None  # largest number or latest date, itself allowed
    step: float | None  # of a number; None for any
    multiple_of: float | None  # what a number must be a multiple of
    min_length: int | None  # characters of a text
    max_length: int | None
    pattern: str | None  # regular expression of a text
    choices: tuple[Choice, ...]
    default_text: str  # the default as text, for a placeholder; "" without one
    accept: tuple[str, ...]  # endings of a file
    max_bytes: int | None  # of a file
    multiple: bool  # several values
    nullable: bool  # may be left empty, meaning "none"
    logarithmic: bool  # a slider of orders of magnitude
    group: str  # titles of the nested parameters it belongs to, outermost first; ""


class ParameterField(Field):  # type: ignore[misc]  # WTForms ships no types
    """One value of an experiment: `data` is a text, a list of texts, a bool for a box, or a file's value."""

    def __init__(self, *args: Any, spec: FieldSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        self.errors: Sequence[str] = ()

    def process_data(self, value: Any) -> None:
        """Take `value`: texts by name, or a file's JSON value."""
        self.data: Any
        texts = list(value) if isinstance(value, (list, tuple)) else []
        if self.spec.kind in FILES:
            self.data = value if isinstance(value, (dict, list)) and value else None
        elif self.spec.kind == "boolean" and not self.spec.nullable:
            self.data = bool(texts) and texts[-1].strip().lower() in _CHECKED
        elif self.spec.multiple:
            self.data = texts
        else:
            self.data = texts[-1] if texts else ""

    def process_formdata(self, valuelist: Any) -> None:
        """Nothing: what was sent arrives through `process_data`, read once for every way in."""

    @property
    def kept(self) -> str:
        """An upload that is in the lab already, as the text of a hidden field; "" without one."""
        return encode(self.data).decode() if self.spec.kind in FILES and self.data else ""


class ParametersForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """An experiment's form; its fields stand in `parameters`."""

    class Meta:
        """Settings of Flask-WTF."""

        csrf_time_limit = None  # a form may stay open overnight

    @property
    def parameters(self) -> Iterator[ParameterField]:
        """The fields of the experiment, without the token."""
        return (field for field in self if isinstance(field, ParameterField))

    def blame(self, errors: Iterable[ParameterError]) -> None:
        """Put each error beside its field; "layers.0" belongs to the field "layers"."""
        by_name = {field.spec.name: field for field in self.parameters}
        for error in errors:
            name = error.param
            while name and name not in by_name:
                name = name.rpartition(".")[0]
            if name:
                where = error.param.removeprefix(name).lstrip(".")
                message = f"{where}: {error.message}" if where else error.message
                by_name[name].errors = [*by_name[name].errors, message]


def parameters_form(
    description: Description, texts: Mapping[str, Sequence[str]], files: Mapping[str, Any]
) -> ParametersForm:
    """The form of an experiment, filled in.

    Args:
        description: the experiment
        texts: texts by dotted name
        files: values of uploads by dotted name
    """
    defaults = parameters.to_text(description.parameters, description.defaults)
    # The attributes are numbered, as a parameter may be named like a method of the form ("data", "errors").
    attributes: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for number, leaf in enumerate(leaves(description.parameters)):
        spec = field_spec(leaf, " ".join(defaults.get(leaf.name, ())))
        attribute = f"parameter{number}"
        attributes[attribute] = ParameterField(
            spec.label, name=spec.name, id=f"param-{spec.name}", description=spec.help, spec=spec
        )
        values[attribute] = files.get(spec.name, texts.get(spec.name))
    form_class = type("ExperimentForm", (ParametersForm,), attributes)
    form: ParametersForm = form_class(formdata=None, data=values)
    return form


def filled_with(description: Description, params: Mapping[str, Any]) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Parameters of a run, or defaults, as the texts and files of a form."""
    files = {}
    texts = parameters.to_text(description.parameters, params)
    for leaf in leaves(description.parameters):
        value = leaf.value_in(params)
        if leaf.is_file and value is not None:
            files[leaf.name] = value
        elif leaf.kind == "json" and leaf.name not in texts and value is not None:
            texts[leaf.name] = [encode(value).decode()]
    return texts, files


def field_spec(leaf: Leaf, default_text: str) -> FieldSpec:
    """What is needed to draw the field of `leaf`."""
    schema, marks = leaf.schema, leaf.marks
    return FieldSpec(
        name=leaf.name,
        label=str(schema.get("title") or leaf.name.rpartition(".")[2]),
        kind=leaf.kind,
        unit=str(marks.get("unit") or ""),
        help=str(schema.get("description") or ""),
        required=leaf.required and not leaf.nullable and leaf.kind not in ("boolean", "choices"),
        minimum=_limit(schema, "minimum", "exclusiveMinimum", "formatMinimum"),
        maximum=_limit(schema, "maximum", "exclusiveMaximum", "formatMaximum"),
        step=marks.get("step") or schema.get("multipleOf"),
        multiple_of=schema.get("multipleOf"),
        min_length=schema.get("minLength"),
        max_length=schema.get("maxLength"),
        pattern=schema.get("pattern"),
        choices=_choices(schema),
        default_text=default_text,
        accept=tuple(marks.get("accept") or ()),
        max_bytes=marks.get("max_size"),
        multiple=leaf.kind in _MULTIPLE,
        nullable=leaf.nullable,
        logarithmic=bool(marks.get("log")),
        group=leaf.group,
    )


def _limit(schema: Mapping[str, Any], *names: str) -> float | str | None:
    return next((schema[name] for name in names if schema.get(name) is not None), None)


def _choices(schema: Schema) -> tuple[Choice, ...]:
    values = options(item_of(schema, 0) if schema.get("type") == "array" else schema)
    return tuple(Choice(value=text, label=text) for text in map(parameters.choice_text, values))
