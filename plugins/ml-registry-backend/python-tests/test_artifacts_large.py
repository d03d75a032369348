"""Large files, parts, presigned addresses, and files that a registered version uses, with the unmodified client."""

import hashlib
import os
import secrets

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException

MIB = 1024 * 1024


@pytest.fixture
def in_parts(monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(3 * MIB))


def write(path, size):
    content = secrets.token_bytes(size)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def digest_of(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def test_parts_up_and_down(in_parts, experiment, tmp_path, client):
    file = tmp_path / "with spaces and ü.bin"
    expected = write(file, 17 * MIB + 3)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(file), "a folder/ä")
    there = f"a folder/ä/{file.name}"
    [listed] = client.list_artifacts(run.info.run_id, "a folder/ä")
    assert (listed.path, listed.file_size) == (there, 17 * MIB + 3)
    local = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=there, dst_path=str(tmp_path / "down"))
    assert digest_of(local) == expected


def test_the_checksum_of_parts_is_the_one_of_the_file(in_parts, experiment, tmp_path, tracking_uri):
    file = tmp_path / "big.bin"
    expected = write(file, 11 * MIB)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(file))
    answer = requests.head(
        f"{tracking_uri}/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run.info.run_id}/artifacts/big.bin",
        headers={"Authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}"},
    )
    assert answer.headers["x-content-sha256"] == expected
    assert answer.headers["content-length"] == str(11 * MIB)


def test_a_part_that_fails_leaves_nothing(in_parts, experiment, tmp_path, client, monkeypatch):
    from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

    file = tmp_path / "big.bin"
    write(file, 11 * MIB)
    monkeypatch.setattr(HttpArtifactRepository, "_upload_part", staticmethod(lambda **_: 1 / 0))
    with mlflow.start_run() as run:
        with pytest.raises(MlflowException, match="Failed to upload at least one part"):
            mlflow.log_artifact(str(file))
    assert client.list_artifacts(run.info.run_id) == []


def test_small_files_go_in_one_piece_and_are_found_by_parts(in_parts, experiment, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "small.txt").write_text("small")
    with mlflow.start_run() as run:
        mlflow.log_artifact(tmp_path / "empty.txt")
        mlflow.log_artifact(tmp_path / "small.txt")
    folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=str(tmp_path / "down"))
    assert sorted(os.listdir(folder)) == ["empty.txt", "small.txt"]
    assert open(os.path.join(folder, "small.txt")).read() == "small"


def test_the_default_client_sends_a_large_file_in_one_piece(experiment, tmp_path):
    file = tmp_path / "large.bin"
    expected = write(file, 64 * MIB)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(file))
    local = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="large.bin", dst_path=str(tmp_path / "down"))
    assert digest_of(local) == expected


def test_what_a_registered_version_stands_on_stays(experiment, unique, client, tmp_path):
    class Echo(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input: list[str]) -> list[str]:
            return model_input

    name = f"frozen-{unique}"
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(name="model", python_model=Echo(), registered_model_name=name)
        # The run goes on: what is beside the model may still be written.
        mlflow.log_text("after", "notes.txt")
        mlflow.log_metric("auc", 0.9, model_id=info.model_id)
    client.set_logged_model_tags(info.model_id, {"reviewed": "yes"})
    client.set_model_version_tag(name, "1", "reviewed", "yes")
    assert mlflow.pyfunc.load_model(f"models:/{name}/1").predict(["x"]) == ["x"]

    (tmp_path / "MLmodel").write_text("something else")
    with pytest.raises(Exception, match="stay as they are|409"):
        client.log_model_artifact(info.model_id, str(tmp_path / "MLmodel"))
    assert mlflow.pyfunc.load_model(f"models:/{name}/1").predict(["x"]) == ["x"]
    # The same flows go on through a new version.
    with mlflow.start_run():
        again = mlflow.pyfunc.log_model(name="model", python_model=Echo(), registered_model_name=name)
    assert str(again.registered_model_version) == "2"
    assert client.copy_model_version(f"models:/{name}/2", f"copy-{unique}").version in ("1", 1)
    assert run.info.run_id
