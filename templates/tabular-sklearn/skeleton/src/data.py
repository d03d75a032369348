"""Reads the data, and keeps a part of it away from training."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from settings import DATASET, IGNORED, TARGET


@dataclass
class Source:
    """Where the rows came from. `ref` is the dataset version (`default/x@3`) when a job chose one."""

    path: str
    ref: str | None = None
    sha256: str | None = None


def find_source(path: str | None = None) -> Source:
    """The path given, else the input named `data` of the job."""
    if path:
        return Source(path)
    entry = json.loads(os.environ.get("DOWNSTAGE_INPUTS", "{}")).get("data", {})
    found = os.environ.get("DOWNSTAGE_INPUT_DATA", entry.get("path"))
    if not found:
        raise SystemExit(
            "No data: give a file with --data FILE, or run this as a job whose downstage.yaml has an input named 'data'"
        )
    return Source(found, entry.get("ref"), entry.get("sha256"))


def read(path: str) -> pd.DataFrame:
    """One CSV or Parquet file, or a folder of them."""
    place = Path(path)
    files = sorted(f for f in place.rglob("*") if f.is_file()) if place.is_dir() else [place]
    frames = [
        pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)
        for file in files
        if file.suffix in (".csv", ".parquet")
    ]
    if not frames:
        raise SystemExit(f"No .csv or .parquet file at {path}")
    return pd.concat(frames, ignore_index=True)


def features_and_target(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """The columns to learn from, as 32-bit floats because the served model gets those, and the target."""
    if TARGET not in rows:
        raise SystemExit(f"{DATASET} has no column {TARGET!r}; it has: {', '.join(rows.columns)}")
    rows = rows.dropna(subset=[TARGET])
    features = rows.drop(columns=[TARGET, *[name for name in IGNORED if name in rows]])
    text = [name for name in features if not pd.api.types.is_numeric_dtype(features[name])]
    if text:
        raise SystemExit(
            f"Columns that are not numbers: {', '.join(text)}. Turn them into numbers, or add them to IGNORED in src/settings.py"
        )
    target = rows[TARGET]
    if pd.api.types.is_bool_dtype(target) or pd.api.types.is_integer_dtype(target):
        target = target.astype(np.int64)
    elif pd.api.types.is_float_dtype(target) and (target == target.round()).all():
        target = target.astype(np.int64)
    elif pd.api.types.is_float_dtype(target):
        raise SystemExit(f"{TARGET!r} is a measurement and not a class; this project trains classifiers")
    return features.astype(np.float32), target


def split(features: pd.DataFrame, target: pd.Series, *, share: float, seed: int):
    """Training and validation rows, with the classes in equal parts; the same seed gives the same rows."""
    return train_test_split(features, target, test_size=share, random_state=seed, stratify=target)
