"""Presets over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.http.answers import json_answer
from flasklab.http.asking import who_asks
from flasklab.http.lab import current_lab
from flasklab.http.lists import whole_list
from flasklab.http.preset_json import params_to_keep, preset_json, sent_preset
from flasklab.http.starts import CATALOG_WAIT_SECONDS

if TYPE_CHECKING:
    from flask import Response


def presets(name: str) -> Response:
    """GET experiments/{name}/presets: all of the experiment, by name."""
    services = current_lab().services
    experiment = services.experiments.get(name, CATALOG_WAIT_SECONDS).name
    return whole_list("presets", [preset_json(one) for one in services.presets.of(experiment)])


def save(name: str) -> Response:
    """POST experiments/{name}/presets: keeps parameters under a name, with `"replace": true` one that is taken too."""
    services = current_lab().services
    description = services.experiments.get(name, CATALOG_WAIT_SECONDS)
    sent = sent_preset("name", "params", "replace")
    params = params_to_keep(description, sent.get("params", {}))
    replaces = sent.get("replace", False)
    saved = services.presets.save(description.name, sent.get("name", ""), params, who_asks(), replaces=replaces)
    return json_answer(preset_json(saved), status=201)


def rename(name: str, preset_id: str) -> Response:
    """PATCH experiments/{name}/presets/{id}: gives it another name."""
    wanted = sent_preset("name").get("name", "")
    return json_answer(preset_json(current_lab().services.presets.rename(name, preset_id, wanted)))


def delete(name: str, preset_id: str) -> Response:
    """DELETE experiments/{name}/presets/{id}: removes it; it is answered as it was."""
    return json_answer(preset_json(current_lab().services.presets.delete(name, preset_id)))
