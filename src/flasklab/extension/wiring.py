"""What `Lab.init_app` does to an app: state, secret key, blueprints, CORS, problems, commands."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from flasklab.extension import secret_key
from flasklab.extension.opening import Opening
from flasklab.http.headers import ALREADY_RUN, secure
from flasklab.http.lab import EXTENSION, LabState, lab_of

if TYPE_CHECKING:
    from flask import Blueprint, Flask, Response

    from flasklab.config import Settings

_API = "/api/v1"
# What other front ends may ask for: everything but pages' own files.
_SHARED = (
    "/run/.*",
    "/status/.*",
    "/results/.*",
    "/download/.*",
    "/cancel/.*",
    "/rerun/.*",
    "/runs",
    "/api/v1/.*",
    "/",
)


def wire(
    app: Flask, settings: Settings, prefix: str, blueprints: tuple[Blueprint, Blueprint], *, supervise: bool
) -> None:
    """Make `app` answer for the lab with these settings under `prefix`."""
    opening = Opening(settings, supervise=supervise)
    app.extensions[EXTENSION] = LabState(settings=settings, prefix=prefix, open=opening.services, attend=opening.attend)
    _keep_sessions(app, settings)
    pages, api = blueprints
    app.register_blueprint(pages, url_prefix=prefix or None)
    app.register_blueprint(api, url_prefix=prefix + _API)
    if settings.cors_origins:
        _share(app, settings.cors_origins, prefix)
    for error in (NotFound, MethodNotAllowed):
        _tell_unknown(app, error, prefix)
    _add_commands(app)


def _keep_sessions(app: Flask, settings: Settings) -> None:
    """Give an app without a secret key the lab's, and its cookie a name of its own: browsers ignore ports."""
    if not app.secret_key:
        app.secret_key = secret_key.of_lab(settings.results)
        if app.config["SESSION_COOKIE_NAME"] == "session":
            place = sha256(str(settings.results).encode()).hexdigest()
            app.config["SESSION_COOKIE_NAME"] = f"flasklab_{place[:8]}"
    if app.config["SESSION_COOKIE_SAMESITE"] is None:
        app.config["SESSION_COOKIE_SAMESITE"] = "Lax"


def _share(app: Flask, origins: tuple[str, ...], prefix: str) -> None:
    from flask_cors import CORS

    CORS(
        app,
        resources=[re.compile(re.escape(prefix) + path) for path in _SHARED],
        origins=list(origins),
        expose_headers=["ETag", "Link", "Location", "Retry-After", ALREADY_RUN],
        max_age=600,
    )


def _tell_unknown(app: Flask, error_class: type[HTTPException], prefix: str) -> None:
    """Answer addresses below the prefix that no route takes, unless the app does that itself."""
    if error_class in app.error_handler_spec[None].get(error_class.code, {}):
        return

    def answer(error: HTTPException) -> Response | HTTPException:
        if request.blueprints or not (request.path + "/").startswith(prefix + "/"):
            return error
        from flasklab.web.problem_pages import answer_unknown

        return secure(answer_unknown(error))

    app.register_error_handler(error_class, answer)


def _add_commands(app: Flask) -> None:
    """Attach `flask lab ...`, which the `cli` room brings."""
    from flasklab.extension.commands import add_commands

    add_commands(app, lab_of(app).settings)
