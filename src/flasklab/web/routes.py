"""Every page of the lab and its address.

`flasklab.web.routes.blueprint` is the blueprint `flasklab`; an app exempts it from a CSRFProtect of its own
with `csrf.exempt(lab.blueprint)`, as the lab looks at Origin and token itself and programs have no token.
"""

from __future__ import annotations

from flask import Blueprint
from flask_wtf.csrf import generate_csrf  # type: ignore[import-untyped]  # ships no types

from flasklab.http.guarding import guard, tell_problems
from flasklab.web import (
    acting,
    annotating,
    built,
    comparing,
    downloads,
    grouping,
    home,
    keeping,
    parts,
    presets,
    runs,
    shown,
    starting,
)
from flasklab.web.frame import page_assets
from flasklab.web.problem_pages import answer_problem

blueprint = Blueprint("flasklab", "flasklab", template_folder="templates")

for _rule, _endpoint, _view, _method in (
    ("/", "home", home.home, "GET"),
    ("/run/<experiment>", "form", starting.form, "GET"),
    ("/run/<experiment>", "start", starting.start, "POST"),
    ("/already/<experiment>", "already", starting.already, "POST"),
    ("/presets/<experiment>", "save_preset", presets.save, "POST"),
    ("/presets/<experiment>/<preset_id>", "change_preset", presets.change, "POST"),
    ("/status/<run_id>", "status", runs.status, "GET"),
    ("/results/<run_id>", "results", runs.results, "GET"),
    ("/download/<run_id>", "download", downloads.download, "GET"),
    ("/download/<run_id>/<path:name>", "download_file", downloads.download_file, "GET"),
    ("/cancel/<run_id>", "cancel", runs.cancel, "POST"),
    ("/rerun/<run_id>", "rerun", starting.rerun, "POST"),
    ("/delete/<run_id>", "delete", keeping.delete, "POST"),
    ("/restore/<run_id>", "restore", keeping.restore, "POST"),
    ("/pin/<run_id>", "pin", keeping.pin, "POST"),
    ("/tags/<run_id>", "tags", annotating.tags, "POST"),
    ("/note/<run_id>", "note", annotating.note, "POST"),
    ("/disk", "disk", keeping.disk, "GET"),
    ("/runs", "runs", home.runs, "GET"),
    ("/runs/act", "act", acting.act, "POST"),
    ("/groups", "groups", grouping.groups, "GET"),
    ("/compare", "compare", comparing.compare, "GET"),
    ("/compare/curves", "compared_curves", comparing.curves, "GET"),
    ("/broken/<module>", "broken", home.broken, "GET"),
    ("/shown/<signed>/<path:name>", "shown", shown.shown, "GET"),
    ("/steps/<run_id>", "steps", parts.steps, "GET"),
    ("/rows/<run_id>/<path:name>", "rows", parts.rows, "GET"),
    ("/static/vendor/plotly.min.js", "plotly_js", shown.plotly_js, "GET"),
    ("/assets/<path:name>", "asset", built.asset, "GET"),
):
    # An address with "//" in it is wrong, and not to be mended by a redirect.
    blueprint.add_url_rule(_rule, _endpoint, _view, methods=[_method], merge_slashes=False)

guard(blueprint)
tell_problems(blueprint, answer_problem)
# The app's own pages may extend the lab's layout, so what it needs is there for all of the app's templates.
blueprint.add_app_template_global(page_assets, "flasklab_assets")
# A global, as macros see no context; Flask-WTF's own CSRFProtect sets the same.
blueprint.add_app_template_global(generate_csrf, "csrf_token")
