"""One self-contained page of a selection: table, filters and charts, for whoever has no Python.

It holds only the chosen rows, no key, and asks nothing of any network: its policy forbids it. Texts from outside travel
as data in which no tag can end, and are shown as text.
"""

import base64
import contextlib
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.errors import ReportError, ShortimizeError
from shortimize_analytics.store.files import replacing

from .chart import ROOM, WIDTH
from .css import CSS
from .data import ExplorerData
from .selection import Selection, TabContent
from .table import horizon_of, records_of
from .tabs import chart_tabs, drawn_with_notes

_FOLDER = Path(__file__).parent
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_FILTERS = """<form class="sa-choose" onsubmit="return false">
<label>Search titles and accounts<input id="sa-search" type="search"></label>
<label>Platform<select id="sa-platform"><option value="">all platforms</option></select></label>
<label>Account<select id="sa-account"><option value="">all accounts</option></select></label>
<button id="sa-all" type="button">Show all</button></form>"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body><main class="sa-explorer sa-live"><h1>{title}</h1>{head}<p class="sa-note">{said}</p>
<h2>Videos</h2>{filters}<p id="sa-said" role="status"></p><div id="sa-table" class="sa-table"></div>
{charts}
<p class="sa-note">Charts show all videos of this page, whatever is chosen above the table. Scores and ranks compare
with all videos of the organisation.</p></main>
<script type="application/json" id="sa-data">{data}</script>
<script type="module">{script}</script></body></html>
"""


class SharedChart(NamedTuple):
    """A chart of the page as it is on a screen, and as narrow as a phone: scaled down nobody could read it."""

    title: str
    wide: TabContent
    narrow: TabContent


def charts_of(stock: ExplorerData, chosen: VideoFilter) -> list[SharedChart]:
    """Draw the first chart of each tab, under its title; one that needs more than there is is left out."""
    charts = []
    for view in chart_tabs():
        if view.offers is not None:
            continue  # nobody has picked two for this page
        first = {name: choices[0] for name, choices in view.options.items()}
        with contextlib.suppress(ShortimizeError):
            wide, narrow = (
                drawn_with_notes(view, Selection(stock, chosen, first, width)) for width in (WIDTH, ROOM[0])
            )
            charts += [SharedChart(view.title, wide, narrow)] * bool(wide.png)
    return charts


def write_html(page: str, path: Path) -> Path:
    """Write a page to a file that is replaced whole, or raise `ReportError`."""
    try:
        with replacing(path) as scrap:
            scrap.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({error.strerror or error})") from error
    return path


def page_html(
    table: pd.DataFrame,
    charts: Sequence[SharedChart],
    *,
    head: str,
    title: str,
    said: str,
    order: dict[str, Any],
) -> str:
    """Write the page.

    Parameters
    ----------
    table
        The chosen rows, see `schema.VIDEO_TABLE`.
    charts
        From `charts_of`; text in them is escaped.
    head
        Whose data and how old, as HTML.
    title, said
        What the page is called, and which videos it holds, in words.
    order
        `by`, `ascending` and `days` that the table begins with.
    """
    horizon = horizon_of(table)
    marks = [{"marks": content.chart.marks} for one in charts for content in (one.wide, one.narrow)]
    data = json.dumps(
        {**order, "horizon": horizon, "rows": records_of(table, horizon=horizon), "charts": marks},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    script = "\n".join(_without_widget(_FOLDER / name) for name in ("table.js", "chart.js", "page.js"))
    style = CSS + (_FOLDER / "page.css").read_text(encoding="utf-8")
    return _PAGE.format(
        policy=_POLICY,
        title=escape(title),
        style=style,
        head=head,
        said=escape(said),
        filters=_FILTERS,
        charts="\n".join(map(_section, charts)),
        data=_closed(data),
        script=script,
    )


def _section(chart: SharedChart) -> str:
    pictures = _chart(chart.wide, "wide") + _chart(chart.narrow, "narrow")
    notes = _for_readers(chart.wide.foot)
    return f"<section><h2>{escape(chart.title)}</h2>{chart.wide.head}{pictures}{notes}</section>"


def _chart(content: TabContent, kind: str) -> str:
    png = base64.b64encode(content.png).decode()
    image = f'<img class="sa-picture" draggable="false" alt="{escape(content.alt)}" src="data:image/png;base64,{png}">'
    return f'<div class="sa-chart sa-{kind}">{image}</div>'


def _without_widget(path: Path) -> str:
    """Read a script without its last part, which only a notebook calls."""
    return path.read_text(encoding="utf-8").partition("\nfunction render(")[0]


def _for_readers(notes: str) -> str:
    """Leave out what only helps in a notebook: lines of Python, and choices that the page does not have."""
    without = re.sub(r'<p class="sa-\w+">[^<]*(?:<code>[^<]*</code>[^<]*)+</p>', "", notes)
    return re.sub(r": choose “[^”]*” to see them", "", without)


def _closed(data: str) -> str:
    """Leave nothing in JSON that could end the script it stands in."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
