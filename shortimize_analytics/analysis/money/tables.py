"""Read a table that a person or a spreadsheet wrote, and collect everything that is wrong with it before saying so.

A row is never skipped: it is read, or it is a problem with its line, column, value and what to write. Rows without any
cell filled, which spreadsheets leave below a table, are no rows.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from shortimize_analytics.errors import LocalFileError, MoneyFileError, Problem

from .amounts import currencies, read_amount
from .stretches import parse_day

DELIMITERS = (",", ";", "\t")
_PRIVATE = re.compile(
    r"(?:^|_)(?:iban|bic|swift|bank\w*|account_?(?:no|nr|number|holder)|sort_?code|routing\w*|paypal|e_?mails?|phone\w*"
    r"|tax\w*|vat\w*|ssn|address\w*|street|postcode|zip\w*|birth\w*|passport|(?:first|last|full|legal|real)_?name)(?:$|_)",
    re.IGNORECASE,
)
NO_PRIVATE_DATA = "delete it: this tool keeps no bank account, address, tax number or other data of a person"
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_MAX_CELL = 5000


@dataclass(slots=True)
class Findings:
    """The problems of one file."""

    path: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int, column: str, value: object, advice: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(line, column, "" if value is None else str(value)[:80], advice))

    def check(self) -> None:
        """Raise all of them at once, in the order of the lines."""
        if self.problems:
            raise MoneyFileError(self.path, sorted(self.problems, key=lambda problem: problem.line))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its cells by column, stripped."""

    line: int
    cells: dict[str, str]
    findings: Findings
    comma: bool

    def text(self, name: str, *, needed: bool = False) -> str:
        """Return a cell."""
        value = self.cells.get(name, "")
        if needed and not value:
            self.problem(name, "write something: it is empty")
        return value

    def key(self, name: str, *, needed: bool = True) -> str:
        """Return an id or a link, which a spreadsheet may have turned into a rounded number."""
        value = self.text(name, needed=needed)
        if _ROUNDED.fullmatch(value):
            self.problem(name, "a spreadsheet rounded this id; paste the link")
        return value

    def one_of(self, name: str, choices: Iterable[str]) -> str:
        """Return a cell that must be one of a few words."""
        value, known = self.text(name), tuple(choices)
        if value not in known:
            self.problem(name, f"write one of {', '.join(known)}")
        return value

    def amount(self, name: str, *, digits: int) -> Decimal | None:
        """Return an amount; None when there is none or it cannot be read."""
        value = self.text(name, needed=True)
        if not value:
            return None
        try:
            return read_amount(value, digits=digits, comma=self.comma)
        except ValueError as error:
            self.problem(name, str(error))
            return None

    def day(self, name: str) -> int | None:
        """Return a day, days since 1970-01-01; None when empty or unreadable."""
        value = self.text(name)
        if not value:
            return None
        try:
            return parse_day(value)
        except ValueError as error:
            self.problem(name, str(error))
            return None

    def count(self, name: str, *, least: int = 0, needed: bool = False) -> int | None:
        """Return a whole number; None when empty or unreadable."""
        value = self.text(name, needed=needed)
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,15}", value, re.ASCII) or int(value) < least:
            self.problem(name, f"write a whole number from {least} on, digits only")
            return None
        return int(value)

    def currency(self, name: str) -> str:
        """Return a currency's code."""
        value = self.text(name, needed=True)
        if value and value not in currencies():
            self.problem(name, "write the currency's ISO 4217 code, as USD")
        return value

    def problem(self, name: str, advice: str) -> None:
        """Note what is wrong with a cell."""
        self.findings.add(self.line, name, self.cells.get(name), advice)


def read_bytes(path: str | Path) -> bytes:
    """Read a file whole.

    Raises
    ------
    LocalFileError
        When it cannot be read.
    """
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise LocalFileError(f"{path} cannot be read ({error.strerror or error})") from error


def read_text(data: bytes, path: str) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Raises
    ------
    LocalFileError
        With the line of the first byte that is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LocalFileError(
            f"{path} is not UTF-8: byte {data[error.start : error.start + 1]!r} in line {line}; save it as UTF-8 (CSV)"
        ) from None


def read_table(
    data: bytes, path: str, *, required: Sequence[str], optional: Sequence[str]
) -> tuple[list[Row], Findings]:
    """Read the rows of a table whose header names its columns; the caller reads the cells and calls `check`.

    Raises
    ------
    LocalFileError
        When it is not UTF-8 or has no header.
    MoneyFileError
        At once when a column is missing, unknown or private: no cell could be read for certain.
    """
    text = read_text(data, path)
    findings = Findings(path)
    head = text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")
    known = [*required, *optional]
    delimiter = max(DELIMITERS, key=lambda mark: sum(name in known for name in _names(head, mark)))
    if not any(name in known for name in _names(head, delimiter)):
        raise LocalFileError(f"{path} has no header; let its first line be {','.join(required)}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    names: list[str] = []
    line = 1
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if any(values):
                if names:
                    rows.append(_row(values, names, line=line, findings=findings, comma=delimiter != ","))
                else:
                    names = [value.lower() for value in values]
                    _check_header(names, line, required=required, known=known, findings=findings)
            line = reader.line_num + 1
    except csv.Error as error:
        findings.add(line, "", None, f"close every quote that begins a cell, and double those inside one ({error})")
    return rows, findings


def _names(head: str, delimiter: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in head.split(delimiter)]


def _check_header(
    names: list[str], line: int, *, required: Sequence[str], known: Sequence[str], findings: Findings
) -> None:
    for name in names:
        if is_private(name) and name not in known:
            findings.add(line, name, None, NO_PRIVATE_DATA)
        elif name not in known:
            findings.add(line, name or "a column without a name", None, f"unknown; the columns are {', '.join(known)}")
        elif names.count(name) > 1:
            findings.add(line, name, None, "stands twice; keep one")
    for name in required:
        if name not in names:
            findings.add(line, name, None, "is missing; add the column")
    findings.check()


def _row(values: list[str], names: list[str], *, line: int, findings: Findings, comma: bool) -> Row:
    if len(values) != len(names):
        advice = f"has {len(values)} cells, the header {len(names)}; put quotes around a cell that holds the delimiter"
        findings.add(line, "", None, advice)
    if any(len(value) > _MAX_CELL for value in values):
        findings.add(line, "", None, f"has a cell of more than {_MAX_CELL:,} characters; shorten it")
    return Row(line, dict(zip(names, values, strict=False)), findings, comma)


def is_private(name: str) -> bool:
    """Tell the name of a column or key that would hold data of a person or a bank."""
    return _PRIVATE.search(name.strip().replace(" ", "_").replace("-", "_")) is not None


def find_repeats(rows: Sequence[Row], *, advice: str) -> None:
    """Note rows whose cells are all equal to those of an earlier one."""
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for row in rows:
        cells = tuple(sorted(row.cells.items()))
        if cells in seen:
            row.findings.add(row.line, "", None, f"repeats line {seen[cells]}; {advice}")
        seen.setdefault(cells, row.line)
