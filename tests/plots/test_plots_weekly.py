"""The pictures of a week: waterfall, series and movers, read from their artists."""

import pandas as pd
import pytest
from drawn import words
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.text import Text
from plot_frames import frame
from plot_rows import movers

from shortimize_analytics import plots, schema
from shortimize_analytics.plots import theme


def series(gained, *, partial=()):
    rows = len(gained)
    return frame(
        schema.WEEKLY_SERIES,
        rows,
        start=pd.date_range("2025-12-29", periods=rows, freq="7D"),
        end=pd.date_range("2026-01-04", periods=rows, freq="7D"),
        views_gained=gained,
        new_views=[value // 4 for value in gained],
        back_views=[value - value // 4 + 10 for value in gained],
        corrections=[-10] * rows,
        n_uploads=[3] * rows,
        partial=[i in partial for i in range(rows)],
    )


WATERFALL = pd.DataFrame(
    {"step": ["Last week", "New uploads: number", "Back catalogue", "This week"], "views": [900, 300, -450, 750]}
)


def test_the_waterfall_stands_on_its_steps_and_ends_at_the_last_level():
    bars = plots.plot_waterfall(WATERFALL).patches
    spans = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars]
    assert spans == [(0, 900), (900, 1200), (1200, 750), (0, 750)]
    assert [to_hex(bar.get_facecolor()) for bar in bars] == [theme.INK, theme.ACCENT, theme.WARNING, theme.INK]


def test_the_waterfall_writes_signs_on_changes_and_none_on_levels():
    assert words(plots.plot_waterfall(WATERFALL))[:4] == ["900", "+300", "−450", "750"]


def test_a_waterfall_below_zero_stays_inside_its_axes():
    steps = WATERFALL.assign(views=[100, -300, 50, -150])
    ax = plots.plot_waterfall(steps)
    low, high = ax.get_ylim()
    assert low < -200
    assert high > 100


def test_weeks_stack_new_on_back_and_corrections_hang_below_zero():
    frame_ = series([100, 200])
    bars = plots.plot_weekly_series(frame_).patches
    assert [(bar.get_y(), bar.get_height()) for bar in bars[3:]] == [(0, 160), (160, 50), (0, -10)]


def test_a_partial_week_is_faint_and_starred():
    ax = plots.plot_weekly_series(series([100, 200], partial=(1,)))
    assert [bar.get_alpha() for bar in ax.patches] == [1, 1, 1, 0.45, 0.45, 0.45]
    assert {"100", "200*", "* not covered whole by the history"} <= set(words(ax))


@given(st.lists(st.integers(1_000, 2_000), min_size=1, max_size=9), st.integers(1_000, 2_000))
@settings(max_examples=15)
def test_no_number_on_a_bar_is_crossed_by_the_reference(gained, reference):
    ax = plots.plot_weekly_series(series(gained), reference=reference)
    ax.figure.canvas.draw()
    height = ax.transData.transform((0, reference))[1]
    numbers = [text for text in ax.texts if text.get_text() in {theme.short_number(value) for value in gained}]
    spans = [Text.get_window_extent(text).intervaly for text in numbers]
    plt.close(ax.figure)
    assert len(spans) >= len(gained)
    assert not [span for span in spans if span[0] < height < span[1]]


@pytest.mark.parametrize("reference", range(900, 2_300, 100))
def test_no_name_of_a_part_is_crossed_by_the_reference(reference):
    frame_ = series([1_000, 2_000]).assign(new_views=pd.array([300, 1_200], dtype="Int64"),
                                           back_views=pd.array([700, 800], dtype="Int64"))  # fmt: skip
    ax = plots.plot_weekly_series(frame_, reference=reference)
    ax.figure.canvas.draw()
    height = ax.transData.transform((0, reference))[1]
    spans = [Text.get_window_extent(text).intervaly for text in ax.texts if text.get_text() in {"new", "back"}]
    plt.close(ax.figure)
    assert len(spans) == 2
    assert not [span for span in spans if span[0] < height < span[1]]


def test_the_reference_is_drawn_only_when_it_is_given():
    assert "median 150" in words(plots.plot_weekly_series(series([100, 200]), reference=150))
    assert not [word for word in words(plots.plot_weekly_series(series([100, 200]))) if "median" in word]


def test_movers_are_bars_of_their_gain_with_new_uploads_marked():
    ax = plots.plot_movers(movers([600, 300, 100], new=(1,)))
    assert [bar.get_width() for bar in ax.patches] == [600, 300, 100]
    blue, pale = theme.ACCENT, theme.ACCENT_SOFT
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [pale, blue, pale]
    assert words(ax)[:6] == ["600", "60%", "300", "30%", "100", "10%"]


def test_videos_that_lost_views_are_no_movers_and_a_cap_says_its_count():
    ax = plots.plot_movers(movers([9, 8, 7, -5]), top=2)
    assert len(ax.patches) == 2
    assert "2 of 3 videos that gained views" in words(ax)
