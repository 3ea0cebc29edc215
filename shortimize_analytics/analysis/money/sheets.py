"""The tables of a closing as bytes, and back: the same frame gives the same bytes on every machine.

Text that a spreadsheet would run as a formula is written with a leading apostrophe, as in all CSV of this package, and
read without it.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.schema import Table, conform
from shortimize_analytics.store.export import FORMULA_START, defused

from .stretches import parse_day

_remembering = lru_cache(maxsize=100_000)
"""Days, instants and names repeat from row to row."""
Rows = Sequence[dict[str, Any]] | Sequence[tuple[Any, ...]]
"""Cells by name, or in the order of the table; days are numbers since 1970-01-01, instants µs."""


def frame_of(rows: Rows, table: Table) -> pd.DataFrame:
    """Make a typed frame of rows."""
    frame = pd.DataFrame(list(rows), columns=table.names, dtype=object)
    for column in table:
        values = frame[column.name]
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(pd.array(values, dtype="Int64"), unit="D", origin="unix")
        elif column.kind == "instant":
            frame[column.name] = pd.to_datetime(pd.array(values, dtype="Int64"), unit="us", utc=True)
        elif column.kind == "str":
            frame[column.name] = values.where(values != "", None)
    out = conform(frame, table)
    out.attrs["table"] = table.name
    return out


def to_bytes(rows: Rows, table: Table) -> bytes:
    """Write rows as CSV: UTF-8, line feeds, empty cells for what is missing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")  # writes a Decimal and an integer as they are, None as nothing
    writer.writerow(table.names)
    cells = [tuple(map(row.__getitem__, table.names)) if isinstance(row, dict) else row for row in rows]
    columns = []
    for column, values in zip(table, zip(*cells, strict=True), strict=True) if cells else ():
        write = _WRITERS.get(column.kind)
        columns.append(values if write is None else ["" if value is None else write(value) for value in values])
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


@_remembering
def _written(value: str) -> str:
    return str(defused(value))


def _written_instant(micros: int) -> str:
    return f"{datetime.fromtimestamp(micros // 1_000_000, tz=UTC):%Y-%m-%dT%H:%M:%S}.{micros % 1_000_000:06}Z"


def iso(day: int) -> str:
    """Write a day."""
    return day_of(day).isoformat()


_WRITERS: dict[str, Callable[[Any], str]] = {
    "str": _written,
    "boolean": lambda value: "true" if value else "false",
    "date": _remembering(iso),
    "instant": _remembering(_written_instant),
}


def from_bytes(data: bytes, table: Table, *, columns: Sequence[str] | None = None) -> Iterator[list[Any]]:
    """Yield the rows of a table's CSV, or some of their columns; the cells are those that `to_bytes` takes.

    Raises
    ------
    ValueError
        When the bytes are not what `to_bytes` writes.
    """
    reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    names = table.names
    if next(reader, None) != names:
        raise ValueError(f"the columns are not {', '.join(names)}")
    places = [(names.index(name), _READERS.get(table[name].kind, _text)) for name in columns or names]
    for cells in reader:
        if len(cells) != len(names):
            raise ValueError(f"line {reader.line_num} has {len(cells)} cells, not {len(names)}")
        yield [read(cells[place]) if cells[place] else None for place, read in places]


@_remembering
def _text(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_START) else cell


def _instant(cell: str) -> int:
    at = datetime.fromisoformat(cell)
    return int(at.timestamp()) * 1_000_000 + at.microsecond


_READERS: dict[str, Callable[[str], Any]] = {
    "money": Decimal,
    "boolean": lambda cell: cell == "true",
    "Int64": int,
    "Int32": int,
    "Int16": int,
    "date": _remembering(parse_day),
    "instant": _remembering(_instant),
}
