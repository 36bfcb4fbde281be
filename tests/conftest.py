"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("flasklab", deadline=None)  # no test asserts a time: machines are shared
settings.load_profile("flasklab")
