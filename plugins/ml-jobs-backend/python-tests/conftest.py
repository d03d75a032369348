"""Runs the script that starts the processes of a job, as the local runtime does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parent.parent / "runner" / "processes.py"


@pytest.fixture(scope="session")
def run_processes(tmp_path_factory):
    """Runs the code in so many processes; gives the exit code and the lines of each rank."""

    def run(code, processes, *arguments, distributed=None):
        script = tmp_path_factory.mktemp("code") / "train.py"
        script.write_text(code)
        options = json.dumps(
            {
                "processes": processes,
                "graceSeconds": 5,
                "distributed": distributed,
            }
        )
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(RUNNER), options]
            + [sys.executable, str(script), *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        lines = {rank: [] for rank in range(processes)}
        for line in done.stdout.splitlines():
            for rank in lines:
                if line.startswith(f"[rank {rank}] "):
                    lines[rank].append(line.split("] ", 1)[1])
        return done.returncode, lines, done.stdout

    return run
