"""Read a page of videos into Arrow columns without making a Python object of every value.

Only where that is sure to give what `json` gives: the known fields, each value as declared, each name once. Arrow's
reader is told all of it and refuses anything else; then the page is read by `json`, which repairs, counts and keeps.
"""

import json
import re
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shortimize_analytics.schema import Column
from shortimize_analytics.schema.cast import ARROW_TYPES
from shortimize_analytics.schema.tables import API_VIDEOS

_BEHIND = b'"pagination"'
"""Stands behind the list of rows. A quote that is not escaped ends a text, so that no text can hold this."""
_SEAM = re.compile(rb"\]\s*,\s*$")
_TYPES = {"instant": pa.string(), "date": pa.string()}
COLUMNS = pa.schema([(one.name, ARROW_TYPES[one.kind]) for one in API_VIDEOS])
"""Of a page of videos that needs no repair."""
_FIRST, _LAST = (pa.scalar(limit, pa.timestamp("us")).value for limit in (datetime.min, datetime.max))  # noqa: DTZ901


def read_columns(body: bytes) -> tuple[pa.StructArray, dict[str, Any]] | None:
    """Read a document that lists videos in front of its pagination.

    Returns
    -------
    rows, around
        The rows, instants and days as the texts that they came as, and the document without them; None where the
        document has another form, or a row anything that is not as declared.
    """
    import pyarrow.json  # 20 ms that only a load needs

    behind = body.rfind(_BEHIND)
    seam = _SEAM.search(body[max(0, behind - 64) : max(0, behind)])
    if seam is None:
        return None
    rows = pa.list_(pa.struct([(one.name, _TYPES.get(one.kind, ARROW_TYPES[one.kind])) for one in API_VIDEOS]))
    head = b"".join((memoryview(body)[: behind - len(seam[0])], b"]}"))  # copied once
    try:
        around = json.loads(b"{" + body[behind:])
        found = pyarrow.json.read_json(
            pa.BufferReader(head),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(head) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=pa.schema({"data": rows}), unexpected_field_behavior="error"
            ),
        )
        listed = found["data"].combine_chunks()
        listed.validate(full=True)  # texts are UTF-8
    except (pa.ArrowException, ValueError, RecursionError):
        return None
    if len(listed) != 1 or listed.null_count or listed.values.null_count or "data" in around:
        return None
    return listed.values, around


def type_columns(rows: pa.StructArray) -> pa.Table | None:
    """Give the rows of `read_columns` the declared types; None when an instant or day is none."""
    try:
        return pa.table([typed(rows.field(place), one) for place, one in enumerate(API_VIDEOS)], schema=COLUMNS)
    except (pa.ArrowException, OverflowError, TypeError):
        return None


def typed(array: pa.Array, column: Column) -> pa.Array:
    """Cast values that are as declared; they bring a type of their own, which is compared.

    Told the type, Arrow would cut 5.5 to a whole 5.
    """
    wanted = ARROW_TYPES[column.kind]
    if column.kind == "instant" and array.type == pa.string():
        return _of_calendar(pc.cast(array, wanted), column)
    if column.kind == "date" and array.type == pa.string():
        return _of_calendar(pc.cast(pc.cast(array, pa.date32()), wanted), column)
    empty_lists = pa.types.is_list(array.type) and pa.types.is_null(array.type.value_type)
    whole = column.kind == "Float64" and array.type == pa.int64()
    if array.type != wanted and not pa.types.is_null(array.type) and not empty_lists and not whole:
        raise TypeError(column.name)
    if array.type == pa.float64() and pc.all(pc.is_finite(array)).as_py() is False:
        raise OverflowError(column.name)  # 1e999 is an infinity to Python
    if column.kind == "list" and pa.types.is_list(array.type) and array.flatten().null_count:
        raise TypeError(column.name)  # a null is no name
    return array.cast(wanted)


def _of_calendar(array: pa.Array, column: Column) -> pa.Array:
    """Refuse what Python's calendar does not reach: Arrow reads a year 0, and an offset can lead out of year 9999."""
    found = pc.min_max(array.cast(pa.int64())).as_py()
    if found["min"] is not None and not _FIRST <= found["min"] <= found["max"] <= _LAST:
        raise OverflowError(column.name)
    return array
