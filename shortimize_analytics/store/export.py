"""Write a frame to a file that other programs read safely, whole or not at all.

In CSV, text that a spreadsheet would run as a formula (it starts with ``=``, ``+``, ``-``, ``@``, one of these in full
width, a tab or the end of a line) gets a leading apostrophe: OWASP, "CSV Injection",
https://owasp.org/www-community/attacks/CSV_Injection. A carriage return in it becomes a line feed: readers end a row at
a bare one, and what stands behind it would begin the next. Parquet, JSON and Excel workbooks keep every text as it is;
in a workbook it is written as text, which nothing runs.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from shortimize_analytics.errors import InvalidParameterError, ReportError
from shortimize_analytics.schema import TABLES

from .files import replacing

ENDINGS = (".parquet", ".csv", ".json", ".xlsx")
FORMULA_START = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def check_target(path: str | Path, endings: tuple[str, ...]) -> Path:
    """Refuse a path that cannot be written to as asked, before any work is done for it.

    Raises
    ------
    InvalidParameterError
        For another ending, or a folder.
    """
    path = Path(path).expanduser()  # no shell of Windows does it
    if path.suffix.lower() not in endings or path.is_dir():
        what = "is a folder" if path.is_dir() else f"must end in one of {', '.join(endings)}"
        raise InvalidParameterError(f"{str(path)!r} {what}")
    return path


def write_frame(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write a frame as Parquet, CSV, JSON or an Excel workbook, by the file's ending.

    Parameters
    ----------
    frame
        Any frame of this package; its ``attrs`` travel along in Parquet. A field that the API added and that Parquet
        cannot hold (values of several kinds, say) goes there as JSON text.
    path
        Ends in ``.parquet``, ``.csv`` (UTF-8, lists joined with "; "), ``.json`` (one object per row) or ``.xlsx``
        (a sheet that explains the columns, and one with the rows).

    Returns
    -------
    Path
        The file, which replaced an older one whole.

    Raises
    ------
    InvalidParameterError
        For another ending, or more rows than a sheet of a workbook holds.
    ReportError
        When the file cannot be written; an older one is left as it was.
    """
    path = check_target(path, ENDINGS)
    try:
        with replacing(path) as scrap:
            _write(frame, scrap, kind=path.suffix.lower())
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({error.strerror or error})") from error
    return path


def _write(frame: pd.DataFrame, path: Path, *, kind: str) -> None:
    if kind == ".parquet":
        _storable(frame).to_parquet(path, index=False)
    elif kind == ".json":
        frame.to_json(path, orient="records", date_format="iso", date_unit="us", force_ascii=False, indent=1)
    elif kind == ".xlsx":
        from .workbook import Sheet, write_workbook

        fitting = [table for table in TABLES.values() if [*frame.columns[: len(table.names)]] == table.names]
        table = max(fitting, key=lambda table: len(table.names), default=None)  # videos begin as the API sends them
        write_workbook([Sheet(table.name if table else "rows", frame, table)], path)
    else:
        defuse(frame).to_csv(path, index=False, encoding="utf-8")


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn columns of Python objects that Parquet cannot hold into JSON text."""
    changed = {}
    for name in (name for name in frame.columns if frame[name].dtype == object):
        try:
            arrow = pa.array(frame[name], from_pandas=True)
        except (pa.ArrowException, OverflowError, UnicodeEncodeError):
            arrow = None
        if arrow is None or "struct<>" in str(arrow.type):
            changed[name] = frame[name].map(json.dumps, na_action="ignore")
    return frame.assign(**changed) if changed else frame


def defuse(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy for spreadsheets: no text starts a formula or breaks a row, lists are joined with "; "."""
    out = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
        if column.dtype == object:
            column = column.map(lambda value: "; ".join(map(str, value)) if isinstance(value, list) else value)
        if pd.api.types.is_string_dtype(column.dtype) or column.dtype == object:
            column = column.map(defused)
        out[defused(str(name))] = column
    return pd.DataFrame(out, index=frame.index)


def defused(value: Any) -> Any:
    """Return a value for a cell of CSV: no text starts a formula or breaks a row."""
    if not isinstance(value, str):
        return value
    guard = "'" if value.startswith(FORMULA_START) else ""
    return guard + value.replace("\r\n", "\n").replace("\r", "\n")
