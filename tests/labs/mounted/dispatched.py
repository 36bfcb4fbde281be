"""The same app as a part of a larger site."""

from app import app  # type: ignore[import-not-found]  # beside this file, where the app is served
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

app.wsgi_app = DispatcherMiddleware(NotFound(), {"/site": app.wsgi_app})
