"""From a form to a run: showing the form, starting, running again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, redirect, render_template, request, url_for

from flasklab.errors import (
    FlasklabError,
    InvalidParametersError,
    MissingResourcesError,
    ParameterError,
    QueueFullError,
    RunNotFoundError,
    StoreError,
)
from flasklab.experiments import parameters
from flasklab.http import doors
from flasklab.http.answers import json_answer
from flasklab.http.copies import copies_of
from flasklab.http.lab import current_lab
from flasklab.http.negotiation import wants_html
from flasklab.http.preset_json import known_params
from flasklab.http.problems import problem_of
from flasklab.http.run_json import experiment_json, run_json
from flasklab.http.start_options import typed_options
from flasklab.http.starts import (
    CATALOG_WAIT_SECONDS,
    already_run,
    answer_start,
    asked_checkpoint,
    known_if_needed,
    start_run,
)
from flasklab.http.submitted import RESERVED, read_submitted
from flasklab.runs.admission import more_than_there_is
from flasklab.services.experiment_read import ExperimentBrokenError
from flasklab.web.forms import filled_with, parameters_form
from flasklab.web.presenters import present_form
from flasklab.web.presenters.already import present_already
from flasklab.web.remembering import last_run_id, remember

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from flasklab.experiments.description import Description
    from flasklab.http.submitted import Submitted
    from flasklab.runs.presets import Preset
    from flasklab.runs.run import Run

STALE = ParameterError("", "This form was open in another session. Everything you typed is still here: send it again.")


def form(experiment: str) -> AnyResponse | str:
    """GET /run/<experiment>: its form, filled by `?from=`, `?name=value`, the last start or the defaults."""
    try:
        description = current_lab().services.experiments.get(experiment, CATALOG_WAIT_SECONDS)
    except ExperimentBrokenError as error:
        if not wants_html():
            raise
        return redirect(url_for(".broken", module=error.broken.module, experiment=error.broken.experiment), code=303)
    if not wants_html():
        return json_answer(experiment_json(description))
    source = _source_run()
    typed = {name: texts for name, texts in request.args.lists() if name not in RESERVED}
    base = dict(description.defaults)
    preset = _chosen_preset(description)
    if preset is not None:
        base |= known_params(description, preset.params)
    elif source is not None:
        base |= known_params(description, source.params)
    elif not typed and not request.args.keys() & {"from", "preset"}:
        base |= _last_parameters(description)
    texts, files = filled_with(description, base)
    known = {field.spec.name for field in parameters_form(description, {}, {}).parameters}
    unknown = tuple(ParameterError(name, "is no parameter of this experiment") for name in typed if name not in known)
    return _page(description, {**texts, **typed}, files, problems=unknown, source=source)


def start(experiment: str) -> AnyResponse:
    """POST /run/<experiment>: starts a run."""
    description = current_lab().services.experiments.get(experiment, CATALOG_WAIT_SECONDS)
    source = _source_run()
    submitted = read_submitted(description.parameters)
    values = dict(submitted.values)
    preset = _chosen_preset(description)
    if not _is_whole_form():
        from_preset = {} if preset is None else known_params(description, preset.params)
        values = ({} if source is None else known_params(description, source.params)) | from_preset | values
    if not wants_html():
        return answer_start(description, values, rerun_of=source.id if source else None)
    if doors.is_browser() and not doors.has_token():
        return refused_form(description, submitted, (STALE,), source, status=400)
    try:
        known = known_if_needed(description, values)
        if known is not None:
            return redirect(url_for(".results", run_id=known.id), code=303)
        run = start_run(description, values, rerun_of=source.id if source else None)
    except InvalidParametersError as error:
        return refused_form(description, submitted, error.errors, source)
    except (MissingResourcesError, QueueFullError, StoreError) as error:
        problem = problem_of(error)
        told = (ParameterError("This run", f"was not started. {problem.detail}"),)
        answer = refused_form(description, submitted, told, source, status=problem.status)
        answer.headers.update(problem.headers)
        return answer
    remember(description.name, run.id)
    return redirect(url_for(".status", run_id=run.id), code=303)


def already(experiment: str) -> Response | str:
    """POST /already/<experiment>: the run that these parameters and the present code have made, started by nobody."""
    doors.check_token()
    description = current_lab().services.experiments.get(experiment)
    values = read_submitted(description.parameters).values
    if not wants_html():
        found = already_run(description, values)
        return json_answer({"run": found and run_json(found)})
    try:
        found = already_run(description, values)
    except InvalidParametersError:
        found = None  # the form says what is wrong when it is sent
    return render_template("flasklab/parts/_already.html", already=present_already(found))


def rerun(run_id: str) -> AnyResponse:
    """POST /rerun/<id>: the same again, with what is sent changed; with `?restore=1`, on from its last checkpoint."""
    doors.check_token()
    services = current_lab().services
    source = services.read.get(run_id)
    description = services.experiments.get(source.experiment, CATALOG_WAIT_SECONDS)
    submitted = read_submitted(description.parameters)
    values = {**source.params, **submitted.values}
    restore_from = asked_checkpoint(source)
    if not wants_html():
        return answer_start(description, values, rerun_of=source.id, restore_from=restore_from)
    try:
        run = start_run(description, values, rerun_of=source.id, restore_from=restore_from)
    except InvalidParametersError as error:
        texts, files = filled_with(description, known_params(description, source.params))
        return Response(_page(description, texts, files, problems=error.errors, source=source), status=422)
    remember(description.name, run.id)
    return redirect(url_for(".status", run_id=run.id), code=303)


def _is_whole_form() -> bool:
    """Whether all fields were sent, as a browser does: then nothing is taken from another run."""
    return doors.is_form() and wants_html()


def _source_run() -> Run | None:
    """The run whose parameters were asked for; `?from=` with nothing asks for the defaults."""
    run_id = request.args.get("from")
    return current_lab().services.read.get(run_id) if run_id else None


def _last_parameters(description: Description) -> dict[str, Any]:
    run_id = last_run_id(description.name)
    if run_id is None:
        return {}
    try:
        return known_params(description, current_lab().services.read.get(run_id).params)
    except RunNotFoundError:
        return {}


def _chosen_preset(description: Description) -> Preset | None:
    """The preset that `?preset=` names by its id or name."""
    wanted = request.args.get("preset")
    return current_lab().services.presets.get(description.name, wanted) if wanted else None


def refused_form(
    description: Description,
    submitted: Submitted,
    problems: Sequence[ParameterError],
    source: Run | None,
    *,
    status: int = 422,
) -> Response:
    """The form once more with all that was typed in it, and what is wrong."""
    html = _page(description, submitted.fields, submitted.files, problems=problems, source=source)
    return Response(html, status=status)


def _page(
    description: Description,
    texts: Mapping[str, Sequence[str]],
    files: Mapping[str, Any],
    *,
    problems: Sequence[ParameterError],
    source: Run | None,
) -> str:
    filled = parameters_form(description, texts, files)
    filled.blame(problems)
    services = current_lab().services
    values, valid = _values(description, texts, files)
    page = present_form(
        description,
        filled,
        source=source,
        problems=problems,
        queue=services.status(),
        copies=copies_of(description, values),
        already=services.same(description, values) if valid else None,
        presets=services.presets.of(description.name),
        preset=request.args.get("preset", ""),
        wait=services.waiting.situation().of_start(description.name, description.resources, description.priority),
        missing=more_than_there_is(description.resources, current_lab().settings.resources),
        typed=typed_options() | {"preset": request.form.get(":preset", "").strip()},
    )
    return render_template("flasklab/pages/form.html", page=page, form=filled)


def _values(
    description: Description, texts: Mapping[str, Sequence[str]], files: Mapping[str, Any]
) -> tuple[Mapping[str, Any], bool]:
    """The form's present values, as far as they can be read, and whether they are valid."""
    values = parameters.from_text(description.parameters, texts)
    try:
        return parameters.validate(description.parameters, description.defaults, {**values, **files}).params, True
    except FlasklabError:
        return {**values, **files}, False
