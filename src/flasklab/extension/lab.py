"""`Lab(app)`: the one public class of the extension.

It keeps no app, so that one `Lab()` may serve several; everything an app's lab is stands in
`app.extensions["flasklab"]`. Nothing is opened or started here: the store opens with the first request, as
the process that imports an app may fork.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.config import load_settings
from flasklab.errors import SettingsError

if TYPE_CHECKING:
    from flask import Blueprint, Flask

# Set in the processes that import experiments: an app that such a module makes is no lab there.
ZYGOTE_VARIABLE = "FLASKLAB_RUN_ZYGOTE"
_EXTENSION = "flasklab"


class Lab:
    """An experiment lab in a Flask app.

    Args:
        app: the app; without one, call `init_app` later
        url_prefix: where the pages are mounted, like "/lab"; the API stands below it under `/api/v1`
        supervise: whether this app makes sure that a supervisor runs, which gets the runs done; with False,
            another process of the lab must, such as another app's or `flasklab serve`
    """

    def __init__(self, app: Flask | None = None, url_prefix: str = "", *, supervise: bool = True) -> None:
        self.url_prefix = "/" + url_prefix.strip("/") if url_prefix.strip("/") else ""
        """Where the pages are mounted; "" is the app's root."""
        self.supervise = supervise
        """Whether this app makes sure that a supervisor runs."""
        if app is not None:
            self.init_app(app)

    @property
    def blueprint(self) -> Blueprint:
        """The pages and plain endpoints, blueprint `flasklab`: for `csrf.exempt(lab.blueprint)`."""
        from flasklab.web.routes import blueprint

        return blueprint

    @property
    def api_blueprint(self) -> Blueprint:
        """The REST API, blueprint `flasklab_api`: for `csrf.exempt(lab.api_blueprint)`."""
        from flasklab.api.routes import blueprint

        return blueprint

    @property
    def blueprints(self) -> tuple[Blueprint, Blueprint]:
        """Both blueprints, for an app with a CSRFProtect: the lab looks at Origin and token itself."""
        return (self.blueprint, self.api_blueprint)

    def init_app(self, app: Flask) -> None:
        """Add the lab to `app`.

        Reads from `app.config`, each overridden by an environment variable of the same name:
        `FLASKLAB_RESULTS`, `FLASKLAB_EXPERIMENTS`, `FLASKLAB_DATABASE_URL`, `FLASKLAB_EXECUTOR`,
        `FLASKLAB_WORKERS`, `FLASKLAB_HOST`, `FLASKLAB_PORT`, `FLASKLAB_MAX_UPLOAD`, `FLASKLAB_MAX_QUEUED`,
        `FLASKLAB_MAX_LOG`, `FLASKLAB_SYSTEM_METRICS`, `FLASKLAB_KEEP_DAYS`, `FLASKLAB_BIN_DAYS`,
        `FLASKLAB_TRUSTED_HOSTS`, `FLASKLAB_CORS_ORIGINS`, `FLASKLAB_RECORD_ENV`; and Flask's own `SECRET_KEY`
        (made and kept in the results folder when the app has none), `TRUSTED_HOSTS` and `SESSION_COOKIE_NAME`.
        Relative paths start at the app's root folder.

        Raises:
            SettingsError: a setting cannot be used, or the app has a lab already.
        """
        if _EXTENSION in app.extensions:
            raise SettingsError("This app has a lab already: call Lab(app) or lab.init_app(app) once.")
        if os.environ.get(ZYGOTE_VARIABLE):
            return
        settings = load_settings(Path(app.root_path), config=app.config)
        from flasklab.extension.wiring import wire

        wire(app, settings, self.url_prefix, self.blueprints, supervise=self.supervise)
