"""Writes one table of random numbers and words as Parquet and as CSV.

python make.py FOLDER COLUMNS ROWS
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

WORDS = np.array(["north", "south", "east", "west", "inland"])


def main(folder, columns, rows):
    rng = np.random.default_rng(20261130)

    def column(number):
        # Of ten columns eight are fractions, one is whole numbers with holes, one is text.
        if number % 10 == 8:
            return pd.array(rng.integers(0, 10**6, rows), dtype="Int64")
        if number % 10 == 9:
            return WORDS[rng.integers(0, len(WORDS), rows)]
        return rng.normal(50, 12, rows)

    frame = pd.DataFrame({f"f{number}": column(number) for number in range(columns)})
    for number in range(8, columns, 10):
        frame.iloc[::17, number] = pd.NA
    frame.to_parquet(Path(folder) / f"wide-{columns}.parquet", index=False)
    frame.to_csv(Path(folder) / f"wide-{columns}.csv", index=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
