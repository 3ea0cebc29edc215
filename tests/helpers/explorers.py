"""Explorers to drive: data to open them on, and what they show."""

import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.schema import HISTORY, VIDEOS, cast, empty
from shortimize_analytics.simulator import demo_organisation

DEMO = demo_organisation()

SMALL = VideoFilter(platform=["tiktok"])

FEW = SMALL.apply(DEMO.videos)
DAYS = DEMO.history[DEMO.history["ad_id"].isin(FEW["ad_id"])].reset_index(drop=True)

PNG = b"\x89PNG"
BAD = '<script>alert("1")</script> & <img src=x onerror=alert(1)>'


def shown(explorer):
    """Everything that stands in the tab in sight, as HTML."""
    panel = explorer.panels[0] if explorer.tabs.selected_index == 0 else explorer._panel
    if panel is None:
        return explorer.table.note.value + explorer.table.head.value + explorer.table.foot.value
    return panel.head.value + panel.foot.value


def image(explorer):
    return explorer._panel.picture.png


def open_tab(explorer, title):
    explorer.tabs.selected_index = explorer.tabs.titles.index(title)
    explorer.flush()


def few(*rows):
    base = {"platform": "tiktok", "username": "ann", "linked_account_id": "a", "uploaded_at": "2026-03-01"}
    base |= {"latest_updated_at": "2026-03-20T00:00:00Z", "created_at": "2026-03-01T00:00:00Z", "video_length": 9}
    return cast([base | {"ad_id": f"v{place}"} | row for place, row in enumerate(rows)], VIDEOS)[0]


def contradict(explorer):
    at = explorer.controls.by_name
    at["uploaded_end"].value = pd.Timestamp("2026-09-01").date()
    at["uploaded_start"].value = pd.Timestamp("2026-09-02").date()


CONTRADICTION = "“Uploaded from” (2026-09-02) is later than “Uploaded to” (2026-09-01)"


def nulls():
    return cast([{"ad_id": f"n{place}", "platform": None} for place in range(3)], VIDEOS)[0]


CASES = {
    "none": lambda: (empty(VIDEOS), empty(HISTORY)),
    "none, no history": lambda: (empty(VIDEOS), None),
    "one": lambda: (few({"latest_views": 9}), cast([{"ad_id": "v0", "date": "2026-03-02", "views": 5}], HISTORY)[0]),
    "nulls": lambda: (nulls(), empty(HISTORY)),
    "odd": lambda: (
        few(
            {"title": BAD, "username": BAD, "label_ids": ["1"], "label_names": [BAD], "ad_link": "javascript:alert(1)"},
            {"title": "$x$ _y_ \u202e", "latest_views": 4, "platform": "<b>"},
            {"title": "", "username": "", "latest_views": 0, "uploaded_at": None},
            {"title": "日本 🧑🏿‍🍳 هذا", "latest_views": 10**12},
        ),
        cast([{"ad_id": "v1", "date": f"2026-03-0{day}", "views": day} for day in range(1, 6)], HISTORY)[0],
    ),
    "columns": lambda: (DEMO.videos[["ad_id", "platform", "latest_views", "uploaded_at"]], None),
}


def everything(explorer):
    """All HTML that any part of the explorer shows."""
    found, queue = [], [explorer.box]
    while queue:
        one = queue.pop()
        queue += getattr(one, "children", ())
        if type(one).__name__ == "HTML":
            found.append(one.value)
    return "\n".join(found)
