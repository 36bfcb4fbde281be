"""What the web process loads: its memory and its first page depend on it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pydantic", "numpy", "pandas", "matplotlib", "jsonschema_rs", "alembic", "granian", "plotly", "rich")


def _loaded_after(code: str) -> set[str]:
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(found.stdout.split())


def test_importing_the_extension_loads_no_web_room() -> None:
    loaded = _loaded_after("import flasklab.extension")
    assert not {name for name in loaded if name.partition(".")[0] in ("flask", "sqlalchemy", *HEAVY)}


@pytest.mark.parametrize(
    "rooms", ["flasklab.web.routes, flasklab.api.routes, flasklab.extension.wiring", "flasklab.extension.services"]
)
def test_importing_the_web_rooms_loads_nothing_heavy(rooms: str) -> None:
    loaded = _loaded_after(f"import {rooms}")
    assert "flask" in loaded or "sqlalchemy" in loaded
    assert sorted(set(HEAVY) & loaded) == []


def test_a_page_loads_nothing_heavy(tmp_path: object) -> None:
    loaded = _loaded_after(
        f"""
from flask import Flask
from flasklab import Lab
app = Flask("light", root_path={str(tmp_path)!r})
Lab(app, supervise=False)
assert app.test_client().get("/", headers={{"Accept": "text/html"}}).status_code == 200
assert app.test_client().get("/api/v1/health").status_code == 200
"""
    )
    assert sorted(set(HEAVY) & loaded) == []


def test_the_web_process_stays_small(tmp_path: object) -> None:
    code = f"""
from flask import Flask
from flasklab import Lab
app = Flask("light", root_path={str(tmp_path)!r})
Lab(app, supervise=False)
app.test_client().get("/", headers={{"Accept": "text/html"}})
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(found.stdout) < 75 * 1024  # KiB, of 90 MB for all of it with the server
