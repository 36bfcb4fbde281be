"""An app of five lines with a lab under a prefix."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]  # ships no types

from flasklab import Lab

app = Flask(__name__)
CSRFProtect(app)
Lab(app, url_prefix="/lab")
