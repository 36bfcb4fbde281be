"""Tags and notes over pages and API."""

from __future__ import annotations

import re
from typing import Any

from flasklab.runs.annotations import LONGEST_NOTE, note_mark


def token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_tags_are_put_on_and_taken_off_from_the_runs_page(bench: Any) -> None:
    run = bench.finish(bench.queue())
    sent = {"csrf_token": token(bench.browser.get(f"/results/{run.id}").text), "tab": "files"}

    answer = bench.browser.post(f"/tags/{run.id}", data={**sent, "add": "good,  for the paper ,,"})
    page = bench.browser.get(answer.location).text

    assert (answer.status_code, answer.location) == (303, f"/results/{run.id}?tab=files")
    assert 'aria-label="Take off the tag for the paper"' in page
    bench.browser.post(f"/tags/{run.id}", data={**sent, "remove": "good"})
    assert bench.client.get(f"/status/{run.id}").json["tags"] == ["for the paper"]
    assert bench.client.post(f"/tags/{run.id}", data={"add": ["x", "y"]}).json["tags"] == ["for the paper", "x", "y"]
    told = [one["data"] for one in bench.client.get(f"/api/v1/runs/{run.id}/events").json["events"]]
    assert told[-1] == {"by": "127.0.0.1", "added": ["x", "y"], "removed": []}


def test_a_note_is_set_in_the_page_and_edited_there(bench: Any) -> None:
    run = bench.queue()
    page = bench.browser.get(f"/results/{run.id}").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen is not None
    sent = {"csrf_token": token(page), "seen": seen[1], "note": "**Best** so far\r\n<script>x</script>"}

    answer = bench.browser.post(f"/note/{run.id}", data=sent)
    page = bench.browser.get(answer.location).text

    assert answer.status_code == 303
    assert "<p><strong>Best</strong> so far\n&lt;script&gt;x&lt;/script&gt;</p>" in page
    assert "**Best** so far\n&lt;script&gt;" in page.partition("<textarea")[2]
    assert bench.client.post(f"/note/{run.id}", data={"note": ""}).json["note"] == ""


def test_what_was_written_is_kept_where_it_cannot_be_taken(bench: Any) -> None:
    run = bench.queue()
    sent = {"csrf_token": token(bench.browser.get(f"/results/{run.id}").text)}

    long = bench.browser.post(f"/note/{run.id}", data={**sent, "note": "mine " + "n" * LONGEST_NOTE})
    tag = bench.browser.post(f"/tags/{run.id}", data={**sent, "add": "fine, " + "t" * 101})
    bench.client.post(f"/note/{run.id}", data={"note": "somebody else's"})
    late = bench.browser.post(f"/note/{run.id}", data={**sent, "note": "my words", "seen": note_mark("") + "0"})

    assert (long.status_code, tag.status_code, late.status_code) == (422, 422, 409)
    assert "at most 50,000 are kept." in long.text
    assert "mine nnn" in long.text
    assert 'value="fine, ttt' in tag.text
    assert "a tag has at most 100" in tag.text
    assert "changed meanwhile" in late.text
    assert "my words</textarea>" in late.text
    assert (
        f'name="seen" value="{note_mark("somebody else" + chr(39) + "s")}"' in late.text
    )  # saving again takes its place
    assert bench.client.get(f"/status/{run.id}").json["note"] == "somebody else's"


def test_forms_need_their_token_and_a_run(bench: Any) -> None:
    run = bench.queue()
    for action, data in (("tags", {"add": "x"}), ("note", {"note": "x"})):
        assert bench.browser.post(f"/{action}/{run.id}", data=data).status_code == 400
        assert bench.client.post(f"/{action}/nothere", data=data).status_code == 404
    assert bench.client.get(f"/status/{run.id}").json["tags"] == []


def test_the_api_sets_tags_and_note(bench: Any) -> None:
    run = bench.finish(bench.queue())
    at = f"/api/v1/runs/{run.id}"

    assert bench.client.patch(at, json={"tags": ["a", " b "], "note": "n"}).json["tags"] == ["a", "b"]
    found = bench.client.patch(at, json={"add_tags": ["c"], "remove_tags": ["a"], "pinned": True}).json
    assert (found["tags"], found["note"], found["pinned"]) == (["b", "c"], "n", True)
    assert bench.client.patch(at, json={"tags": []}).json["tags"] == []
    refused = bench.client.patch(at, json={"tags": "a", "add_tags": [1], "note": None})
    assert {one["param"] for one in refused.json["errors"]} == {"tags", "add_tags", "note"}
    refused = bench.client.patch(at, json={"tags": ["x" * 101], "pinned": False})
    assert (refused.status_code, bench.client.get(at).json["pinned"]) == (422, True)
    assert bench.client.patch("/api/v1/runs/nothere", json={"note": ""}).status_code == 404


def test_a_run_in_the_bin_is_read_and_not_written_about_in_its_page(bench: Any) -> None:
    run = bench.finish(bench.queue())
    bench.client.patch(f"/api/v1/runs/{run.id}", json={"tags": ["a"], "note": "words"})
    bench.client.delete(f"/api/v1/runs/{run.id}")
    page = bench.browser.get(f"/results/{run.id}").text
    assert "<p>words</p>" in page
    assert "Add a tag" not in page
    assert "Take off" not in page


def test_who_follows_a_run_hears_of_what_is_written_about_it(bench: Any) -> None:
    run = bench.queue()
    bench.begin(run)
    at = f"/api/v1/runs/{run.id}"
    before = bench.client.get(f"{at}/live").json
    bench.client.patch(at, json={"add_tags": ["x"]})
    bench.services.follow._looks.clear()  # a look serves all who ask within a moment
    after = bench.client.get(f"{at}/live?cursor={before['cursor']}").json
    assert after["cursor"] != before["cursor"]
    assert after["event"] > before["event"]
