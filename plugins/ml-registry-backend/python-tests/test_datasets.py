"""Data sets as inputs of runs, of frames, arrays and plain sources."""

import mlflow
import numpy as np
import pandas as pd


def test_frames_and_arrays_are_inputs_with_schema_and_profile(client, experiment):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, name="frame", targets="b"), context="training")
        mlflow.log_input(mlflow.data.from_numpy(np.ones((3, 2)), name="array"), context="test", tags={"fold": "1"})
    inputs = {i.dataset.name: i for i in client.get_run(run.info.run_id).inputs.dataset_inputs}
    assert {tag.value for tag in inputs["array"].tags} == {"test", "1"}
    assert '"num_rows": 2' in inputs["frame"].dataset.profile
    assert '"mlflow_colspec"' in inputs["frame"].dataset.schema
    loaded = mlflow.data.get_source(inputs["frame"].dataset)
    assert loaded is not None


def test_the_same_data_set_is_one_however_often_it_is_read(client, experiment):
    frame = pd.DataFrame({"a": range(10)})
    dataset = mlflow.data.from_pandas(frame, name="shared")
    for _ in range(2):
        with mlflow.start_run():
            mlflow.log_input(dataset, context="training")
            mlflow.log_input(dataset, context="training")
    runs = client.search_runs([experiment], f"dataset.digest = '{dataset.digest}' AND datasets.name LIKE 'sha%'")
    assert [len(run.inputs.dataset_inputs) for run in runs] == [1, 1]
    assert client.search_runs([experiment], "datasets.context IN ('test', 'validation')") == []


def test_metrics_on_a_data_set_belong_to_the_model(client, experiment):
    dataset = mlflow.data.from_pandas(pd.DataFrame({"a": [1]}), name="held-out")
    with mlflow.start_run():
        model = mlflow.initialize_logged_model(name="m")
        mlflow.log_metric("auc", 0.9, dataset=dataset, model_id=model.model_id)
    [metric] = client.get_logged_model(model.model_id).metrics
    assert (metric.key, metric.value, metric.dataset_name, metric.dataset_digest) == (
        "auc",
        0.9,
        "held-out",
        dataset.digest,
    )
    found = mlflow.search_logged_models(
        [experiment], filter_string="metrics.auc > 0.5", datasets=[{"dataset_name": "held-out"}], output_format="list"
    )
    assert [m.model_id for m in found] == [model.model_id]
