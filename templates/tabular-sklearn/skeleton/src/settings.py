"""What this project is about, and the parameters of one run.

A job passes its parameters as DOWNSTAGE_PARAM_<NAME>; without a job the defaults hold.
"""

import os

# As MLflow's clients name the model: __credit__fraud is fraud of the namespace credit.
MODEL_NAME = ${{ values.mlflowName | literal }}
DATASET = ${{ values.datasetName | literal }}
TARGET = ${{ values.target | literal }}

# Columns that are known before the outcome is but must not be learned from: row ids and clocks.
IGNORED = [{% for column in values.primaryKey %}${{ column | literal }}{% if not loop.last or values.timestamp %}, {% endif %}{% endfor %}{% if values.timestamp %}${{ values.timestamp | literal }}{% endif %}]


def parameters() -> dict:
    """The parameters of this run; the same names stand in downstage.yaml."""
    return {
        "algorithm": _read("ALGORITHM", str, "logistic"),
        "regularisation": _read("REGULARISATION", float, 1.0),
        "validation_share": _read("VALIDATION_SHARE", float, 0.25),
        "seed": _read("SEED", int, 7),
    }


def _read(name: str, convert, default):
    text = os.environ.get(f"DOWNSTAGE_PARAM_{name}")
    if text is None:
        return default
    try:
        return convert(text)
    except ValueError:
        raise SystemExit(f"Parameter {name.lower()}: expected {convert.__name__}, found {text!r}")
