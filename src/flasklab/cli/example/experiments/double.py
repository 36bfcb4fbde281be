"""The smallest experiment there is."""

from flasklab import experiment


@experiment
def double(param: float = 21.0):
    """Twice the parameter."""
    return {"output": 2 * param}
