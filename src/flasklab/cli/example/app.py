"""The lab as a Flask app: the place for routes of your own."""

from flask import Flask

from flasklab import Lab


def create_app() -> Flask:
    """The app that `flasklab serve` and `flask --app app run` serve."""
    app = Flask(__name__)
    app.config.from_pyfile("config.py")
    Lab(app)

    @app.get("/hello")
    def hello() -> str:
        return "A page of your own, beside the lab's."

    return app
