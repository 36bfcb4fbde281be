from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

API = "/api/v1"


@pytest.fixture
def document(bench: Any) -> dict[str, Any]:
    found: dict[str, Any] = bench.client.get(f"{API}/openapi.json").get_json()
    return found


def _validator(document: dict[str, Any], name: str) -> Any:
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def _references(found: Any) -> set[str]:
    if isinstance(found, dict):
        own = {found["$ref"]} if isinstance(found.get("$ref"), str) else set()
        return own.union(*map(_references, found.values()))
    return set().union(*map(_references, found)) if isinstance(found, list) else set()


def test_every_experiment_has_an_operation_typed_by_its_parameters(document: dict[str, Any]) -> None:
    start = document["paths"]["/experiments/train/runs"]["post"]
    schema = start["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/train.parameters"}
    parameters = _validator(document, "train.parameters")
    file = {"file": "t.csv", "sha256": "0" * 64, "size": 3}
    assert parameters.is_valid({"data": file, "optimizer": {"name": "sgd", "lr": 0.5}})
    assert not parameters.is_valid({"data": file, "optimizer": {"name": "sgd", "lr": -0.5}})
    assert start["operationId"] == "start_train"


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))
    assert references
    for reference in references:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_every_route_is_described_and_nothing_else(bench: Any, document: dict[str, Any]) -> None:
    routes = {
        (rule.rule.removeprefix(API).replace("<run_id>", "<id>").replace("<", "{").replace(">", "}"), method.lower())
        for rule in bench.app.url_map.iter_rules()
        if rule.endpoint.startswith("flasklab_api.") and not rule.endpoint.endswith((".unknown", ".openapi"))
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters" and path not in ("/experiments/double/runs", "/experiments/train/runs")
    }
    assert described == routes


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/runs/{}", "Run"),
        ("/runs", "Runs"),
        ("/runs/{}/metrics", "Metrics"),
        ("/runs/{}/logs", "Log"),
        ("/runs/{}/artifacts", "Artifacts"),
        ("/runs/{}/events", "Events"),
        ("/runs/{}/live", "Live"),
        ("/experiments", "Experiments"),
        ("/experiments/train", "Experiment"),
        ("/health", "Health"),
        ("/nothing", "Problem"),
        ("/runs?limit=x", "Problem"),
    ],
)
def test_answers_are_what_the_document_says(bench: Any, document: dict[str, Any], address: str, name: str) -> None:
    run = bench.finish(
        bench.queue(),
        {"output": float("inf")},
        files={"a.csv": ("text/csv", b"a\n")},
        points={"loss": [float("nan"), 1.0]},
        log="hello\n",
    )
    answer = bench.client.get(API + address.format(run.id)).get_json()
    errors = [error.message for error in _validator(document, name).iter_errors(answer)]
    assert errors == []
    assert set(answer) <= set(document["components"]["schemas"][name]["properties"])
