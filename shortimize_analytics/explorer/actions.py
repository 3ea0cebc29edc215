"""The buttons below the tabs: code, files, the weekly PDF, and fresh data.

Files go into one folder and replace those of the same name; the message shows where they are.
"""

import asyncio
import threading
import warnings
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any, Protocol, get_args

import ipywidgets as w
import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.contract import LIST_ACCOUNT_VIDEOS, LIST_VIDEOS
from shortimize_analytics.errors import (
    AuthenticationError,
    InvalidParameterError,
    ReportError,
    ShortimizeError,
    collect_warnings,
)
from shortimize_analytics.loading.history import load_history
from shortimize_analytics.loading.videos import load_account_videos, load_videos
from shortimize_analytics.store.export import write_frame
from shortimize_analytics.store.files import replacing

from .controls import Controls
from .copy_code import CodeBox
from .redraw import running_loop
from .selection import Selection
from .table import BY_VIEWS, MoneyOrder, Order

FOLDER = "shortimize-export"
LOOK_EVERY = 0.3
"""Seconds between two looks at how far a refresh is."""


class Explored(Protocol):
    """What the buttons ask of the explorer that they stand below."""

    client: Client | None
    controls: Controls
    selection: Selection

    @property
    def filter(self) -> VideoFilter:
        """The filter that the controls show."""

    @property
    def frame(self) -> pd.DataFrame:
        """The chosen videos."""

    def listed(self) -> pd.DataFrame:
        """Return the table of the chosen videos."""

    def write_page(self, path: str | Path) -> Path:
        """Write one self-contained page."""

    def flush(self) -> None:
        """Draw at once what waits to be drawn."""

    def current_picture(self) -> tuple[str, bytes]:
        """Return the name and the PNG of the chart in sight."""

    def replace(self, videos: pd.DataFrame, history: pd.DataFrame | None, *, start: VideoFilter) -> None:
        """Explore other data."""

    def tell(self, notes: Iterable[str]) -> None:
        """Show what was said while the data were loaded."""


class Actions:
    """Buttons and their messages.

    Parameters
    ----------
    explorer
        Whose selection they work on.
    """

    def __init__(self, explorer: Explored) -> None:
        self._explorer = explorer
        self.code = CodeBox()
        style = {"description_width": "initial"}
        self.folder = w.Text(value=FOLDER, description="Folder", style=style, layout=w.Layout(width="260px"))
        self.folder.add_class("sa-folder")
        self.message = w.HTML()
        self.message.add_class("sa-message")
        self.progress = w.IntProgress(description="Requests", layout=w.Layout(width="420px", display="none"))
        self.progress.add_class("sa-progress")
        self.buttons = {
            "csv": self._button("Export CSV", "sa-export-csv", work=lambda: self.export(".csv")),
            "parquet": self._button("Export Parquet", "sa-export-parquet", work=lambda: self.export(".parquet")),
            "xlsx": self._button("Export Excel", "sa-export-xlsx", work=lambda: self.export(".xlsx")),
            "page": self._button("Share as page", "sa-share", work=self.share),
            "png": self._button("Save picture", "sa-export-png", work=self.save_picture),
            "pdf": self._button("Weekly PDF", "sa-weekly-pdf", work=self.make_report),
            "refresh": self._button("Refresh data", "sa-refresh", work=self.refresh),
        }
        if explorer.client is None:
            self.buttons["refresh"].disabled = True
            self.buttons["refresh"].tooltip = "Pass the client: sa.explore(videos, history, client=client)"
        row = w.Box([*self.buttons.values(), self.folder], layout=w.Layout(flex_flow="row wrap", grid_gap="4px 6px"))
        self.box = w.VBox([row, self.progress, self.message, self.code])
        self.box.add_class("sa-actions")

    def follow(self, selection: Selection | None, *, order: Order = BY_VIEWS) -> None:
        """Keep the code of the view up to date; there is none while the controls contradict each other."""
        if selection is None:
            self.code.code = ""
            return
        stock = selection.stock
        given = ["videos", *(["history"] if stock.history is not None else []), "only=chosen"]
        lines = [selection.chosen.to_code(stock.original)]
        if stock.history is not None:
            lines.append("history = sa.load_history(client, videos)")
        money = order.by in get_args(MoneyOrder)
        given += [f"sort_by={order.by!r}"] * (not money) + ["ascending=True"] * (order.ascending and not money)
        lines.append(f"table = sa.video_table({', '.join(given)})")
        if stock.money:
            asked = [f"{name}={name}" for name, value in stock.money._asdict().items() if value is not None]
            both = ", ".join(["videos", *(["history"] if stock.history is not None else []), *asked])
            lines.append(f'table = table.merge(sa.video_money({both}), on="ad_id", how="left")')
        if money:
            lines.append(f"table = table.sort_values({order.by!r}, ascending={order.ascending}, kind='stable')")
        self.code.code = "\n".join(lines)

    def clear(self) -> None:
        """Take away a message about a filter that is no longer the one above it."""
        self.message.value = ""

    def export(self, ending: str) -> None:
        """Write the table of the chosen videos, with all its pages and in its order, to a file."""

        def write() -> str:
            self._need_videos()
            return self._written(write_frame(self._explorer.listed(), self._path(f"videos{ending}")))

        self._attempt(write)

    def _need_videos(self) -> None:
        """Refuse to write nothing: an empty file would only replace the last one."""
        if self._explorer.frame.empty:
            raise ReportError("No video is chosen, so no file was written. Loosen the filters first.")

    def share(self) -> None:
        """Write one page that needs no Python."""

        def write() -> str:
            path = self._explorer.write_page(self._path("explorer.html"))
            return f"{self._written(path)} ({path.stat().st_size / 1e6:.1f} MB; it opens from disk, on a phone too)"

        self._attempt(write)

    def save_picture(self) -> None:
        """Write the picture of the tab in sight to a file."""

        def write() -> str:
            self._explorer.flush()
            _ = self._explorer.filter
            name, png = self._explorer.current_picture()
            if not png:
                raise ReportError("This tab has no picture. Open one with a chart.")
            path = self._path(f"{name}.png")
            try:
                with replacing(path) as scrap:
                    scrap.write_bytes(png)
            except OSError as error:
                raise ReportError(f"{path} cannot be written ({error.strerror or error})") from error
            return self._written(path)

        self._attempt(write)

    def make_report(self) -> None:
        """Write the weekly PDF of the chosen videos."""
        self._attempt(self._report)

    def _report(self) -> str:
        # a tenth of an explorer's imports, for a button
        from shortimize_analytics.report.compose import compose_report
        from shortimize_analytics.report.write import write_report

        path, stock = self._path("weekly-report.pdf"), self._explorer.selection.stock
        if stock.history is None:
            raise ReportError("the weekly report needs the daily history: sa.explore(videos, history, client=client)")
        self._need_videos()
        self.say("Writing the report…")
        report = compose_report(stock.original, stock.history, only=self._explorer.filter)
        return self._written(write_report(report, path)[0])

    def refresh(self) -> None:
        """Ask the API again, in the background where there is an event loop to report to."""
        client = self._explorer.client
        if client is None:
            self.say("There is no client to ask: sa.explore(videos, history, client=client).", trouble=True)
            return
        try:
            _ = self._explorer.filter
        except InvalidParameterError as error:
            self.say(str(error), trouble=True)
            return
        work = _Refresh(client, self._explorer.selection.stock.original, self._explorer.selection.stock.history)
        self._explorer.controls.enable(on=False)
        self._enable(on=False)
        self.say("Loading…")
        loop = running_loop()
        if loop is None:
            work.run()
            self._refreshed(work)
            return
        thread = threading.Thread(target=work.run, name="shortimize-refresh", daemon=True)
        thread.start()
        self._watch(work, thread, loop)

    def _watch(self, work: "_Refresh", thread: threading.Thread, loop: asyncio.AbstractEventLoop) -> None:
        if thread.is_alive():
            self.progress.max, self.progress.value = max(work.most, 1), min(work.answers(), work.most)
            self.progress.layout.display = None
            self.say(f"{work.doing}: {work.answers():,} answers so far.")
            loop.call_later(LOOK_EVERY, self._watch, work, thread, loop)
        else:
            self._refreshed(work)

    def _refreshed(self, work: "_Refresh") -> None:
        self.progress.layout.display = "none"
        self._explorer.controls.enable(on=True)
        self._enable(on=True)
        if work.videos is not None:
            self._explorer.replace(work.videos, work.history, start=self._explorer.filter)
            self._explorer.tell(work.heard)
            self.say(
                f"Loaded {len(work.videos):,} videos, as of {work.videos.attrs['as_of'][:16].replace('T', ' ')} UTC."
            )
        elif isinstance(work.error, AuthenticationError):
            self.say(
                f"{work.error} The figures are still those of the last load. Create a key in your Shortimize account, "
                "set SHORTIMIZE_API_KEY, and connect again.",
                trouble=True,
            )
        else:
            reason = work.error or "an unexpected error, see the log"
            self.say(f"{reason} The figures are still those of the last load.", trouble=True)

    def say(self, text: str, *, trouble: bool = False) -> None:
        """Show a message."""
        role, kind = ("alert", "sa-trouble") if trouble else ("status", "sa-note")
        self.message.value = f'<p role="{role}" class="{kind}">{escape(text)}</p>'

    def _attempt(self, work: Callable[[], str]) -> None:
        self.say("Writing…")  # else what was written last stands there meanwhile
        try:
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                told = work()
            self.say(" ".join([told, *(str(one.message) for one in heard[:3])]))
        except ShortimizeError as error:
            self.say(str(error), trouble=True)

    def _path(self, name: str) -> Path:
        return Path(self.folder.value.strip() or FOLDER).expanduser().absolute() / name

    def _written(self, path: Path) -> str:
        return f"Written: {path}"

    def _enable(self, *, on: bool) -> None:
        for button in self.buttons.values():
            button.disabled = not on

    def _button(self, text: str, css: str, *, work: Callable[[], None]) -> Any:
        button = w.Button(description=text, layout=w.Layout(width="auto"))
        button.add_class(css)
        button.on_click(lambda _: work())
        return button


class _Refresh:
    """A load in progress, and how far it is."""

    def __init__(self, client: Client, videos: pd.DataFrame, history: pd.DataFrame | None) -> None:
        self._client, self._with_history = client, history is not None
        self._attrs = videos.attrs
        self._before = client.requests_sent + client.cache_hits
        self._fresh = client.refreshing()
        self.doing, self.most = "Loading videos", len(videos)
        self.videos: pd.DataFrame | None = None
        self.history: pd.DataFrame | None = None
        self.heard: list[str] = []
        self.error: ShortimizeError | None = None

    def answers(self) -> int:
        """Return how many answers arrived."""
        every = (self._client, self._fresh)
        return sum(one.requests_sent + one.cache_hits for one in every) - self._before

    def run(self) -> None:
        """Load; what goes wrong is kept for the message."""
        with collect_warnings() as self.heard:
            try:
                with self._fresh:
                    videos = self._videos()
                self.doing, self.most = "Loading histories", len(videos)
                self.history = load_history(self._client, videos, progress=False) if self._with_history else None
                self.videos = videos
            except ShortimizeError as error:
                self.error = error

    def _videos(self) -> pd.DataFrame:
        """Load what the frame was loaded with; a frame that does not say gets all videos."""
        asked = dict(self._attrs.get("params", {}))
        if self._attrs.get("endpoint") == str(LIST_ACCOUNT_VIDEOS):
            return load_account_videos(self._fresh, asked.pop("account"), **asked, progress=False)
        asked = asked if self._attrs.get("endpoint") == str(LIST_VIDEOS) else {}
        return load_videos(self._fresh, **asked, progress=False)
