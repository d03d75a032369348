"""Makes importance.json: runs of a made-up search, and how important scikit-learn finds each param.

    python importance.py > importance.json
"""

import json

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

rng = np.random.default_rng(7)
count = 150
params = {
    "learning_rate": 10 ** rng.uniform(-4, -1, count),
    "depth": rng.integers(2, 14, count).astype(float),
    "dropout": rng.uniform(0, 0.6, count),
    "seed": rng.integers(0, 1000, count).astype(float),
}
rate = np.log10(params["learning_rate"])
metric = (
    0.95
    - 0.05 * (rate + 2.2) ** 2
    - 0.0012 * (params["depth"] - 7) ** 2
    - 0.05 * params["dropout"]
    + rng.normal(0, 0.003, count)
)
names = list(params)
features = np.column_stack([params[name] for name in names])
train, test = np.arange(0, 110), np.arange(110, count)
forest = RandomForestRegressor(n_estimators=300, random_state=0)
forest.fit(features[train], metric[train])
found = permutation_importance(
    forest, features[test], metric[test], n_repeats=30, random_state=0
)
print(
    json.dumps(
        {
            "runs": [
                {
                    "params": {
                        name: f"{params[name][row]:.6g}" for name in names
                    },
                    "auc": round(float(metric[row]), 6),
                }
                for row in range(count)
            ],
            "importances": dict(
                zip(names, [round(float(v), 4) for v in found.importances_mean])
            ),
        }
    )
)
