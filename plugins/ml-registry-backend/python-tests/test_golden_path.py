"""What the golden path needs of the client: autolog, an ONNX model registered by name, loading it back."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV


@pytest.fixture(scope="module")
def data():
    return load_breast_cancer(return_X_y=True, as_frame=True)


def test_sklearn_autolog_logs_a_fit(client, experiment, data):
    x, y = data
    mlflow.sklearn.autolog()
    with mlflow.start_run() as run:
        LogisticRegression(max_iter=5).fit(x, y)
    found = client.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params["max_iter"] == "5"
    assert "training_accuracy_score" in found.data.metrics
    assert found.inputs.dataset_inputs[0].dataset.name == "dataset"
    [model] = found.outputs.model_outputs
    logged = client.get_logged_model(model.model_id)
    assert logged.status == "READY"
    assert {m.key for m in logged.metrics} >= {"training_accuracy_score"}
    loaded = mlflow.sklearn.load_model(f"models:/{model.model_id}")
    assert len(loaded.predict(x)) == len(x)


def test_grid_search_makes_child_runs(client, experiment, data):
    x, y = data
    mlflow.sklearn.autolog(max_tuning_runs=2)
    with mlflow.start_run() as run:
        GridSearchCV(RandomForestClassifier(n_estimators=2), {"max_depth": [1, 2]}, cv=2).fit(x, y)
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert len(children) == 2


def test_onnx_model_is_logged_registered_and_loaded(client, experiment, unique, data):
    from skl2onnx import to_onnx

    x, y = data
    model = LogisticRegression(max_iter=5).fit(x, y)
    onnx_model = to_onnx(model, x.to_numpy(np.float32)[:1], options={"zipmap": False})
    name = f"tumour-{unique}"
    with mlflow.start_run() as run:
        mlflow.log_metric("auc", 0.97)
        signature = mlflow.models.infer_signature(x, model.predict(x))
        info = mlflow.onnx.log_model(
            onnx_model, name="model", signature=signature, registered_model_name=name
        )
    assert int(info.registered_model_version) == 1
    version = client.get_model_version(name, 1)
    assert version.status == "READY"
    assert version.run_id == run.info.run_id
    # A portal moves a version whose gates passed to staging by itself.
    assert version.current_stage in ("None", "Staging")
    client.set_registered_model_alias(name, "candidate-for-tests", 1)
    for uri in (f"models:/{name}/1", f"models:/{name}@candidate-for-tests", f"models:/{name}/latest"):
        loaded = mlflow.onnx.load_model(uri)
        assert loaded.SerializeToString() == onnx_model.SerializeToString()
    # Without zipmap the two outputs differ in shape, which the pyfunc flavor cannot put into one frame: ask ONNX Runtime.
    import onnxruntime

    session = onnxruntime.InferenceSession(loaded.SerializeToString())
    labels = session.run(None, {session.get_inputs()[0].name: x.to_numpy(np.float32)})[0]
    assert len(labels) == len(x)
    assert mlflow.models.get_model_info(f"models:/{name}/1").signature == signature


def test_a_model_of_a_run_is_registered_twice(client, experiment, unique, data):
    x, y = data
    name = f"again-{unique}"
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(LogisticRegression(max_iter=5).fit(x, y), name="model")
    first = mlflow.register_model(f"runs:/{run.info.run_id}/model", name)
    second = mlflow.register_model(info.model_uri, name)
    assert (int(first.version), int(second.version)) == (1, 2)
    assert mlflow.pyfunc.load_model(f"models:/{name}/2").predict(x).shape == y.shape
    copied = client.copy_model_version(f"models:/{name}/2", f"copy-{unique}")
    assert int(copied.version) == 1
    assert mlflow.pyfunc.load_model(f"models:/copy-{unique}/1").predict(x).shape == y.shape


def test_log_input_of_a_frame(client, experiment):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, name="frame"), context="training")
    [dataset] = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert dataset.dataset.name == "frame"
    assert dataset.tags[0].value == "training"
    assert client.search_runs([experiment], "dataset.name = 'frame' AND dataset.context = 'training'")
