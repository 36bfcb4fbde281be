"""Parameters as the web and the command line see them: texts and JSON values, checked against JSON Schema.

All that is needed stands in the catalog, so neither Pydantic nor an experiment's code is loaded for it. What
only the author's own validators know is found when the run binds its parameters.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.experiments.canonical import canonical, completed, stand_in
from flasklab.experiments.complaints import complaints
from flasklab.experiments.form_text import choice_text, from_text, to_text
from flasklab.runs.json import finite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.experiments.shape import Schema

__all__ = ["Validated", "choice_text", "from_text", "to_text", "validate"]


@dataclass(frozen=True, slots=True)
class Validated:
    """Parameters that their experiment takes."""

    params: dict[str, Any]  # every parameter in the order of the signature, defaults filled in
    given: tuple[str, ...]  # names of those that differ from their default or have none


def validate(schema: Schema, defaults: Mapping[str, Any], values: Mapping[str, Any]) -> Validated:
    """Check `values` and fill in the defaults.

    Args:
        schema: an experiment's parameters (`Description.parameters`)
        defaults: JSON values of the parameters that have one (`Description.defaults`)
        values: JSON values by parameter, as they came in

    Raises:
        InvalidParametersError: with all that is wrong, nested names dotted.
    """
    try:
        known = {name: canonical(finite(value), _at(schema, name), schema) for name, value in values.items()}
        checked = {name: stand_in(value, _at(schema, name), schema) for name, value in known.items()}
    except RecursionError:
        raise InvalidParametersError((ParameterError("", "the parameters are nested too deeply"),)) from None
    errors = complaints(schema, checked)
    if errors:
        raise InvalidParametersError(errors)
    params = {
        name: completed(known[name], _at(schema, name), schema) if name in known else copy.deepcopy(defaults[name])
        for name in schema.get("properties", {})
        if name in known or name in defaults
    }
    given = tuple(name for name, value in params.items() if name not in defaults or value != defaults[name])
    return Validated(params, given)


def _at(schema: Schema, name: str) -> Schema:
    found: Schema = schema.get("properties", {}).get(name, {})
    return found
