"""Answers → typed frames: a fast path for clean rows, a tolerant one for the rest, with the same result.

Videos come as Arrow columns where `columns.read_columns` can read their page. Other clean rows (every one with the same
known fields, every value of its declared type) become Arrow arrays column by column. Any other page goes through
`schema.cast` value by value, which repairs, counts and gives examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from shortimize_analytics.schema import (
    ACCOUNTS,
    HISTORY,
    LABELS,
    ORGANISATION_HISTORY,
    VIDEOS,
    CastReport,
    Table,
    cast,
)
from shortimize_analytics.schema.cast import ARROW_TYPES, PANDAS_DTYPES, to_pandas
from shortimize_analytics.schema.tables import MAX_COUNT

from . import contract
from .answers import Answer, read_content
from .columns import typed
from .contract import Endpoint

TABLES_OF = {
    contract.GET_HISTORY: HISTORY,
    contract.LIST_COLLECTIONS: LABELS,
    contract.LIST_ACCOUNTS: ACCOUNTS,
    contract.GET_ORGANISATION_HISTORY: ORGANISATION_HISTORY,
}
"""What the rows of an endpoint are; others list videos."""
_COUNTED = {"views", "likes", "comments", "shares", "saves", "actions", "followers"}
_DERIVED = {"x", "%"}
"""Units of the figures that a Limited or Basic plan masks: only counts tell that it did."""


@dataclass(slots=True)
class Decoded:
    """Rows of one or more pages, what casting met, videos whose metrics came masked, a page's pagination and count.

    Rows that needed no repair are Arrow columns until a frame is asked for: pages are put together faster.
    """

    rows: pd.DataFrame | pa.Table
    report: CastReport = field(default_factory=CastReport)
    masked: list[str] = field(default_factory=list)
    pagination: dict[str, Any] | None = None
    count: Any = None

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame, the same one each time."""
        if isinstance(self.rows, pa.Table):
            self.rows = _frame_of(self.rows)
        return self.rows

    def stamp(self, sent_at: datetime) -> None:
        """Write into each row when it was asked for, which no merge of frames can lose."""
        if isinstance(self.rows, pa.Table):
            sent = pa.repeat(pa.scalar(sent_at, ARROW_TYPES["instant"]), len(self.rows))
            self.rows = self.rows.append_column("fetched_at", sent)
        else:
            self.rows["fetched_at"] = pd.Series(sent_at, index=self.rows.index, dtype=PANDAS_DTYPES["instant"])

    def values(self, name: str) -> list[Any]:
        """List the values of a column."""
        values: list[Any] = self.rows[name].to_pylist() if isinstance(self.rows, pa.Table) else self.rows[name].tolist()
        return values


def decode_page(answer: Answer, endpoint: Endpoint) -> Decoded:
    """Decode one answer that lists rows: their shape and columns follow from what was asked."""
    content = answer.content or read_content(endpoint, answer.body)
    if content.columns is None:
        decoded = _decode(content.rows, TABLES_OF.get(endpoint, VIDEOS))
    else:
        decoded = Decoded(content.columns)
    found = content.around.get("pagination")
    decoded.pagination, decoded.count = found if isinstance(found, dict) else None, content.around.get("count")
    return decoded


def join_pages(pages: Sequence[Decoded]) -> Decoded:
    """Put pages together, in order."""
    report = CastReport()
    for page in pages:
        report.merge(page.report)
    rows = [page.rows for page in pages]
    if all(isinstance(part, pa.Table) for part in rows):
        whole = pa.concat_tables(rows)
    else:
        whole = pages[0].frame if len(pages) == 1 else pd.concat([page.frame for page in pages], ignore_index=True)
    return Decoded(whole, report, [ad_id for page in pages for ad_id in page.masked])


def decode_histories(answers: Sequence[tuple[str, Answer]]) -> Decoded:
    """Decode one history answer per video into one frame, each row carrying its ``ad_id``."""
    rows = [
        {**row, "ad_id": ad_id}
        for ad_id, answer in answers
        for row in _by_hour((answer.content or read_content(contract.GET_HISTORY, answer.body)).rows)
    ]
    return _decode(rows, HISTORY)


def _by_hour(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order days that carry an hour, so that the last measurement of a day is the last row of it; others stay."""
    if any(isinstance(row.get("date"), str) and len(row["date"].strip()) > len("2026-11-01") for row in rows):
        # as text: a day that cannot be read is no reason to lose the order of the others
        return sorted(rows, key=lambda row: str(row.get("date")).strip())
    return rows


def reject_impossible(frame: pd.DataFrame, counts: Sequence[str], report: CastReport) -> None:
    """Set counts below zero or above `MAX_COUNT` to NA, in place, and report them."""
    for name in counts:
        values = frame[name].to_numpy(dtype=np.int64, na_value=0)
        if values.view(np.uint64).max(initial=0) <= MAX_COUNT:  # in which one below zero is beyond all others
            continue  # nearly always: marking every row costs many times as much
        beyond = (frame[name].lt(0) | frame[name].gt(MAX_COUNT)).to_numpy(dtype=bool, na_value=False)
        if beyond.any():
            for value in frame.loc[beyond, name]:
                report.note_bad(name, int(value))
            frame[name] = frame[name].mask(beyond)


def _decode(rows: list[dict[str, Any]], table: Table) -> Decoded:
    return _read_clean(rows, table) or _cast(rows, table)


def _cast(rows: list[dict[str, Any]], table: Table) -> Decoded:
    counts = [column.name for column in table if column.unit in _COUNTED]
    figures = {column.name for column in table if column.unit in _COUNTED | _DERIVED}
    key = "account_id" if table is ACCOUNTS else "ad_id"
    ids = [str(row.get(key)) for row in rows]
    given = [[row[name] for name in counts if row.get(name) is not None] for row in rows]
    # a plan masks every day of a video: text in one of many is a cell that cannot be read
    told = {ad_id for ad_id, values in zip(ids, given, strict=True) if not all(map(_is_mask, values))}
    masked = [
        bool(counts) and _is_mask(row.get(counts[0])) and ad_id not in told
        for row, ad_id in zip(rows, ids, strict=True)
    ]
    shown = [
        {name: None if name in figures and _is_mask(value) else value for name, value in row.items()} if hidden else row
        for row, hidden in zip(rows, masked, strict=True)
    ]
    frame, report = cast(shown, table)
    return Decoded(frame, report, [ad_id for ad_id, hidden in zip(ids, masked, strict=True) if hidden])


def _is_mask(value: object) -> bool:
    """Tell text that is no number: how a mask looks is not documented. A mask covers all counts of a row."""
    bare = value.strip().lstrip("+-").replace(".", "", 1).replace(",", "") if isinstance(value, str) else "0"
    return not bare.isdigit()


def _read_clean(rows: list[dict[str, Any]], table: Table) -> Decoded | None:
    """Type rows whose values all are as declared; None when anything is not."""
    given = rows[0].keys() if rows else set()
    if not given <= set(table.names) or any(row.keys() != given for row in rows):
        return None  # a field that this version does not know, or that some lack: the tolerant path keeps it
    frame = {}
    try:
        for column in table:
            values = list(map(itemgetter(column.name), rows)) if column.name in given else None
            if column.kind == "Float64" and values is not None and bool in set(map(type, values)):
                return None  # Arrow would read true beside 1.5 as 1.0
            array = pa.nulls(len(rows), ARROW_TYPES[column.kind]) if values is None else typed(pa.array(values), column)
            frame[column.name] = to_pandas(array, column.kind)
    except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError):
        return None  # half a surrogate pair is no UTF-8
    return Decoded(pd.DataFrame(frame, copy=False))


def _frame_of(rows: pa.Table) -> pd.DataFrame:
    """Make a frame of columns that were read without a Python object for each value."""
    frame = {
        column.name: to_pandas(
            rows[column.name] if column.name in rows.column_names else pa.nulls(len(rows), ARROW_TYPES[column.kind]),
            column.kind,
        )
        for column in VIDEOS
    }
    return pd.DataFrame(frame, copy=False)
