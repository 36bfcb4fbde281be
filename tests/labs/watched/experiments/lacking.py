"""A module whose package is not installed."""

import a_package_nobody_has  # type: ignore[import-not-found]  # that is its purpose

from flasklab import experiment


@experiment
def unreachable() -> float:
    """Never described, as its module cannot be imported."""
    return float(a_package_nobody_has.version)
