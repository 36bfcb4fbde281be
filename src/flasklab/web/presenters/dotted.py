"""Nested values under dotted names, as pages show them."""

from __future__ import annotations

from flasklab.runs.dotted import dotted as dotted
