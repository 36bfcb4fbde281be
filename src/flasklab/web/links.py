"""Addresses of one run, for its page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from flask import url_for

from flasklab.http.signing import sign_run

_KEPT = "!$&'()*+,/:;=@"  # characters of a path that stay as they are, as in `url_for`


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLinks:
    """Where a run is read, shown, controlled and downloaded."""

    page: str
    form: str  # filled with this run's parameters
    cancel: str  # POST
    rerun: str  # POST
    delete: str  # POST: into the bin
    restore: str  # POST: out of it
    pin: str  # POST
    tags: str  # POST
    note: str  # POST
    download: str  # all of it as a zip
    live: str  # what is new after `?cursor=`
    log: str  # the whole log as text
    metrics: str  # series by `?key=&points=`
    all_steps: str  # of one shown thing by `?shown=`
    all_rows: str  # with a slash at the end: followed by the name of a CSV file
    opened: str  # with a slash at the end: opens what the run produced, in a frame without cookies

    # A page may name thousands of files, so their addresses are not built one by one by `url_for`.

    def file(self, name: str) -> str:
        """Where the file is downloaded."""
        return f"{self.download}/{quote(name, safe=_KEPT)}"

    def shown(self, name: str) -> str:
        """Where the file is drawn in a sandbox of its own."""
        return self.opened + quote(name, safe=_KEPT)

    def rows(self, name: str) -> str:
        """Where the rows of a CSV file are read by pages."""
        return self.all_rows + quote(name, safe=_KEPT)

    def steps(self, heading: str) -> str:
        """Where all steps of a shown thing are listed."""
        return f"{self.all_steps}?shown={quote(heading, safe='')}"


def links_of(run_id: str, experiment: str) -> RunLinks:
    """The addresses of a run."""
    return RunLinks(
        page=url_for("flasklab.results", run_id=run_id),
        form=f"{url_for('flasklab.form', experiment=experiment)}?from={run_id}",
        cancel=url_for("flasklab.cancel", run_id=run_id),
        rerun=url_for("flasklab.rerun", run_id=run_id),
        delete=url_for("flasklab.delete", run_id=run_id),
        restore=url_for("flasklab.restore", run_id=run_id),
        pin=url_for("flasklab.pin", run_id=run_id),
        tags=url_for("flasklab.tags", run_id=run_id),
        note=url_for("flasklab.note", run_id=run_id),
        download=url_for("flasklab.download", run_id=run_id),
        live=url_for("flasklab_api.live", run_id=run_id),
        log=url_for("flasklab_api.logs", run_id=run_id, format="text"),
        metrics=url_for("flasklab_api.metrics", run_id=run_id),
        all_steps=url_for("flasklab.steps", run_id=run_id),
        all_rows=url_for("flasklab.rows", run_id=run_id, name="_").removesuffix("_"),
        opened=url_for("flasklab.shown", signed=sign_run(run_id), name="_").removesuffix("_"),
    )
