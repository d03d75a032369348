"""MLflow's own server beside ours: every difference is in the table, and everything in the table is a difference.

`UPDATE_DIFFERENCES=1` writes the table and the page of the documentation again. A new difference gets the reason `?`,
which no test lets pass: write why it is there, or mend it.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pytest
import requests
from both_cases import cases
from both_servers import Server, compare
from cryptography.fernet import Fernet

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER / "differences.json"
PAGE = FOLDER.parents[2] / "docs" / "mlflow-differences.md"


@pytest.fixture(scope="module")
def real_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *[sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", str(port)],
                *["--backend-store-uri", f"sqlite:///{folder}/rows.sqlite", "--artifacts-destination", f"{folder}/artifacts"],
            ],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_TRACKING")},
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            },
        )
    base = f"http://127.0.0.1:{port}"
    try:
        # As long as it is being started, however slow the machine; the run of all tests has its own limit.
        while process.poll() is None:
            try:
                if requests.get(f"{base}/health", timeout=5).ok:
                    break
            except requests.ConnectionError:
                time.sleep(0.2)
        assert process.poll() is None, f"MLflow's server did not start:\n{log.read_text()[-2000:]}"
        yield base
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_answers_as_the_real_server_does_but_for_the_table(tracking_uri, real_server):
    ours = Server("ours", tracking_uri, token="mock-user-token", admin_token="mock-service-token")
    all_cases = cases()
    found = compare(all_cases, Server("theirs", real_server), ours)
    table = json.loads(TABLE.read_text())
    everywhere = [re.compile(entry["at"]) for entry in table["everywhere"]]
    used = {entry.pattern for entry in everywhere for row in found if entry.search(row["at"])}
    rows = [row for row in found if not any(entry.search(row["at"]) for entry in everywhere)]
    if os.environ.get("UPDATE_DIFFERENCES"):
        table = updated(table, rows)
        TABLE.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n")
        PAGE.write_text(page(table, len(all_cases)))
    listed = [row for group in table["differences"] for row in group["rows"]]
    assert [row for row in rows if row not in listed] == [], "differences that are not in differences.json"
    assert [row for row in listed if row not in rows] == [], "differences.json lists what is no difference any more"
    assert [entry["at"] for entry in table["everywhere"] if entry["at"] not in used] == [], "no difference is there"
    assert [group["rows"] for group in table["differences"] if group["reason"] == "?"] == [], "without a reason"
    assert PAGE.read_text() == page(table, len(all_cases)), "docs/mlflow-differences.md: UPDATE_DIFFERENCES=1 writes it"


def updated(table, rows):
    """Rows keep the reason they had: as a whole, or by their case."""
    reasons = {}
    for group in table["differences"]:
        for row in group["rows"]:
            reasons[row["case"]] = group["reason"]
            reasons[(row["case"], row["at"])] = group["reason"]
    groups = {group["reason"]: [] for group in table["differences"]}
    for row in rows:
        reason = reasons.get((row["case"], row["at"])) or reasons.get(row["case"]) or "?"
        groups.setdefault(reason, []).append(row)
    return {
        "everywhere": table["everywhere"],
        "differences": [{"reason": reason, "rows": of} for reason, of in groups.items() if of],
    }


def page(table, count):
    lines = [
        "# Where the portal answers otherwise than MLflow's server",
        "",
        f"The tests send the same {count} requests to the server of MLflow {mlflow.__version__} and to the portal.",
        "They compare status, error code and body. What differs is here, each with its reason. The page is written from",
        "`plugins/ml-registry-backend/python-tests/differences.json`; a difference that is not in it fails the tests, and so does",
        "one that is gone. To write both again:",
        "",
        "```bash",
        "cd plugins/ml-registry-backend/python-tests",
        "UPDATE_DIFFERENCES=1 pytest test_differences.py",
        "```",
        "",
        "Messages are for people, and are not compared.",
        "",
        "## In every answer",
        "",
        *[f"- {code(entry['shown'])}: {entry['reason']}" for entry in table["everywhere"]],
    ]
    for group in table["differences"]:
        lines += ["", f"## {group['reason']}", ""]
        for row in group["rows"]:
            lines.append(
                f"- {row['case']}, {code(row['at'])}: MLflow {code(clipped(row['theirs']))}, here {code(clipped(row['ours']))}"
            )
    return "\n".join(lines) + "\n"


def clipped(text):
    return text if len(text) <= 80 else f"{text[:80]}…"


def code(text):
    return f"`` {text} ``" if "`" in text else f"`{text or ' '}`"
