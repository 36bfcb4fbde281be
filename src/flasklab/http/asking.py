"""Who makes the present request, as far as anyone knows without logins."""

from __future__ import annotations

from flask import request


def who_asks() -> str:
    """The name that a proxy or the app's own login vouches for (REMOTE_USER), else the address asked from."""
    return request.remote_user or request.remote_addr or ""
