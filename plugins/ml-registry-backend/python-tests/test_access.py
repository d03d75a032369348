"""Who may: tokens of people, of jobs, and none."""

import os

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException


def test_a_job_token_stamps_its_runs_and_writes_nothing_else(client, experiment, monkeypatch, unique):
    persons = client.create_run(experiment)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "job-token")
    if mlflow.get_tracking_uri() and "DOWNSTAGE_MLFLOW_URI" in os.environ and not _knows_job_token():
        pytest.skip("the server does not know the token of the test")
    with mlflow.start_run(tags={"downstage.job": "forged", "downstage.commit": "forged"}) as run:
        mlflow.log_metric("m", 1)
        mlflow.log_text("x", "x.txt")
        mlflow.set_tag("downstage.job", "forged")
    tags = client.get_run(run.info.run_id).data.tags
    assert tags["downstage.job"] == "7f3a"
    assert tags["downstage.commit"] == "c0ffee"
    assert tags["downstage.dataset"] == "default/breast-masses@1"
    assert tags["downstage.model"] == "model:default/tumour-malignancy"
    assert tags["downstage.environment"] == "env-1"
    for refused in (
        lambda: client.log_metric(persons.info.run_id, "m", 1),
        lambda: client.delete_experiment(experiment),
        lambda: client.log_text(persons.info.run_id, "x", "x.txt"),
    ):
        with pytest.raises((MlflowException, requests.HTTPError)) as error:
            refused()
        assert "may" in str(error.value)


def _knows_job_token():
    answer = requests.get(
        f"{mlflow.get_tracking_uri()}/api/2.0/mlflow/experiments/get",
        params={"experiment_id": "0"},
        headers={"Authorization": "Bearer job-token"},
    )
    return answer.status_code == 200


def test_without_a_valid_token_everything_is_401(tracking_uri, monkeypatch, client):
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic OnNlY3JldA=="}):
        answer = requests.get(
            f"{tracking_uri}/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}, headers=headers
        )
        assert answer.status_code == 401
        assert answer.json()["error_code"] == "UNAUTHENTICATED"
    basic = requests.get(
        f"{tracking_uri}/api/2.0/mlflow/experiments/get",
        params={"experiment_id": "0"},
        auth=("anybody", "mock-user-token"),
    )
    assert basic.status_code == 200
