"""The rest of what scripts do with the unmodified client, and what it must see when something is wrong."""

import math
import time
from pathlib import Path

import mlflow
import pytest
import requests
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException, RestException

# A portal moves a version whose gates passed to staging by itself.
UNPROMOTED = ("None", "Staging")


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


def test_nested_runs_and_search(client, experiment):
    with mlflow.start_run(run_name="parent") as parent:
        for i in range(5):
            with mlflow.start_run(run_name=f"child {i}", nested=True):
                mlflow.log_metric("auc", i / 10)
                mlflow.log_param("model", "Tree" if i % 2 else "line")
    query = lambda text, **more: [r.info.run_name for r in client.search_runs([experiment], text, **more)]
    assert query("metrics.auc > 0.25 AND params.model = 'Tree'") == ["child 3"]
    assert sorted(query("params.model LIKE 'T%'")) == ["child 1", "child 3"]
    assert query("params.model LIKE 't%'") == []
    assert sorted(query("params.model ILIKE 't%'")) == ["child 1", "child 3"]
    assert query("metrics.auc >= 0", order_by=["metrics.auc DESC"]) == [f"child {i}" for i in (4, 3, 2, 1, 0)]
    assert query("", order_by=["metrics.auc ASC"])[-1] == "parent"
    assert len(query(f"tags.mlflow.parentRunId = '{parent.info.run_id}'")) == 5
    assert query(f"attributes.run_id IN ('{parent.info.run_id}')") == ["parent"]
    assert query("run_name = 'child 2' and status = 'FINISHED' and start_time > 0") == ["child 2"]
    pages, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=["metrics.auc DESC"], max_results=2, page_token=token)
        pages += [r.info.run_name for r in page]
        token = page.token
        if not token:
            break
    assert pages == ["child 4", "child 3", "child 2", "child 1", "child 0", "parent"]
    frame = mlflow.search_runs([experiment], "metrics.auc = 0.4")
    assert list(frame["params.model"]) == ["line"]
    for wrong in ("metrics.auc > 0 OR metrics.auc < 1", "nonsense", "metrics.auc = 'x'", "attributes.foo = 'x'", "params.p > '1'"):
        with pytest.raises(MlflowException) as error:
            client.search_runs([experiment], wrong)
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


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


def test_artifacts_with_spaces_and_unicode(client, experiment, tmp_path):
    folder = tmp_path / "files"
    (folder / "sub folder").mkdir(parents=True)
    (folder / "sub folder" / "ärger 100%.txt").write_text("hällo")
    (folder / "empty.bin").write_bytes(b"")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(folder), "data")
        mlflow.log_text("<b>hi</b>", "page.html")
        mlflow.log_dict({"a": 1}, "deep/er/d.json")
    run_id = run.info.run_id
    names = lambda path=None: [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, path)]
    assert names() == [("data", True, None), ("deep", True, None), ("page.html", False, 9)]
    assert names("data/sub folder") == [("data/sub folder/ärger 100%.txt", False, 6)]
    assert names("page.html") == []
    local = Path(client.download_artifacts(run_id, "data", str(tmp_path)))
    assert (local / "sub folder" / "ärger 100%.txt").read_text() == "hällo"
    assert (local / "empty.bin").read_bytes() == b""
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/deep/er/d.json") == {"a": 1}
    with pytest.raises(MlflowException):
        client.download_artifacts(run_id, "nothing", str(tmp_path))


def test_a_large_artifact_is_streamed(client, experiment, tmp_path):
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(150 * 1024 * 1024)
    run = client.create_run(experiment)
    client.log_artifact(run.info.run_id, str(big))
    assert client.list_artifacts(run.info.run_id)[0].file_size == 150 * 1024 * 1024


def test_paths_that_leave_are_refused(tracking_uri, client, experiment):
    token = {"Authorization": "Bearer mock-user-token"}
    base = f"{tracking_uri}/api/2.0/mlflow-artifacts/artifacts"
    for path in ("%2e%2e/%2e%2e/etc/passwd", "a/..%2f..%2fx", "%252e%252e/x", "a%5c..%5cx"):
        for method in ("get", "put", "delete"):
            answer = getattr(requests, method)(f"{base}/{path}", headers=token)
            assert answer.status_code == 400
            assert answer.json() == {"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid path"}
    answer = requests.get(base, params={"path": "../.."}, headers=token)
    assert answer.json()["message"] == "Invalid path"


def test_downloads_never_run_in_a_browser(tracking_uri, client, experiment):
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "<script>alert(1)</script>", "page.html")
    path = run.info.artifact_uri.removeprefix("mlflow-artifacts:/")
    answer = requests.get(
        f"{tracking_uri}/api/2.0/mlflow-artifacts/artifacts/{path}/page.html",
        headers={"Authorization": "Bearer mock-user-token"},
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_registered_models(client, unique):
    name = f"Model {unique}"
    client.create_registered_model(name, tags={"k": "v"}, description="d")
    with pytest.raises(RestException) as error:
        client.create_registered_model(name)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"
    for wrong in ("a/b", "a:b"):
        with pytest.raises(MlflowException):
            client.create_registered_model(wrong)
    client.update_registered_model(name, "other")
    client.set_registered_model_tag(name, "k2", "v2")
    client.delete_registered_model_tag(name, "k")
    model = client.get_registered_model(name)
    assert (model.description, model.tags) == ("other", {"k2": "v2"})
    assert [m.name for m in client.search_registered_models(f"name LIKE '%{unique}'")] == [name]
    assert [m.name for m in client.search_registered_models("tags.k2 = 'v2'", order_by=["name DESC"])].count(name) == 1
    client.rename_registered_model(name, f"New {unique}")
    client.delete_registered_model(f"New {unique}")
    with pytest.raises(RestException) as error:
        client.get_registered_model(name)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_versions_stages_and_aliases(client, experiment, unique):
    name = f"staged-{unique}"
    client.create_registered_model(name)
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "x", "model/MLmodel")
    for n in (1, 2, 3):
        version = client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id, tags={"n": str(n)})
        assert int(version.version) == n
    client.update_model_version(name, 1, "text")
    client.set_model_version_tag(name, 1, "q", "ok")
    client.delete_model_version_tag(name, 1, "n")
    one = client.get_model_version(name, 1)
    assert (one.description, one.tags) == ("text", {"q": "ok"})
    found = client.search_model_versions(f"name = '{name}' AND tags.n = '2'")
    assert [int(v.version) for v in found] == [2]
    assert [int(v.version) for v in client.search_model_versions(f"run_id = '{run.info.run_id}'", order_by=["version_number DESC"])] == [3, 2, 1]
    client.transition_model_version_stage(name, 2, "staging")
    assert client.get_model_version(name, 2).current_stage == "Staging"
    assert client.get_latest_versions(name, ["Staging"])[0].current_stage == "Staging"
    client.set_registered_model_alias(name, "blue", 2)
    assert client.get_model_version_by_alias(name, "blue").version == "2"
    assert client.get_registered_model(name).aliases == {"blue": "2"}
    client.delete_registered_model_alias(name, "blue")
    for alias in ("v1", "latest", "a/b"):
        with pytest.raises(MlflowException):
            client.set_registered_model_alias(name, alias, 1)
    client.delete_model_version(name, 3)
    version = client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    assert version.version == "4"
    assert client.get_model_version_download_uri(name, "4") == f"{run.info.artifact_uri}/model"


def test_gates_cannot_be_gone_round(client, experiment, unique):
    name = f"gated-{unique}"
    client.create_registered_model(name)
    run = client.create_run(experiment)
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    attempts = [
        lambda: client.transition_model_version_stage(name, 1, "Production"),
        lambda: client.set_registered_model_alias(name, "champion", 1),
        lambda: client.set_registered_model_alias(name, "Production", 1),
    ]
    for attempt in attempts:
        started = time.time()
        with pytest.raises(RestException, match="[Pp]romotion") as error:
            attempt()
        assert error.value.error_code == "INVALID_STATE_TRANSITION"
        assert time.time() - started < 5
    assert client.get_model_version(name, 1).current_stage in UNPROMOTED
    assert client.get_registered_model(name).aliases == {}


def test_prompts_stay_out_of_the_model_list(client, unique):
    mlflow.genai.register_prompt(f"prompt-{unique}", "Say {{what}}")
    assert mlflow.genai.load_prompt(f"prompts:/prompt-{unique}/1").template == "Say {{what}}"
    assert client.search_registered_models(f"name = 'prompt-{unique}'") == []
    assert [p.name for p in mlflow.genai.search_prompts(f"name = 'prompt-{unique}'")] == [f"prompt-{unique}"]


def test_async_logging(client, experiment):
    with mlflow.start_run() as run:
        pending = [mlflow.log_metric("m", i, step=i, synchronous=False) for i in range(200)]
        pending.append(mlflow.log_params({"a": 1}, synchronous=False))
    for operation in pending:
        operation.wait()
    assert len(client.get_metric_history(run.info.run_id, "m")) == 200


def test_a_job_token_stamps_its_runs_and_writes_nothing_else(client, experiment, monkeypatch, unique):
    persons = client.create_run(experiment)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "job-token")
    if mlflow.get_tracking_uri() and "DOWNSTAGE_MLFLOW_URI" in __import__("os").environ and not _knows_job_token():
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


def test_what_is_not_built_answers_at_once_in_mlflows_shape(tracking_uri, client):
    token = {"Authorization": "Bearer mock-user-token"}
    for method, path, status, code in (
        ("post", "api/3.0/mlflow/traces", 501, "NOT_IMPLEMENTED"),
        ("post", "v1/traces", 501, "NOT_IMPLEMENTED"),
        ("get", "api/2.0/mlflow/nothing", 404, "ENDPOINT_NOT_FOUND"),
        ("post", "api/2.0/mlflow-artifacts/mpu/create/1/x", 501, "NOT_IMPLEMENTED"),
    ):
        answer = getattr(requests, method)(f"{tracking_uri}/{path}", headers=token, json={} if method == "post" else None)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert requests.get(f"{tracking_uri}/health").text == "OK"
    assert requests.get(f"{tracking_uri}/version").text.startswith("3.")
    assert "/models/runs/" in requests.get(f"{tracking_uri}/").text
