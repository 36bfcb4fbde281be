"""The same app behind a proxy that tells its own address and takes a prefix away."""

from app import app  # type: ignore[import-not-found]  # beside this file, where the app is served
from werkzeug.middleware.proxy_fix import ProxyFix

app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
