"""What pandas and pyarrow make of a file, as JSON that can be compared cell by cell."""

import datetime
import decimal
import math

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as papq


def cell(value):
    """Numbers as their digits, `None` for what is missing, everything else as text; the first letter says which."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "b" + ("true" if value else "false")
    if isinstance(value, (datetime.datetime, pd.Timestamp)):
        return "t" + value.isoformat(sep=" ").replace("+00:00", "")
    if isinstance(value, (datetime.date, datetime.time)):
        return "t" + value.isoformat()
    if isinstance(value, decimal.Decimal):
        return "n" + format(value, "f")
    if isinstance(value, (int, float)) or hasattr(value, "dtype"):
        number = value.item() if hasattr(value, "item") else value
        if isinstance(number, float) and math.isnan(number):
            return None
        return "n" + repr(number)
    return "s" + str(value)


def table(frame_columns):
    names = [name for name, _ in frame_columns]
    columns = [[cell(value) for value in values] for _, values in frame_columns]
    return {"names": names, "rows": [list(row) for row in zip(*columns)] if columns else []}


def of_pandas(path, dialect):
    try:
        frame = pd.read_csv(
            path,
            sep=dialect["delimiter"],
            encoding=dialect["encoding"],
            decimal=dialect.get("decimal", "."),
            float_precision="round_trip",
            low_memory=False,
        )
        if not isinstance(frame.index, pd.RangeIndex):
            frame = frame.reset_index()
        return table([(str(name), frame.iloc[:, i].tolist()) for i, name in enumerate(frame.columns)])
    except Exception as error:  # noqa: BLE001: whatever it refuses with
        return {"error": f"{type(error).__name__}: {error}"[:200]}


def of_pyarrow(path, dialect):
    try:
        found = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(encoding=dialect["encoding"], block_size=64 << 20),
            parse_options=pacsv.ParseOptions(delimiter=dialect["delimiter"], newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(decimal_point=dialect.get("decimal", ".")),
        )
        return table([(name, column.to_pylist()) for name, column in zip(found.column_names, found.columns)])
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"[:200]}


def of_parquet(path):
    found = papq.read_table(path, partitioning=None)
    return table([(name, column.to_pylist()) for name, column in zip(found.column_names, found.columns)])
