from __future__ import annotations

import pytest

from flasklab.services.file_upload import label


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("data.csv", "data.csv"),
        ("größe 1.csv", "größe 1.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\data.csv", "data.csv"),
        ("a\0b\n\x1b[31m.csv", "ab[31m.csv"),
        ("folder/", "folder"),
        ("..", "file"),
        ("", "file"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 300 + ".parquet", "x" * 192 + ".parquet"),
        ("y" * 300, "y" * 200),
    ],
)
def test_a_senders_name_becomes_a_harmless_label(sent: str, shown: str) -> None:
    assert label(sent) == shown
