"""Trains, evaluates on held-out rows, exports to ONNX and registers a version.

Plain mlflow: it runs the same as a job of the portal and on a laptop (`python src/train.py --data rows.csv`). It also
runs against any other MLflow server. MLFLOW_TRACKING_URI alone says where the run is stored.
"""

import argparse
import logging
import tempfile
import warnings
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema, TensorSpec
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import data
import evaluate
import export
from settings import DATASET, MODEL_NAME, TARGET, parameters

CURVE_STEPS = 8
REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"


def new_pipeline(options: dict):
    """Untrained. Gaps are filled with the median of the training rows."""
    if options["algorithm"] == "logistic":
        return make_pipeline(
            SimpleImputer(strategy="median"),
            StandardScaler(),
            LogisticRegression(C=1 / options["regularisation"], max_iter=5000),
        )
    if options["algorithm"] == "boosting":
        return make_pipeline(
            SimpleImputer(strategy="median"),
            # Not the histogram variant: skl2onnx 1.20 cannot convert that of scikit-learn 1.9.
            GradientBoostingClassifier(random_state=options["seed"]),
        )
    raise SystemExit(f"Parameter algorithm: expected logistic or boosting, found {options['algorithm']!r}")


def log_learning_curve(options: dict, x_train, y_train, x_val, y_val) -> None:
    """Loss by number of training rows: two curves that are still apart at the end say that more data would help."""
    classes = np.unique(y_train)
    order = np.random.default_rng(options["seed"]).permutation(len(x_train))
    for step in range(1, CURVE_STEPS + 1):
        rows = order[: len(order) * step // CURVE_STEPS]
        if len(np.unique(y_train.iloc[rows])) < len(classes):
            continue
        pipeline = new_pipeline(options).fit(x_train.iloc[rows], y_train.iloc[rows])
        mlflow.log_metrics(
            {
                "curve_train_log_loss": log_loss(
                    y_train.iloc[rows], pipeline.predict_proba(x_train.iloc[rows]), labels=classes
                ),
                "curve_val_log_loss": log_loss(y_val, pipeline.predict_proba(x_val), labels=classes),
            },
            step=len(rows),
        )


def signature_of(columns, classes) -> ModelSignature:
    """Named columns in the order of the tensor, and what comes out."""
    label_type = np.dtype(np.int64) if np.issubdtype(np.asarray(classes).dtype, np.integer) else np.dtype(str)
    return ModelSignature(
        inputs=Schema([ColSpec("double", name) for name in columns]),
        outputs=Schema(
            [
                TensorSpec(label_type, (-1,), "label"),
                TensorSpec(np.dtype(np.float32), (-1, len(classes)), "probabilities"),
            ]
        ),
    )


def example_of(rows: pd.DataFrame, x_val: pd.DataFrame) -> pd.DataFrame:
    """One held-out row as the data has it: after the cast to 32 bits 9.668 would read 9.668000221252441."""
    return rows.loc[x_val.index[:1], x_val.columns].astype(np.float64)


def log_data(source: data.Source, rows: pd.DataFrame, context: str) -> None:
    with warnings.catch_warnings():
        # That it is a file of this machine, and that the classes are integers, is as meant.
        warnings.filterwarnings("ignore", message="The specified dataset source can be interpreted")
        warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer column")
        dataset = mlflow.data.from_pandas(rows, source=source.path, targets=TARGET, name=DATASET)
        mlflow.log_input(dataset, context=context, tags={"downstage.ref": source.ref} if source.ref else None)


def main(path: str | None = None) -> str:
    """One run; returns its id."""
    options = parameters()
    source = data.find_source(path)
    print(f"Reading {source.ref or source.path}", flush=True)
    rows = data.read(source)
    features, target = data.features_and_target(rows)
    x_train, x_val, y_train, y_val = data.split(
        features, target, share=options["validation_share"], seed=options["seed"]
    )
    print(f"{len(x_train)} rows to train on, {len(x_val)} held out, {features.shape[1]} features", flush=True)

    with mlflow.start_run() as run:
        mlflow.log_params({**options, "rows_train": len(x_train), "rows_val": len(x_val)})
        log_data(source, x_train.assign(**{TARGET: y_train}), "training")
        log_data(source, x_val.assign(**{TARGET: y_val}), "validation")
        log_learning_curve(options, x_train, y_train, x_val, y_val)

        pipeline = new_pipeline(options).fit(x_train, y_train)
        classes = pipeline.classes_
        probabilities = pipeline.predict_proba(x_val)
        measured = {
            **{f"train_{k}": v for k, v in evaluate.measure(y_train, pipeline.predict_proba(x_train), classes).items()},
            **{f"val_{k}": v for k, v in evaluate.measure(y_val, probabilities, classes).items()},
        }
        mlflow.log_metrics(measured)
        log_evaluation(x_val, y_val, pipeline, probabilities)

        model = export.to_onnx_model(pipeline, list(features.columns))
        difference = export.check_same(pipeline, model, x_val)
        print(f"The ONNX model answers as the trained one does (largest difference {difference:.1e})", flush=True)
        # MLflow tries the example through a wrapper that makes one table of all outputs, which two shapes do not fit. It
        # warns then; endpoints answer both.
        logging.getLogger("mlflow.models.model").setLevel(logging.ERROR)
        info = mlflow.onnx.log_model(
            model,
            name="model",
            signature=signature_of(features.columns, classes),
            input_example=example_of(rows, x_val),
            registered_model_name=MODEL_NAME,
            onnx_execution_providers=["CPUExecutionProvider"],
            pip_requirements=[f"-r {REQUIREMENTS}"],
            metadata={"classes": classes.tolist(), "target": TARGET, "dataset": source.ref or DATASET},
        )
    for name in ("val_auc", "val_accuracy", "val_log_loss"):
        print(f"{name:14} {measured[name]:.4f}", flush=True)
    print(f"Registered {MODEL_NAME} version {info.registered_model_version}", flush=True)
    return run.info.run_id


def log_evaluation(x_val, y_val, pipeline, probabilities) -> None:
    """The evidence behind the metrics, as files of the run under evaluation/."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "predictions.parquet"
        evaluate.predictions(x_val, y_val, pipeline.predict(x_val), probabilities).to_parquet(file, index=False)
        mlflow.log_artifact(str(file), "evaluation")
    mlflow.log_dict(evaluate.confusion(y_val, probabilities, pipeline.classes_), "evaluation/confusion_matrix.json")
    curve = evaluate.roc(y_val, probabilities, pipeline.classes_)
    if curve:
        mlflow.log_dict(curve, "evaluation/roc_curve.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Trains one version")
    parser.add_argument("--data", help="a CSV, TSV or Parquet file, or a folder of them")
    main(parser.parse_args().data)
