"""Evaluation of models and of plain tables, whose results land in the run."""

import mlflow
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression


def test_a_classifier_is_evaluated_into_its_run(client, experiment):
    x, y = load_breast_cancer(return_X_y=True, as_frame=True)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            LogisticRegression(max_iter=5).fit(x, y), name="model", pip_requirements=["scikit-learn"]
        )
        data = mlflow.data.from_pandas(x.assign(label=y), targets="label", name="masses")
        result = mlflow.models.evaluate(
            info.model_uri, data, model_type="classifier", evaluator_config={"log_explainer": False}
        )
    found = client.get_run(run.info.run_id)
    assert found.data.metrics["roc_auc"] == pytest.approx(result.metrics["roc_auc"])
    assert "confusion_matrix.png" in {f.path for f in client.list_artifacts(run.info.run_id)}
    logged = client.get_logged_model(info.model_id)
    assert {m.dataset_name for m in logged.metrics if m.key == "roc_auc"} == {"masses"}
    assert [i.dataset.name for i in found.inputs.dataset_inputs] == ["masses"]


def test_a_regressor_by_its_predictions(client, experiment):
    x, y = load_diabetes(return_X_y=True, as_frame=True)
    frame = x.assign(y=y, predicted=LinearRegression().fit(x, y).predict(x))
    with mlflow.start_run() as run:
        mlflow.models.evaluate(
            data=frame,
            predictions="predicted",
            targets="y",
            model_type="regressor",
            evaluator_config={"log_explainer": False},
            extra_metrics=[mlflow.models.make_metric(eval_fn=lambda predictions, targets, metrics: 42.0, greater_is_better=True, name="answer")],
        )
    metrics = client.get_run(run.info.run_id).data.metrics
    assert metrics["answer"] == 42 and metrics["r2_score"] > 0.5


def test_a_candidate_is_held_against_its_thresholds(experiment):
    frame = pd.DataFrame({"y": [0, 1, 1, 0], "predicted": [0, 1, 0, 0]})
    with mlflow.start_run():
        result = mlflow.models.evaluate(data=frame, predictions="predicted", targets="y", model_type="classifier")
    with pytest.raises(mlflow.models.evaluation.validation.ModelValidationFailedException):
        mlflow.validate_evaluation_results(
            validation_thresholds={"accuracy_score": mlflow.models.MetricThreshold(threshold=0.9, greater_is_better=True)},
            candidate_result=result,
        )
