"""Growth curves, read from their artists: lines, colours, names and axes."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from drawn import row_names, words
from matplotlib.colors import to_hex
from matplotlib.text import Text

from shortimize_analytics import plots, schema
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots import theme


def curves(groups, *, ages=31, share=False):
    rows = [
        (name, age, size, value, value / 3, value * 3, value * 0.9, value * 1.1, 0)
        for name, size in groups.items()
        for age in range(ages)
        for value in [(age + 1) / ages if share else 1000.0 * size * (age + 1) ** 0.5]
    ]
    return schema.conform(pd.DataFrame(rows, columns=schema.GROWTH_CURVES.names), schema.GROWTH_CURVES)


def test_alt_text_of_shares_says_when_half_was_reached_and_of_views_where_they_end():
    assert "TikTok 52% at 15 days" in plots.alt_text(curves({"tiktok": 9}, share=True), "growth_curves")
    assert "TikTok 50.1k at 30 days" in plots.alt_text(curves({"tiktok": 9}), "growth_curves")


def test_growth_draws_one_line_per_group_in_its_platforms_colour_and_names_it():
    ax = plots.plot_growth_curves(curves({"youtube": 20, "tiktok": 9}), value="views")
    solid = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert [to_hex(line.get_color()) for line in solid] == [
        theme.PLATFORM_COLOURS["tiktok"],
        theme.PLATFORM_COLOURS["youtube"],
    ]
    assert sorted(words(ax)) == ["TikTok", "YouTube"]
    assert ax.get_yscale() == "log"


def test_growth_is_dotted_where_fewer_than_five_videos_are_behind_it():
    ax = plots.plot_growth_curves(curves({"tiktok": 4}), value="views")
    solid = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert np.isnan(solid[0].get_ydata()).all()
    assert len([line for line in ax.lines if line.get_linestyle() == ":"]) == 1


def test_growth_keeps_the_groups_with_the_most_videos_and_says_how_many_there_were():
    groups = {f"account{i}": 5 + i for i in range(9)}
    ax = plots.plot_growth_curves(curves(groups), value="views", max_groups=3)
    assert "3 of 9 groups, those with the most videos" in words(ax)
    assert {"account8", "account7", "account6"} < set(words(ax))


def test_names_of_lines_that_end_together_stand_in_the_order_of_the_lines_below_the_top():
    rows = curves(dict.fromkeys(("a", "b", "c", "d"), 9), share=True)
    lower = {"a": 0.4, "b": 0.9, "c": 0.6, "d": 0.8}
    rows["median_value"] = rows["median_value"] ** rows["group"].map(lower)
    ax = plots.plot_growth_curves(rows)
    with theme.style():
        ax.figure.canvas.draw()
        middle = {text.get_text(): np.mean(Text.get_window_extent(text).intervaly) for text in ax.texts}
    assert sorted(middle, key=middle.get) == ["b", "d", "c", "a"]
    assert max(middle.values()) <= ax.transAxes.transform((0, 1))[1] + 1


def test_names_of_lines_that_end_together_do_not_touch():
    rows = curves(dict.fromkeys(("a", "b", "c", "d"), 9))
    ax = plots.plot_growth_curves(rows, value="views")
    with theme.style():
        ax.figure.canvas.draw()
        boxes = sorted(tuple(Text.get_window_extent(text).intervaly) for text in ax.texts)
    assert all(later[0] >= earlier[1] - 1 for earlier, later in pairwise(boxes))


def test_shares_run_from_zero_to_one_hundred_percent():
    ax = plots.plot_growth_curves(curves({"tiktok": 9}, share=True))
    assert row_names(ax) == ["0%", "25%", "50%", "75%", "100%"]


def test_a_single_age_is_a_point():
    ax = plots.plot_growth_curves(curves({"tiktok": 9}, ages=1), value="views")
    assert "o" in [line.get_marker() for line in ax.lines]


def test_an_unknown_value_of_curves_is_refused():
    with pytest.raises(InvalidParameterError, match="value='likes'"):
        plots.plot_growth_curves(curves({"tiktok": 9}), value="likes")
