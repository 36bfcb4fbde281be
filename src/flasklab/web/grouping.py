"""Runs in groups: equal in all but the seed, with how sure their differences are."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Response, render_template, request

from flasklab.http.answers import json_answer
from flasklab.http.arguments import asked_choice
from flasklab.http.lab import current_lab
from flasklab.http.lists import asked_page
from flasklab.http.negotiation import wants_html
from flasklab.services.group_search import FoundGroups
from flasklab.statistics.grouping import SEED
from flasklab.web.presenters.groups import GroupFilters, present_groups

if TYPE_CHECKING:
    from flasklab.services.run_groups import RunGroup

_NONE = FoundGroups(
    groups=(), differing={}, values=(), by=None, lower=False, comparisons=(), sentences=(), few=0, more=False
)
_BETTER = {"": None, "lower": True, "higher": False}  # "": the name of the value tells


def groups() -> Response | str:
    """GET /groups: runs that are equal in all but `ignore`, the best first by `by`."""
    html = wants_html()
    asked = asked_page(forgiving=html)
    ignore = tuple(name.strip() for name in request.args.get("ignore", SEED).split(",") if name.strip())
    lower = _BETTER[asked_choice("better", tuple(_BETTER))]
    services = current_lab().services
    found = _NONE
    if asked.problem is None:
        found = services.groups(asked.query, ignore, request.args.get("by", ""), lower=lower)
    if not html:
        return json_answer(_groups_json(found))
    filters = GroupFilters(
        query=asked.text,
        problem=asked.problem.what if asked.problem else "",
        pointer=asked.problem.pointer if asked.problem else "",
        ignore=ignore,
        experiment=asked.experiment or "",
        experiments=tuple(one.name for one in services.experiments.catalog().experiments),
        lower=lower,
    )
    return render_template("flasklab/pages/groups.html", page=present_groups(found, filters, queue=services.status()))


def _groups_json(found: FoundGroups) -> dict[str, Any]:
    return {
        "groups": [_group_json(one) for one in found.groups],
        "by": None if found.by is None else found.by.full_name,
        "better": "lower" if found.lower else "higher",
        "comparisons": [
            asdict(one) | {"sentence": told} for one, told in zip(found.comparisons, found.sentences, strict=True)
        ],
        "few": found.few,
        "more": found.more,
    }


def _group_json(group: RunGroup) -> dict[str, Any]:
    return {
        "experiment": group.experiment,
        "name": group.name,
        "params": dict(group.parameters),
        "runs": [run.id for run in group.runs],
        "succeeded": len(group.succeeded),
        "output": {name: asdict(summary) for name, summary in group.outputs.items()},
        "metrics": {name: asdict(summary) for name, summary in group.metrics.items()},
    }
