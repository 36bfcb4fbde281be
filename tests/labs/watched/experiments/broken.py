"""A module that cannot be imported."""

LIMIT = 0
RATIO = 1 / LIMIT
