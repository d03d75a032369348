"""Content for an MLflow server, made with the real client; and a comparison of two servers, thing by thing."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric, ViewType
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression


def seed(uri, runs):
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    x = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0)[::-1]})
    y = (x.a > 10).astype(int)
    for name in ("Ünïcode / one", "two"):
        mlflow.set_experiment(name)
        mlflow.set_experiment_tag("team", name)
        data = mlflow.data.from_pandas(x.assign(y=y), name="table", targets="y")
        for i in range(runs):
            with mlflow.start_run(run_name=f"run {i}") as run:
                mlflow.log_params({"depth": i, "text": "ä" * 100})
                mlflow.set_tags({"k": f"v{i}", "mlflow.note.content": "# Note"})
                mlflow.log_input(data, context="training")
                points = [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(200)]
                client.log_batch(run.info.run_id, metrics=points)
                mlflow.log_metric("odd", float("nan"))
                mlflow.log_metric("huge", float("inf"))
                mlflow.log_text("héllo " * i, "notes/a b/ü#%.txt")
                if i == 0:
                    model = LogisticRegression().fit(x, y)
                    mlflow.sklearn.log_model(model, name="model", input_example=x.head(2))
                    with tempfile.TemporaryDirectory() as folder:
                        big = Path(folder) / "big.bin"
                        big.write_bytes(np.random.default_rng(1).bytes(20_000_000))
                        mlflow.log_artifact(str(big))
            if i == 1:
                client.delete_run(run.info.run_id)
    gone = client.create_experiment("gone")
    client.delete_experiment(gone)

    name = "churn"
    client.create_registered_model(name, tags={"area": "crm"}, description="Who leaves")
    logged = mlflow.search_logged_models(output_format="list", experiment_ids=[e.experiment_id for e in client.search_experiments()])
    first = client.search_runs([client.get_experiment_by_name("two").experiment_id], "params.depth = '2'")[0]
    for i in range(4):
        model = logged[i % len(logged)] if i < 3 else None
        version = client.create_model_version(
            name,
            f"models:/{model.model_id}" if model else f"{first.info.artifact_uri}/notes",
            model.source_run_id if model else first.info.run_id,
            tags={"nr": str(i)},
            description=f"d{i}",
            model_id=model.model_id if model else None,
        )
    client.delete_model_version(name, "2")
    client.transition_model_version_stage(name, "1", "Archived")
    client.transition_model_version_stage(name, "3", "Production")
    client.transition_model_version_stage(name, version.version, "Staging")
    client.set_registered_model_alias(name, "nightly", version.version)
    client.set_registered_model_alias(name, "champion", "3")
    client.create_registered_model("empty")
    mlflow.genai.register_prompt("greeting", "Hello {{name}}!")
    mlflow.genai.register_prompt("greeting", "Good day {{name}}!")


def files(client, uri, run_id=None):
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=client.tracking_uri)
        except Exception as error:  # nothing was ever logged
            if "not found" in str(error).lower() or "No such" in str(error):
                return found
            raise
        for file in sorted(Path(path).rglob("*")):
            if file.is_file():
                found[str(file.relative_to(path))] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def picture(client, with_files=True):
    """Everything that has to be equal, without what may differ: ids of experiments, places of files, who imported."""
    mlflow.set_tracking_uri(client.tracking_uri)
    experiments = client.search_experiments(view_type=ViewType.ALL)
    names = {e.experiment_id: e.name for e in experiments}
    own = lambda tags: {k: v for k, v in tags.items() if not k.startswith("downstage.")}
    result = {"experiments": {e.name: [e.lifecycle_stage, own(e.tags)] for e in experiments}}
    result["runs"] = {}
    for run in client.search_runs(list(names), run_view_type=ViewType.ALL, max_results=5000):
        history = {
            key: [[p.step, p.timestamp, repr(p.value)] for p in client.get_metric_history(run.info.run_id, key)]
            for key in run.data.metrics
        }
        result["runs"][run.info.run_id] = {
            "info": [run.info.run_name, run.info.status, run.info.start_time, run.info.end_time, run.info.lifecycle_stage, names[run.info.experiment_id]],
            "params": run.data.params,
            "tags": own(run.data.tags),
            "history": history,
            "datasets": [[i.dataset.name, i.dataset.digest, i.dataset.schema, {t.key: t.value for t in i.tags}] for i in run.inputs.dataset_inputs],
            "models": [m.model_id for m in run.outputs.model_outputs],
            "files": files(client, run.info.artifact_uri) if with_files else None,
        }
    result["logged_models"] = {}
    for model in client.search_logged_models(list(names)):
        result["logged_models"][model.model_id] = {
            "about": [model.name, model.status, model.source_run_id, model.creation_timestamp],
            "params": model.params,
            "files": files(client, f"models:/{model.model_id}") if with_files else None,
        }
    result["models"], result["versions"] = {}, {}
    models = list(client.search_registered_models()) + list(client.search_registered_models("tag.`mlflow.prompt.is_prompt` = 'true'"))
    for model in models:
        result["models"][model.name] = [model.description or "", own(model.tags), model.creation_timestamp]
        prompts = " AND tag.`mlflow.prompt.is_prompt` = 'true'" if model.name == "greeting" else ""
        for version in client.search_model_versions(f"name = '{model.name}'{prompts}"):
            result["versions"][f"{model.name}/{version.version}"] = {
                "about": [version.description or "", version.run_id or "", own(version.tags), version.creation_timestamp],
                "files": files(client, f"models:/{model.name}/{version.version}") if with_files and version.run_id else None,
            }
    return result


def compare(source, target):
    one, other = picture(MlflowClient(source)), picture(MlflowClient(target))
    counted = {kind: len(things) for kind, things in one.items()}
    counted["files"] = sum(len(r["files"] or {}) for kind in ("runs", "logged_models", "versions") for r in one[kind].values())
    counted["points"] = sum(len(h) for r in one["runs"].values() for h in r["history"].values())
    different = []
    for kind, things in one.items():
        for name, thing in things.items():
            if other[kind].get(name) != thing:
                different.append([kind, name, thing, other[kind].get(name)])
        different += [[kind, name, None, "only here"] for name in other[kind] if name not in things]
    print(json.dumps({"counted": counted, "different": different[:5], "differences": len(different)}, default=str))


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "seed":
        seed(rest[0], int(rest[1]))
    else:
        compare(*rest)
