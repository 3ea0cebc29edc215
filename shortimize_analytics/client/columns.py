"""Read a page of videos into Arrow columns without making a Python object of every value.

Only where that is sure to give what `json` gives: the known fields, each value as declared, each name once. Arrow's
reader is told all of it and refuses anything else; then the page is read by `json`, which repairs, counts and keeps.
"""

import json
import re
from typing import Any

import pyarrow as pa

from shortimize_analytics.schema.cast import ARROW_TYPES
from shortimize_analytics.schema.tables import API_VIDEOS

_BEHIND = b'"pagination"'
"""Stands behind the list of rows. A quote that is not escaped ends a text, so that no text can hold this."""
_SEAM = re.compile(rb"\]\s*,\s*$")
_TYPES = {"instant": pa.string(), "date": pa.string()}


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
