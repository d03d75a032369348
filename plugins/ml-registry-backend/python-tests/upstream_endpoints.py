"""Lists every endpoint that the installed MLflow server registers: what of it is built is said by docs/mlflow-endpoints.md.

Run it after an update of the client; it writes src/mlflow/upstreamEndpoints.json.
"""

import json
import re
from pathlib import Path

import mlflow
import mlflow.server
from mlflow.server.fastapi_app import create_fastapi_app

FILE = Path(__file__).resolve().parent.parent / "src" / "mlflow" / "upstreamEndpoints.json"

# Pages and files of MLflow's own browser application, which is not served here.
PAGES = re.compile(r"^/(build/|static-files/|openapi\.json|docs|redoc|static|$)")


def upstream():
    """`{"mlflow": version, "endpoints": [[method, path], …]}`, with parameters as `{name}`; aliases below /ajax-api are left out."""
    found = set()
    for rule in mlflow.server.app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            found.add((method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)))
    for path, operations in create_fastapi_app().openapi()["paths"].items():
        for method in operations:
            found.add((method.upper(), re.sub(r":path}", "}", path)))
    served = {tidy(path) for _, path in found}
    endpoints = sorted(
        {(tidy(path), method) for method, path in found if not PAGES.match(path)} - {("", "")}
    )
    # An alias for the browser is listed only when there is no other way to the endpoint.
    endpoints = [
        [method, path]
        for path, method in endpoints
        if not (path.startswith("/ajax-api/") and path.replace("/ajax-api/", "/api/", 1) in served)
    ]
    return {"mlflow": mlflow.__version__, "endpoints": endpoints}


def tidy(path):
    # One path of MLflow's own lacks its slash.
    return re.sub(r"^(/(?:ajax-)?api/\d\.0)mlflow", r"\1/mlflow", path).rstrip("/")


if __name__ == "__main__":
    listed = upstream()
    lines = ",\n".join(f"    {json.dumps(endpoint)}" for endpoint in listed["endpoints"])
    FILE.write_text(f'{{\n  "mlflow": "{listed["mlflow"]}",\n  "endpoints": [\n{lines}\n  ]\n}}\n')
    print(f"{len(listed['endpoints'])} endpoints of MLflow {listed['mlflow']}")
