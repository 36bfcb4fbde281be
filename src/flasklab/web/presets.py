"""Presets from the form: saving its present values under a name, renaming and removing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from flasklab.errors import InvalidParametersError, ParameterError, WrongStateError
from flasklab.http import doors
from flasklab.http.answers import json_answer
from flasklab.http.arguments import refused
from flasklab.http.asking import who_asks
from flasklab.http.lab import current_lab
from flasklab.http.negotiation import wants_html
from flasklab.http.preset_json import params_to_keep, preset_json
from flasklab.http.problems import problem_of
from flasklab.http.starts import CATALOG_WAIT_SECONDS
from flasklab.http.submitted import read_submitted
from flasklab.web.starting import STALE, refused_form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from flasklab.runs.presets import Preset

NAME, REPLACE = ":preset", ":replace"  # fields of the form; no parameter can be named so


def save(experiment: str) -> AnyResponse:
    """POST /presets/<experiment>: keeps the form's values under the name in `:preset`."""
    services = current_lab().services
    description = services.experiments.get(experiment, CATALOG_WAIT_SECONDS)
    submitted = read_submitted(description.parameters)
    if wants_html() and doors.is_browser() and not doors.has_token():
        return refused_form(description, submitted, (STALE,), None, status=400)
    name, replaces = request.form.get(NAME, ""), request.form.get(REPLACE) == "1"
    try:
        params = params_to_keep(description, submitted.values)
        saved = services.presets.save(description.name, name, params, who_asks(), replaces=replaces)
    except (InvalidParametersError, WrongStateError) as error:
        if not wants_html():
            raise
        told = error.errors if isinstance(error, InvalidParametersError) else (ParameterError("Preset", str(error)),)
        return refused_form(description, submitted, told, None, status=problem_of(error).status)
    return _answer(saved, url_for(".form", experiment=description.name, preset=saved.id))


def change(experiment: str, preset_id: str) -> AnyResponse:
    """POST /presets/<experiment>/<id>: with `action=rename` and `name`, or `action=delete`."""
    doors.check_token()
    services = current_lab().services
    match request.form.get("action"):
        case "rename":
            renamed = services.presets.rename(experiment, preset_id, request.form.get("name", ""))
            return _answer(renamed, url_for(".form", experiment=experiment, preset=renamed.id))
        case "delete":
            return _answer(services.presets.delete(experiment, preset_id), url_for(".form", experiment=experiment))
        case _:
            raise refused("action", "must be rename or delete")


def _answer(preset: Preset, page: str) -> AnyResponse:
    return redirect(page, code=303) if wants_html() else json_answer(preset_json(preset))
