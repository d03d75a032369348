"""Starts the MLflow surface on a free port (or takes DOWNSTAGE_MLFLOW_URI) for the tests of the unmodified client.

It keeps its rows in SQLite, or in the PostgreSQL whose address stands in DOWNSTAGE_TEST_POSTGRES.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MPLBACKEND", "Agg")


def pytest_configure(config):
    """The client and its libraries leave files in the temporary folder: one of ours, which goes with the session."""
    config.temporary = tempfile.TemporaryDirectory(prefix="downstage-pytest-", ignore_cleanup_errors=True)
    os.environ["TMPDIR"] = tempfile.tempdir = config.temporary.name


def pytest_unconfigure(config):
    config.temporary.cleanup()


@pytest.fixture(scope="session")
def tracking_uri():
    given = os.environ.get("DOWNSTAGE_MLFLOW_URI")
    if given:
        yield given
        return
    node = shutil.which("node")
    process = subprocess.Popen(
        [node, "--require", "@backstage/cli/config/nodeTransform.cjs", "python-tests/server.ts"],
        cwd=FOLDER.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    port = None
    for line in process.stdout:
        if line.startswith("PORT "):
            port = line.split()[1]
            break
    assert port, "the server did not start"
    yield f"http://127.0.0.1:{port}/api/ml-registry/mlflow"
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(autouse=True)
def client(tracking_uri, monkeypatch, tmp_path):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", os.environ.get("DOWNSTAGE_MLFLOW_TOKEN", "mock-user-token"))
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(tracking_uri)
    yield mlflow.MlflowClient()
    while mlflow.active_run():
        mlflow.end_run()
    for library in ("sklearn", "xgboost", "lightgbm", "pytorch"):
        if library.replace("pytorch", "torch") in sys.modules:
            getattr(mlflow, library).autolog(disable=True)


@pytest.fixture
def unique():
    return uuid.uuid4().hex[:8]


@pytest.fixture
def experiment(unique):
    import mlflow

    return mlflow.set_experiment(f"experiment {unique} ü").experiment_id
