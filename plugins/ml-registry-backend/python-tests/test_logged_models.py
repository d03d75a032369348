"""Logged models: made, finished, tagged, searched, loaded, deleted."""

import mlflow
import pytest
from mlflow.entities import LoggedModelStatus
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression


class Doubling(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float], params=None) -> list[float]:
        return [2 * value for value in model_input]


def test_the_life_of_a_logged_model(client, experiment):
    model = mlflow.create_external_model(name="outside", params={"depth": "3"}, tags={"team": "a"}, model_type="agent")
    assert model.status == LoggedModelStatus.READY
    mlflow.set_logged_model_tags(model.model_id, {"team": "b", "x": "y"})
    mlflow.delete_logged_model_tag(model.model_id, "x")
    mlflow.log_model_params({"more": "1"}, model_id=model.model_id)
    found = mlflow.get_logged_model(model.model_id)
    assert (found.tags["team"], found.params, found.model_type) == ("b", {"depth": "3", "more": "1"}, "agent")
    pending = mlflow.initialize_logged_model(name="half")
    mlflow.finalize_logged_model(pending.model_id, "FAILED")
    assert mlflow.get_logged_model(pending.model_id).status == LoggedModelStatus.FAILED
    search = lambda text, **more: [
        m.name
        for m in mlflow.search_logged_models([experiment], filter_string=text, output_format="list", **more)
    ]
    assert search("params.depth = '3'") == ["outside"]
    assert search("", order_by=[{"field_name": "creation_timestamp", "ascending": True}]) == ["outside", "half"]
    client.delete_logged_model(model.model_id)
    with pytest.raises(MlflowException):
        mlflow.get_logged_model(model.model_id)
    assert search("") == ["half"]


def test_a_model_of_code_is_loaded_by_each_of_its_addresses(client, experiment, unique):
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(name="doubling", python_model=Doubling(), input_example=[1.0, 2.0])
    assert mlflow.models.get_model_info(info.model_uri).signature is not None
    version = mlflow.register_model(info.model_uri, f"doubling-{unique}")
    for uri in (info.model_uri, f"runs:/{run.info.run_id}/doubling", f"models:/doubling-{unique}/{version.version}"):
        assert mlflow.pyfunc.load_model(uri).predict([3.0]) == [6.0]
    assert mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"]


def test_checkpoints_carry_their_metrics(client, experiment):
    with mlflow.start_run() as run:
        for step in (1, 2):
            fitted = LogisticRegression().fit([[0], [1]], [0, 1])
            # Named here, they need not be found out by loading the model in another process.
            info = mlflow.sklearn.log_model(
                fitted, name="checkpoint", step=step, pip_requirements=["scikit-learn"]
            )
            mlflow.log_metric("loss", 1 / step, step=step, model_id=info.model_id)
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert sorted(output.step for output in outputs) == [1, 2]
    best = mlflow.search_logged_models(
        [experiment], order_by=[{"field_name": "metrics.loss", "ascending": True}], output_format="list"
    )
    assert best[0].metrics[0].value == 0.5
