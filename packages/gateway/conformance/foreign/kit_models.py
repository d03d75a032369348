"""The models of the kit as NumPy functions, for servers that bind functions instead of loading ONNX."""

import numpy as np

DTYPES = {
    "BOOL": np.bool_,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.bytes_,
}


def _reciprocal(value):
    with np.errstate(divide="ignore"):
        return np.reciprocal(value)


def kit_models():
    """Yields name, datatype, shape, input names, and a dict of outputs, each a function of the inputs."""
    for datatype in DTYPES:
        name = f"identity_{datatype.lower()}"
        yield name, datatype, [-1, -1], ["INPUT0"], {"OUTPUT0": lambda value: value}
    yield "cube", "FP32", [-1, 2, 3], ["INPUT0"], {"OUTPUT0": lambda value: value}
    for datatype in ("FP32", "FP64"):
        name = f"reciprocal_{datatype.lower()}"
        yield name, datatype, [-1, 1], ["INPUT0"], {"OUTPUT0": _reciprocal}
    yield "sum_difference", "FP32", [-1, 2], ["A", "B"], {
        "SUM": lambda a, b: a + b,
        "DIFFERENCE": lambda a, b: a - b,
    }
