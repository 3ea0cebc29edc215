"""When the explorer draws: once for many changes, and slow analyses after saying so."""

import asyncio
import threading
from dataclasses import replace

import pytest
from explorers import DAYS, DEMO, FEW, PNG, image, open_tab, shown

import shortimize_analytics as sa
from shortimize_analytics.explorer.redraw import Redraw
from shortimize_analytics.plots.theme import style

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")


def test_only_the_tab_in_sight_is_drawn_and_none_keeps_an_old_picture():
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, "Outliers")
    outliers = explorer._panel
    assert bytes(outliers.picture.png).startswith(PNG)
    open_tab(explorer, "Overview")
    explorer.controls.by_name["platform"].value = ("tiktok",)
    assert outliers.picture.png == b""
    assert all(not one.picture.png for one in explorer.panels if one is not explorer._panel)


def test_twenty_fast_changes_are_drawn_once_or_twice():
    async def storm():
        explorer = sa.explore(DEMO.videos)
        while explorer._redraw.pending:
            await asyncio.sleep(0.01)
        before = explorer._redraw.runs
        for index in range(1, 20):
            explorer.controls.by_name["views"].index = (index, 20)
            assert "sa-stale" in explorer.box._dom_classes
            await asyncio.sleep(0.002)
        while explorer._redraw.pending:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # time for requests that nobody took back
        assert "sa-stale" not in explorer.box._dom_classes
        return explorer._redraw.runs - before, explorer.filter.views_min

    drawn, views = asyncio.run(storm())
    assert 1 <= drawn <= 2
    assert views == 100_000_000


def test_a_request_that_waits_is_served_by_flush_and_forgotten_by_cancel():
    async def run():
        calls = []
        redraw = Redraw(lambda: calls.append(1), delay=30)
        redraw.ask()
        redraw.ask()
        assert redraw.pending
        assert not calls
        redraw.flush()
        redraw.flush()
        redraw.ask()
        redraw.cancel()
        return calls, redraw.pending

    assert asyncio.run(run()) == ([1], False)


def test_the_first_request_after_a_rest_waits_for_nobody_and_the_next_for_the_storm():
    async def run():
        calls = []
        redraw = Redraw(lambda: calls.append(1), delay=30)
        redraw.ask()
        redraw.ask()  # of the same moment
        await asyncio.sleep(0.01)
        first = len(calls), redraw.pending
        redraw.ask()
        await asyncio.sleep(0.01)
        return first, (len(calls), redraw.pending)

    assert asyncio.run(run()) == ((1, False), (1, True))


def test_an_analysis_of_seconds_says_so_before_it_begins():
    async def run():
        explorer = sa.explore(FEW, DAYS)
        explorer.flush()
        explorer.tabs.selected_index = 1
        explorer._redraw.flush()
        waiting = shown(explorer), image(explorer)
        explorer.tabs.selected_index = 0  # the user does not wait
        explorer._redraw.flush()
        cancelled = explorer._later.pending
        explorer.tabs.selected_index = 1
        explorer.flush()
        return waiting, cancelled, image(explorer)

    (text, png), pending, drawn = asyncio.run(run())
    assert "computing" in text
    assert png == b""
    assert not pending
    assert drawn.startswith(PNG)


def test_going_back_to_a_filter_draws_nothing_again():
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, "Labels")
    first = image(explorer)
    open_tab(explorer, "Overview")
    drawn = explorer._later.runs
    open_tab(explorer, "Labels")
    assert image(explorer) == first
    assert explorer._later.runs == drawn


def test_the_table_says_that_scores_are_computed_before_they_are():
    async def run():
        explorer = sa.explore(FEW, DAYS)
        explorer.tabs.selected_index = explorer.tabs.titles.index("Videos")
        explorer._redraw.flush()
        waiting = explorer.table.note.value, explorer.table.holder.children
        explorer.flush()
        explorer.tabs.selected_index = 0
        explorer.controls.by_name["search"].value = "#fyp"
        explorer.flush()
        explorer.tabs.selected_index = explorer.tabs.titles.index("Videos")
        explorer._redraw.flush()  # the scores are known by now
        return waiting, explorer.table.grid.shown["total"], len(explorer.frame), explorer._later.pending

    (said, children), total, chosen, pending = asyncio.run(run())
    assert "computing" in said
    assert children == ()
    assert total == chosen > 0
    assert not pending


def test_a_cell_waits_for_the_drawing_of_another_thread():
    began, go_on, seen = threading.Event(), threading.Event(), []

    def draw():
        began.set()
        go_on.wait(30)
        seen.append("drawn")

    def cell():
        redraw.flush()
        seen.append("read")

    redraw = Redraw(draw)
    browser, reader = threading.Thread(target=redraw.now), threading.Thread(target=cell)
    browser.start()
    began.wait(30)
    reader.start()
    reader.join(0.2)
    assert seen == []
    go_on.set()
    reader.join(30)
    browser.join(30)
    assert seen == ["drawn", "read"]


def test_a_cell_that_draws_may_read_an_explorer_that_wants_to_draw():
    styled, drawing, seen = threading.Event(), threading.Event(), []

    def draw():
        drawing.set()
        with style():
            seen.append("drawn")

    def cell():
        with style():
            styled.set()
            drawing.wait(0.2)  # in vain: a drawing begins after the cell's own
            redraw.flush()
            seen.append("read")

    redraw = Redraw(draw)
    reader = threading.Thread(target=cell, daemon=True)
    reader.start()
    styled.wait(30)
    browser = threading.Thread(target=redraw.now, daemon=True)
    browser.start()
    reader.join(10)
    browser.join(10)
    assert seen == ["read", "drawn"]


def test_a_drawing_is_not_kept_for_what_a_dropdown_says_by_then():
    async def run():
        explorer = sa.explore(FEW, DAYS)
        explorer.tabs.selected_index = 1
        panel = explorer._panel
        lines = panel.options["Lines"]
        first, second = lines.options[:2]
        whole = panel.view

        def draw(selection):
            lines.value = second
            return whole.draw(selection)

        panel.view = replace(whole, draw=draw)
        explorer._redraw.flush()
        explorer._later.flush()
        panel.view = whole
        between = image(explorer)
        explorer.flush()
        return first, between, lines.value, image(explorer)

    first, between, second, png = asyncio.run(run())
    assert first != second
    assert png != between
    assert png.startswith(PNG)
