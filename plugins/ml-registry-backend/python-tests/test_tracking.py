"""Experiments and runs: params, metrics, tags, batches, nesting, deleting and restoring."""

import math

import mlflow
import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException, RestException


def test_params_metrics_and_tags(client, experiment):
    with mlflow.start_run(run_name="first", description="what it is") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"name/with slash": "ü", "empty": ""})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metric("loss", 0.25, step=2)
        mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "minus": -math.inf})
        mlflow.set_tag("team", "diagnostics")
        mlflow.set_tags({"a": "1", "b": "2"})
        client.delete_tag(run.info.run_id, "b")
    found = client.get_run(run.info.run_id)
    assert found.info.run_name == "first"
    assert found.data.params == {"depth": "3", "name/with slash": "ü", "empty": ""}
    assert found.data.metrics["loss"] == 0.25
    assert math.isnan(found.data.metrics["nan"])
    assert found.data.metrics["inf"] > 1e300 and found.data.metrics["minus"] < -1e300
    assert found.data.tags["team"] == "diagnostics" and "b" not in found.data.tags
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(1, 0.5), (2, 0.25)]


def test_batches_and_their_repetition(client, experiment):
    run = client.create_run(experiment)
    metrics = [Metric("m", i, 1000 + i, i) for i in range(1000)]
    for _ in range(2):
        client.log_batch(run.info.run_id, metrics=metrics)
        client.log_batch(
            run.info.run_id,
            params=[Param(f"p{i}", str(i)) for i in range(100)],
            tags=[RunTag("t", "1"), RunTag("t", "2")],
        )
    found = client.get_run(run.info.run_id)
    assert found.data.metrics["m"] == 999 and found.data.tags["t"] == "2"
    assert len(client.get_metric_history(run.info.run_id, "m")) == 1000


def test_a_param_cannot_change_and_its_batch_leaves_nothing(client, experiment):
    run = client.create_run(experiment)
    client.log_param(run.info.run_id, "p", "1")
    client.log_param(run.info.run_id, "p", "1")
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_batch(run.info.run_id, metrics=[Metric("m", 1, 1, 0)], params=[Param("p", "2")])
    assert client.get_run(run.info.run_id).data.metrics == {}


def test_experiments(client, unique):
    name = f"exp {unique}"
    first = client.create_experiment(name, tags={"team": unique})
    with pytest.raises(RestException) as error:
        client.create_experiment(name)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.set_experiment_tag(first, "k", "v")
    assert client.get_experiment(first).tags == {"team": unique, "k": "v"}
    client.delete_experiment_tag(first, "k")
    assert [e.name for e in client.search_experiments(filter_string=f"tags.team = '{unique}'")] == [name]
    assert [e.name for e in client.search_experiments(filter_string=f"name ILIKE 'EXP {unique}'")] == [name]
    run = client.create_run(first)
    client.rename_experiment(first, name + " renamed")
    client.delete_experiment(first)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    assert client.search_experiments(filter_string=f"tags.team = '{unique}'") == []
    assert len(client.search_experiments(view_type=ViewType.DELETED_ONLY, filter_string=f"tags.team = '{unique}'")) == 1
    with pytest.raises(MlflowException, match="active"):
        client.log_metric(run.info.run_id, "m", 1)
    client.restore_experiment(first)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "active"
    assert client.get_experiment("0").name == "Default"


def test_runs_are_deleted_renamed_and_restored(client, experiment):
    run = client.create_run(experiment, run_name="old")
    client.update_run(run.info.run_id, status="FAILED", name="new")
    assert client.get_run(run.info.run_id).data.tags["mlflow.runName"] == "new"
    client.set_tag(run.info.run_id, "mlflow.runName", "newer")
    assert client.get_run(run.info.run_id).info.run_name == "newer"
    for _ in range(2):
        client.delete_run(run.info.run_id)
    assert len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)) == 1
    client.restore_run(run.info.run_id)
    client.set_terminated(run.info.run_id, "KILLED")
    assert client.get_run(run.info.run_id).info.status == "KILLED"
    with pytest.raises(RestException) as error:
        client.get_run("0" * 32)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_the_latest_metric_is_the_greatest_step_then_time_then_value(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    for value, timestamp, step in ((1.0, 2000, 5), (9.0, 3000, 4), (2.0, 2000, 5), (0.5, 1000, 5), (7.0, 9000, -1)):
        client.log_metric(run_id, "m", value, timestamp=timestamp, step=step)
    assert client.get_run(run_id).data.metrics["m"] == 2.0
    history = [(m.timestamp, m.step, m.value) for m in client.get_metric_history(run_id, "m")]
    assert history == sorted(history) and len(history) == 5


def test_long_values_are_cut_and_long_keys_refused(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    client.log_param(run_id, "p", "x" * 6000)
    client.set_tag(run_id, "t", "y" * 8000)
    found = client.get_run(run_id).data
    assert len(found.params["p"]) == 6000 and len(found.tags["t"]) == 8000
    for refused in (
        lambda: client.log_metric(run_id, "k" * 251, 1),
        lambda: client.log_param(run_id, "../k", 1),
        lambda: client.set_tag(run_id, "a//b", 1),
    ):
        with pytest.raises(MlflowException) as error:
            refused()
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_nested_runs_know_their_parent(client, experiment):
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as child:
            with mlflow.start_run(nested=True) as grandchild:
                pass
    assert mlflow.get_parent_run(grandchild.info.run_id).info.run_id == child.info.run_id
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    assert mlflow.get_parent_run(parent.info.run_id) is None


def test_an_interrupted_run_goes_on(client, experiment):
    with pytest.raises(KeyError):
        with mlflow.start_run() as run:
            raise KeyError("broken")
    assert client.get_run(run.info.run_id).info.status == "FAILED"
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("after", 1)
    assert client.get_run(run.info.run_id).info.status == "FINISHED"
    assert mlflow.last_active_run().data.metrics == {"after": 1}


def test_names_in_every_language_and_steps_of_64_bits(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("Genauigkeit für Köln", 0.9)
        mlflow.log_metric("précision", 0.5, step=2**63 - 1)
        mlflow.log_param("точность", 1)
        mlflow.set_tag("城市", "x")
        mlflow.log_metrics({"précision": 0.25, "b": 1.0}, step=2**53 + 1)
    data = client.get_run(run.info.run_id).data
    assert data.metrics["Genauigkeit für Köln"] == 0.9
    assert data.params["точность"] == "1"
    assert data.tags["城市"] == "x"
    steps = [point.step for point in client.get_metric_history(run.info.run_id, "précision")]
    assert sorted(steps) == [2**53 + 1, 2**63 - 1]
    found = client.search_runs([experiment], "metrics.précision > 0 AND params.точность = '1' AND tags.城市 = 'x'")
    assert [one.info.run_id for one in found] == [run.info.run_id]
    client.set_experiment_tag(experiment, "команда", "a")
    assert client.get_experiment(experiment).tags["команда"] == "a"
