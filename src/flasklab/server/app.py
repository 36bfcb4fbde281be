"""The WSGI app that `flasklab serve` serves: the lab's own app.py, or a plain app around experiments.

This runs in the web server's worker process, never in its parent, so that the parent stays small and an app that cannot
be loaded is reported by name.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.errors import FlasklabError
from flasklab.execution.processes import die_with_parent
from flasklab.execution.start import KEPT_VARIABLE
from flasklab.services.run_wait import WAITERS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from flask import Flask

    from flasklab.config import Settings

_IMPORT_PATIENCE_SECONDS = 600.0


class AppError(FlasklabError):
    """The lab's app.py cannot be served; the message says why and what to write."""


@dataclass(frozen=True, slots=True)
class AppLoader:
    """Loads the app in the worker and tells the parent how that went."""

    settings: Settings  # as the command line, environment and config file have them
    flags: dict[str, str]  # those of the command line, which beat even what the app's own code says
    app_file: Path | None  # the lab's app.py; None serves a plain app
    report: Connection
    waiters: int  # so many requests may wait for ends at once

    def __call__(self) -> Any:
        """The WSGI callable."""
        die_with_parent()
        os.environ[KEPT_VARIABLE] = "1"
        os.environ[WAITERS_VARIABLE] = str(self.waiters)
        gc.disable()  # thousands of objects are made that all stay: looking for garbage takes a tenth of the start
        try:
            app = load_app(self.settings, self.app_file, self.flags)
            lab = app.extensions["flasklab"]
            lab.open()
        except BaseException as error:
            self.report.send({"error": _told(error)})
            if isinstance(error, FlasklabError):
                raise SystemExit(1) from None  # its message says it all
            raise
        gc.freeze()
        gc.enable()
        self.report.send({"prefix": lab.prefix, "settings": lab.settings})
        threading.Thread(target=self._tell_experiments, args=(app,), name="tell-experiments", daemon=True).start()
        return app

    def _tell_experiments(self, app: Flask) -> None:
        catalog = app.extensions["flasklab"].services.experiments.catalog(wait_seconds=_IMPORT_PATIENCE_SECONDS)
        self.report.send(
            {
                "experiments": tuple(one.name for one in catalog.experiments),
                "broken": tuple(
                    (one.module, f"{one.file}:{one.line}" if one.line else one.file, one.error, one.needs)
                    for one in catalog.broken
                ),
            }
        )


def load_app(settings: Settings, app_file: Path | None, flags: Mapping[str, str]) -> Flask:
    """The Flask app with its lab.

    Args:
        settings: the lab's settings, for a plain app
        app_file: a module with `create_app()` or `app`; None makes a plain app
        flags: settings by full name; they reach the app as environment variables, which beat its config

    Raises:
        AppError: the module has neither, or its app has no lab.
    """
    os.chdir(settings.root)
    if app_file is None:
        os.environ.update(settings.to_environ())
        return _plain_app(settings)
    os.environ.update(flags)
    sys.path.insert(0, str(app_file.parent))
    spec = importlib.util.spec_from_file_location(app_file.stem, app_file)
    if spec is None or spec.loader is None:
        raise AppError(f"{app_file} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[app_file.stem] = module
    spec.loader.exec_module(module)
    factory = getattr(module, "create_app", None)
    app: Flask | None = factory() if factory is not None else getattr(module, "app", None)
    if app is None:
        raise AppError(f"{app_file} has neither a function create_app() nor a Flask app named app.")
    if "flasklab" not in app.extensions:
        raise AppError(f"{app_file}: its app has no lab. Write: from flasklab import Lab; Lab(app)")
    return app


def _plain_app(settings: Settings) -> Flask:
    from flask import Flask

    from flasklab.extension import Lab

    app = Flask("lab", root_path=str(settings.root), template_folder="templates", static_folder="static")
    Lab(app)
    return app


def _told(error: BaseException) -> str:
    import traceback

    if isinstance(error, FlasklabError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{last[0].filename}:{last[0].lineno}: " if last else ""
    return f"{where}{type(error).__name__}: {error}"
