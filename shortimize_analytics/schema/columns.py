"""What a column and a table are, and the short notation in which tables are declared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast, get_args

Kind = Literal["str", "Int64", "Int32", "Int16", "Float64", "boolean", "instant", "date", "list", "category", "money"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind (see `cast.PANDAS_DTYPES`), unit and meaning."""

    name: str
    kind: Kind
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A named list of columns; `row` says what one row is."""

    name: str
    row: str
    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]


VIDEO = (
    Column("ad_id", "str", "UUID", "the video"),
    Column("title", "str", "", "caption"),
    Column("username", "str", "handle", "account"),
    Column("platform", "str", "", "tiktok, instagram, youtube, …"),
    Column("ad_link", "str", "URL", "the post"),
)
"""What a reader knows a video by: every table whose rows are videos has these columns, side by side."""


def table(name: str, row: str, text: str) -> Table:
    """Read `name | kind | unit | meaning` lines: a table is easier to check by eye than ninety constructor calls.

    A line `*video` stands for the columns of `VIDEO`.
    """
    columns: list[Column] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line == "*video":
            columns += VIDEO
            continue
        column, kind, unit, meaning = (cell.strip() for cell in line.split("|", 3))
        if kind not in get_args(Kind):
            raise ValueError(f"table {name}: column {column} has the unknown kind {kind!r}")
        columns.append(Column(column, cast(Kind, kind), unit, meaning))
    return Table(name, row, tuple(columns))
