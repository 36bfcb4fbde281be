"""Presets as JSON, and what a request brings for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.experiments import parameters
from flasklab.http.problems import Refusal
from flasklab.http.submitted import check_files
from flasklab.runs.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.experiments.description import Description
    from flasklab.runs.presets import Preset

_KINDS: dict[str, tuple[type, str]] = {
    "name": (str, "must be a text"),
    "params": (dict, "must be an object of parameters"),
    "replace": (bool, "must be true or false"),
}


def preset_json(preset: Preset) -> dict[str, Any]:
    """A preset, with the address of the form that it fills."""
    return {
        "id": preset.id,
        "experiment": preset.experiment,
        "name": preset.name,
        "params": dict(preset.params),
        "saved_by": preset.saved_by,
        "saved_at": rfc3339(preset.saved_at),
        "links": {"form": url_for("flasklab.form", experiment=preset.experiment, preset=preset.id)},
    }


def sent_preset(*names: str) -> dict[str, Any]:
    """The members of the present request's JSON object, which may have these names.

    Raises:
        Refusal: it is no JSON object.
        InvalidParametersError: names or values that cannot be used, all of them at once.
    """
    sent = request.get_json(force=True, silent=True)
    if not isinstance(sent, dict):
        raise Refusal(400, 'Send the preset as a JSON object, such as {"name": "quick", "params": {"epochs": 3}}.')
    errors = [ParameterError(str(name)[:100], "is not known here") for name in sent if name not in names]
    errors += [
        ParameterError(name, _KINDS[name][1])
        for name in names
        if name in sent and not isinstance(sent[name], _KINDS[name][0])
    ]
    if errors:
        raise InvalidParametersError(tuple(errors))
    return sent


def params_to_keep(description: Description, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as a preset keeps them: validated, defaults filled in.

    Raises:
        InvalidParametersError: all bad parameters at once.
    """
    wanted = parameters.validate(description.parameters, description.defaults, values)
    check_files(description.parameters, wanted.params)
    return wanted.params


def known_params(description: Description, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that the experiment, edited since, still has."""
    known = description.parameters.get("properties", {})
    return {name: value for name, value in params.items() if name in known}
