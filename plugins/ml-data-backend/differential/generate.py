"""Writes odd files, the same at every run, with what was meant by them and what pandas and pyarrow make of them.

python generate.py FOLDER COUNT
"""

import csv
import decimal
import io
import json
import random
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as papq

import peers

WORDS = ["alpha", "Béla", "straße", "東京", "a b", " lead", "trail ", "O'Neil", "x;y", "p|q", "1a", "-", "e5", "#1"]
NASTY = ['say "hi"', "two\nlines", "a,b", "tab\there", "007", "NA", "null", "None", "nan", "TRUE-ish", "1,5", "0x1F"]


def values(kind, rows, rng, dialect):
    """`(text, meant)` for each row: what stands in the file and the cell it is to become."""
    point = dialect.get("decimal", ".")

    def number(value):
        text = repr(value)
        return text.replace(".", point), "n" + text

    def one():
        if kind == "int":
            value = rng.randint(-1000, 100000)
            return str(value), f"n{value}"
        if kind == "int64":
            value = rng.randint(2**53, 2**63 - 1)
            return str(value), f"n{value}"
        if kind == "uint64":
            value = rng.randint(2**63, 2**64 - 1)
            return str(value), f"n{value}"
        if kind == "int128":
            value = rng.randint(2**64, 10**38 - 1)
            return str(value), f"n{value}"
        if kind == "float":
            return number(round(rng.uniform(-1e6, 1e6), rng.randint(1, 9)))
        if kind == "science":
            return number(rng.uniform(1, 10) * 10.0 ** rng.randint(-200, 200))
        if kind == "bool":
            value = rng.random() < 0.5
            style = dialect["bools"]
            return style[value], "b" + ("true" if value else "false")
        if kind == "date":
            text = f"{rng.randint(1900, 2100)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
            return text, "t" + text
        if kind == "moment":
            text = f"{rng.randint(1970, 2100)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
            return text, "t" + text
        if kind == "zip":
            text = f"{rng.randint(0, 99999):05}"
            return text, "s" + text
        if kind == "nasty":
            text = rng.choice(NASTY + WORDS)
            return text, "s" + text
        text = rng.choice(WORDS)
        return text, "s" + text

    found = [one() for _ in range(rows)]
    if kind == "zip" and found:
        found[0] = ("01234", "s01234")
    if kind in ("text", "nasty") and found:
        found[0] = ("alpha", "salpha")
    null = dialect["nulls"].get(kind)
    if null is not None:
        for i in range(1, rows):
            if rng.random() < 0.1:
                found[i] = (null, None)
    return found


KINDS = ["int", "int64", "uint64", "int128", "float", "science", "bool", "date", "moment", "zip", "text", "nasty"]
DEFECTS = ["short", "long", "all-long", "open-quote", "after-quote", "bad-bytes", "twice", "no-names", "trailing",
           "blank", "late-text", "empty-name", "late-float", "headless", "empty"]


def write(path, rng, number):
    defect = DEFECTS[number % len(DEFECTS)] if number % 3 == 2 else None
    delimiter = rng.choice([",", ",", ";", "\t", "|"])
    encoding = rng.choice(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "latin-1"])
    if defect == "bad-bytes":
        encoding = "utf-8"
    dialect = {
        "delimiter": delimiter,
        "encoding": encoding,
        "bools": rng.choice([["false", "true"], ["False", "True"], ["FALSE", "TRUE"]]),
        "nulls": {kind: rng.choice([None, "", "", "NA", "NaN", "null", "None"]) for kind in KINDS},
    }
    if delimiter == ";" and rng.random() < 0.5:
        dialect["decimal"] = ","
    width = rng.randint(1, 7)
    rows = rng.choice([1, 2, 5, 20, 60])
    if defect in ("late-text", "late-float"):
        rows = 3000
        width = 2
    kinds = [rng.choice(KINDS) for _ in range(width)]
    if defect in ("late-text", "late-float"):
        kinds[0] = "int"
    end = rng.choice(["\n", "\n", "\r\n", "\r"])
    names = [rng.choice(["c", "Größe ", "a b", "x.y", "q\"t"]) + str(i) for i in range(width)]
    columns = [values(kind, rows, rng, dialect) for kind in kinds]
    if encoding == "latin-1":
        columns = [[(t.replace("東京", "Tokio"), m and m.replace("東京", "Tokio")) for t, m in column] for column in columns]
    if end == "\r":
        # Python's writer puts no quotes around LF where lines end with CR: such a file means two things.
        columns = [[(t.replace("\n", " "), m and m.replace("\n", " ")) for t, m in column] for column in columns]
    if defect == "late-text":
        columns[0][-2] = ("A12", "sA12")
        columns[0] = [(t, m if m is None else "s" + t) for t, m in columns[0]]
    if defect == "late-float":
        columns[0][-2] = ("5" + dialect.get("decimal", ".") + "5", "n5.5")
    if defect == "empty-name":
        names[-1] = ""
    if defect == "twice" and width > 1:
        names[-1] = names[0]
    if defect == "no-names":
        names = [str(i + 1) for i in range(width)]
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    if defect != "headless":
        writer.writerow(names)
    for i in range(rows):
        writer.writerow([column[i][0] for column in columns])
    text = out.getvalue()
    lines = text.split(end)
    if defect == "short" and width > 1:
        lines[-2] = "1"
    elif defect == "long":
        lines[-2] += delimiter + "9"
    elif defect == "all-long":
        lines = [lines[0]] + [line + delimiter + "9" if line else line for line in lines[1:]]
    elif defect == "open-quote":
        lines[-2] = '"' + lines[-2].replace('"', "")
    elif defect == "after-quote":
        lines[-2] = '"a"b' + (delimiter + "1") * (width - 1)
    elif defect == "trailing":
        lines = [line + delimiter if line else line for line in lines]
    elif defect == "blank":
        lines = lines[:-1] + ["", ""] + lines[-1:]
    text = end.join(lines)
    if defect is None and rng.random() < 0.2 and not text.endswith(delimiter + end):
        text = text[: -len(end)]
    data = text.encode(encoding)
    if defect == "bad-bytes":
        data = data[:-1] + b"\xe9\xff\n"
    if defect == "empty":
        data = b""
    path.write_bytes(data)
    broken = defect is not None and defect not in ("late-text", "late-float")
    meant = None if broken else {"names": names, "rows": [[column[i][1] for column in columns] for i in range(rows)]}
    # The reader is told what no file says of itself: that it is Latin-1.
    declared = {"encoding": "latin-1"} if encoding == "latin-1" else {}
    return {"file": path.name, "defect": defect, "kinds": kinds, "dialect": dialect, "declared": declared, "meant": meant,
            "pandas": peers.of_pandas(path, dialect), "pyarrow": peers.of_pyarrow(path, dialect)}


def write_parquet(path, rng):
    rows = rng.choice([0, 1, 50])
    kinds = {
        "i8": pa.int8(), "u16": pa.uint16(), "i64": pa.int64(), "u64": pa.uint64(), "f32": pa.float32(),
        "f64": pa.float64(), "dec": pa.decimal128(38, 10), "text": pa.string(), "flag": pa.bool_(),
        "day": pa.date32(), "at": pa.timestamp("us"),
    }
    chosen = rng.sample(sorted(kinds), rng.randint(1, 8))

    def one(kind):
        if rng.random() < 0.1:
            return None
        return {
            "i8": lambda: rng.randint(-128, 127), "u16": lambda: rng.randint(0, 65535),
            "i64": lambda: rng.randint(-(2**63), 2**63 - 1), "u64": lambda: rng.randint(0, 2**64 - 1),
            "f32": lambda: rng.choice([0.5, -1.25, 3.0]), "f64": lambda: rng.uniform(-1e300, 1e300),
            "dec": lambda: decimal.Decimal(rng.randint(-(10**37), 10**37)).scaleb(-10),
            "text": lambda: rng.choice(WORDS + NASTY), "flag": lambda: rng.random() < 0.5,
            "day": lambda: rng.randint(-20000, 40000), "at": lambda: rng.randint(0, 4 * 10**15),
        }[kind]()

    decimal.getcontext().prec = 60
    arrays = [pa.array([one(kind) for _ in range(rows)], type=kinds[kind]) for kind in chosen]
    papq.write_table(pa.table(dict(zip(chosen, arrays))), path, row_group_size=20)
    found = peers.of_parquet(path)
    return {"file": path.name, "meant": found, "pyarrow": found}


def main(folder, count):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(20261129)
    cases = [write(folder / f"f{number:03}.csv", rng, number) for number in range(count)]
    cases += [write_parquet(folder / f"p{number:03}.parquet", rng) for number in range(count // 6)]
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    (folder / "count.txt").write_text(str(len(cases)))
    print(f"{len(cases)} files")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
