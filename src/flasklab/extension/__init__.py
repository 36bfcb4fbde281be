"""Adding a lab to a Flask app: settings, services, blueprints. The only place that wires.

May import every room below `server`; nothing but `server` and `cli` imports it.
"""

from __future__ import annotations

from flasklab.extension.lab import Lab

__all__ = ["Lab"]
