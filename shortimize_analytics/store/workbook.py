"""Frames as an Excel workbook that opens in any spreadsheet: real types, and text that stays text.

Text is written as text whatever it begins with: nothing is a formula or a link (OWASP, "CSV Injection",
https://owasp.org/www-community/attacks/CSV_Injection). What a cell cannot hold is changed and counted, never dropped
in silence: control characters, text beyond 32,767 UTF-16 units, and counts beyond 2⁵³, which a spreadsheet would round
and which are therefore written as text.

Pitfalls: xlsxwriter takes a text between ``<r>`` and ``</r>`` for its own markup, so such a text gets a space at its
end. A spreadsheet has no missing value: NA is an empty cell. Instants are UTC, since a cell has no time zone.
"""

import contextlib
import datetime as dt
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import Table

MAX_ROWS = 1_048_575
"""Rows under the header: https://support.microsoft.com, "Excel specifications and limits"."""
MAX_TEXT = 32_767
MAX_EXACT = 2**53
MAX_DIGITS = 15
"""Digits that a spreadsheet keeps of a number."""
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 has no place for (https://www.w3.org/TR/xml/#charsets)."""
_DAY_ONE = pd.Timestamp("1899-12-30")
_FIRST_TRUE_DAY = pd.Timestamp("1900-03-01")
"""Spreadsheets count a 29 February 1900 that never was."""
_WIDEST, _NARROWEST, _SAMPLED = 60, 8, 200
_STYLES = {"day": "yyyy-mm-dd", "instant": "yyyy-mm-dd hh:mm:ss", "int": "#,##0", "float": "#,##0.00"}
_UNIT_STYLES = {"0-1": "0.0%", "ratio": "+0.0%;-0.0%;0.0%", "%": '0.0"%"', "x": '0.0"x"'}
_P_VALUE = "0.0000"
_CHUNK = 20_000
_NO_DATE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One frame and its place: the tab's name, and the schema table that explains its columns (or None)."""

    name: str
    frame: pd.DataFrame
    table: Table | None = None


@dataclass(slots=True)
class Changes:
    """What had to be changed so that a spreadsheet can hold it (numbers of cells or characters)."""

    characters_removed: int = 0
    texts_cut: int = 0
    counts_as_text: int = 0

    def text(self, value: str) -> str:
        """Return a text that a cell can hold."""
        clean, removed = _ILLEGAL.subn("", value.replace("\r\n", "\n").replace("\r", "\n"))
        self.characters_removed += removed
        if len(clean) > MAX_TEXT // 2 and len(clean.encode("utf-16-le")) > 2 * MAX_TEXT:
            self.texts_cut += 1
            clean = clean.encode("utf-16-le")[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
        return clean + " " if clean.startswith("<r>") and clean.endswith("</r>") else clean


def check_rows(frame: pd.DataFrame, *, name: str) -> None:
    """Refuse a frame that does not fit on one sheet.

    Raises
    ------
    InvalidParameterError
        Beyond 1,048,575 rows.
    """
    if len(frame) > MAX_ROWS:
        raise InvalidParameterError(
            f"{name}: {len(frame):,} rows do not fit on a sheet, which holds {MAX_ROWS:,}; write .parquet or .csv, or "
            "narrow it down with filters"
        )


def write_workbook(
    sheets: Sequence[Sheet], path: Path, *, about: Sequence[tuple[str, str]] = (), made_at: dt.datetime | None = None
) -> Changes:
    """Write frames as the sheets of one workbook, after a first sheet that says what they are.

    Parameters
    ----------
    sheets
        At least one; names of at most 31 characters.
    path
        The file; written as it comes, so pass a temporary one.
    about
        Names and values for the top of the first sheet.
    made_at
        Date that the file carries; the same frames and date give the same bytes.

    Returns
    -------
    Changes
        What a spreadsheet could not hold; the first sheet says it, too.

    Raises
    ------
    InvalidParameterError
        When a frame is too long for a sheet.
    OSError
        When the folder or the disk refuses.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    for sheet in sheets:
        check_rows(sheet.frame, name=sheet.name)
    changes = Changes()
    with tempfile.TemporaryDirectory(prefix="shortimize-", ignore_cleanup_errors=True) as scraps:
        book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": scraps})
        try:
            book.use_zip64()
            book.set_properties({"created": (made_at or _NO_DATE).replace(tzinfo=None)})
            front = book.add_worksheet("About")
            for sheet in sheets:
                _write_sheet(book, sheet, changes=changes)
            _write_about(book, front, rows=_about_rows(sheets, about, changes=changes), changes=changes)
            book.close()
        except FileCreateError as error:
            raise error.args[0] from None
        finally:
            for page in book.worksheets():  # which xlsxwriter leaves open when a write fails
                with contextlib.suppress(OSError):
                    page.row_data_fh.close()
    return changes


def _write_sheet(book: Any, sheet: Sheet, *, changes: Changes) -> None:
    page = book.add_worksheet(sheet.name)
    units = {column.name: column.unit for column in sheet.table or ()}
    columns = [_Column.read(book, sheet.frame[name], units.get(str(name), "")) for name in sheet.frame]
    page.freeze_panes(1, 0)
    head = book.add_format({"bold": True, "bottom": 1})
    for at, (name, column) in enumerate(zip(sheet.frame, columns, strict=True)):
        page.set_column(at, at, _width(str(name), sheet.frame[name], kind=column.kind))
    for at, name in enumerate(sheet.frame):
        page.write_string(0, at, changes.text(str(name)), head)
    for start in range(0, len(sheet.frame), _CHUNK):
        part = sheet.frame.iloc[start : start + _CHUNK]
        cells = [column.cells(part.iloc[:, at]) for at, column in enumerate(columns)]
        for row, values in enumerate(zip(*cells, strict=True), start=start + 1):
            for at, (value, column) in enumerate(zip(values, columns, strict=True)):
                _write_cell(page, row, at=at, value=value, column=column, changes=changes)
    if columns:
        page.autofilter(0, 0, len(sheet.frame), len(columns) - 1)


def _write_cell(page: Any, row: int, *, at: int, value: Any, column: "_Column", changes: Changes) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, at, value)
    elif isinstance(value, str):
        page.write_string(row, at, changes.text(value))
    elif isinstance(value, Decimal) and len(value.as_tuple().digits) <= MAX_DIGITS:
        page.write_number(row, at, value, column.look)  # its own digits go into the file, through no float
    elif isinstance(value, Decimal) or (abs(value) > MAX_EXACT and isinstance(value, int)):
        changes.counts_as_text += 1
        page.write_string(row, at, str(value))
    elif value - value == 0:
        page.write_number(row, at, value, column.look)
    else:
        page.write_string(row, at, str(value))  # an infinity


@dataclass(frozen=True, slots=True)
class _Column:
    """How the values of a column become cells: its kind, its number format, and the conversion of a stretch of it."""

    kind: str
    look: Any
    cells: Callable[[pd.Series], list[Any]]

    @classmethod
    def read(cls, book: Any, column: pd.Series, unit: str) -> "_Column":
        kind = _kind(column)
        style = _STYLES.get(kind)
        if kind in {"int", "float"}:
            style = _P_VALUE if column.name in {"p", "q"} else _UNIT_STYLES.get(unit, style)
        elif kind == "money":
            style = _money_style(column)
        cells = {"day": _dates, "instant": _dates, "text": _texts}.get(kind, _plain)
        return cls(kind, book.add_format({"num_format": style}) if style else None, cells)


def _kind(column: pd.Series) -> str:
    types = pd.api.types
    if types.is_datetime64_any_dtype(column.dtype):
        whole = column.dropna()
        is_day = getattr(column.dtype, "tz", None) is None and bool((whole == whole.dt.normalize()).all())
        return "day" if is_day else "instant"
    if types.is_bool_dtype(column.dtype):
        return "bool"
    if types.is_integer_dtype(column.dtype):
        return "int"
    if column.dtype == object and is_money(column):
        return "money"
    return "float" if types.is_float_dtype(column.dtype) else "text"


def is_money(column: pd.Series) -> bool:
    """Tell a column of exact amounts: Decimals and nothing else."""
    known = column.dropna()
    return len(known) > 0 and all(isinstance(value, Decimal) for value in known)


def _money_style(column: pd.Series) -> str:
    """Show as many decimals as the amounts have."""
    digits = max(0, *(-int(value.as_tuple().exponent) for value in column.dropna()), 0)
    return "#,##0" + ("." + "0" * digits if digits else "")


def _dates(column: pd.Series) -> list[Any]:
    """Turn days and instants into the day numbers of spreadsheets; those before March 1900 into text."""
    if getattr(column.dtype, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    days = (column - _DAY_ONE) / pd.Timedelta(days=1)
    early = column < _FIRST_TRUE_DAY
    return [
        None if pd.isna(number) else stamp.isoformat() if is_early else number
        for number, stamp, is_early in zip(days.tolist(), column, early, strict=True)
    ]


def _plain(column: pd.Series) -> list[Any]:
    return column.astype("object").where(column.notna(), None).tolist()


def _texts(column: pd.Series) -> list[Any]:
    return [_text(value) for value in column.tolist()]


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date | dt.datetime):
        return None if pd.isna(value) else value.isoformat()
    if hasattr(value, "__iter__"):
        return "; ".join(map(str, value))
    return None if pd.isna(value) else str(value)


def _width(name: str, column: pd.Series, *, kind: str) -> float:
    if kind in {"day", "instant"}:
        return max(len(name) + 4, 11 if kind == "day" else 19)
    longest = max((len(str(value)) for value in column.head(_SAMPLED) if not _is_missing(value)), default=0)
    if kind in {"int", "float"}:
        longest = min(longest, 14) + 2
    return min(_WIDEST, max(_NARROWEST, len(name) + 4, longest))


def _is_missing(value: Any) -> bool:
    return not hasattr(value, "__iter__") and pd.isna(value)


_Row = tuple[tuple[str, ...], str]


def _about_rows(sheets: Sequence[Sheet], about: Sequence[tuple[str, str]], *, changes: Changes) -> Iterator[_Row]:
    """Give the first sheet's rows, each with its look (head, or plain)."""
    for pair in about:
        yield pair, ""
    for name, count in (
        ("Control characters removed", changes.characters_removed),
        ("Texts cut to what a cell holds", changes.texts_cut),
        ("Counts beyond 2⁵³ written as text", changes.counts_as_text),
    ):
        if count:
            yield (name, f"{count:,}"), ""
    yield ("Empty cells", "not known (never zero); instants are UTC"), ""
    yield (), ""
    yield ("Sheet", "Rows", "", "What a row is"), "head"
    for sheet in sheets:
        yield (sheet.name, f"{len(sheet.frame):,}", "", sheet.table.row if sheet.table else ""), ""
    yield (), ""
    yield ("Sheet", "Column", "Unit", "Meaning"), "head"
    for sheet in sheets:
        known = {column.name: column for column in sheet.table or ()}
        for name in map(str, sheet.frame):
            column = known.get(name)
            yield (sheet.name, name, column.unit if column else "", column.meaning if column else ""), ""


def _write_about(book: Any, page: Any, *, rows: Iterator[_Row], changes: Changes) -> None:
    head = book.add_format({"bold": True, "bottom": 1})
    for at, width in enumerate((34, 34, 10, 90)):
        page.set_column(at, at, width)
    for row, (cells, look) in enumerate(rows):
        for at, cell in enumerate(cells):
            page.write_string(row, at, changes.text(cell), head if look == "head" else None)
