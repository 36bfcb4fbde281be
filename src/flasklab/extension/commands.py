"""`flask lab ...`: the commands of `flasklab`, inside an app that has a lab.

The room `cli` stands above this one, so it is found by its name when a command is called, as an entry point
would be: an app that serves pages never loads it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flask import Flask

    from flasklab.config import Settings

_COMMANDS = "flasklab.cli.under_flask"


def add_commands(app: Flask, settings: Settings) -> None:
    """Add `flask lab` to the app's commands, for the lab with these settings."""
    app.cli.add_command(_LabCommands(app, settings))


class _LabCommands(click.Group):
    """Stands for the real group until it is needed."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__("lab", help="Work with this app's experiment lab.")
        self._app = app
        self._settings = settings
        self._found: click.Group | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._group().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._group().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        return self._group().invoke(ctx)

    def _group(self) -> click.Group:
        if self._found is None:
            found: click.Group = import_module(_COMMANDS).AppLabGroup(self._app, self._settings)
            self._found = found
        return self._found
