"""Pins, the bin and the disk page, over pages and API."""

from __future__ import annotations

from typing import Any


def test_a_deleted_run_is_offered_back_and_lies_in_the_bin(bench: Any) -> None:
    run = bench.finish(bench.queue(), output=1, files={"a.txt": ("text/plain", b"abc")})
    page = bench.browser.get(f"/results/{run.id}").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]

    answer = bench.browser.post(f"/delete/{run.id}", data={"csrf_token": token})
    listed = bench.browser.get(answer.location).text

    assert (answer.status_code, answer.location) == (303, f"/runs?gone={run.id}")
    assert f"Run #{run.number} of double was deleted." in listed
    assert f'action="/restore/{run.id}"' in listed
    assert "In the bin" in bench.browser.get(f"/results/{run.id}").text
    assert bench.client.get("/runs").json == {"runs": [], "next": None}
    assert [one["id"] for one in bench.client.get("/runs?state=deleted").json["runs"]] == [run.id]
    assert f'action="/restore/{run.id}"' in bench.browser.get("/runs?state=deleted").text
    assert bench.client.get(f"/download/{run.id}/a.txt").data == b"abc"

    back = bench.browser.post(f"/restore/{run.id}", data={"csrf_token": token})

    assert back.location == f"/results/{run.id}"
    assert "was deleted" not in bench.browser.get(answer.location).text
    assert len(bench.client.get("/runs").json["runs"]) == 1


def test_forms_need_their_token(bench: Any) -> None:
    run = bench.finish(bench.queue())
    for action in ("delete", "restore", "pin"):
        assert bench.browser.post(f"/{action}/{run.id}").status_code == 400
    assert bench.services.read.get(run.id).deleted_at is None


def test_the_api_deletes_restores_and_pins(bench: Any) -> None:
    run = bench.finish(bench.queue())
    at = f"/api/v1/runs/{run.id}"

    assert bench.client.patch(at, json={"pinned": True}).json["pinned"] is True
    assert bench.client.patch(at, json={}).json["pinned"] is True
    assert bench.client.delete(at).json["deleted_at"] is not None
    assert bench.client.delete(at).status_code == 200
    assert bench.client.post(f"{at}/restore").json["deleted_at"] is None
    assert bench.client.patch(at, json={"pinned": False}).json["pinned"] is False
    refused = bench.client.patch(at, json={"pinned": "yes", "state": "queued"})
    assert refused.status_code == 422
    assert [one["param"] for one in refused.json["errors"]] == ["pinned", "state"]
    assert bench.client.patch(at, data="[1]").status_code == 400
    assert bench.client.delete("/api/v1/runs/nothere").status_code == 404


def test_a_run_that_has_not_ended_is_not_deleted(bench: Any) -> None:
    run = bench.queue()
    answer = bench.client.delete(f"/api/v1/runs/{run.id}")
    assert (answer.status_code, "cancel it first" in answer.json["detail"]) == (409, True)
    assert "Delete" not in bench.browser.get(f"/results/{run.id}").text


def test_a_run_is_pinned_from_its_page(bench: Any) -> None:
    run = bench.finish(bench.queue())
    assert bench.client.post(f"/pin/{run.id}").json["pinned"] is True
    assert "Pinned" in bench.browser.get(f"/results/{run.id}").text
    assert bench.client.post(f"/pin/{run.id}", data={"pinned": "0"}).json["pinned"] is False
    assert bench.client.post(f"/pin/{run.id}", data={"pinned": "2"}).status_code == 422


def test_the_disk_page_and_its_json_agree(bench: Any) -> None:
    bench.finish(bench.queue(), files={"a.txt": ("text/plain", b"x" * 2000)}, points={"loss": [1.0]}, log="said\n")

    found = bench.client.get("/disk").json

    assert found == bench.client.get("/api/v1/disk").json
    assert [(one["experiment"], one["runs"], one["files"]) for one in found["experiments"]] == [("double", 1, 2000)]
    assert "2.0 kB" in bench.browser.get("/disk").text
