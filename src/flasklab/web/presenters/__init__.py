"""What each page shows, as frozen values: everything a template needs, already in words.

A presenter takes snapshots and makes a page object; it knows no request, no SQL and no session. May import `runs`,
`search`, `experiments.description` and `errors`; addresses come in from outside, through a links object or templates.
"""

from __future__ import annotations

from flasklab.web.presenters.broken import BrokenPage, present_broken
from flasklab.web.presenters.compare import ComparePage, present_comparison
from flasklab.web.presenters.compare_parts import ComparedPart
from flasklab.web.presenters.form import FormPage, present_form
from flasklab.web.presenters.home import HomePage, present_home
from flasklab.web.presenters.problem import ProblemPage, present_problem
from flasklab.web.presenters.run import RunPage, present_run
from flasklab.web.presenters.runs import RunFilters, RunsPage, present_runs

__all__ = [
    "BrokenPage",
    "ComparePage",
    "ComparedPart",
    "FormPage",
    "HomePage",
    "ProblemPage",
    "RunFilters",
    "RunPage",
    "RunsPage",
    "present_broken",
    "present_comparison",
    "present_form",
    "present_home",
    "present_problem",
    "present_run",
    "present_runs",
]
