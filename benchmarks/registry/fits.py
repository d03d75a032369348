"""Small scikit-learn fits under autolog, timed from the first to the last; the import of the packages is not."""

import json
import sys
import time

import mlflow
import mlflow.models
import mlflow.sklearn
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression


# Which packages a model needs, the client finds out by loading it in a process of its own: seconds that say nothing
# about a server. It gets the list that it falls back to.
mlflow.models.infer_pip_requirements = lambda _uri, _flavor, fallback=None, **_: fallback

mlflow.set_experiment(f"fits {time.time()}")
mlflow.sklearn.autolog(silent=True)
x, y = load_wine(return_X_y=True, as_frame=True)


def fit() -> None:
    with mlflow.start_run():
        LogisticRegression(max_iter=20).fit(x, y)


fit()
fits = int(sys.argv[1])
begin = time.monotonic()
for _ in range(fits):
    fit()
print(json.dumps({"fits": fits, "seconds": time.monotonic() - begin}))
