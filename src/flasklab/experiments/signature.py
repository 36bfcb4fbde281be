"""An experiment's parameters as its signature says: names, annotations with their metadata, defaults.

Annotations are evaluated one by one, so that a return type or an unrelated name under `if TYPE_CHECKING`
breaks nothing, and an error can name its parameter's line.
"""

from __future__ import annotations

import ast
import datetime as dt
import enum
import inspect
import linecache
import sys
import typing
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

from flasklab.errors import DefinitionError
from flasklab.experiments.markers import Upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.experiments.definition import Definition

NOTHING: Any = inspect.Parameter.empty
_SCALARS = (bool, int, float, str, dt.datetime, dt.date, dt.time, dt.timedelta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an experiment's function."""

    name: str
    annotation: Any  # evaluated, Annotated kept; inferred from the default where there is none
    default: Any = NOTHING  # NOTHING where there is none

    @property
    def is_required(self) -> bool:
        """Whether a call must give it."""
        return self.default is NOTHING


def read_signature(definition: Definition) -> tuple[Parameter, ...]:
    """The function's parameters in their order.

    Raises:
        DefinitionError: the signature is none that a form can be made of.
    """
    try:
        signature = inspect.signature(definition.function)
    except (TypeError, ValueError) as error:
        raise problem(definition, None, f"its signature cannot be read: {error}") from None
    return tuple(_read(definition, parameter) for parameter in signature.parameters.values())


def problem(definition: Definition, parameter: str | None, message: str) -> DefinitionError:
    """An error that names the file and the line where `parameter` stands."""
    line = definition.line if parameter is None else _line_of(definition, parameter)
    subject = f"parameter {parameter!r} of {definition.name}" if parameter else f"experiment {definition.name}"
    return DefinitionError(f"{subject}: {message}.", file=definition.file, line=line)


def _read(definition: Definition, found: inspect.Parameter) -> Parameter:
    name, default = found.name, found.default
    if found.kind in (found.VAR_POSITIONAL, found.VAR_KEYWORD):
        stars = "*" if found.kind is found.VAR_POSITIONAL else "**"
        instead = f"{name}: list[float]" if stars == "*" else f"{name}: dict[str, float]"
        raise problem(definition, name, f"{stars}{name} has no form; name each parameter, or take `{instead}`")
    if found.kind is found.POSITIONAL_ONLY:
        raise problem(definition, name, "it is positional-only, and runs give parameters by name; remove the `/`")
    annotation = _evaluated(definition, found)
    _check_default(definition, name, default)
    if annotation is NOTHING:
        annotation = _inferred(default)
        if annotation is NOTHING:
            what = "no annotation" if default is NOTHING else f"no annotation, and {default!r} says too little"
            raise problem(definition, name, f"it has {what}; write its type, like `{name}: float`")
    return Parameter(name=name, annotation=annotation, default=default)


def _check_default(definition: Definition, name: str, default: Any) -> None:
    pydantic = sys.modules.get("pydantic.fields")
    if pydantic is not None and isinstance(default, pydantic.FieldInfo):
        mend = f"`{name}: Annotated[<type>, Field(...)] = <default>`"
        raise problem(definition, name, f"a Field(...) stands where its default belongs; write {mend}")
    if isinstance(default, Upload):
        mend = f"`{name}: Annotated[Path, Upload(...)]`"
        raise problem(definition, name, f"an Upload(...) stands where its default belongs; write {mend}")


def _evaluated(definition: Definition, found: inspect.Parameter) -> Any:
    """The annotation with its names looked up, wherever they are written as text."""
    if found.annotation is NOTHING:
        return NOTHING
    function = inspect.unwrap(definition.function)

    def holder() -> None: ...

    holder.__annotations__ = {found.name: found.annotation}
    try:
        hints = typing.get_type_hints(
            holder,
            globalns=getattr(function, "__globals__", {}),
            localns=_enclosing(function),
            include_extras=True,
        )
    except NameError as error:
        mend = f"import {error.name} at the top of the module, not under `if TYPE_CHECKING`"
        raise problem(definition, found.name, f"its annotation names {error.name}, unknown here; {mend}") from None
    except Exception as error:
        text = f"its annotation {found.annotation!r} cannot be read: {type(error).__name__}: {error}"
        raise problem(definition, found.name, text) from None
    return hints[found.name]


def _enclosing(function: Any) -> dict[str, Any]:
    """Names that the function took from the functions around it, as annotations may use them."""
    cells = zip(getattr(function.__code__, "co_freevars", ()), function.__closure__ or (), strict=False)
    return {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell says so only by raising
    except ValueError:
        return False
    return True


def _inferred(default: Any) -> Any:
    """The annotation that a default stands for, or NOTHING."""
    cls = type(default)
    if default is NOTHING or default is None:
        return NOTHING
    if cls in _SCALARS or isinstance(default, enum.Enum) or is_dataclass(cls) or hasattr(cls, "model_fields"):
        return cls
    if cls in (list, tuple, set, frozenset):
        kinds = {type(item) for item in default}
        item: Any = kinds.pop() if len(kinds) == 1 else Any
        if item not in _SCALARS and not (isinstance(item, type) and issubclass(item, enum.Enum)):
            item = Any
        return tuple[item, ...] if cls is tuple else cls[item]
    return dict[str, Any] if cls is dict else NOTHING


def _line_of(definition: Definition, parameter: str) -> int:
    """The line on which `parameter` is written, or the definition's where the source is gone."""
    for node in _functions_of(definition.file):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        if first != definition.line:
            continue
        arguments = node.args
        stars = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars):
            if argument.arg == parameter:
                return argument.lineno
    return definition.line


def _functions_of(file: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
