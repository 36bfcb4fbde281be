"""An experiment's parameters as JSON Schema, and JSON values as what its function takes: Pydantic's work.

Each parameter has a Pydantic type of its own, so that an error in a definition and an error in a value name
the parameter they belong to, and any name a function may use is a parameter's name.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.experiments.canonical import canonical, stand_in
from flasklab.experiments.complaints import complaints
from flasklab.experiments.docstrings import read_docstring
from flasklab.experiments.marks import mark_definitions, mark_property
from flasklab.experiments.mends import holds_secret, mend_for, mend_for_literals
from flasklab.experiments.shape import FILES, MARKS
from flasklab.experiments.signature import Parameter, problem, read_signature
from flasklab.experiments.uploads import UnreadableError
from flasklab.runs.json import encode, finite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pydantic_core.core_schema import DecimalSchema

    from flasklab.experiments.definition import Definition
    from flasklab.experiments.shape import Schema

_SCALARS = (str, int, float, bool, type(None))
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class _Field:
    parameter: Parameter
    adapter: TypeAdapter[Any]


class _JsonSchema(GenerateJsonSchema):
    """Pydantic's JSON Schema, with a decimal number as a type of its own rather than as a number or any text."""

    def decimal_schema(self, schema: DecimalSchema) -> Schema:
        """A number, or a text with more digits than a float holds; limits count for both."""
        found = super().decimal_schema(schema)
        number = next(one for one in found["anyOf"] if one.get("type") == "number")
        return {**number, "type": ["number", "string"], "format": "decimal", MARKS: {"kind": "decimal"}}


class Parameters:
    """The parameters of one experiment, from its signature.

    Args:
        definition: what `experiment` noted

    Raises:
        DefinitionError: an annotation cannot be a parameter; file, line, parameter and mend are named.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._fields = _fields(definition)

    def json_schema(self) -> Schema:
        """JSON Schema (draft 2020-12) of an object with one property per parameter, in the signature's order.

        Each property has a title, a description where there is help, a default, and under "x-flasklab" what
        JSON Schema has no word for: kind, optional, unit, step, accept, reads, max_size, log, multiple, seed.

        Raises:
            DefinitionError: an annotation has no JSON Schema, or a default is refused by its own type.
        """
        root = self._bare_schema()
        defaults = self._defaults(root)
        for name, value in defaults.items():
            root["properties"][name]["default"] = value
        doc = read_docstring(self._definition.function.__doc__)
        if doc.summary:
            root["description"] = doc.summary
        for name, schema in root["properties"].items():
            root["properties"][name] = mark_property(name, schema, root, help_text=doc.helps.get(name, ""))
        if defaults:
            self._check(root, defaults)
        return root

    def defaults(self) -> dict[str, Any]:
        """The JSON values of the parameters that have a default.

        Raises:
            DefinitionError: a default is refused by its own type.
        """
        return self._defaults(self._bare_schema())

    def bind(self, params: Mapping[str, Any], open_file: Callable[[dict[str, Any]], Path]) -> dict[str, Any]:
        """The keyword arguments that JSON values mean: enum members, dates, dataclasses, paths, frames.

        Args:
            params: JSON values by parameter; one that is left out keeps the function's own default
            open_file: gives the path of a stored file from its JSON value; an OSError says that it is gone

        Raises:
            InvalidParametersError: with all that the types and the author's own validators refuse.
        """
        arguments: dict[str, Any] = {}
        errors = [
            ParameterError(name, f"{self._definition.name} has no parameter {name!r}")
            for name in params
            if all(name != field.parameter.name for field in self._fields)
        ]
        for field in self._fields:
            name = field.parameter.name
            if name not in params:
                if field.parameter.is_required:
                    errors.append(ParameterError(name, "is required"))
                continue
            try:
                arguments[name] = field.adapter.validate_json(encode(params[name]), context={"open_file": open_file})
            except ValidationError as error:
                errors.extend(_worded(name, params[name], error))
            except Exception as error:  # noqa: BLE001, RUF100 - an author's validator may raise anything
                errors.append(ParameterError(name, f"cannot be used: {type(error).__name__}: {error}"))
        if errors:
            raise InvalidParametersError(tuple(errors))
        return arguments

    def _bare_schema(self) -> Schema:
        try:
            found, shared = TypeAdapter.json_schemas(
                [(field.parameter.name, "validation", field.adapter) for field in self._fields],
                schema_generator=_JsonSchema,
            )
        except (PydanticUserError, ValueError, TypeError):
            self._name_the_one_without_schema()
            raise
        names = [field.parameter.name for field in self._fields]
        root: Schema = {
            "$schema": DIALECT,
            "title": self._definition.name,
            "type": "object",
            "properties": {name: found[name, "validation"] for name in names},
            "required": [field.parameter.name for field in self._fields if field.parameter.is_required],
            "additionalProperties": False,
        }
        if "$defs" in shared:
            root["$defs"] = shared["$defs"]
            mark_definitions(root)
        return root

    def _name_the_one_without_schema(self) -> None:
        for field in self._fields:
            try:
                field.adapter.json_schema(schema_generator=_JsonSchema)
            except (PydanticUserError, ValueError, TypeError) as error:
                raise _unsupported(self._definition, field.parameter, error) from error

    def _defaults(self, root: Schema) -> dict[str, Any]:
        return {
            field.parameter.name: self._default(field, root["properties"][field.parameter.name], root)
            for field in self._fields
            if not field.parameter.is_required
        }

    def _default(self, field: _Field, schema: Schema, root: Schema) -> Any:
        name, default = field.parameter.name, field.parameter.default
        marks = mark_property(name, schema, root)[MARKS]
        if marks["kind"] in FILES and default not in (None, []):
            mend = f"write `{name}: Annotated[... | None, Upload(...)] = None` and open the file inside"
            raise problem(self._definition, name, f"a file has no default but None; {mend}")
        if type(default) in _SCALARS:
            # Pydantic would take "3" for 3, and the function called directly would get "3".
            for wrong in complaints({**root, "required": []}, {name: stand_in(finite(default), schema, root)}):
                raise self._refused(name, default, wrong.message)
        try:
            value = field.adapter.validate_python(default)
            if isinstance(value, (set, frozenset)):
                value = sorted(value, key=str)  # the order of a set differs between processes
                data = [TypeAdapter(type(item)).dump_python(item, mode="json") for item in value]
            else:
                data = field.adapter.dump_python(value, mode="json", by_alias=True, warnings="error")
        except ValidationError as error:
            raise self._refused(name, default, _worded(name, default, error)[0].message) from None
        except Exception as error:
            raise self._refused(name, default, f"{type(error).__name__}: {error}") from error
        return canonical(finite(data), schema, root)

    def _check(self, root: Schema, defaults: Mapping[str, Any]) -> None:
        known = root["properties"]
        values = {name: stand_in(value, known[name], root) for name, value in defaults.items()}
        for error in complaints({**root, "required": []}, values):
            name = error.param.partition(".")[0]
            raise self._refused(name, defaults.get(name), error.message)

    def _refused(self, name: str, default: Any, why: str) -> Exception:
        mend = "write `... | None` as its type" if default is None else "change the default or the type"
        message = f"its default {default!r} is refused by its own type: it {why}; {mend}"
        return problem(self._definition, name, message)


@functools.lru_cache(maxsize=1024)  # a forked child finds the types that its zygote has built
def _fields(definition: Definition) -> tuple[_Field, ...]:
    return tuple(_field(definition, parameter) for parameter in read_signature(definition))


def _field(definition: Definition, parameter: Parameter) -> _Field:
    metadata = getattr(parameter.annotation, "__metadata__", ())
    for info in (one for one in metadata if isinstance(one, FieldInfo)):
        if info.alias or info.validation_alias:
            mend = "name the parameter itself so"
            raise problem(definition, parameter.name, f"Field(alias=...) has no meaning for a parameter; {mend}")
        if not info.is_required():
            mend = f"write `{parameter.name}: ... = <default>`"
            raise problem(definition, parameter.name, f"its default stands inside Field(...); {mend}")
    try:
        adapter = TypeAdapter(parameter.annotation)
    except Exception as error:
        raise _unsupported(definition, parameter, error) from error
    instead = mend_for_literals(adapter.core_schema)
    if instead is not None:
        raise problem(definition, parameter.name, f"its Literal cannot be a choice; {instead}")
    if holds_secret(adapter.core_schema):
        why = "it is a secret, and parameters are stored and shown with each run"
        mend = f'read it inside the function, like `os.environ["{parameter.name.upper()}"]`'
        raise problem(definition, parameter.name, f"{why}; {mend}")
    return _Field(parameter, adapter)


def _unsupported(definition: Definition, parameter: Parameter, error: Exception) -> Exception:
    found = parameter.annotation
    mend = None if isinstance(error, UnreadableError) else mend_for(found)
    why = mend or str(error).partition("\n")[0].rstrip(".")
    shown = found.__name__ if isinstance(found, type) else str(found).removeprefix("typing.")
    return problem(definition, parameter.name, f"its annotation {shown} cannot be a parameter; {why}")


def _worded(name: str, value: Any, error: ValidationError) -> list[ParameterError]:
    """Pydantic's errors with dotted names, one per place."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False):
        path = ".".join([name, *_steps(value, one["loc"], missing=one["type"] == "missing")])
        message = one["msg"]
        for prefix in ("Value error, ", "Assertion failed, "):
            message = message.removeprefix(prefix)
        message = message.replace("Input should", "should", 1).replace("Field required", "is required")
        found[path] = f"{found[path]}, or {message}" if path in found else message
    return [ParameterError(path, message) for path, message in found.items()]


def _steps(value: Any, location: tuple[int | str, ...], *, missing: bool) -> Iterator[str]:
    """The parts of `location` that lead into `value`; the others name a union's alternatives."""
    for index, part in enumerate(location):
        known = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if part in known:
            value = value[part]
        elif not (missing and index == len(location) - 1):
            continue
        yield str(part)
