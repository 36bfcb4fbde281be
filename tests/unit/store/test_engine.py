from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from flasklab.errors import StoreBusyError, StoreError, StoreFullError
from flasklab.store.engine import as_store_error, network_file_system, open_engine

MOUNTS = """\
/dev/root / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sda /home/ada/local ext4 rw 0 0
//win/share /mnt/my\\040share cifs rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/lab", None),
        ("/home/ada/lab", "nfs4"),
        ("/home/ada/local/lab", None),
        ("/homely", None),
        ("/mnt/my share/lab", "cifs"),
    ],
)
def test_the_mount_a_folder_lies_on_tells_whether_locks_can_be_trusted(folder: str, kind: str | None) -> None:
    assert network_file_system(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("not a url", "sqlite:////path/lab.db"),
        ("mysql://user@host/db", "SQLite or PostgreSQL"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_with_the_mend(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        open_engine(url, checkpointing=False)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_through_psycopg_3(scheme: str) -> None:
    engine = open_engine(f"{scheme}://somebody@localhost/lab", checkpointing=False)
    assert engine.dialect.driver == "psycopg"
    engine.dispose()


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        ("database is locked", StoreBusyError, "try again"),
        ("database or disk is full", StoreFullError, "Free space"),
        ("attempt to write a readonly database", StoreError, "results folder"),
        ("something else", StoreError, "something else"),
    ],
)
def test_trouble_is_told_in_the_labs_words(said: str, kind: type[StoreError], message: str) -> None:
    error = as_store_error(OperationalError("UPDATE runs", {"secret": "parameter"}, Exception(said)))
    assert type(error) is kind
    assert message in str(error)
    assert "parameter" not in str(error)
