"""The whole of train.py on a small table of made-up rows, with a tracking store in a temporary folder."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

import data
import export
import train
from settings import IGNORED, MODEL_NAME, TARGET


@pytest.fixture
def rows() -> pd.DataFrame:
    random = np.random.default_rng(1)
    size = random.normal(10, 3, 240)
    table = pd.DataFrame({"size": size, "colour": random.normal(0, 1, 240), "depth": random.normal(5, 1, 240)})
    table.loc[::40, "depth"] = np.nan
    table[TARGET] = (size + random.normal(0, 1, 240) > 10).astype(int)
    for name in IGNORED:
        table[name] = [f"row-{index}" for index in range(240)]
    return table


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    yield
    mlflow.set_tracking_uri(None)


@pytest.mark.parametrize("algorithm", ["logistic", "boosting"])
def test_registers_an_onnx_version_with_metrics(rows, store, tmp_path, monkeypatch, algorithm):
    file = tmp_path / "rows.csv"
    rows.to_csv(file, index=False)
    monkeypatch.setenv("DOWNSTAGE_PARAM_ALGORITHM", algorithm)

    run = mlflow.get_run(train.main(str(file)))

    assert run.data.metrics["val_auc"] > 0.85
    assert run.data.params["algorithm"] == algorithm
    assert {tag.value for used in run.inputs.dataset_inputs for tag in used.tags} == {"training", "validation"}
    model = mlflow.onnx.load_model(f"models:/{MODEL_NAME}/1")
    assert export.classes_of(model) == [0, 1]
    features, _ = data.features_and_target(rows)
    label, probabilities = export.run(model, features)
    assert probabilities.shape == (240, 2)
    assert (label == probabilities.argmax(axis=1)).all()


def test_logs_an_example_row_with_the_numbers_of_the_data(rows, store, tmp_path, monkeypatch):
    rows["depth"] = 9.668
    file = tmp_path / "rows.csv"
    rows.to_csv(file, index=False)
    monkeypatch.setenv("DOWNSTAGE_PARAM_ALGORITHM", "logistic")

    train.main(str(file))

    folder = mlflow.artifacts.download_artifacts(f"models:/{MODEL_NAME}/1")
    example = json.loads((Path(folder) / "serving_input_example.json").read_text())["dataframe_split"]
    assert example["columns"] == ["size", "colour", "depth"]
    [row] = example["data"]
    assert row[2] == 9.668
    assert row[0] in pd.read_csv(file)["size"].to_list()


def test_the_same_seed_keeps_the_same_rows_away(rows):
    features, target = data.features_and_target(rows)
    first, second = (data.split(features, target, share=0.25, seed=3)[1].index for _ in range(2))
    assert list(first) == list(second)


def test_ids_are_not_learned_from(rows):
    features, _ = data.features_and_target(rows)
    assert list(features.columns) == ["size", "colour", "depth"]


def test_text_columns_are_refused_by_name(rows):
    with pytest.raises(SystemExit, match="not numbers: note"):
        data.features_and_target(rows.assign(note="x"))


def test_refusals_of_a_wide_table_name_five_columns(rows):
    wide = rows.assign(**{f"note{index}": "x" for index in range(40)})
    with pytest.raises(SystemExit, match=r"not numbers: note0, note1, note2, note3, note4 and 35 more\. Turn"):
        data.features_and_target(wide)
    with pytest.raises(SystemExit, match=r"it has: size, colour, depth, \w+, \w+ and \d+ more$"):
        data.features_and_target(wide.drop(columns=[TARGET]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("X.CSV", "a,b,y\n1,2,0\n3,4,1\n"),
        ("x.tsv", "a\tb\ty\n1\t2\t0\n3\t4\t1\n"),
        ("x.csv", "a;b;y\n1,0;2;0\n3;4;1\n"),
    ],
)
def test_reads_what_the_portal_reads(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text)
    found = data.read(data.Source(str(file)))
    assert found.to_numpy(dtype=float).tolist() == [[1, 2, 0], [3, 4, 1]]
    assert list(found.columns) == ["a", "b", "y"]


def test_reads_the_table_that_the_portal_made(tmp_path, monkeypatch):
    table = tmp_path / "v1.table" / "part-00000.parquet"
    table.parent.mkdir()
    pd.DataFrame({"a": [1.5, 3.0], "flag": [True, None]}).to_parquet(table, index=False)
    monkeypatch.delenv("DOWNSTAGE_INPUT_DATA", raising=False)
    entry = {"path": str(tmp_path / "x.csv"), "ref": "default/x@1", "table": str(table), "dialect": {"delimiter": ";"}}
    monkeypatch.setenv("DOWNSTAGE_INPUTS", json.dumps({"data": entry}))
    found = data.read(data.find_source())
    assert found["a"].tolist() == [1.5, 3.0]
    assert found["flag"].iloc[0] == 1.0
    assert np.isnan(found["flag"].iloc[1])


def test_lines_with_values_too_many_are_refused(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2,3\n4,5,6\n")
    with pytest.raises(pd.errors.ParserWarning):
        data.read(data.Source(str(file)))
