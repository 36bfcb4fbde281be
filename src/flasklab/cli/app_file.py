"""Which file, if any, holds the Flask app to serve; read, never imported, because it may hold experiments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

# What the server looks for in an app's file.
_NAMES = ("create_app", "app")


def makes_app(file: Path) -> bool:
    """Whether this Python file defines a Flask app as `create_app()` or `app`.

    Raises:
        click.ClickException: it cannot be read as Python.
    """
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{file}:{line}" if line else str(file)
        raise click.ClickException(f"{where}: {error}.") from error
    return any(name in _NAMES for statement in tree.body for name in _defined(statement))


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
