"""The notebook of docs/first-model.md, as it stands there."""

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[3] / "docs/first-model.md"


def test_the_notebook_of_the_first_model_registers_a_version(client):
    (script,) = re.findall(r"notebook/bin/python <<'EOF'\n(.*?)\nEOF\n", GUIDE.read_text(), re.DOTALL)

    exec(compile(script, str(GUIDE), "exec"), {"__name__": "__main__"})

    (version,) = client.search_model_versions("name = 'from-a-notebook'")
    run = client.get_run(version.run_id)
    assert run.data.metrics["accuracy"] > 0.9
    assert client.get_experiment(run.info.experiment_id).name == "notebook"
    assert version.status == "READY"
