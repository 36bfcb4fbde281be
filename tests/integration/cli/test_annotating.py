"""Tags and notes, as a person types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from flasklab.cli.group import flasklab

if TYPE_CHECKING:
    from tests.integration.cli.conftest import LabFolder


def test_tags_are_put_on_and_taken_off_with_their_signs(lab: LabFolder) -> None:
    first, second = lab.queue(), lab.queue()
    said = lab.call("tag", "1", f"{second.id}", "+good", "+for the paper", "-hopeless")
    assert said.output.splitlines() == [
        "#1 of double: [good] [for the paper]",
        "#2 of double: [good] [for the paper]",
    ]
    assert json.loads(lab.call("tag", first.id[:8], "-good", "--json").output)["tags"] == ["for the paper"]
    assert lab.call("tag", "1", "-for the paper").output == "#1 of double: no tags, no note\n"


def test_all_runs_are_tagged_or_none(lab: LabFolder) -> None:
    lab.queue()
    refused = lab.call("tag", "1", "99", "+good")
    assert refused.exit_code == 1
    assert "no run '99'" in refused.output
    assert lab.call("tag", "1", "+" + "t" * 101).exit_code == 1
    assert json.loads(lab.call("show", "1", "--json").output)["tags"] == []


def test_what_is_asked_for_must_be_said(lab: LabFolder) -> None:
    lab.queue()
    assert "+good puts one on" in lab.call("tag", "1").output
    assert lab.call("tag", "+good").exit_code == 2
    assert "Put the tags with a +" in lab.call("tag", "-h").output
    assert lab.call("tag", "1", "--bad").exit_code == 2


def test_a_note_is_written_read_and_removed(lab: LabFolder) -> None:
    lab.queue()
    assert lab.call("note", "1", "**Best** so far").output == "#1 of double: **Best** so far\n"
    asked = ["-C", str(lab.folder), "note", "1", "-"]
    assert CliRunner().invoke(flasklab, asked, input="# Title\n\n- one\n").output == "#1 of double: # Title …\n"
    assert json.loads(lab.call("show", "1", "--json").output)["note"] == "# Title\n\n- one"
    assert json.loads(lab.call("note", "1", "", "--json").output)["note"] == ""
    assert "at most 50,000" in lab.call("note", "1", "n" * 50_001).output
