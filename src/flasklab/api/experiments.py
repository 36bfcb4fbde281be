"""Experiments over REST: what there is, and starting runs of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.http.answers import json_answer
from flasklab.http.lab import current_lab
from flasklab.http.lists import whole_list
from flasklab.http.run_json import broken_json, experiment_json, run_json
from flasklab.http.starts import CATALOG_WAIT_SECONDS, already_run, answer_start
from flasklab.http.submitted import read_submitted

if TYPE_CHECKING:
    from flask import Response

_LIST_WAIT_SECONDS = 1.0


def experiments() -> Response:
    """GET experiments: all of them, and the modules that could not be used."""
    catalog = current_lab().services.experiments.catalog(_LIST_WAIT_SECONDS)
    found = [experiment_json(one) for one in catalog.experiments]
    return whole_list("experiments", found, broken=broken_json(catalog.broken), ready=catalog.ready)


def experiment(name: str) -> Response:
    """GET experiments/{name}: one, with the JSON Schema of its parameters."""
    return json_answer(experiment_json(current_lab().services.experiments.get(name, CATALOG_WAIT_SECONDS)))


def start(name: str) -> Response:
    """POST experiments/{name}/runs: starts a run."""
    description = current_lab().services.experiments.get(name, CATALOG_WAIT_SECONDS)
    return answer_start(description, read_submitted(description.parameters).values)


def already(name: str) -> Response:
    """POST experiments/{name}/already: the run that these parameters and the present code have made; starts nothing."""
    description = current_lab().services.experiments.get(name, CATALOG_WAIT_SECONDS)
    found = already_run(description, read_submitted(description.parameters).values)
    return json_answer({"run": found and run_json(found)})
