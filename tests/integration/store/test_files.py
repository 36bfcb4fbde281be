from __future__ import annotations

import hashlib
import io
import os
import stat
from typing import TYPE_CHECKING

import pytest

from flasklab.errors import FileMissingError, StoreError, TooLargeError
from flasklab.store.files import FileStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def everything(files: FileStore) -> list[Path]:
    return [path for path in files.folder.rglob("*") if path.is_file()]


def test_content_comes_back_under_its_hash(files: FileStore) -> None:
    content = os.urandom(3 * 1024 * 1024 + 17)
    stored = files.add_stream(io.BytesIO(content))
    assert (stored.sha256, stored.size) == (sha256(content), len(content))
    with files.open(stored.sha256) as stream:
        assert stream.read() == content
    path = files.path(stored.sha256)
    assert path.relative_to(files.folder).parts == (stored.sha256[:2], stored.sha256[2:])
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_equal_content_is_stored_once(files: FileStore) -> None:
    first = files.add_stream(io.BytesIO(b"same"))
    inode = files.path(first.sha256).stat().st_ino
    assert files.add_stream(io.BytesIO(b"same")) == first
    assert files.path(first.sha256).stat().st_ino == inode
    assert len(everything(files)) == 1


def test_an_empty_file_is_a_file(files: FileStore) -> None:
    stored = files.add_stream(io.BytesIO(b""))
    assert stored.size == 0
    assert files.has(stored.sha256)


def test_what_is_too_large_leaves_nothing(files: FileStore) -> None:
    assert files.add_stream(io.BytesIO(b"x" * 10), limit=10).size == 10
    with pytest.raises(TooLargeError, match="10"):
        files.add_stream(io.BytesIO(b"y" * 11), limit=10)
    assert len(everything(files)) == 1


def test_a_stream_that_breaks_off_leaves_nothing(files: FileStore) -> None:
    class Broken(io.RawIOBase):
        reads = 0

        def read(self, _size: int = -1, /) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise OSError("the other side went away")
            return b"half"

    with pytest.raises(StoreError):
        files.add_stream(Broken())
    assert everything(files) == []


def test_a_staged_file_is_moved_in_not_copied(files: FileStore, tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    staged.write_bytes(b"result")
    inode = staged.stat().st_ino
    stored = files.adopt(staged, sha256(b"result"), 6)
    assert not staged.exists()
    assert files.path(stored.sha256).stat().st_ino == inode
    assert files.path(stored.sha256).read_bytes() == b"result"


def test_a_staged_file_that_is_stored_already_is_dropped(files: FileStore, tmp_path: Path) -> None:
    stored = files.add_stream(io.BytesIO(b"result"))
    staged = tmp_path / "staged"
    staged.write_bytes(b"result")
    assert files.adopt(staged, stored.sha256, 6) == stored
    assert not staged.exists()


def test_a_stored_file_that_was_cut_short_is_mended_by_the_next_of_its_content(files: FileStore) -> None:
    stored = files.add_stream(io.BytesIO(b"whole content"))
    path = files.path(stored.sha256)
    path.chmod(0o600)
    path.write_bytes(b"whole")
    files.add_stream(io.BytesIO(b"whole content"))
    assert files.path(stored.sha256).read_bytes() == b"whole content"


@pytest.mark.parametrize("size", [5, 7])
def test_an_incomplete_staged_file_is_refused(files: FileStore, tmp_path: Path, size: int) -> None:
    staged = tmp_path / "staged"
    staged.write_bytes(b"result")
    with pytest.raises(OSError, match="complete"):
        files.adopt(staged, sha256(b"result"), size)
    assert everything(files) == []


def test_only_regular_files_are_adopted(files: FileStore, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"result")
    link = tmp_path / "link"
    link.symlink_to(secret)
    with pytest.raises(OSError, match="complete"):
        files.adopt(link, sha256(b"result"), link.lstat().st_size)
    with pytest.raises(FileNotFoundError):
        files.adopt(tmp_path / "missing", sha256(b""), 0)
    assert secret.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n", "incoming"])
def test_what_is_no_hash_touches_no_file(files: FileStore, tmp_path: Path, name: str) -> None:
    staged = tmp_path / "staged"
    staged.write_bytes(b"x")
    assert not files.has(name)
    with pytest.raises(FileMissingError):
        files.path(name)
    with pytest.raises(OSError, match="SHA-256"):
        files.adopt(staged, name, 1)
    assert staged.exists()


def test_missing_content_is_named(files: FileStore) -> None:
    with pytest.raises(FileMissingError, match="000000000000"):
        files.open("0" * 64)
