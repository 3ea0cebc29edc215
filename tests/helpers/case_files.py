"""Small cases that tables in `cases` hold: adding a case is adding a line."""

import csv
import json
from pathlib import Path

CASES = Path(__file__).parent / "cases"


def lines_of(name):
    """Read the cases of a file: rows of a CSV as texts, lines of a JSONL as they are."""
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        if name.endswith(".csv"):
            return list(csv.DictReader(file))
        return [json.loads(line) for line in file if line.strip()]
