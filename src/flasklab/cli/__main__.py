"""`python -m flasklab.cli`, for where the command itself is not on the path."""

from __future__ import annotations

from flasklab.cli import main

main()
