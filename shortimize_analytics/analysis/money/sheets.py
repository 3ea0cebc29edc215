"""The tables of a closing as bytes, and back: the same frame gives the same bytes on every machine.

Text that a spreadsheet would run as a formula is written with a leading apostrophe, as in all CSV of this package, and
read without it.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.schema import Table, conform
from shortimize_analytics.store.export import FORMULA_START, defused

from .stretches import parse_day


def frame_of(rows: Sequence[dict[str, Any]] | Sequence[tuple[Any, ...]], table: Table) -> pd.DataFrame:
    """Make a typed frame of rows whose days are numbers since 1970-01-01 and whose instants are µs."""
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


def to_bytes(frame: pd.DataFrame, table: Table) -> bytes:
    """Write a frame as CSV: UTF-8, line feeds, empty cells for what is missing."""
    cells = [_texts(frame[column.name], column.kind) for column in table]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue().encode()


def _texts(values: pd.Series, kind: str) -> list[str]:
    if kind == "date":
        return values.dt.strftime("%Y-%m-%d").fillna("").tolist()
    if kind == "instant":
        return values.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").fillna("").tolist()
    write: Callable[[Any], str] = _WRITERS.get(kind, lambda value: str(defused(value)))
    return ["" if missing else write(value) for value, missing in zip(values.tolist(), values.isna(), strict=True)]


_WRITERS: dict[str, Callable[[Any], str]] = {
    "money": lambda value: format(value, "f"),
    "boolean": lambda value: "true" if value else "false",
    "Int64": str,
    "Int32": str,
    "Int16": str,
}


def from_bytes(data: bytes, table: Table) -> Iterable[dict[str, Any]]:
    """Yield the rows of a table's CSV: days as numbers since 1970-01-01, instants as µs, nothing as None.

    Raises
    ------
    ValueError
        When the bytes are not what `to_bytes` writes.
    """
    reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    if next(reader, None) != table.names:
        raise ValueError(f"the columns are not {', '.join(table.names)}")
    readers = [_READERS.get(column.kind, _text) for column in table]
    names = table.names
    for cells in reader:
        if len(cells) != len(names):
            raise ValueError(f"line {reader.line_num} has {len(cells)} cells, not {len(names)}")
        yield {name: read(cell) if cell else None for name, read, cell in zip(names, readers, cells, strict=True)}


def _text(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_START) else cell


def _instant(cell: str) -> int:
    at = pd.Timestamp(cell)
    return int(at.tz_convert("UTC").tz_localize(None).to_datetime64().astype("datetime64[us]").astype("int64"))


_READERS: dict[str, Callable[[str], Any]] = {
    "money": Decimal,
    "boolean": lambda cell: cell == "true",
    "Int64": int,
    "Int32": int,
    "Int16": int,
    "date": parse_day,
    "instant": _instant,
}


def iso(day: int) -> str:
    """Write a day."""
    return day_of(day).isoformat()
