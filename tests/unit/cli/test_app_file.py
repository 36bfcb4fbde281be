from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from flasklab.cli.app_file import makes_app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def create_app():\n    return 1\n", True),
        ("app = Flask(__name__)\n", True),
        ("app: Flask = make()\n", True),
        ("from flasklab import experiment\n\n@experiment\ndef double(x=1): return x\n", False),
        ("def outer():\n    app = 1\n", False),
        ("", False),
    ],
)
def test_a_file_with_an_app_is_told_from_one_with_experiments(tmp_path: Path, text: str, expected: bool) -> None:
    (tmp_path / "lab.py").write_text(text)
    assert makes_app(tmp_path / "lab.py") is expected


def test_the_file_is_read_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text("app = 1\nraise SystemExit(3)\n")
    assert makes_app(tmp_path / "lab.py")


def test_a_file_that_is_not_python_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(click.ClickException, match=r"lab\.py:2: "):
        makes_app(tmp_path / "lab.py")
