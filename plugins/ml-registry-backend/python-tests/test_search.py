"""The search grammar as the real client sends it."""

import math

import mlflow
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression


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


def pages_of(search):
    found, token = [], None
    while True:
        page = search(token)
        found += page
        token = page.token
        if not token:
            return found


def test_missing_and_nan_come_last_whatever_the_order(client, experiment):
    for name, value in (("nan", math.nan), ("inf", math.inf), ("one", 1), ("minus", -math.inf)):
        run = client.create_run(experiment, run_name=name)
        client.log_metric(run.info.run_id, "m", value)
    client.create_run(experiment, run_name="none")
    query = lambda order: [
        r.info.run_name
        for r in pages_of(lambda token: client.search_runs([experiment], order_by=[order], max_results=2, page_token=token))
    ]
    assert query("metrics.m ASC") == ["minus", "one", "inf", "nan", "none"]
    assert query("metrics.m DESC") == ["inf", "one", "minus", "nan", "none"]
    found = client.search_runs([experiment], "metrics.m = 0")
    assert found == []


def test_keys_with_odd_characters_and_absence(client, experiment):
    one = client.create_run(experiment, run_name="one").info.run_id
    client.create_run(experiment, run_name="two")
    client.log_metric(one, "a b/c.d", 1)
    client.set_tag(one, "x-y z", "it's")
    names = lambda text: sorted(r.info.run_name for r in client.search_runs([experiment], text))
    assert names('metrics.`a b/c.d` = 1') == ["one"]
    assert names('metrics."a b/c.d" >= 1') == ["one"]
    assert names("tags.`x-y z` = \"it's\"") == ["one"]
    assert names("tags.`x-y z` != 'other'") == ["one"]
    assert names("tags.`x-y z` IS NULL") == ["two"]
    assert names("tags.`x-y z` IS NOT NULL") == ["one"]
    assert names("run_name LIKE 'T%'") == [] and names("run_name ILIKE 'T%'") == ["two"]


def test_names_sort_by_bytes(client, unique):
    for name in ("ab", "a", "Default", "Abc"):
        client.create_experiment(f"{unique}{name}")
    found = client.search_experiments(filter_string=f"name LIKE '{unique}%'", order_by=["name DESC"])
    assert [e.name.removeprefix(unique) for e in found] == ["ab", "a", "Default", "Abc"]


def test_every_page_of_every_search_follows_the_last(client, experiment, unique):
    for n in range(7):
        client.create_registered_model(f"paged-{unique}-{n}", tags={"batch": unique})
        client.create_run(experiment, tags={"n": str(n % 2)})
    models = pages_of(
        lambda token: client.search_registered_models(
            f"tags.batch = '{unique}'", max_results=3, order_by=["name DESC"], page_token=token
        )
    )
    assert [m.name[-1] for m in models] == list("6543210")
    runs = pages_of(lambda token: client.search_runs([experiment], max_results=2, order_by=["tags.n"], page_token=token))
    assert len({r.info.run_id for r in runs}) == len(runs) == 7


def test_a_data_frame_of_runs(client, experiment):
    with mlflow.start_run():
        mlflow.log_params({"a": 1})
        mlflow.log_metrics({"m": 2.5})
    frame = mlflow.search_runs(search_all_experiments=True, filter_string="params.a = '1' AND metrics.m > 2")
    assert frame.loc[0, "metrics.m"] == 2.5


def test_versions_are_found_by_metric_param_stage_flavor_and_data_set(client, experiment, unique):
    name = f"found-{unique}"
    client.create_registered_model(name)
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    for auc, depth in ((0.7, 2), (0.95, 4)):
        with mlflow.start_run():
            mlflow.log_metric("auc", auc)
            mlflow.log_param("depth", depth)
            mlflow.log_input(mlflow.data.from_pandas(frame, name=f"masses-{unique}"), context="training")
            model = LogisticRegression().fit(frame, [0, 0, 1, 1])
            mlflow.sklearn.log_model(
                model, name="model", registered_model_name=name, pip_requirements=["scikit-learn"]
            )
    client.transition_model_version_stage(name, 1, "Staging")
    found = lambda text: sorted(int(v.version) for v in client.search_model_versions(f"name = '{name}' AND {text}"))
    assert found("metrics.auc > 0.9") == [2]
    assert found("metrics.auc > 0.5 AND params.depth = '2'") == [1]
    assert found("stage = 'Staging'") == [1]
    assert found("flavor = 'sklearn'") == [1, 2]
    assert found("flavor = 'xgboost'") == []
    assert found(f"dataset.name = 'masses-{unique}'") == [1, 2]
    ordered = client.search_model_versions(f"name = '{name}'", order_by=["metrics.auc DESC"])
    assert [int(v.version) for v in ordered] == [2, 1]
    models = client.search_registered_models(f"metrics.auc > 0.9 AND flavor = 'sklearn' AND name = '{name}'")
    assert [m.name for m in models] == [name]
