"""One thing done to many runs: what is asked for, by form or JSON, and the answer that tells each run apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.http import doors
from flasklab.http.problems import Refusal, problem_of
from flasklab.http.run_json import links_json
from flasklab.runs.annotations import split_tags
from flasklab.services.run_act import ACTIONS, MOST_RUNS, TAG, UNTAG, Act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.services.run_act import Acted

_NAMES = {"action", "runs", "tags"}


def asked_act() -> Act:
    """What the present request asks for: `action`, `runs` (a form's field `run`, repeated) and `tags`.

    Raises:
        Refusal: it is neither a form nor a JSON object.
        InvalidParametersError: some of it cannot be used; all of that at once.
    """
    if doors.is_form():
        form = request.form
        return _checked(form.get("action", ""), form.getlist("run"), split_tags(form.getlist("tags")), ())
    sent = request.get_json(force=True, silent=True)
    if not isinstance(sent, dict):
        raise Refusal(400, 'Send what is to be done as a JSON object, such as {"action": "pin", "runs": ["<run id>"]}.')
    unknown = tuple(ParameterError(str(name)[:100], "is not known here") for name in sent if name not in _NAMES)
    return _checked(sent.get("action"), sent.get("runs"), sent.get("tags", []), unknown)


def _checked(action: object, runs: object, tags: object, unknown: Sequence[ParameterError]) -> Act:
    errors = list(unknown)
    if action not in ACTIONS:
        errors.append(ParameterError("action", f"must be one of {', '.join(ACTIONS)}"))
    run_ids, names = _texts(runs), _texts(tags)
    if not run_ids:
        errors.append(ParameterError("runs", "must name at least one run by its id; choose some in the table"))
    elif len(run_ids) > MOST_RUNS:
        errors.append(ParameterError("runs", f"are {len(run_ids):,}; at most {MOST_RUNS:,} are changed at once"))
    if names is None or (action in (TAG, UNTAG) and not names):
        errors.append(ParameterError("tags", "must name the tags"))
    if errors:
        raise InvalidParametersError(tuple(errors))
    return Act(action=str(action), run_ids=run_ids or (), tags=names or ())


def _texts(values: object) -> tuple[str, ...] | None:
    """A list of texts; None where it is none."""
    if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
        return None
    return tuple(values)


def acted_json(action: str, acted: Sequence[Acted]) -> dict[str, Any]:
    """What became of each run."""
    failed = sum(one.error is not None for one in acted)
    return {
        "action": action,
        "done": len(acted) - failed,
        "failed": failed,
        "results": [_one_json(one) for one in acted],
    }


def acted_status(acted: Sequence[Acted]) -> int:
    """200 where it was done to all of them, else 207."""
    return 207 if any(one.error is not None for one in acted) else 200


def _one_json(one: Acted) -> dict[str, Any]:
    run, problem = one.run, one.error and problem_of(one.error)
    return {
        "id": one.id,
        "number": run and run.number,
        "experiment": run and run.experiment,
        "state": run and run.state.value,
        "error": problem and {"status": problem.status, "title": problem.title, "detail": problem.detail},
        "started": one.started
        and {"id": one.started.id, "number": one.started.number, "links": links_json(one.started.id)},
    }
