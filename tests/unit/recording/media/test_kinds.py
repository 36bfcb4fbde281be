from __future__ import annotations

import pytest

from flasklab.recording.media.kinds import ending_of, media_type_of
from flasklab.runs.artifacts import ARRAY, PLOTLY, TABLE


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.csv", "text/csv"),
        ("A.PNG", "image/png"),
        ("folder.csv/a.json", "application/json"),
        ("loss.table.json", TABLE),
        ("loss.array.json", ARRAY),
        ("loss.plotly.json", PLOTLY),
        ("my.best.model.joblib", "application/octet-stream"),
        ("a.tar.gz", "application/gzip"),
        ("a.tar.bz2", "application/x-bzip2"),
        ("README", "application/octet-stream"),
        (".csv", "text/csv"),
        ("a.unheard-of", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_file_name_tells_its_media_type(name: str, media_type: str) -> None:
    assert media_type_of(name) == media_type


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.CSV", ".csv"), ("a.tar.gz", ".gz"), ("x.y/a", ""), (".hidden", ""), ("a", ""), ("b/a.npy", ".npy")],
)
def test_the_ending_is_the_last_part(name: str, ending: str) -> None:
    assert ending_of(name) == ending
