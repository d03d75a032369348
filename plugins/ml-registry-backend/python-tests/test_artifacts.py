"""Files: spaces and Unicode, large ones, images, figures, tables, downloads, paths that leave."""

import io
import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import PIL.Image
import pytest
import requests
from matplotlib import pyplot as plt
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository


def test_artifacts_with_spaces_and_unicode(client, experiment, tmp_path):
    folder = tmp_path / "files"
    (folder / "sub folder").mkdir(parents=True)
    (folder / "sub folder" / "ärger 100%.txt").write_text("hällo")
    (folder / "empty.bin").write_bytes(b"")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(folder), "data")
        mlflow.log_text("<b>hi</b>", "page.html")
        mlflow.log_dict({"a": 1}, "deep/er/d.json")
    run_id = run.info.run_id
    names = lambda path=None: [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, path)]
    assert names() == [("data", True, None), ("deep", True, None), ("page.html", False, 9)]
    assert names("data/sub folder") == [("data/sub folder/ärger 100%.txt", False, 6)]
    assert names("page.html") == []
    local = Path(client.download_artifacts(run_id, "data", str(tmp_path)))
    assert (local / "sub folder" / "ärger 100%.txt").read_text() == "hällo"
    assert (local / "empty.bin").read_bytes() == b""
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/deep/er/d.json") == {"a": 1}
    with pytest.raises(MlflowException):
        client.download_artifacts(run_id, "nothing", str(tmp_path))


def test_a_large_artifact_is_streamed(client, experiment, tmp_path):
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(150 * 1024 * 1024)
    run = client.create_run(experiment)
    client.log_artifact(run.info.run_id, str(big))
    assert client.list_artifacts(run.info.run_id)[0].file_size == 150 * 1024 * 1024


def test_paths_that_leave_are_refused(tracking_uri, client, experiment):
    token = {"Authorization": "Bearer mock-user-token"}
    base = f"{tracking_uri}/api/2.0/mlflow-artifacts/artifacts"
    for path in ("%2e%2e/%2e%2e/etc/passwd", "a/..%2f..%2fx", "%252e%252e/x", "a%5c..%5cx"):
        for method in ("get", "put", "delete"):
            answer = getattr(requests, method)(f"{base}/{path}", headers=token)
            assert answer.status_code == 400
            assert answer.json() == {"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid path"}
    answer = requests.get(base, params={"path": "../.."}, headers=token)
    assert answer.json()["message"] == "Invalid path"


def test_downloads_never_run_in_a_browser(tracking_uri, client, experiment):
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "<script>alert(1)</script>", "page.html")
    path = run.info.artifact_uri.removeprefix("mlflow-artifacts:/")
    answer = requests.get(
        f"{tracking_uri}/api/2.0/mlflow-artifacts/artifacts/{path}/page.html",
        headers={"Authorization": "Bearer mock-user-token"},
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_images_figures_and_tables(client, experiment, tmp_path):
    pixels = np.zeros((4, 5, 3), dtype=np.uint8)
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    with mlflow.start_run() as run:
        mlflow.log_image(pixels, "images/black.png")
        mlflow.log_image(pixels, key="steps", step=3)
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_table({"question": ["why?"], "answer": ["ä"]}, "tables/answers.json")
        mlflow.log_table(pd.DataFrame({"question": ["how?"], "answer": ["so"]}), "tables/answers.json")
        mlflow.log_text("note", "note.md")
        mlflow.log_stream(io.BytesIO(b"streamed"), "stream.bin")
    plt.close(figure)
    run_id = run.info.run_id
    assert PIL.Image.open(client.download_artifacts(run_id, "images/black.png", str(tmp_path))).size == (5, 4)
    assert mlflow.artifacts.load_image(f"runs:/{run_id}/plots/line.png").format == "PNG"
    assert any("steps" in file.path for file in client.list_artifacts(run_id, "images"))
    table = mlflow.load_table("tables/answers.json", run_ids=[run_id], extra_columns=["run_id"])
    assert list(table["answer"]) == ["ä", "so"] and set(table["run_id"]) == {run_id}
    tables = json.loads(client.get_run(run_id).data.tags["mlflow.loggedArtifacts"])
    assert tables == [{"path": "tables/answers.json", "type": "table"}]
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/note.md") == "note"
    whole = Path(mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=str(tmp_path / "all")))
    assert (whole / "stream.bin").read_bytes() == b"streamed"


def test_artifacts_are_downloaded_by_each_of_their_addresses(client, experiment, tmp_path):
    with mlflow.start_run() as run:
        mlflow.log_text("x", "folder/x.txt")
    for number, uri in enumerate((f"runs:/{run.info.run_id}/folder", f"{run.info.artifact_uri}/folder")):
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(tmp_path / str(number))))
        assert (folder / "x.txt").read_text() == "x"
    assert [f.path for f in mlflow.artifacts.list_artifacts(run_id=run.info.run_id)] == ["folder"]
    get_artifact_repository(run.info.artifact_uri).delete_artifacts("folder/x.txt")
    assert client.list_artifacts(run.info.run_id, "folder") == []
