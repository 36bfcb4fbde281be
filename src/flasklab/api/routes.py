"""Every address of the REST API, below `/api/v1`.

`flasklab.api.routes.blueprint` is the blueprint `flasklab_api`; an app exempts it from a CSRFProtect of its
own with `csrf.exempt(lab.api_blueprint)`, as programs have no token.
"""

from __future__ import annotations

from flask import Blueprint

from flasklab.api import acts, disk, experiments, health, logs, metrics, openapi, presets, problems, runs
from flasklab.http.guarding import guard, tell_problems

blueprint = Blueprint("flasklab_api", "flasklab")

for _rule, _endpoint, _view, _method in (
    ("/experiments", "experiments", experiments.experiments, "GET"),
    ("/experiments/<name>", "experiment", experiments.experiment, "GET"),
    ("/experiments/<name>/runs", "start", experiments.start, "POST"),
    ("/experiments/<name>/already", "already", experiments.already, "POST"),
    ("/experiments/<name>/presets", "presets", presets.presets, "GET"),
    ("/experiments/<name>/presets", "save_preset", presets.save, "POST"),
    ("/experiments/<name>/presets/<preset_id>", "rename_preset", presets.rename, "PATCH"),
    ("/experiments/<name>/presets/<preset_id>", "delete_preset", presets.delete, "DELETE"),
    ("/runs", "runs", runs.runs, "GET"),
    ("/runs/act", "act", acts.act, "POST"),
    ("/runs/<run_id>", "run", runs.run, "GET"),
    ("/runs/<run_id>", "change", runs.change, "PATCH"),
    ("/runs/<run_id>", "delete", runs.delete, "DELETE"),
    ("/runs/<run_id>/restore", "restore", runs.restore, "POST"),
    ("/runs/<run_id>/metrics", "metrics", metrics.metrics, "GET"),
    ("/runs/<run_id>/logs", "logs", logs.logs, "GET"),
    ("/runs/<run_id>/artifacts", "artifacts", runs.artifacts, "GET"),
    ("/runs/<run_id>/events", "events", runs.events, "GET"),
    ("/runs/<run_id>/attempts", "attempts", runs.attempts, "GET"),
    ("/runs/<run_id>/live", "live", metrics.live, "GET"),
    ("/runs/<run_id>/cancel", "cancel", runs.cancel, "POST"),
    ("/runs/<run_id>/rerun", "rerun", runs.rerun, "POST"),
    ("/disk", "disk", disk.disk, "GET"),
    ("/health", "health", health.health, "GET"),
    ("/openapi.json", "openapi", openapi.openapi, "GET"),
):
    blueprint.add_url_rule(_rule, _endpoint, _view, methods=[_method])

guard(blueprint)
tell_problems(blueprint, problems.answer_problem)
problems.take_unknown(blueprint)
