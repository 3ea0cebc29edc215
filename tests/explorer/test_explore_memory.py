"""What an explorer remembers when its kernel starts anew, and what it does with a file it cannot read."""

import json

import pytest
from explorers import FEW, open_tab

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.explorer.memory import KEPT, Memory, Settings

LEFT = VideoFilter(search="#fyp", uploaded_start="2026-06-01", views_min=100)


@pytest.fixture
def client(monkeypatch, tmp_path):
    """A user in a notebook."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/weekly.ipynb")
    with sa.connect(demo=True) as made:
        yield made


def explore(client, **more):
    return sa.explore(FEW, client=client, **more)


def leave(client):
    explorer = explore(client)
    assert KEPT not in explorer.fresh.value
    explorer.choose(LEFT)
    open_tab(explorer, "Compare two")
    explorer._panel.options["Compare"].value = "upload months"
    explorer.flush()
    third = explorer._panel.options["First"].options[2][1]
    explorer._panel.options["First"].value = third
    explorer.flush()
    open_tab(explorer, "Outliers")
    explorer._panel.options["Show"].value = "every video"
    explorer.flush()
    explorer.table.turn(explorer.table.order._replace(by="mult", ascending=True), 0)
    explorer.flush()
    (path,) = (client.settings.profile_dir / "explorer").iterdir()
    return path, third


def test_a_kernel_that_starts_anew_shows_filter_tab_dropdowns_and_order_as_they_were_left(client, monkeypatch):
    path, third = leave(client)
    again = explore(client)
    assert again.filter == LEFT
    assert again.tabs.titles[again.tabs.selected_index] == "Outliers"
    assert again._panel.values() == {"Show": "every video"}
    assert again._panel.picture.png
    assert again.table.order == ("mult", True)
    compare = next(panel for panel in again.panels if panel.view.name == "compare")
    assert compare.values()["First"] == third
    assert KEPT in again.fresh.value
    assert "uploaded from 2026-06-01" in str(again.chips.shown)
    assert explore(client, only=VideoFilter(search="a")).filter == VideoFilter(
        search="a"
    )  # what code asks for goes first
    assert explore(None).filter == VideoFilter()
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/other.ipynb")
    assert explore(client).filter == VideoFilter()
    monkeypatch.delenv("JPY_SESSION_NAME")  # a notebook that runs by itself shows what its code says
    assert explore(client).filter == VideoFilter()
    assert client.settings.profile_dir in path.parents
    assert (
        sa.storage_info(client.settings.data_dir)["files"].sum() == 0
    )  # no archive, no cache: nothing else was written


def test_an_odd_or_old_file_is_left_out_with_a_sentence_and_replaced(client):
    Memory(client).keep(Settings(LEFT))
    (path,) = (client.settings.profile_dir / "explorer").iterdir()
    assert Memory(client).settings == Settings(LEFT)
    chosen = {"views_min": "x"}
    odd = ["", "[]", '{"version": 0}', "\x00", {"version": 1, "chosen": chosen}, {"version": 1, "soon": 3}]
    for written in [*odd, {"version": 1, "chosen": {}, "options": [1]}]:
        path.write_text(written if isinstance(written, str) else json.dumps(written))
        found = Memory(client)
        assert found.settings is None, written
        assert "The settings of last time were left out" in found.said
    again = explore(client)
    assert "The settings of last time were left out" in again.fresh.value
    assert again.filter == VideoFilter()
    again.choose(LEFT)
    assert Memory(client).settings.chosen == LEFT


def test_tabs_dropdowns_and_orders_that_are_gone_are_forgotten(client):
    explorer = explore(client)
    explorer.choose(LEFT)
    (path,) = (client.settings.profile_dir / "explorer").iterdir()
    kept = json.loads(path.read_text()) | {
        "tab": "Gone",
        "by": "gone",
        "options": {"overview": {"Show": "gone"}, "x": {}},
    }
    path.write_text(json.dumps(kept))
    again = explore(client)
    assert again.tabs.selected_index == 0
    assert again.table.order == ("views", False)
    assert again._panel.values() == {"Show": "views and uploads"}


def test_a_data_folder_that_refuses_is_said_once_and_stops_nothing(client):
    explorer = explore(client)
    folder = client.settings.profile_dir / "explorer"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file in the way")
    explorer.choose(LEFT)
    explorer.choose(VideoFilter())
    assert explorer.fresh.value.count("Filters cannot be kept for next time") == 1
    assert explorer.filter == VideoFilter()
