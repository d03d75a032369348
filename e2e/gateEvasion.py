"""Tries to get a version into production past its gates, with the unmodified MLflow client.

The environment names the model and holds the token of the caller. Prints one JSON line per way: what was
tried, whether the server refused, and what it said. The script itself never fails because something was refused.
"""

import json
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from requests import HTTPError

NAME, CHAMPION, WEAK, RUN, CHAMPION_RUN = sys.argv[1:6]
client = MlflowClient()


def attempt(way: str, work) -> None:
    try:
        result = work()
    except MlflowException as error:
        print(json.dumps({"way": way, "refused": True, "code": error.error_code, "said": str(error)[:300]}), flush=True)
        return
    except HTTPError as error:
        refused = 400 <= error.response.status_code < 500
        print(json.dumps({"way": way, "refused": refused, "said": error.response.text[:300]}), flush=True)
        return
    print(json.dumps({"way": way, "refused": False, "said": str(result)[:300]}), flush=True)


def overwrite(run_id: str):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "MLmodel"
        file.write_text("flavors: {}\n")
        client.log_artifact(run_id, str(file), "model")


attempt("transition-stage to Production", lambda: client.transition_model_version_stage(NAME, WEAK, "Production"))
attempt("transition-stage to production, other case", lambda: client.transition_model_version_stage(NAME, WEAK, "pRODUCTION"))
attempt(
    "transition-stage, archiving who is there",
    lambda: client.transition_model_version_stage(NAME, WEAK, "Production", archive_existing_versions=True),
)
attempt("transition-stage to Candidate", lambda: client.transition_model_version_stage(NAME, WEAK, "Candidate"))
for alias in ("champion", "Champion", "production", "challenger"):
    attempt(f"alias {alias}", lambda alias=alias: client.set_registered_model_alias(NAME, alias, WEAK))
attempt("alias champion deleted", lambda: client.delete_registered_model_alias(NAME, "champion"))
attempt("champion deleted", lambda: client.delete_model_version(NAME, CHAMPION))
attempt("version with an open request deleted", lambda: client.delete_model_version(NAME, WEAK))
attempt("model deleted", lambda: client.delete_registered_model(NAME))
attempt("model renamed", lambda: client.rename_registered_model(NAME, f"{NAME}-2"))
attempt("tag under policy on the champion", lambda: client.set_model_version_tag(NAME, CHAMPION, "downstage.reviewed", "yes"))
attempt("tag under policy on the model", lambda: client.set_registered_model_tag(NAME, "downstage.owner", "user:default/cleo"))
attempt("model hidden as a prompt", lambda: client.set_registered_model_tag(NAME, "mlflow.prompt.is_prompt", "true"))
attempt("files of the champion overwritten", lambda: overwrite(CHAMPION_RUN))
attempt("files of the requested version overwritten", lambda: overwrite(RUN))
attempt("run of the champion deleted", lambda: client.delete_run(CHAMPION_RUN))
attempt("run of the requested version deleted", lambda: client.delete_run(RUN))
attempt("experiment deleted", lambda: client.delete_experiment(client.get_run(CHAMPION_RUN).info.experiment_id))
