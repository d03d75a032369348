"""What the server says about itself, and what it refuses at once."""

import json

import mlflow
import requests
import upstream_endpoints


def test_what_is_not_built_answers_at_once_in_mlflows_shape(tracking_uri):
    token = {"Authorization": "Bearer mock-user-token"}
    for method, path, status, code in (
        ("post", "api/3.0/mlflow/scorers/register", 501, "NOT_IMPLEMENTED"),
        ("get", "ajax-api/3.0/mlflow/workspaces", 501, "NOT_IMPLEMENTED"),
        ("post", "graphql", 501, "NOT_IMPLEMENTED"),
        ("get", "api/2.0/mlflow/nothing", 404, "ENDPOINT_NOT_FOUND"),
    ):
        answer = getattr(requests, method)(f"{tracking_uri}/{path}", headers=token, json={} if method == "post" else None)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert requests.get(f"{tracking_uri}/health").text == "OK"
    assert "/models/runs/" in requests.get(f"{tracking_uri}/").text


def test_every_endpoint_of_the_installed_server_is_known():
    # Another client was installed: run upstream_endpoints.py and UPDATE_ENDPOINTS=1, and see what is new.
    listed = json.loads(upstream_endpoints.FILE.read_text())
    assert listed["mlflow"] == mlflow.__version__
    assert listed["endpoints"] == upstream_endpoints.upstream()["endpoints"]


def test_version_is_the_client_tested_against(tracking_uri):
    assert requests.get(f"{tracking_uri}/version", timeout=10).text == mlflow.__version__
