"""Describes a table with pandas, all columns.

python describe.py FILE
"""

import sys

import pandas as pd

path = sys.argv[1]
frame = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path, low_memory=False)
described = frame.describe(include="all")
print(f"{len(frame)} {described.shape[1]}")
