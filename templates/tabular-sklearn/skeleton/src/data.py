"""Reads the data, and keeps a part of it away from training."""

import json
import os
import warnings
from dataclasses import dataclass, field
from decimal import Decimal
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
    # The same rows as one table in Parquet, as the portal read them: its profile, its checks and this see one thing.
    table: str | None = None
    # How a text file is written, as the portal knows it.
    dialect: dict = field(default_factory=dict)


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
    return Source(found, entry.get("ref"), entry.get("sha256"), entry.get("table"), entry.get("dialect") or {})


def read(source: Source) -> pd.DataFrame:
    """The table of a dataset version; without a portal, one CSV, TSV or Parquet file, or a folder of them."""
    place = Path(source.table or source.path)
    files = sorted(f for f in place.rglob("*") if f.is_file()) if place.is_dir() else [place]
    frames = [
        pd.read_parquet(file, partitioning=None) if kind == ".parquet" else _read_text(file, source.dialect)
        for file in files
        if (kind := file.suffix.lower()) in (".csv", ".tsv", ".parquet")
    ]
    if not frames:
        raise SystemExit(f"No .csv, .tsv or .parquet file at {place}")
    rows = pd.concat(frames, ignore_index=True)
    return rows.apply(_plain_numbers)


def _read_text(file: Path, dialect: dict) -> pd.DataFrame:
    encoding = dialect.get("encoding", "utf-8-sig").replace("utf-16le", "utf-16-le").replace("utf-16be", "utf-16-be")
    delimiter = dialect.get("delimiter") or _delimiter_of(file, encoding)
    with warnings.catch_warnings():
        # Lines with more values than the header has names: pandas would drop the rest with a warning.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        rows = pd.read_csv(
            file,
            sep=delimiter,
            quotechar=dialect.get("quote", '"'),
            decimal=dialect.get("decimal", "."),
            thousands=dialect.get("thousands"),
            header=0 if dialect.get("header", True) else None,
            encoding=encoding,
            na_values=dialect.get("nullWords"),
            index_col=False,
        )
    return rows.apply(_decimal_comma) if delimiter == ";" and "decimal" not in dialect else rows


def _delimiter_of(file: Path, encoding: str) -> str:
    """The one that cuts the header, as the portal decides it."""
    with file.open(encoding=encoding, newline=None) as lines:
        header = next(lines, "")
    found = [each for each in (",", ";", "\t", "|") if each in header]
    if len(found) > 1:
        raise SystemExit(f"{file.name}: the header has {' and '.join(map(repr, found))} in it; convert the file to Parquet")
    return found[0] if found else ","


def _decimal_comma(column: pd.Series) -> pd.Series:
    """`1,5` is a number in a file with semicolons, where the whole column is written so."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.dropna().astype(str).str.strip()
    if not len(text) or not text.str.fullmatch(r"[+-]?\d+(,\d+)?").all():
        return column
    return pd.to_numeric(column.astype(object).map(lambda value: value.strip().replace(",", "."), na_action="ignore"))


def _plain_numbers(column: pd.Series) -> pd.Series:
    """Decimals, and truth values with gaps, as floats; everything else as it is."""
    if column.dtype != object:
        return column
    present = column.dropna()
    if len(present) and present.map(lambda value: isinstance(value, (bool, np.bool_, Decimal))).all():
        return column.astype(float)
    return column


def _listed(names) -> str:
    """At most five of many, and how many more."""
    shown, more = ", ".join(list(names)[:5]), len(names) - 5
    return f"{shown} and {more} more" if more > 0 else shown


def features_and_target(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """The columns to learn from, as 32-bit floats because the served model gets those, and the target."""
    if TARGET not in rows:
        raise SystemExit(f"{DATASET} has no column {TARGET!r}; it has: {_listed(rows.columns)}")
    rows = rows.dropna(subset=[TARGET])
    features = rows.drop(columns=[TARGET, *[name for name in IGNORED if name in rows]])
    text = [name for name in features if not pd.api.types.is_numeric_dtype(features[name])]
    if text:
        raise SystemExit(
            f"Columns that are not numbers: {_listed(text)}. Turn them into numbers, or add them to IGNORED in src/settings.py"
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
