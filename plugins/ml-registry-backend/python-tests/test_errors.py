"""What scripts see when something is wrong: the right code, in words, at once."""

import time

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException, RestException


@pytest.fixture
def call(tracking_uri):
    def send(method, path, **options):
        return requests.request(
            method,
            f"{tracking_uri}/api/2.0/mlflow/{path}",
            headers={"Authorization": "Bearer mock-user-token", **options.pop("headers", {})},
            timeout=30,
            **options,
        )

    return send


def test_unknown_things_are_404(client, unique):
    for asked in (
        lambda: client.get_run("0" * 32),
        lambda: client.get_experiment("123456789"),
        lambda: client.get_registered_model(f"none-{unique}"),
        lambda: client.get_model_version(f"none-{unique}", 1),
        lambda: client.get_model_version_by_alias(f"none-{unique}", "a"),
        lambda: client.get_logged_model("m-" + "0" * 32),
        lambda: client.log_metric("0" * 32, "m", 1),
    ):
        started = time.monotonic()
        with pytest.raises(RestException) as error:
            asked()
        assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
        assert time.monotonic() - started < 5
    assert client.get_experiment_by_name(f"none-{unique}") is None


def test_limits_of_a_batch_are_said(call, client, experiment):
    run_id = client.create_run(experiment).info.run_id
    metric = {"key": "m", "value": 1, "timestamp": 1, "step": 0}
    for body, words in (
        ({"metrics": [{**metric, "step": n} for n in range(1001)]}, "1000"),
        ({"params": [{"key": f"p{n}", "value": "1"} for n in range(101)]}, "100"),
        ({"tags": [{"key": f"t{n}", "value": "1"} for n in range(101)]}, "100"),
        ({"params": [{"key": "p", "value": "1"}, {"key": "p", "value": "1"}]}, "Duplicate"),
    ):
        answer = call("post", "runs/log-batch", json={"run_id": run_id, **body})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert words in answer.json()["message"]
    assert client.get_run(run_id).data.metrics == {}


def test_input_is_read_as_protobuf_reads_json(call, client, experiment):
    run_id = client.create_run(experiment).info.run_id
    answer = call(
        "post",
        "runs/log-metric",
        json={"runUuid": run_id, "key": "m", "value": "0.5", "timestamp": "17", "step": "3", "unheard": [1]},
    )
    assert (answer.status_code, answer.json()) == (200, {})
    history = call("get", "metrics/get-history", params={"runId": run_id, "metricKey": "m"}).json()
    assert history["metrics"] == [{"key": "m", "value": 0.5, "timestamp": 17, "step": 3}]
    answer = call("post", "runs/update", json={"run_id": run_id, "status": 3})
    assert answer.json()["run_info"]["status"] == "FINISHED"
    answer = call("post", "experiments/create", data='{"name": "x", "artifact_location": 9.0}', headers={"Content-Type": "application/json"})
    assert answer.json()["message"].startswith("Invalid value 9.0 for parameter 'artifact_location' supplied")
    assert call("post", "runs/log-parameter", json={"run_id": run_id, "key": "empty", "value": ""}).status_code == 200
    assert call("post", "runs/log-parameter", json={"run_id": run_id, "key": "none"}).status_code == 200
    answer = call("post", "runs/log-metric", json={"run_id": run_id, "key": "none", "timestamp": 1})
    assert (answer.status_code, "'value'" in answer.json()["message"]) == (400, True)
    answer = call("post", "experiments/create", data="not json", headers={"Content-Type": "application/json"})
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_deleted_runs_and_experiments_take_nothing(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    client.delete_run(run_id)
    for refused in (
        lambda: client.log_metric(run_id, "m", 1),
        lambda: client.log_param(run_id, "p", 1),
        lambda: client.set_tag(run_id, "t", 1),
    ):
        with pytest.raises(MlflowException, match="must be in the 'active' state"):
            refused()
    client.delete_experiment(experiment)
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.create_run(experiment)
    with pytest.raises(MlflowException):
        client.rename_experiment(experiment, "other")


def test_wrong_searches_say_what_is_wrong(client, experiment):
    for search in (
        lambda: client.search_runs([experiment], "metrics.m > 'x'"),
        lambda: client.search_runs([experiment], order_by=["metrics.m", "metrics.m DESC"]),
        lambda: client.search_runs([experiment], max_results=0),
        lambda: client.search_runs([experiment], max_results=50_001),
        lambda: client.search_runs([experiment], page_token="nonsense"),
        lambda: client.search_registered_models("nothing = 'x'"),
        lambda: client.search_model_versions("version_number > 'x'"),
        lambda: client.search_experiments(filter_string="tags.a > 'x'"),
        lambda: mlflow.search_logged_models([experiment], filter_string="foo.bar = 1"),
    ):
        with pytest.raises(MlflowException) as error:
            search()
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"
