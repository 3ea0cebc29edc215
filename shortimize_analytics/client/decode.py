"""Answers → typed frames: a fast path for clean rows, a tolerant one for the rest, with the same result.

Clean rows (every one with the same known fields, every value of its declared type) become Arrow arrays column by
column, twice as fast as Arrow's own reader of JSON, which besides would need a second parse. Any other page goes
through `schema.cast` value by value, which repairs, counts and gives examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shortimize_analytics.schema import HISTORY, LABELS, VIDEOS, CastReport, Column, Table, cast
from shortimize_analytics.schema.cast import ARROW_TYPES, to_pandas

from . import contract
from .answers import Answer, read_content
from .contract import Endpoint

_TABLES = {contract.GET_HISTORY: HISTORY, contract.LIST_COLLECTIONS: LABELS}
"""What the rows of an endpoint are; others list videos."""
_COUNTED = {"views", "likes", "comments", "shares", "saves", "actions"}
_DERIVED = {"x", "%"}
"""Units of the figures that a Limited or Basic plan masks: only counts tell that it did."""


@dataclass(slots=True)
class Decoded:
    """Rows of one or more pages, what casting met, videos whose metrics came masked, a page's pagination and count."""

    frame: pd.DataFrame
    report: CastReport = field(default_factory=CastReport)
    masked: list[str] = field(default_factory=list)
    pagination: dict[str, Any] | None = None
    count: Any = None


def decode_page(answer: Answer, endpoint: Endpoint) -> Decoded:
    """Decode one answer that lists rows: their shape and columns follow from what was asked."""
    content = answer.content or read_content(endpoint, answer.body)
    decoded = _decode(content.rows, _TABLES.get(endpoint, VIDEOS))
    found = content.around.get("pagination")
    decoded.pagination, decoded.count = found if isinstance(found, dict) else None, content.around.get("count")
    return decoded


def join(pages: Sequence[Decoded]) -> Decoded:
    """Put pages together, in order."""
    report = CastReport()
    for page in pages:
        report.merge(page.report)
    frame = pages[0].frame if len(pages) == 1 else pd.concat([page.frame for page in pages], ignore_index=True)
    return Decoded(frame, report, [ad_id for page in pages for ad_id in page.masked])


def decode_histories(answers: Sequence[tuple[str, Answer]]) -> Decoded:
    """Decode one history answer per video into one frame, each row carrying its ``ad_id``."""
    rows = [
        {**row, "ad_id": ad_id}
        for ad_id, answer in answers
        for row in (answer.content or read_content(contract.GET_HISTORY, answer.body)).rows
    ]
    return _decode(rows, HISTORY)


def reject_negative(frame: pd.DataFrame, counts: Sequence[str], report: CastReport) -> None:
    """Set counts below zero to NA, in place, and report them: nothing was seen fewer than no times."""
    for name in counts:
        below = frame[name].lt(0).to_numpy(dtype=bool, na_value=False)
        if below.any():
            for value in frame.loc[below, name]:
                report.note_bad(name, int(value))
            frame[name] = frame[name].mask(below)


def _decode(rows: list[dict[str, Any]], table: Table) -> Decoded:
    return _read_clean(rows, table) or _cast(rows, table)


def _cast(rows: list[dict[str, Any]], table: Table) -> Decoded:
    counts = [column.name for column in table if column.unit in _COUNTED]
    figures = {column.name for column in table if column.unit in _COUNTED | _DERIVED}
    masked = [any(_is_mask(row.get(name)) for name in counts) for row in rows]
    shown = [
        {name: None if name in figures and _is_mask(value) else value for name, value in row.items()} if hidden else row
        for row, hidden in zip(rows, masked, strict=True)
    ]
    frame, report = cast(shown, table)
    return Decoded(frame, report, [str(row.get("ad_id")) for row, hidden in zip(rows, masked, strict=True) if hidden])


def _is_mask(value: object) -> bool:
    """Tell text that is no number: how a mask looks is not documented."""
    return isinstance(value, str) and not value.strip().lstrip("+-").replace(".", "", 1).isdigit()


def _read_clean(rows: list[dict[str, Any]], table: Table) -> Decoded | None:
    """Type rows whose values all are as declared; None when anything is not."""
    given = rows[0].keys() if rows else set()
    if not given <= set(table.names) or any(row.keys() != given for row in rows):
        return None  # a field that this version does not know, or that some lack: the tolerant path keeps it
    frame = {}
    try:
        for column in table:
            values = list(map(itemgetter(column.name), rows)) if column.name in given else None
            array = pa.nulls(len(rows), ARROW_TYPES[column.kind]) if values is None else _typed(values, column)
            frame[column.name] = to_pandas(array, column.kind)
    except (pa.ArrowException, OverflowError, TypeError):
        return None
    return Decoded(pd.DataFrame(frame, copy=False))


def _typed(values: list[Any], column: Column) -> pa.Array:
    """Make an array of values that are as declared.

    Its type is inferred and then compared: told the type, Arrow would cut 5.5 to a whole 5.
    """
    array, wanted = pa.array(values), ARROW_TYPES[column.kind]
    if column.kind == "instant" and array.type == pa.string():
        return pc.cast(array, wanted)
    if column.kind == "date" and array.type == pa.string():
        return pc.cast(pc.cast(array, pa.date32()), wanted)
    empty_lists = pa.types.is_list(array.type) and pa.types.is_null(array.type.value_type)
    whole = column.kind == "Float64" and array.type == pa.int64()
    if array.type != wanted and not pa.types.is_null(array.type) and not empty_lists and not whole:
        raise TypeError(column.name)
    if array.type == pa.float64() and pc.all(pc.is_finite(array)).as_py() is False:
        raise OverflowError(column.name)  # 1e999 is an infinity to Python
    return array.cast(wanted)
