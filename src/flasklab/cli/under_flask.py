"""The same commands under `flask lab`, for an app with `Lab(app)`: the app says which lab is meant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.cli.app_file import makes_app
from flasklab.cli.entrance import Entrance
from flasklab.cli.group import LabGroup

if TYPE_CHECKING:
    import click
    from flask import Flask

    from flasklab.config import Settings


class AppLabGroup(LabGroup):
    """The commands for one app's lab.

    Args:
        app: the app
        settings: its lab's
    """

    def __init__(self, app: Flask, settings: Settings, **kwargs: Any) -> None:
        super().__init__("lab", **kwargs)
        self._app = app
        self._settings = settings

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command on the app's lab."""
        ctx.obj = Entrance(
            folder=self._settings.root,
            config=self._app.config,
            known=self._settings,
            app_file=app_file_of(self._app),
        )
        return super().invoke(ctx)


def app_file_of(app: Flask) -> Path | None:
    """The file that the server can load the app from; None where it is made in some other way."""
    name = getattr(sys.modules.get(app.import_name), "__file__", None)
    return Path(name) if name is not None and makes_app(Path(name)) else None
