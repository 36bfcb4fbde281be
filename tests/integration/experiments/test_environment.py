"""What is recorded of code, Git and packages is what is there."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.experiments.environment import code_version, record_environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CEILING_DIRECTORIES": str(tmp_path.parent),
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "a.py").write_text("x = 1\n")
    return tmp_path


def git(lab: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run([*command, *arguments], cwd=lab, check=True, capture_output=True, text=True).stdout.strip()


def recorded(lab: Path) -> dict[str, Any]:
    return record_environment(lab, [lab / "a.py"], ())


def test_sources_are_hashed_and_named_from_the_lab(lab: Path) -> None:
    found = recorded(lab)

    assert found["files"] == {"a.py": hashlib.sha256(b"x = 1\n").hexdigest()}
    assert found["code"] == code_version(found["files"])
    assert len(found["code"]) == 12


def test_the_code_s_version_follows_names_and_content(lab: Path) -> None:
    before = recorded(lab)["code"]
    (lab / "a.py").write_text("x = 2\n")

    assert recorded(lab)["code"] != before
    assert code_version({"a": "1", "b": "2"}) == code_version({"b": "2", "a": "1"})
    assert code_version({"a": "1"}) != code_version({"b": "1"})


def test_packages_have_the_versions_that_are_installed(lab: Path) -> None:
    packages = recorded(lab)["packages"]

    assert packages["pydantic"] == importlib.metadata.version("pydantic")
    assert len(packages) > 20


def test_only_the_named_variables_are_recorded(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DEVICE", "gpu")
    monkeypatch.setenv("LAB_TOKEN", "secret")

    found = record_environment(lab, [], ("LAB_DEVICE", "LAB_ABSENT"))

    assert found["env"] == {"LAB_DEVICE": "gpu"}
    assert "secret" not in str(found)


def test_outside_a_repository_there_is_no_git(lab: Path) -> None:
    assert recorded(lab)["git"] is None


def test_a_repository_tells_its_commit_and_whether_the_code_is_in_it(lab: Path) -> None:
    git(lab, "init", "-q")
    assert recorded(lab)["git"] is None  # nothing is committed yet

    git(lab, "add", "a.py")
    git(lab, "commit", "-q", "-m", "first")
    commit = git(lab, "rev-parse", "HEAD")
    (lab / "notes.txt").write_text("untracked, and no source")

    assert recorded(lab)["git"] == {"commit": commit, "branch": "main", "dirty": False}

    (lab / "b.py").write_text("untracked source")
    assert record_environment(lab, [lab / "b.py"], ())["git"]["dirty"] is True
    (lab / "a.py").write_text("x = 3\n")
    assert recorded(lab)["git"]["dirty"] is True
    git(lab, "checkout", "-q", "--detach")
    assert recorded(lab)["git"]["branch"] is None


def test_without_the_git_command_nothing_fails(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(lab, "init", "-q")
    monkeypatch.setenv("PATH", str(lab))

    assert recorded(lab)["git"] is None


def test_a_source_that_is_gone_has_no_hash(lab: Path) -> None:
    assert record_environment(lab, [lab / "gone.py"], ())["files"] == {"gone.py": ""}
