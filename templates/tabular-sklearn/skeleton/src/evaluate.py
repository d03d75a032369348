"""How good a model is on rows it has not seen. Used by train.py, and by hand:

python src/evaluate.py --model models:/NAME/1 --data rows.csv
"""

import argparse

import numpy as np
import pandas as pd
from sklearn import metrics

import data
from settings import MODEL_NAME


def measure(target, probabilities, classes) -> dict[str, float]:
    """Metrics by name. With two classes the second one is the positive one, with more they are averaged."""
    labels = np.asarray(classes)[np.argmax(probabilities, axis=1)]
    binary = len(classes) == 2
    averaged = {"pos_label": classes[1]} if binary else {"average": "macro"}
    scores = probabilities[:, 1] if binary else probabilities
    auc = (
        metrics.roc_auc_score(np.asarray(target) == classes[1], scores)
        if binary
        else metrics.roc_auc_score(target, scores, multi_class="ovr", labels=classes)
    )
    return {
        "auc": float(auc),
        "accuracy": float(metrics.accuracy_score(target, labels)),
        "log_loss": float(metrics.log_loss(target, probabilities, labels=classes)),
        "f1": float(metrics.f1_score(target, labels, zero_division=0, **averaged)),
        "precision": float(metrics.precision_score(target, labels, zero_division=0, **averaged)),
        "recall": float(metrics.recall_score(target, labels, zero_division=0, **averaged)),
    }


def confusion(target, probabilities, classes) -> dict:
    """Rows counted by true class (outer list) and predicted class (inner list)."""
    labels = np.asarray(classes)[np.argmax(probabilities, axis=1)]
    return {
        "classes": [str(c) for c in classes],
        "counts": metrics.confusion_matrix(target, labels, labels=classes).tolist(),
    }


def roc(target, probabilities, classes) -> dict | None:
    """The ROC curve, where there are two classes."""
    if len(classes) != 2:
        return None
    fpr, tpr, thresholds = metrics.roc_curve(np.asarray(target) == classes[1], probabilities[:, 1])
    return {
        "false_positive_rate": fpr.tolist(),
        "true_positive_rate": tpr.tolist(),
        # The first one is infinite by definition, which JSON cannot say.
        "threshold": [float(t) if np.isfinite(t) else None for t in thresholds],
    }


def predictions(features: pd.DataFrame, target, labels, probabilities) -> pd.DataFrame:
    """One row for each held-out row: features, truth and prediction, named as in the prediction log of an endpoint."""
    table = features.add_prefix("feature.").reset_index(drop=True)
    table["target"] = np.asarray(target)
    table["prediction.label"] = labels
    for index in range(probabilities.shape[1]):
        table[f"prediction.probabilities_{index}"] = probabilities[:, index].astype(np.float32)
    return table


def main() -> None:
    import mlflow.onnx

    import export

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help=f"for example models:/{MODEL_NAME}/1")
    parser.add_argument("--data", help="a CSV, TSV or Parquet file, or a folder of them")
    arguments = parser.parse_args()
    features, target = data.features_and_target(data.read(data.find_source(arguments.data)))
    model = mlflow.onnx.load_model(arguments.model)
    _, probabilities = export.run(model, features)
    for name, value in measure(target, probabilities, export.classes_of(model)).items():
        print(f"{name:10} {value:.4f}")


if __name__ == "__main__":
    main()
