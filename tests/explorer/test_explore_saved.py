"""What an explorer leaves where nobody looks at it in a browser: in a notebook that was run, saved or exported."""

import asyncio
import base64

import pytest
from explorers import DAYS, FEW, PNG, SMALL, open_tab
from ipywidgets.embed import dependency_state

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")


def test_a_notebook_run_without_a_browser_keeps_a_drawn_explorer():
    """There the event loop runs, and ends with the cell: what was put off would say “updating…” for ever."""

    async def cell():
        return sa.explore(FEW, DAYS)

    explorer = asyncio.run(cell())
    saved = str(dependency_state(explorer.box, drop_defaults=False))
    assert f"{len(FEW)} of {len(FEW)} videos" in saved
    assert "updating" not in saved
    assert "computing" not in saved
    assert "sa-stale" not in explorer.box._dom_classes
    assert bytes(explorer.panels[0].picture.png).startswith(PNG)
    undrawn = [*(one.head.value for one in explorer.panels[1:]), explorer.table.note.value]
    assert all("Run the notebook to see this." in one for one in undrawn)


def test_a_sentence_and_the_first_picture_stand_in_for_the_widget():
    explorer = sa.explore(FEW, DAYS, only=VideoFilter(search="#fyp"))
    found = explorer._repr_mimebundle_()
    assert base64.b64decode(found["image/png"]) == explorer.panels[0].drawn.png
    few = len(VideoFilter(search="#fyp").apply(FEW))
    assert found["text/plain"].startswith(f"Explorer of {few} of {len(FEW)} videos. Run this cell in JupyterLab")
    assert found["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.box.model_id
    nothing = sa.explore(FEW, DAYS, only=VideoFilter(search="nobody wrote this"))._repr_mimebundle_()
    assert "image/png" not in nothing
    assert nothing["text/plain"].startswith(f"Explorer of 0 of {len(FEW)} videos.")


def test_no_tab_out_of_sight_keeps_what_belongs_to_another_filter():
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, "Videos")
    explorer.table.pick(explorer.table.grid.shown["rows"][1]["id"])
    open_tab(explorer, "Overview")
    assert explorer.table.holder.children  # the same filter: going back is instant
    explorer.choose(VideoFilter(search="#fyp"))
    assert explorer.table.holder.children == ()
    assert explorer.table.picture.png == b""
    assert "Run the notebook to see this." in explorer.table.note.value
    open_tab(explorer, "Videos")
    assert explorer.table.grid.shown["total"] == len(explorer.frame)


def test_the_browser_is_told_what_the_dropdowns_said_when_it_was_drawn():
    explorer = sa.explore(FEW, DAYS, only=SMALL)
    explorer.panels[0].options["Show"].value = "share of the best"
    assert explorer.connection.drawn == {"tab": "sa-tab-overview", "says": {"sa-option-show": "share of the best"}}
    open_tab(explorer, "Videos")
    assert explorer.connection.drawn == {"tab": "sa-tab-videos", "says": {}}
