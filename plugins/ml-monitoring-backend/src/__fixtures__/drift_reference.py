"""Computes what the tests compare with, by plain NumPy and SciPy and nothing of Downstage.

python drift_reference.py > drift_reference.json
"""

import json

import numpy as np
from scipy import stats

EPSILON = 1e-4
rng = np.random.default_rng(20240601)


def clean(values):
    return [None if v is None or (isinstance(v, float) and np.isnan(v)) else v for v in values]


def rounded(array):
    return [round(float(v), 4) for v in array]


def psi(reference_counts, current_counts):
    r = np.asarray(reference_counts, dtype=float)
    c = np.asarray(current_counts, dtype=float)
    used = (r > 0) | (c > 0)
    r, c = r[used], c[used]
    r, c = np.maximum(r / r.sum(), EPSILON), np.maximum(c / c.sum(), EPSILON)
    return float(np.sum((c - r) * np.log(c / r))), int(used.sum())


def critical(n_reference, n_current, bins, confidence=0.95):
    return float((1 / n_reference + 1 / n_current) * stats.chi2.ppf(confidence, bins - 1))


def numeric_counts(values, edges):
    present = np.array([v for v in values if v is not None], dtype=float)
    # left: edges[i-1] < v <= edges[i], so every bin is closed on its right
    counts = np.bincount(np.searchsorted(edges, present, side="left"), minlength=len(edges) + 1)
    return counts.tolist() + [sum(v is None for v in values)]


def numeric(name, reference, current):
    present = np.array([v for v in reference if v is not None], dtype=float)
    edges = np.unique(np.quantile(present, np.arange(1, 10) / 10))
    r, c = numeric_counts(reference, edges), numeric_counts(current, edges)
    value, bins = psi(r, c)
    return {
        "name": name, "kind": "numeric", "reference": reference, "current": current, "edges": edges.tolist(),
        "referenceCounts": r, "currentCounts": c, "psi": value, "bins": bins,
        "critical": critical(len(reference), len(current), bins),
        "mean": float(present.mean()), "stddev": float(present.std(ddof=1)),
    }


def categorical(name, reference, current):
    categories = sorted({v for v in reference if v is not None}, key=lambda v: (-reference.count(v), str(v)))

    def count(values):
        seen = [values.count(category) for category in categories]
        nulls = sum(v is None for v in values)
        return seen + [len(values) - sum(seen) - nulls, nulls]

    r, c = count(reference), count(current)
    value, bins = psi(r, c)
    return {
        "name": name, "kind": "categorical", "reference": reference, "current": current,
        "categories": categories, "referenceCounts": r, "currentCounts": c, "psi": value, "bins": bins,
        "critical": critical(len(reference), len(current), bins),
    }


N, M = 569, 260
with_nulls = rounded(rng.normal(10, 2, N))
with_nulls[3] = with_nulls[77] = None
current_nulls = rounded(rng.normal(10, 2, M))
for i in range(0, M, 6):
    current_nulls[i] = None

columns = [
    numeric("same", rounded(rng.normal(0, 1, N)), rounded(rng.normal(0, 1, M))),
    numeric("shifted", rounded(rng.normal(0, 1, N)), rounded(rng.normal(0.8, 1.2, M))),
    numeric("skewed", rounded(rng.lognormal(0, 0.7, N)), rounded(rng.lognormal(0.15, 0.7, M))),
    numeric(
        "many_zeros",
        rounded(np.where(rng.random(N) < 0.45, 0, rng.gamma(2, 3, N))),
        rounded(np.where(rng.random(M) < 0.30, 0, rng.gamma(2, 3, M))),
    ),
    numeric("nulls", with_nulls, current_nulls),
    categorical("letter", [str(v) for v in rng.choice(list("abcd"), N, p=[0.5, 0.3, 0.15, 0.05])],
                [str(v) for v in rng.choice(list("abcde"), M, p=[0.4, 0.3, 0.15, 0.05, 0.1])]),
    categorical("few_numbers", [int(v) for v in rng.integers(0, 7, N)], [int(v) for v in rng.integers(1, 8, M)]),
]

quantiles = [
    {"confidence": p, "degrees": d, "value": float(stats.chi2.ppf(p, d))}
    for d in (1, 2, 3, 5, 9, 10, 11, 20, 50, 200, 1000)
    for p in (0.001, 0.05, 0.5, 0.9, 0.95, 0.99, 1 - 0.05 / 31, 0.99999)
]

print(json.dumps({"epsilon": EPSILON, "columns": columns, "chiSquared": quantiles}))
