"""Plain mlflow and scikit-learn, as a data scientist writes it who has never heard of this portal.

It knows the tracking server by MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN alone. Each step that was checked prints
a line `ok: …`; the first that is wrong ends the script.
"""

import json
import sys
import tempfile
import threading
from pathlib import Path

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split

NAME = sys.argv[1]
EXPERIMENT = f"{NAME} – première série/α 1"


def ok(text: str) -> None:
    print(f"ok: {text}", flush=True)


def main() -> None:
    client = MlflowClient()
    experiment = mlflow.set_experiment(EXPERIMENT)
    again = mlflow.set_experiment(EXPERIMENT)
    assert experiment.experiment_id == again.experiment_id
    ok("an experiment with spaces, a slash and Greek letters in its name is made once")

    x, y = load_wine(return_X_y=True, as_frame=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=7, stratify=y)
    mlflow.sklearn.autolog(max_tuning_runs=3)
    with mlflow.start_run(run_name="forêt") as run:
        forest = RandomForestClassifier(n_estimators=20, random_state=7).fit(x_train, y_train)
        score = forest.score(x_test, y_test)
    found = client.get_run(run.info.run_id)
    assert found.info.run_name == "forêt" and found.info.status == "FINISHED", found.info
    assert found.data.params["n_estimators"] == "20", found.data.params
    assert found.data.metrics["training_accuracy_score"] == 1.0, found.data.metrics
    assert "RandomForestClassifier_score_x_test" in found.data.metrics, found.data.metrics
    assert abs(found.data.metrics["RandomForestClassifier_score_x_test"] - score) < 1e-12
    assert found.inputs.dataset_inputs, "autolog named no dataset"
    ok("autolog keeps params, metrics and data of a fit")

    with mlflow.start_run(run_name="grid") as parent:
        GridSearchCV(LogisticRegression(max_iter=20), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(x_train, y_train)
    children = mlflow.search_runs(
        [experiment.experiment_id], filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    )
    assert sorted(children["params.C"].astype(float)) == [0.1, 1.0, 10.0], children
    mlflow.sklearn.autolog(disable=True)
    ok("a grid search leaves a child run for each combination")

    with mlflow.start_run(run_name="outer") as outer:
        for depth in range(3):
            with mlflow.start_run(run_name=f"inner {depth}", nested=True):
                mlflow.log_param("depth", depth)
                mlflow.log_metrics({"loss": 1.0 / (depth + 1), "nan": float("nan"), "inf": float("-inf")})
                for step in range(50):
                    mlflow.log_metric("curve", step**2, step=step)
        try:
            with mlflow.start_run(run_name="fails", nested=True):
                raise ValueError("this run fails on purpose")
        except ValueError:
            pass
    best = mlflow.search_runs(
        [experiment.experiment_id],
        filter_string=f"tags.mlflow.parentRunId = '{outer.info.run_id}' and metrics.loss < 0.9",
        order_by=["metrics.loss ASC"],
    )
    assert list(best["params.depth"]) == ["2", "1"], best
    assert np.isnan(best["metrics.nan"]).all() and (best["metrics.inf"] == -np.inf).all(), best
    history = client.get_metric_history(best["run_id"][0], "curve")
    assert [(m.step, m.value) for m in history] == [(s, float(s**2)) for s in range(50)]
    failed = client.search_runs([experiment.experiment_id], "attributes.status = 'FAILED'")
    assert [r.info.run_name for r in failed] == ["fails"], failed
    ok("nested runs, curves, numbers that are none, a failed run and a search over them")

    with tempfile.TemporaryDirectory() as folder, mlflow.start_run(run_name="files") as run:
        # Not '#', '?' or '%': the client puts names into addresses as they are, so no server ever sees what follows.
        names = ["mit Leerzeichen.txt", "ünï 模型 (1).json", "a+b&c=d;e.csv"]
        for name in names:
            (Path(folder) / name).write_text(f"content of {name}", encoding="utf-8")
        mlflow.log_artifacts(folder, "Ergebnisse 2026/ümlaut")
        mlflow.log_text("# Hello", "notes/read me.md")
        mlflow.log_dict({"größe": 1}, "config.json")
        (Path(folder) / "big.bin").write_bytes(bytes(range(256)) * 40_000)
        mlflow.log_artifact(str(Path(folder) / "big.bin"))
    listed = [item.path for item in client.list_artifacts(run.info.run_id, "Ergebnisse 2026/ümlaut")]
    assert sorted(listed) == sorted(f"Ergebnisse 2026/ümlaut/{name}" for name in names), listed
    with tempfile.TemporaryDirectory() as target:
        local = Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=target))
        for name in names:
            text = (local / "Ergebnisse 2026/ümlaut" / name).read_text(encoding="utf-8")
            assert text == f"content of {name}", text
        assert (local / "big.bin").read_bytes() == bytes(range(256)) * 40_000
        assert json.loads((local / "config.json").read_text(encoding="utf-8")) == {"größe": 1}
    ok("artifacts with spaces, other scripts and ten megabytes come back as they were")

    # A linear model: by default the client refuses to save trees.
    model = LogisticRegression(max_iter=200).fit(x_train, y_train)
    with mlflow.start_run(run_name="to register") as run:
        signature = mlflow.models.infer_signature(x_train, model.predict(x_train))
        mlflow.sklearn.log_model(model, name="model", signature=signature, input_example=x_train.head(2))
        mlflow.log_metric("accuracy", model.score(x_test, y_test))
    first = mlflow.register_model(f"runs:/{run.info.run_id}/model", NAME)
    second = mlflow.register_model(f"runs:/{run.info.run_id}/model", NAME)
    assert (int(first.version), int(second.version)) == (1, 2), (first.version, second.version)
    assert second.run_id == run.info.run_id and second.status == "READY", second
    ok("a model is registered twice and has two versions")

    client.update_registered_model(NAME, description="Wines by their chemistry")
    client.set_model_version_tag(NAME, "1", "reviewed by", "Jürgen")
    client.set_registered_model_alias(NAME, "trial", 1)
    assert int(client.get_model_version_by_alias(NAME, "trial").version) == 1
    loaded = mlflow.pyfunc.load_model(f"models:/{NAME}@trial")
    assert (loaded.predict(x_test) == model.predict(x_test)).all()
    same = mlflow.sklearn.load_model(f"models:/{NAME}/2")
    assert np.allclose(same.predict_proba(x_test), model.predict_proba(x_test))
    client.set_registered_model_alias(NAME, "trial", 2)
    assert client.get_registered_model(NAME).aliases["trial"] in (2, "2")
    ok("an alias moves, and what is loaded by it predicts as the trained model did")

    versions = client.search_model_versions(f"name = '{NAME}'")
    assert sorted(int(v.version) for v in versions) == [1, 2], versions
    assert client.get_model_version(NAME, "1").tags["reviewed by"] == "Jürgen"
    assert [m.name for m in client.search_registered_models(f"name = '{NAME}'")] == [NAME]
    ok("models and versions are found by search")

    problems = []

    def log(number: int) -> None:
        try:
            run_id = client.create_run(experiment.experiment_id, run_name=f"at once {number}").info.run_id
            for step in range(10):
                client.log_metric(run_id, "m", step, step=step)
            client.set_terminated(run_id)
        except Exception as error:  # told below, by the main thread
            problems.append(error)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join(timeout=60) for thread in threads]
    assert not problems, problems
    at_once = client.search_runs([experiment.experiment_id], "attributes.run_name LIKE 'at once %'")
    assert [r.data.metrics["m"] for r in at_once] == [9.0] * 4, at_once
    ok("four writers at once")

    for wrong in (lambda: client.get_run("0" * 32), lambda: client.get_model_version(NAME, "99")):
        try:
            wrong()
        except MlflowException as error:
            assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error
        else:
            raise AssertionError("what is not there was found")
    ok("what is not there is refused with MLflow's own error code")


if __name__ == "__main__":
    main()
    print("All of it passed", flush=True)
