"""What runs produced, drawn where it cannot act as the person who looks at it.

Every answer here has an opaque origin by its own header, since a frame's attribute does not hold for a direct
visit; it needs no cookie, as a sandbox has none: the signed address is the key. HTML, plotly figures and
Vega-Lite charts are sent to frames only.
"""

from __future__ import annotations

import gzip
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, redirect, render_template, request, send_file, url_for

from flasklab.errors import TooLargeError
from flasklab.http.file_answers import INERT_IMAGES, file_answer, is_playable, plain_type
from flasklab.http.headers import INERT_POLICY
from flasklab.http.lab import current_lab
from flasklab.http.problems import Refusal
from flasklab.http.signing import LIFETIME_SECONDS, signed_run
from flasklab.runs.artifacts import PLOTLY, VEGA_LITE
from flasklab.web.frame import vega_script
from flasklab.web.presenters.markdown import markdown_html

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from flasklab.runs.artifacts import Artifact

_HTML = ("text/html", "application/xhtml+xml")
_TEXTUAL = {f"application/{name}" for name in ("json", "jsonl", "yaml", "toml", "xml")}
_LARGEST_MARKDOWN = 1024**2  # bytes that are set as HTML
_LARGEST_FIGURE = 64 * 1024**2  # bytes that a frame page may hold
_LARGEST_TOLD = 8 * 1024**2  # bytes of HTML that is read whole to be sent
_HEAD = 1024  # bytes in which a page says that it is one
_FRAGMENT = b"""<!doctype html><meta charset="utf-8"><style>body{font:14px/1.45 system-ui,sans-serif}\
table{border-collapse:collapse}th,td{padding:2px 8px}</style>"""
# Added at the end; what stands outside of a page's last element is part of its body.
_TELLS_HEIGHT = b"""<script>{
const root = document.documentElement;
const tell = () => parent.postMessage({ fl: "height", h: Math.ceil(root.getBoundingClientRect().height) }, "*");
new ResizeObserver(tell).observe(root);
addEventListener("load", tell);
}</script>"""
_SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; media-src data: blob:; connect-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


def shown(signed: str, name: str) -> AnyResponse:
    """GET /shown/<signed>/<path>: one rendering of something that a run showed."""
    run_id = signed_run(signed)
    artifact, path = current_lab().services.files.find(run_id, name)
    kind = plain_type(artifact)
    if kind in _HTML or kind == PLOTLY or kind in VEGA_LITE:
        return _active(run_id, artifact, path)
    if kind in INERT_IMAGES or is_playable(kind):
        answer = file_answer(artifact, path, inline=True)
    elif kind == "text/markdown" and "rendered" in request.args:
        answer = _markdown(artifact, path)
    elif kind.startswith("text/") or kind.endswith("+json") or kind in _TEXTUAL:
        answer = file_answer(artifact, path, inline=True, media_type="text/plain")
    else:
        answer = file_answer(artifact, path)
    # An address that names the content may be kept for as long as it is good: sliders go back and forth at no cost.
    if request.args.get("v") == artifact.sha256[:8]:
        answer.headers["Cache-Control"] = f"private, max-age={LIFETIME_SECONDS}, immutable"
    return answer


def _markdown(artifact: Artifact, path: Path) -> Response:
    """A text set as HTML, under a policy that runs and loads nothing."""
    if artifact.size > _LARGEST_MARKDOWN:
        raise TooLargeError(f"{artifact.name} is too large to be set ({artifact.size:,} bytes). Download it instead.")
    answer = Response(markdown_html(path.read_bytes().decode("utf-8", "replace")))
    answer.headers["Content-Security-Policy"] = INERT_POLICY
    return answer


def _active(run_id: str, artifact: Artifact, path: Path) -> AnyResponse:
    """Something with scripts in it: for a frame; a direct visit is led to the run's page."""
    into = request.headers.get("Sec-Fetch-Dest")
    if into == "document":
        return redirect(url_for(".results", run_id=run_id), code=303)
    if into not in ("iframe", "frame"):
        return file_answer(artifact, path)
    kind = plain_type(artifact)
    if kind == PLOTLY:
        return _chart_frame(artifact, path, "flasklab/frames/plotly.html", url_for(".plotly_js"))
    if kind in VEGA_LITE:
        return _chart_frame(artifact, path, "flasklab/frames/vega.html", vega_script())
    answer = _page(artifact, path)
    answer.headers["Content-Security-Policy"] = _SANDBOX.format(scripts="'unsafe-inline'")
    return answer


def _page(artifact: Artifact, path: Path) -> Response:
    """HTML that tells the page around it how tall it is; a fragment becomes a page, so that its height is its own."""
    if artifact.size > _LARGEST_TOLD:
        return file_answer(artifact, path, inline=True, media_type="text/html")
    content = path.read_bytes()
    whole = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html"))
    return Response(content + _TELLS_HEIGHT if whole else _FRAGMENT + content + _TELLS_HEIGHT)


def _chart_frame(artifact: Artifact, path: Path, template: str, script: str) -> Response:
    """A page of our own around a chart's JSON, with the script that draws it."""
    if artifact.size > _LARGEST_FIGURE:
        raise TooLargeError(f"{artifact.name} is too large to be drawn ({artifact.size:,} bytes). Download it instead.")
    nonce = secrets.token_urlsafe(16)
    html = render_template(
        template,
        script=script,
        nonce=nonce,
        # No "<" survives, so nothing in the figure can end the element that holds it.
        figure=path.read_bytes().decode("utf-8", "replace").replace("<", "\\u003c"),
        theme=request.cookies.get("flasklab_theme", ""),
    )
    # Both schemes: behind a proxy that ends TLS, the lab itself is asked over plain http.
    scripts = f"'nonce-{nonce}' http://{request.host}{script} https://{request.host}{script}"
    answer = Response(html)
    answer.headers["Content-Security-Policy"] = _SANDBOX.format(scripts=scripts)
    answer.vary.add("Sec-Fetch-Dest")
    return answer


def plotly_js() -> Response:
    """GET /static/vendor/plotly.min.js: the installed plotly package's own bundle."""
    source = _plotly_bundle()
    if source is None:
        raise Refusal(
            404,
            "The package plotly is not installed beside this web server. Install it: pip install plotly",
        )
    if request.accept_encodings["gzip"] > 0:
        answer = send_file(_gzipped(source), mimetype="text/javascript", max_age=86400)
        answer.headers["Content-Encoding"] = "gzip"
    else:
        answer = send_file(source, mimetype="text/javascript", max_age=86400)
    answer.vary.add("Accept-Encoding")
    # The frame that loads it has an opaque origin.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _plotly_bundle() -> Path | None:
    """The bundle's file, found without importing plotly."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    return path if path.exists() else None


def _gzipped(source: Path) -> Path:
    """The bundle compressed, kept in the results folder: a third of a second, once per version."""
    stat = source.stat()
    folder = current_lab().settings.results / "cache"
    packed = folder / f"plotly-{stat.st_size}-{stat.st_mtime_ns}.js.gz"
    if not packed.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = packed.with_name(f"{packed.name}.{secrets.token_hex(4)}")
        fresh.write_bytes(gzip.compress(source.read_bytes(), 6))
        fresh.replace(packed)
    return packed
