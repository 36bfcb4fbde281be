"""Entrances for people at a terminal.

May import every other room; nothing imports it but `extension.commands`, which offers the same commands under
`flask lab`. Flask, SQLAlchemy and rich are imported when a command needs them, so that `--help` is instant.
"""

from __future__ import annotations


def main() -> None:
    """The command `flasklab`."""
    from flasklab.cli.group import flasklab

    flasklab(prog_name="flasklab")
