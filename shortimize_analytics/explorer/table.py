"""The table of videos: pages of rows in any order, drawn by the browser from values and never from HTML."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import anywidget
import numpy as np
import pandas as pd
import traitlets

from shortimize_analytics.analysis.periods.video_table import order_keys
from shortimize_analytics.plots.texts import shorten
from shortimize_analytics.plots.theme import counted, platform_name
from shortimize_analytics.schema.choices import TableOrder
from shortimize_analytics.schema.links import web_link

PAGE_ROWS = 25
MARKS = {"tiktok": "TT", "instagram": "IG", "youtube": "YT", "facebook": "FB", "snapchat": "SC"}
_NUMBERS = {
    "views": "views",
    "gained": "views_gained",
    "mult": "mult",
    "mult_lo": "mult_lo",
    "mult_hi": "mult_hi",
    "rank": "position",
    "pred": "pred",
    "lo": "lo80",
    "hi": "hi80",
    "engaged": "engagement",
}


MoneyOrder = Literal["cost", "cpm", "owed"]
ORDERS = (*get_args(TableOrder), *get_args(MoneyOrder))


class Order(NamedTuple):
    """The column that orders a table, and which way."""

    by: TableOrder | MoneyOrder = "views"
    ascending: bool = False


BY_VIEWS = Order()


class VideoGrid(anywidget.AnyWidget):
    """Shows a page, and asks for another.

    What is shown travels as one value, and what the browser wants as a message: the two sides cannot hold different
    pages or orders.

    Parameters
    ----------
    on_ask
        Called with the order and the page that are wanted.
    on_pick
        Called with the id of a row.

    Attributes
    ----------
    shown
        Made by `page_of`.
    """

    _esm = Path(__file__).with_name("table.js")
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, *, on_ask: Callable[[Order, int], None], on_pick: Callable[[str], None]) -> None:
        super().__init__()
        self._on_ask, self._on_pick = on_ask, on_pick
        self.on_msg(self._told)

    def _told(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict):
            return
        if isinstance(wanted := content.get("ask"), dict) and wanted.get("by") in ORDERS:
            self._on_ask(Order(wanted["by"], bool(wanted.get("ascending"))), int(wanted.get("page") or 0))
        elif isinstance(ad_id := content.get("pick"), str):
            self._on_pick(ad_id)


def ordered(table: pd.DataFrame, rows: np.ndarray, order: Order) -> np.ndarray:
    """Put positions of a table in an order; those without a value stand last, of equal money the most seen first."""
    if order.by in get_args(MoneyOrder):
        rows = ordered(table, rows, BY_VIEWS)
    keys = order_keys(table[order.by], ascending=order.ascending)[rows]
    return rows[np.argsort(keys, kind="stable")]


def page_of(
    table: pd.DataFrame,
    rows: np.ndarray,
    *,
    order: Order,
    page: int,
    days: str = "",
    picked: str | None = None,
    period: str = "",
) -> dict[str, Any]:
    """Return what the browser shows of a table.

    Parameters
    ----------
    table
        See `schema.VIDEO_TABLE`.
    rows
        Positions of the rows, in order.
    order, page
        How they are ordered, and which page of them is wanted; a page that is not there becomes the last.
    days
        The days of the gains, in words.
    picked
        Id of the row that is marked.
    period
        Name of the period that a statement is of.
    """
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = min(max(page, 0), pages - 1)
    first = page * PAGE_ROWS
    chosen = table.iloc[rows[first : first + PAGE_ROWS]]
    columns = (("views", "views"), ("gained", "views_gained"))
    most = {name: _most(table[column].iloc[rows]) for name, column in columns}
    place = {"page": page, "pages": pages, "first": first, "total": len(rows), "days": days, "picked": picked}
    horizon = horizon_of(table)
    records = records_of(chosen, horizon=horizon)
    money = [name for name in get_args(MoneyOrder) if name in table and table[name].notna().any()]
    if money:
        records = [one | more for one, more in zip(records, _money(chosen), strict=True)]
    shown = {"by": order.by, "ascending": order.ascending, "most": most, "horizon": horizon, "period": period}
    return {**shown, "money": money, "rows": records, **place}


def horizon_of(table: pd.DataFrame) -> int | None:
    """Return the age that a table's forecasts are of; None without any."""
    known = table["horizon"].dropna()
    return int(known.max()) if len(known) else None


def records_of(table: pd.DataFrame, *, horizon: int | None) -> list[dict[str, Any]]:
    """Return rows as values that JSON knows; an address that is not safe to follow is left out.

    Parameters
    ----------
    table
        The rows, see `schema.VIDEO_TABLE`.
    horizon
        From `horizon_of` the whole table.
    """
    numbers = {key: _plain(table[column]) for key, column in _NUMBERS.items()}
    out = []
    for place, row in enumerate(table.itertuples()):
        platform = row.platform if isinstance(row.platform, str) else ""
        known = pd.notna(row.uploaded_at)
        out.append(
            {
                "id": row.ad_id,
                "title": _text(row.title, "untitled", 120),
                "account": _text(row.username, "unnamed", 60),
                "platform": platform_name(platform) if platform else "unknown platform",
                "mark": MARKS.get(platform, platform[:2].upper() or "?"),
                "link": web_link(row.ad_link),
                "day": int(row.uploaded_at.timestamp() // 86_400) if known else None,
                "uploaded": f"{row.uploaded_at.day} {row.uploaded_at:%b %Y}" if known else "unknown",
                "age": "" if pd.isna(row.age_days) else f"{counted(int(row.age_days), 'day')} old",
                "ahead": _ahead(row.age_days, horizon),
                "reliable": bool(pd.notna(row.reliable) and row.reliable),
                "notes": row.notes,
                **{key: values[place] for key, values in numbers.items()},
            }
        )
    return out


def _money(table: pd.DataFrame) -> list[dict[str, str | None]]:
    """Write what videos cost and what is owed for them, each with its currency."""
    return [
        {
            "cost": None if pd.isna(row.cost) else f"{row.cost} {row.currency}",
            "cpm": None if pd.isna(row.cpm) else f"{row.cpm:,.2f} {row.currency}",
            "owed": None if pd.isna(row.owed) else f"{row.owed} {row.owed_currency}",
        }
        for row in table.itertuples()
    ]


def _ahead(age: Any, horizon: int | None) -> str:
    """Say why a video has no forecast."""
    if horizon is None or pd.isna(age):
        return "not known"
    return f"past day {horizon}" if age >= horizon else "not known"


def _plain(values: pd.Series) -> list[float | None]:
    found = values.to_numpy(dtype=float, na_value=np.nan)
    return [one if np.isfinite(one) else None for one in found.tolist()]


def _most(values: pd.Series) -> float:
    found = values.to_numpy(dtype=float, na_value=np.nan)
    return float(np.nanmax(found)) if np.isfinite(found).any() else 0.0


def _text(value: Any, fallback: str, width: int) -> str:
    return shorten(" ".join(value.split()), width) if isinstance(value, str) and value.strip() else fallback
