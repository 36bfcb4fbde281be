"""Addresses of one run, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from flasklab.http.signing import sign_run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLinks:
    """Where a run is read, shown, controlled and downloaded."""

    page: str
    form: str  # filled with this run's parameters
    cancel: str  # POST
    rerun: str  # POST
    download: str  # all of it as a zip
    live: str  # what is new after `?cursor=`
    log: str  # the whole log as text
    metrics: str  # series by `?key=&points=`
    run_id: str
    key: str  # opens what the run produced, in a frame without cookies

    def file(self, name: str) -> str:
        """Where the file is downloaded."""
        return url_for("flasklab.download_file", run_id=self.run_id, name=name)

    def shown(self, name: str) -> str:
        """Where the file is drawn in a sandbox of its own."""
        return url_for("flasklab.shown", signed=self.key, name=name)


def links_of(run_id: str, experiment: str) -> RunLinks:
    """The addresses of a run."""
    return RunLinks(
        page=url_for("flasklab.results", run_id=run_id),
        form=f"{url_for('flasklab.form', experiment=experiment)}?from={run_id}",
        cancel=url_for("flasklab.cancel", run_id=run_id),
        rerun=url_for("flasklab.rerun", run_id=run_id),
        download=url_for("flasklab.download", run_id=run_id),
        live=url_for("flasklab_api.live", run_id=run_id),
        log=url_for("flasklab_api.logs", run_id=run_id, format="text"),
        metrics=url_for("flasklab_api.metrics", run_id=run_id),
        run_id=run_id,
        key=sign_run(run_id),
    )
