"""Turn what the API sent into the dtypes of a table, losing no row and hiding no repair.

A value that cannot be cast becomes NA and is counted with an example. Numbers as text are numbers, also with a
comma before every three digits (``1,234``); a NaN, an infinity, a count with a fraction or beyond 64 bits, and a date
that does not exist are not values. Half a surrogate pair, which
no file format can store, becomes U+FFFD.
"""

import gc
import json
import math
import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from .columns import VIDEO, Column, Kind, Table

LIST_OF_STR = pd.ArrowDtype(pa.list_(pa.string()))
PANDAS_DTYPES: dict[Kind, Any] = {
    "str": pd.StringDtype(na_value=float("nan")),
    "Int64": pd.Int64Dtype(),
    "Int32": pd.Int32Dtype(),
    "Int16": pd.Int16Dtype(),
    "Float64": pd.Float64Dtype(),
    "boolean": pd.BooleanDtype(),
    "instant": "datetime64[us, UTC]",
    "date": "datetime64[us]",
    # Python lists: pandas 3.1 writes an Arrow list column to Parquet and then cannot read the file back
    "list": "object",
    "category": "category",
    # Python Decimals: Arrow's decimals as a pandas dtype break `describe` and change their digits with each product
    "money": "object",
}
ARROW_TYPES: dict[Kind, pa.DataType] = {
    "str": pa.string(),
    "Int64": pa.int64(),
    "Int32": pa.int32(),
    "Int16": pa.int16(),
    "Float64": pa.float64(),
    "boolean": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
    "date": pa.timestamp("us"),
    "list": pa.list_(pa.string()),
    "money": pa.decimal128(18, 3),
}

_INT_LIMITS: dict[str, int] = {"Int64": 2**63, "Int32": 2**31, "Int16": 2**15}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_GROUPED = re.compile(r"\s*[+-]?[0-9]{1,3}(,[0-9]{3})+\s*")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
MAX_EXAMPLES = 3
EVIDENCE = 20
"""Ids kept per finding in a frame's ``attrs``."""


@dataclass(slots=True)
class CastReport:
    """What casting met: counts and up to three examples per column, each another one.

    `bad` values became NA, `repaired` ones were changed (text with half a character, a count given as 12.0).
    """

    bad: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def note_bad(self, column: str, value: object) -> None:
        """Count a value that became NA."""
        self.bad[column] = self.bad.get(column, 0) + 1
        seen = self.examples.setdefault(column, [])
        shown = "an empty text" if isinstance(value, str) and not value.strip() else repr(value)[:60]
        if len(seen) < MAX_EXAMPLES and shown not in seen:
            seen.append(shown)

    def note_repaired(self, column: str) -> None:
        """Count a value that was changed to fit."""
        self.repaired[column] = self.repaired.get(column, 0) + 1

    def merge(self, other: "CastReport") -> None:
        """Add another page's counts to these."""
        for column, count in other.bad.items():
            self.bad[column] = self.bad.get(column, 0) + count
            seen = self.examples.get(column, []) + other.examples[column]
            self.examples[column] = list(dict.fromkeys(seen))[:MAX_EXAMPLES]
        for column, count in other.repaired.items():
            self.repaired[column] = self.repaired.get(column, 0) + count
        self.unknown = list(dict.fromkeys(self.unknown + other.unknown))

    def describe(self) -> str:
        """Say it in one line, or return an empty string when nothing happened."""
        return "; ".join(
            f"{column}: {count} value(s) unreadable and set to NA, e.g. {', '.join(self.examples[column])}"
            for column, count in self.bad.items()
        )


class _UnreadableError(ValueError):
    """A value that is not of its column's kind."""


def _to_int(value: Any, limit: int) -> tuple[int, bool]:
    if isinstance(value, bool):
        raise _UnreadableError
    if isinstance(value, int):
        number, repaired = value, False
    elif isinstance(value, float):
        if not math.isfinite(value) or value != int(value):
            raise _UnreadableError
        number, repaired = int(value), True
    elif isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,19}(\.0+)?\s*", value, re.ASCII):
        number, repaired = int(value.split(".")[0]), True
    elif isinstance(value, str) and _GROUPED.fullmatch(value):
        number, repaired = int(value.replace(",", "")), True
    else:
        raise _UnreadableError
    if not -limit <= number < limit:
        raise _UnreadableError
    return number, repaired


def _to_float(value: Any) -> tuple[float, bool]:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _UnreadableError
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise _UnreadableError from error
    if not math.isfinite(number):
        raise _UnreadableError
    return number, isinstance(value, str)


def _to_bool(value: Any) -> tuple[bool, bool]:
    if isinstance(value, bool):
        return value, False
    known = {0: False, 1: True, "true": True, "false": False, "0": False, "1": True}
    key = value.strip().lower() if isinstance(value, str) else value
    if isinstance(key, Hashable) and key in known:
        return known[key], True
    raise _UnreadableError


def _to_text(value: Any) -> tuple[str, bool]:
    if isinstance(value, str):
        clean = _LONE_SURROGATE.sub("\ufffd", value)
        return clean, clean != value
    return _LONE_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)), True


def _to_instant(value: Any) -> tuple[datetime, bool]:
    try:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
        aware = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (AttributeError, ValueError, TypeError, OverflowError) as error:
        raise _UnreadableError from error
    return aware, parsed.tzinfo is None


def _to_day(value: Any) -> tuple[datetime, bool]:
    """Keep the calendar day as written: moving it to another zone would move the upload."""
    try:
        if isinstance(value, datetime | date):
            day = date(value.year, value.month, value.day)
        else:
            day = datetime.fromisoformat(value.strip()).date()
    except (AttributeError, ValueError, TypeError) as error:
        raise _UnreadableError from error
    return datetime.combine(day, time()), isinstance(value, str) and len(value.strip()) > 10


def _to_list(value: Any) -> tuple[list[str], bool]:
    if not isinstance(value, list | tuple):
        raise _UnreadableError
    texts = [_to_text(item) for item in value if item is not None]
    return [text for text, _ in texts], len(texts) != len(value) or any(repaired for _, repaired in texts)


def _to_money(value: Any) -> tuple[Decimal, bool]:
    """Read an exact amount; a float is none."""
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise _UnreadableError
    return value, False


_READERS: dict[Kind, Callable[[Any], tuple[Any, bool]]] = {
    "str": _to_text,
    "Int64": lambda value: _to_int(value, _INT_LIMITS["Int64"]),
    "Int32": lambda value: _to_int(value, _INT_LIMITS["Int32"]),
    "Int16": lambda value: _to_int(value, _INT_LIMITS["Int16"]),
    "Float64": _to_float,
    "boolean": _to_bool,
    "instant": _to_instant,
    "date": _to_day,
    "list": _to_list,
    "money": _to_money,
}


def _cast_values(values: list[Any], column: Column, report: CastReport) -> pd.Series:
    read = _READERS[column.kind]
    out: list[Any] = []
    for value in values:
        if value is None or value is pd.NA or value is pd.NaT:
            out.append(None)
            continue
        try:
            result, repaired = read(value)
        except _UnreadableError:
            report.note_bad(column.name, value)
            result, repaired = None, False
        if repaired:
            report.note_repaired(column.name)
        out.append(result)
    if column.kind == "money":
        return pd.Series(out, dtype=object)
    return to_pandas(pa.array(out, type=ARROW_TYPES[column.kind]), column.kind)


def to_pandas(array: pa.Array | pa.ChunkedArray, kind: Kind) -> pd.Series:
    """Give an Arrow array the pandas dtype of a kind."""
    if kind == "list":
        return _to_lists(array)
    if kind in _INT_LIMITS:
        return _to_integers(array)
    dtype = PANDAS_DTYPES[kind]
    mapper = (lambda _: dtype) if isinstance(dtype, pd.api.extensions.ExtensionDtype) else None
    series: pd.Series = array.to_pandas(types_mapper=mapper) if mapper else array.to_pandas()
    return series if series.dtype == dtype else series.astype(dtype)


def _to_integers(array: pa.Array | pa.ChunkedArray) -> pd.Series:
    """Make nullable integers with one copy; pandas' own way copies every chunk and then all of them."""
    whole = array if array.null_count == 0 else array.fill_null(0)
    numbers = np.require(whole.to_numpy(zero_copy_only=False), requirements="W")
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else np.zeros(len(array), dtype=bool)
    return pd.Series(pd.arrays.IntegerArray(numbers, np.require(mask, requirements="W")), copy=False)


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Make many objects that refer to none of each other: Python would look for circles among them, again and again."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


def _to_lists(array: pa.Array | pa.ChunkedArray) -> pd.Series:
    """Make Python lists by slicing one flat list, many times faster than item by item; equal texts are one object."""
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    coded = whole.flatten().dictionary_encode()
    flat = coded.dictionary.to_numpy(zero_copy_only=False)[coded.indices.to_numpy()].tolist()
    lengths = whole.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    ends = lengths.cumsum()
    with _no_search_for_garbage():
        lists: list[list[str] | None] = [
            flat[low:high] for low, high in zip((ends - lengths).tolist(), ends.tolist(), strict=True)
        ]
    if whole.null_count:
        for row in whole.is_null().to_numpy(zero_copy_only=False).nonzero()[0]:
            lists[row] = None
    return pd.Series(lists, dtype=object)


def cast(rows: list[dict[str, Any]], table: Table) -> tuple[pd.DataFrame, CastReport]:
    """Cast JSON objects to a table's dtypes, keeping every row.

    Parameters
    ----------
    rows
        JSON objects, one per row. Absent keys become NA, unknown keys are kept as object columns at the end.
    table
        The columns to produce.

    Returns
    -------
    frame, report
        One row per object, in order; and what was unreadable or repaired.

    Examples
    --------
    >>> from shortimize_analytics.schema import LABELS, VIDEOS, cast
    >>> frame, report = cast([{"latest_views": "367"}, {"latest_views": "***"}], VIDEOS)
    >>> frame.latest_views.tolist()
    [367, <NA>]
    >>> report.describe()
    "latest_views: 1 value(s) unreadable and set to NA, e.g. '***'"
    """
    report = CastReport()
    known = set(table.names)
    report.unknown = list(dict.fromkeys(key for row in rows for key in row if key not in known))
    columns = {column.name: _cast_values([row.get(column.name) for row in rows], column, report) for column in table}
    for key in report.unknown:
        columns[key] = pd.Series([row.get(key) for row in rows], dtype=object)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows))), report


def empty(table: Table) -> pd.DataFrame:
    """Return a typed frame of a table without rows.

    Examples
    --------
    >>> from shortimize_analytics.schema import HISTORY, empty
    >>> len(empty(HISTORY)), str(empty(HISTORY)["views"].dtype)
    (0, 'Int64')
    """
    return _empty(table).copy()


@cache
def _empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame({column.name: pd.Series(dtype=PANDAS_DTYPES[column.kind]) for column in table})


def naming_columns(videos: pd.DataFrame) -> pd.DataFrame:
    """Return what a reader knows each video by, see `columns.VIDEO`; NA where the frame has no such column.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.schema.cast import naming_columns
    >>> naming_columns(pd.DataFrame({"ad_id": ["1"], "title": ["a day in the shop"]}))
      ad_id              title username platform ad_link
    0     1  a day in the shop      NaN      NaN     NaN
    """
    return videos.reindex(columns=[column.name for column in VIDEO]).astype(PANDAS_DTYPES["str"])


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Give a computed frame exactly a table's columns, order and dtypes.

    Raises
    ------
    KeyError
        When a column of the table was not computed: a bug, not bad data.
    """
    plain = frame.copy(deep=False)
    plain.attrs = {}  # which pandas would copy for every column
    columns = {column.name: plain[column.name].astype(PANDAS_DTYPES[column.kind]).array for column in table}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(plain)))


def own_table(columns: dict[str, pd.api.extensions.ExtensionArray], table: Table) -> pd.DataFrame:
    """Make a table, as `conform` does, of computed columns that nobody else holds: they are not copied."""
    own = {column.name: columns[column.name].astype(PANDAS_DTYPES[column.kind], copy=False) for column in table}
    return pd.DataFrame(own, copy=False)
