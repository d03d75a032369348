"""The trained pipeline as ONNX: one tensor of 32-bit floats in, label and probabilities out."""

import json

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

INPUT = "features"

# Old enough for every runtime in use; nothing in these pipelines needs a newer one.
OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8


def to_onnx_model(pipeline, columns: list[str]) -> onnx.ModelProto:
    """Converts without ZipMap: probabilities are one tensor, a column for each class in the order of `classes_`."""
    model = to_onnx(
        pipeline,
        initial_types=[(INPUT, FloatTensorType([None, len(columns)]))],
        options={"zipmap": False},
        target_opset=OPSET,
    )
    model.ir_version = IR_VERSION
    onnx.helper.set_model_props(
        model,
        {"columns": json.dumps(list(columns)), "classes": json.dumps(pipeline.classes_.tolist())},
    )
    onnx.checker.check_model(model)
    return model


def classes_of(model: onnx.ModelProto) -> list:
    """The classes, in the order of the probabilities."""
    return json.loads({entry.key: entry.value for entry in model.metadata_props}["classes"])


def run(model: onnx.ModelProto, features: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Label and probabilities, computed by the ONNX model."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    label, probabilities = session.run(["label", "probabilities"], {INPUT: features.to_numpy(np.float32)})
    return label, probabilities


def check_same(pipeline, model: onnx.ModelProto, features: pd.DataFrame) -> float:
    """Raises when the ONNX model does not answer as the pipeline does; returns the largest difference."""
    label, probabilities = run(model, features)
    difference = float(np.abs(probabilities - pipeline.predict_proba(features)).max())
    if difference > 1e-4 or (label != pipeline.predict(features)).any():
        raise RuntimeError(
            f"The ONNX model differs from the trained one (probabilities by up to {difference:.2g}); it was not registered"
        )
    return difference
