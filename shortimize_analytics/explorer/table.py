"""The table of videos: the first 500 of the selection in the order asked for, in a table that needs no CDN.

Pitfall: the table renders HTML for its links, so every text from outside is escaped here.
"""

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.plots.theme import platform_name, shorten
from shortimize_analytics.schema import VIDEOS, empty
from shortimize_analytics.schema.links import web_link

from .selection import Selection

TABLE_ROWS = 500
ORDERS = {
    "most views": ("latest_views", False),
    "newest": ("uploaded_at", False),
    "most likes": ("latest_likes", False),
    "most comments": ("latest_comments", False),
    "fewest views": ("latest_views", True),
    "oldest": ("uploaded_at", True),
}
COLUMNS = ("Title", "Link", "Account", "Uploaded", "Views", "Likes", "Comments", "Seconds", "Labels")


def first_rows(selection: Selection, order: str) -> np.ndarray:
    """Return the positions among all videos of the chosen rows that the table shows, in order."""
    name, ascending = ORDERS[order]
    rows = np.flatnonzero(selection.mask)
    values = selection.stock.ready[name].iloc[rows]
    numbers = values.astype("int64") if values.dtype.kind == "M" else values
    keys = numbers.to_numpy(dtype=float, na_value=np.nan)
    keys = np.where(values.isna(), np.inf, keys if ascending else -keys)
    if len(rows) > TABLE_ROWS:
        near = np.argpartition(keys, TABLE_ROWS)[:TABLE_ROWS]
        # ties at the edge are settled by position, as a full sort would
        edge = keys[near].max()
        near = np.flatnonzero(keys <= edge)
        rows, keys = rows[near], keys[near]
    return rows[np.argsort(keys, kind="stable")][:TABLE_ROWS]


def table_frame(videos: pd.DataFrame) -> pd.DataFrame:
    """Turn videos into what the table shows: text escaped, links only to http and https."""
    labels = [
        ", ".join(one) if isinstance(one, list | tuple | np.ndarray) else "" for one in videos["label_names"].tolist()
    ]
    columns: dict[str, Any] = {
        "Title": [_text(one, "untitled", 60) for one in videos["title"]],
        "Account": [_account(*one) for one in zip(videos["username"], videos["platform"], strict=True)],
        "Uploaded": ["" if pd.isna(one) else f"{one:%Y-%m-%d}" for one in videos["uploaded_at"]],
        "Views": _counts(videos["latest_views"]),
        "Likes": _counts(videos["latest_likes"]),
        "Comments": _counts(videos["latest_comments"]),
        "Seconds": _counts(videos["video_length"]),
        "Labels": [_text(one, "", 40) for one in labels],
        "Link": [link_html(one) for one in videos["ad_link"]],
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def make_table() -> Any:
    """Make an empty table widget; rows are selected one at a time."""
    from itables.widget import ITable

    table = ITable(table_frame(empty(VIDEOS)), **_options())
    table.add_class("sa-table")
    return table


def fill_table(table: Any, videos: pd.DataFrame) -> None:
    """Show these videos; the options go along each time, since the table forgets those that depend on its columns."""
    table.update(table_frame(videos), selected_rows=[], **_options())


def _options() -> dict[str, Any]:
    return {
        "select": "single",
        # without its own search: it would look through these rows alone, beside one that looks through all videos
        "layout": {"topStart": "pageLength", "topEnd": None, "bottomStart": "info", "bottomEnd": "paging"},
        "allow_html": True,
        "maxBytes": 0,
        "maxRows": 0,
        "showIndex": False,
        "paging": True,
        "pageLength": 10,
        "lengthMenu": [10, 25, 100, TABLE_ROWS],
        "autoWidth": False,
        "order": [],
        "classes": "display compact",
        "style": "width:100%;table-layout:auto",
    }


def link_html(url: Any, text: str = "open") -> str:
    """Write a link that opens in a new tab; nothing for an address that is not safe to follow."""
    safe = web_link(url)
    if safe is None:
        return ""
    return f'<a href="{escape(safe)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def _counts(values: pd.Series) -> list[str]:
    """Write numbers with commas, which the table still sorts as numbers; nothing for a missing one."""
    return ["" if pd.isna(one) else f"{one:,.0f}" for one in values]


def _account(name: Any, platform: Any) -> str:
    place = platform_name(platform) if isinstance(platform, str) else ""
    return f"{_text(name, 'unnamed', 30)} <small>{_text(place, '', 20)}</small>"


def _text(value: Any, fallback: str, width: int) -> str:
    return escape(shorten(" ".join(value.split()), width)) if isinstance(value, str) and value.strip() else fallback
