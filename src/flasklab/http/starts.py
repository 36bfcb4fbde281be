"""Starting a run over HTTP, the same for pages and for the API: validate, submit, wait, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, url_for

from flasklab.experiments import parameters
from flasklab.http.answers import json_answer
from flasklab.http.asking import who_asks
from flasklab.http.headers import ALREADY_RUN
from flasklab.http.lab import current_lab
from flasklab.http.problems import Refusal
from flasklab.http.run_json import run_json
from flasklab.http.start_options import asked_options
from flasklab.http.submitted import check_files
from flasklab.http.waiting import asked_wait

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flask import Response

    from flasklab.experiments.description import Description
    from flasklab.runs.run import Run

_LONGEST_KEY = 255
_NO = ("", "0", "false", "no", "off")
# Seconds that a start may wait for edited code to be read again.
CATALOG_WAIT_SECONDS = 5.0


def start_run(
    description: Description,
    values: Mapping[str, Any],
    *,
    rerun_of: str | None = None,
    restore_from: str | None = None,
    wait: float | None = None,
) -> Run:
    """A run of the experiment with these parameters; the first one where `Idempotency-Key` repeats.

    Args:
        description: the experiment
        values: its parameters, as they were sent
        rerun_of: id of the run that it repeats
        restore_from: id of the run whose last checkpoint it goes on from
        wait: seconds to wait for its end

    Raises:
        InvalidParametersError: all bad parameters at once.
        MissingResourcesError: it takes more units of a pool than the lab has.
        QueueFullError: the lab takes no more.
    """
    options = asked_options()
    wanted = parameters.validate(description.parameters, description.defaults, values)
    check_files(description.parameters, wanted.params)
    run, _ = current_lab().services.submit(
        description,
        wanted.params,
        wanted.given,
        created_by=who_asks(),
        idempotency_key=_idempotency_key(),
        rerun_of=rerun_of,
        restore_from=restore_from,
        priority=options.priority,
        not_before=options.not_before,
        wait=wait or 0.0,
    )
    return run


def asked_checkpoint(source: Run) -> str | None:
    """The id of the run that is repeated, where `?restore=1` asks to go on from its last checkpoint; else None.

    Raises:
        WrongStateError: it has none.
    """
    wanted = request.args.get("restore", "0").strip().lower() not in _NO
    return current_lab().services.checkpoints.source(source) if wanted else None


def already_run(description: Description, values: Mapping[str, Any]) -> Run | None:
    """The run that these parameters and the present code have made already, if there is one.

    Raises:
        InvalidParametersError: all bad parameters at once.
    """
    wanted = parameters.validate(description.parameters, description.defaults, values)
    return current_lab().services.same(description, wanted.params)


def known_if_needed(description: Description, values: Mapping[str, Any]) -> Run | None:
    """Where `?needed=1` asks for a start only if it is needed, the run that makes it needless.

    Raises:
        InvalidParametersError: all bad parameters at once.
    """
    asked = request.args.get("needed", "0").strip().lower() not in _NO
    return already_run(description, values) if asked else None


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > _LONGEST_KEY:
        raise Refusal(400, f"An Idempotency-Key has at most {_LONGEST_KEY} characters.")
    return key or None


def answer_start(
    description: Description,
    values: Mapping[str, Any],
    *,
    rerun_of: str | None = None,
    restore_from: str | None = None,
) -> Response:
    """Start a run: 202 with it and where it is; 200 when the request waited and it has ended.

    With `?needed=1`, a run that was made already is answered instead: 200, with its id in the header `ALREADY_RUN`.

    Raises:
        InvalidParametersError: all bad parameters at once.
        QueueFullError: the lab takes no more.
    """
    known = known_if_needed(description, values)
    if known is not None:
        there = {"Location": url_for("flasklab.status", run_id=known.id), ALREADY_RUN: known.id}
        return json_answer(run_json(known), headers=there)
    wait = asked_wait()
    run = start_run(description, values, rerun_of=rerun_of, restore_from=restore_from, wait=wait)
    headers = {"Location": url_for("flasklab.status", run_id=run.id)}
    if wait is not None and "wait" not in request.args:
        headers["Preference-Applied"] = f"wait={wait:g}"
    ended = wait is not None and run.state.is_final
    return json_answer(run_json(run), status=200 if ended else 202, headers=headers)
