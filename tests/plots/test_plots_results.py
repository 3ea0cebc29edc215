"""What the pictures of single results draw, read from their artists: positions, words, colours, counts."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from drawn import words
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from plot_frames import (
    brackets,
    data_quality,
    effects,
    forecasts,
    gain_shares,
    growth_curves,
    history,
    label_overlap,
    outliers,
    over_time,
)

from shortimize_analytics import plots, schema
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots import theme
from shortimize_analytics.plots.scales import _apart
from shortimize_analytics.plots.verdicts import group_verdict


def of_kind(ax, kind):
    return [drawn for drawn in ax.collections if isinstance(drawn, kind)]


def views(rows, **options):
    return over_time(schema.VIEWS_OVER_TIME, rows, **options)


def bars(ax):
    return [(bar.get_x() + bar.get_width() / 2, bar.get_y(), bar.get_height()) for bar in ax.patches]


def test_views_stack_new_uploads_on_older_videos_with_corrections_below():
    made = views(3)
    drawn = bars(plots.plot_views_over_time(made))
    older, new, fixed = drawn[:3], drawn[3:6], drawn[6:]
    assert [height for _, _, height in older] == made["back_views"].tolist()
    assert [bottom for _, bottom, _ in new] == made["back_views"].tolist()
    assert [height for _, _, height in new] == made["new_views"].tolist()
    assert [height for _, _, height in fixed] == made["corrections"].tolist()


def test_a_bar_stands_in_the_middle_of_its_days():
    x, _, _ = bars(plots.plot_views_over_time(views(3)))[0]
    assert x == pd.Timestamp("1990-01-01").toordinal() - pd.Timestamp("1970-01-01").toordinal() + 3.5


def test_only_partial_stretches_are_faint_and_that_is_said():
    ax = plots.plot_uploads_over_time(over_time(schema.UPLOADS_OVER_TIME, 4))
    assert [bar.get_alpha() for bar in ax.patches[:4]] == [0.45, None, None, 0.45]
    assert "faint: not covered whole" in words(ax)


def test_uploads_show_photos_on_top_of_videos_only_where_there_are_any():
    made = over_time(schema.UPLOADS_OVER_TIME, 3)
    drawn = bars(plots.plot_uploads_over_time(made))
    assert [bottom + height for _, bottom, height in drawn[3:]] == made["n_uploads"].tolist()
    assert len(bars(plots.plot_uploads_over_time(made.assign(n_photos=0)))) == 3


def test_many_stretches_are_one_area_per_part_and_a_missing_one_stays_empty():
    made = views(200)
    made = made[made.index != 50]
    ax = plots.plot_views_over_time(made)
    assert len(ax.patches) == 3
    start = (pd.Timestamp("1990-01-01") + pd.Timedelta(weeks=50) - pd.Timestamp("1970-01-01")).days
    path = ax.patches[0].get_path().vertices
    assert not ((path[:, 0] > start) & (path[:, 0] < start + 7)).any()


def test_groups_over_time_are_lines_in_their_platforms_colour_with_gaps_left_open():
    made = over_time(schema.VIEWS_OVER_TIME, 8, groups=2).replace(
        {"group": {"group 0": "tiktok", "group 1": "youtube"}}
    )
    made.loc[2, "views_gained"] = pd.NA
    ax = plots.plot_views_over_time(made)
    solid = {to_hex(line.get_color()): line.get_ydata() for line in ax.lines if line.get_linestyle() == "-"}
    tiktok = solid[theme.platform_colour("tiktok")]
    assert np.isnan(tiktok[[0, 2, 3]]).all()  # partial, missing, partial
    assert tiktok[1] == made["views_gained"][1]
    assert {"TikTok", "YouTube"} <= set(words(ax))


def test_the_groups_with_most_are_drawn_and_the_others_counted():
    ax = plots.plot_views_over_time(views(40, groups=10))
    assert "6 of 10 groups, those with the most views gained" in words(ax)


def test_dates_carry_their_year_once_and_months_their_name():
    ax = plots.plot_views_over_time(views(30))
    named = [tick.get_text() for tick in ax.get_xticklabels()]
    assert named[0] == "1 Jan\n1990"
    assert sum("1990" in name for name in named) == 1
    made = views(2).assign(
        start=pd.to_datetime(["2026-01-01", "2026-02-01"]), end=pd.to_datetime(["2026-01-31", "2026-02-28"])
    )
    ax = plots.plot_views_over_time(made)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["Jan\n2026", "Feb"]


def test_every_video_is_a_point_and_only_reliable_ones_are_filled():
    made = outliers(12)
    hollow, filled = of_kind(plots.plot_outlier_scatter(made), PathCollection)
    assert len(hollow.get_facecolors()) == 0
    sure = made[made["reliable"]]
    assert sorted(map(tuple, filled.get_offsets())) == sorted(zip(sure["views"], sure["mult"], strict=True))
    assert {to_hex(colour) for colour in filled.get_facecolors()} == {
        theme.platform_colour(name) for name in sure["platform"]
    }


def test_the_scatter_has_log_axes_and_lines_at_one_and_five():
    ax = plots.plot_outlier_scatter(outliers(12))
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert {line.get_ydata()[0] for line in ax.lines} == {1, 5}


def test_videos_that_cannot_stand_on_a_log_axis_are_counted():
    made = outliers(5)
    made.loc[0, "views"] = 0
    made.loc[1, "mult"] = pd.NA
    assert "3 videos; 2 without a score or views" in words(plots.plot_outlier_scatter(made))


def test_highlighted_videos_are_ringed_and_named_and_unknown_ones_ignored():
    ax = plots.plot_outlier_scatter(outliers(12), highlight=["v0", "v3", "gone"])
    assert len(of_kind(ax, PathCollection)[-1].get_offsets()) == 2
    assert {"@user 0 90x", "@user 3 9.1x"} <= set(words(ax))
    assert "@user 0 90x" in words(plots.plot_outlier_scatter(outliers(3), highlight="v0"))


def test_a_great_many_points_become_one_bitmap():
    assert all(drawn.get_rasterized() for drawn in of_kind(plots.plot_outlier_scatter(outliers(3000)), PathCollection))
    assert not any(drawn.get_rasterized() for drawn in of_kind(plots.plot_outlier_scatter(outliers(5)), PathCollection))


def test_brackets_are_bars_of_shares_with_intervals_in_their_order():
    made = brackets(7)
    ax = plots.plot_brackets(made.sample(frac=1, random_state=1))
    assert [bar.get_height() for bar in ax.patches] == made["share"].tolist()
    (strokes,) = of_kind(ax, LineCollection)
    drawn = [(segment[0, 1], segment[1, 1]) for segment in strokes.get_segments()]
    assert drawn == list(zip(made["lo"], made["hi"], strict=True))
    assert [tick.get_text() for tick in ax.get_xticklabels()][:2] == ["<1x", "1–5x"]
    assert words(ax)[:4] == ["60%", "n 60", "30%", "n 30"]


def test_brackets_of_groups_fill_a_row_each():
    ax = plots.plot_brackets(brackets(14))
    ends = {}
    for bar in ax.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends[row] = max(ends.get(row, 0), bar.get_x() + bar.get_width())
    assert ends == pytest.approx({0: 1.0, 1: 1.0})


def test_effects_keep_their_order_and_leave_out_what_has_too_few():
    made = effects(7)
    ax = plots.plot_duration_effect(made)
    (points,), (strokes,) = of_kind(ax, PathCollection), of_kind(ax, LineCollection)
    tested = made[made["ratio"].notna()]
    assert [tuple(xy) for xy in points.get_offsets()] == list(zip(tested.index, tested["ratio"], strict=True))
    np.testing.assert_allclose(
        [segment[:, 1] for segment in strokes.get_segments()], tested[["ratio_lo", "ratio_hi"]].astype(float)
    )
    colours = [to_hex(colour) for colour in points.get_facecolors()]
    assert colours[:3] == [theme.ACCENT, theme.UNRELIABLE, theme.WARNING]
    names = ax.get_xticklabels()
    assert names[4].get_color() == theme.UNRELIABLE
    assert names[3].get_color() == theme.INK
    said = ["clearly more views: label 0 2.0x (the best) and 2 more", "clearly fewer views: label 2 1.67x and 1 more"]
    assert {*said, "1 with too few videos"} <= {*words(ax)}
    assert "clearly more views: label 0 2.0x (the best), " in group_verdict(made, what="length")


def test_a_ratio_of_too_few_videos_is_not_drawn():
    made = effects(3)
    made["verdict"] = ["higher", "too few", "lower"]
    (points,) = of_kind(plots.plot_weekday_effect(made), PathCollection)
    assert [x for x, _ in points.get_offsets()] == [0, 2]


def test_a_best_group_is_only_named_where_it_is_clear_and_picture_and_alt_text_say_the_same():
    made = effects(3).assign(verdict="no clear difference")
    said = "no clear difference (3 weekdays compared)"
    assert made["optimum"].any()
    assert said in words(plots.plot_weekday_effect(made))
    assert plots.alt_text(made, "weekday_effect").endswith(f"; {said}.")


def test_overlap_is_a_triangle_with_the_numbers_of_both():
    made = label_overlap(3)
    ax = plots.plot_label_overlap(made)
    cells = np.ma.filled(ax.images[0].get_array().astype(float), np.nan)
    assert [cells[1, 0], cells[2, 0], cells[2, 1]] == pytest.approx(made["jaccard"].tolist())
    assert np.isnan(cells[0]).all()
    assert words(ax) == ["1", "2", "3"]


def test_labels_of_the_same_name_are_not_merged():
    ax = plots.plot_label_overlap(label_overlap(3).assign(label_a="same", label_b="same"))
    assert ax.images[0].get_array().shape == (3, 3)


def test_labels_beyond_the_cap_are_counted():
    ax = plots.plot_label_overlap(label_overlap(45), top=4)
    assert ax.images[0].get_array().shape == (4, 4)
    assert "4 of 10 labels" in ax.get_legend().get_texts()[0].get_text()


def test_the_pareto_curve_is_that_of_the_frame_with_its_mark_at_eighty_percent():
    made = gain_shares(40)
    ax = plots.plot_pareto(made)
    curve = ax.lines[0]
    assert list(curve.get_ydata()) == made["cum_share"].tolist()
    at = int((made["cum_share"] >= 0.8).to_numpy().argmax())
    assert words(ax) == [f"{at + 1} of 40 videos earned {theme.percent(made['cum_share'][at])}"]
    assert ax.get_xscale() == "log"


def test_gains_that_never_reach_eighty_percent_are_marked_at_their_end():
    ax = plots.plot_pareto(gain_shares(3).assign(cum_share=[0.1, 0.2, 0.3]))
    assert words(ax) == ["3 of 3 videos earned 30%"]
    assert 0.8 not in {line.get_ydata()[0] for line in ax.lines}


def test_cohorts_go_from_pale_to_dark_with_their_numbers():
    ax = plots.plot_cohort_curves(growth_curves(93, "2026-0"))
    solid = [to_hex(line.get_color()) for line in ax.lines if line.get_linestyle() == "-"]
    assert solid == theme.pale_to_dark(3)
    assert set(words(ax)) == {"2026-00, 5 videos", "2026-01, 6 videos", "2026-02, 7 videos"}


def test_the_newest_cohorts_are_kept():
    made = growth_curves(31 * 14, "")
    made["group"] = made["group"].str.zfill(2)
    ax = plots.plot_cohort_curves(made)
    assert "the newest 12 of 14 cohorts" in words(ax)
    assert not [word for word in words(ax) if word.startswith(("00,", "01,"))]


def solid_and_dotted(ax):
    solid = next(line for line in ax.lines if line.get_linestyle() == "-")
    dotted = next(line for line in ax.lines if line.get_linestyle() == ":")
    return solid, dotted


def test_a_videos_line_is_dotted_where_it_was_not_measured():
    made = history(12)
    ax = plots.plot_video(made)
    solid, dotted = solid_and_dotted(ax)
    assert list(dotted.get_ydata()) == made["views_raw"].tolist()
    known = {x for x, y in zip(solid.get_xdata(), solid.get_ydata(), strict=True) if not np.isnan(y)}
    assert known == set(range(12)) - {4, 5}
    assert "dotted: not measured that day" in words(ax)[-1]


def test_the_step_into_a_gap_is_dotted_although_its_end_was_counted():
    made = history(3)
    made["obs"] = pd.Categorical(["observed", "gap", "observed"], categories=made["obs"].cat.categories)
    solid, _ = solid_and_dotted(plots.plot_video(made))
    x, y = solid.get_xdata(), solid.get_ydata()
    steps = [(x[i], x[i + 1]) for i in range(len(x) - 1) if not np.isnan(y[i : i + 2]).any()]
    assert steps == [(1, 2)]


def test_corrections_are_triangles():
    ax = plots.plot_video(history(12))
    (marks,) = [line for line in ax.lines if line.get_marker() == "v"]
    assert list(marks.get_xdata()) == [7]
    assert to_hex(marks.get_color()) == theme.WARNING


def test_a_video_without_an_upload_day_is_drawn_from_its_first_count():
    ax = plots.plot_video(history(5).assign(age_days=pd.array([pd.NA] * 5, dtype="Int32")))
    assert list(ax.lines[0].get_xdata()) == [0, 1, 2, 3, 4]
    assert "upload day unknown" in ax.get_xlabel()


def test_a_forecast_ends_in_its_interval_and_says_it():
    ax = plots.plot_video(history(6), forecast=forecasts(3))
    ends = [line for line in ax.lines if list(line.get_xdata()) == [30, 30]]
    assert list(ends[0].get_ydata()) == [5_500_000, 15_000_000]
    assert {"7.5M at day 30"} < set(words(ax))
    assert "80 % interval 5.5M to 15M" in words(ax)[-1]


def test_a_forecast_of_other_videos_adds_nothing():
    assert words(plots.plot_video(history(4), forecast=forecasts(3).assign(ad_id="other"))) == []


def test_a_band_lies_behind_on_a_log_axis():
    band = growth_curves(31, "ann").assign(group="ann")
    band[["median_value", "lo", "hi"]] *= 1e5
    ax = plots.plot_video(history(12), curves=band)
    assert ax.get_yscale() == "log"
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["this video", "ann: median, middle 80 %"]


def test_several_videos_or_groups_at_once_are_refused():
    two = pd.concat([history(3), history(3).assign(ad_id="v1")])
    with pytest.raises(InvalidParameterError, match="2 videos: pass the rows of one ad_id"):
        plots.plot_video(two)
    with pytest.raises(InvalidParameterError, match="2 groups: pass the rows of one"):
        plots.plot_video(history(3), curves=growth_curves(62))


def test_raw_history_is_refused_by_naming_the_preparation():
    with pytest.raises(InvalidParameterError, match=r"sa\.prepare"):
        plots.plot_video(schema.empty(schema.HISTORY))


def test_fans_go_from_the_newest_count_to_the_interval_in_their_platforms_colour():
    made = forecasts(3)
    ax = plots.plot_forecast(made, top=2)
    fan = ax.collections[0]
    corners = {tuple(xy) for xy in fan.get_paths()[0].vertices.round(3)}
    assert {(1.0, 5e6), (30.0, 5.5e6), (30.0, 1.5e7)} <= corners
    assert to_rgba(fan.get_facecolor()[0])[:3] == to_rgba(theme.platform_colour("tiktok"))[:3]
    assert "2 of 3 videos with a forecast" in words(ax)
    assert words(ax)[-2] == "fan: 80 % interval, covered 79% in the backtest"


def test_platforms_of_fans_are_named_where_there_are_several():
    made = forecasts(3)
    legend = plots.plot_forecast(made).get_legend()
    named = dict(
        zip([text.get_text() for text in legend.get_texts()], [handle.get_color() for handle in legend.legend_handles],
            strict=True)
    )  # fmt: skip
    assert named == {
        "TikTok": theme.PLATFORM_COLOURS["tiktok"],
        "YouTube": theme.PLATFORM_COLOURS["youtube"],
        "unknown": theme.OTHER_COLOUR,
    }
    assert plots.plot_forecast(made, top=1).get_legend() is None


def test_fans_are_named_by_title_and_by_account_where_there_is_none():
    made = forecasts(2).assign(title=["これを見て", None])
    assert {"7.5M これを見て", "3.8M @user 1"} <= set(words(plots.plot_forecast(made)))


def test_the_way_so_far_ends_where_the_fan_begins():
    ax = plots.plot_forecast(forecasts(1), history=history(2))
    path = next(line for line in ax.lines if len(line.get_xdata()) == 3)
    assert (path.get_xdata()[-1], path.get_ydata()[-1]) == (1, 5_000_000)


def test_checks_are_bars_of_shares_and_those_that_met_nothing_are_grey():
    ax = plots.plot_data_quality(data_quality(3))
    assert [bar.get_width() for bar in ax.patches[3:]] == pytest.approx([0, 1 / 3, 2 / 3])
    assert words(ax)[:6] == ["0 videos", "0%", "1 video", "33%", "2 videos", "67%"]
    assert [text.get_color() for text in ax.texts[:6:2]] == [theme.UNRELIABLE, theme.INK, theme.INK]
    assert [tick.get_color() for tick in ax.get_yticklabels()] == [theme.UNRELIABLE, theme.INK, theme.INK]


def test_a_check_that_nobody_could_make_is_a_dash():
    made = data_quality(2)
    made.loc[0, ["n", "share"]] = pd.NA
    assert words(plots.plot_data_quality(made))[:2] == ["–", "–"]


@pytest.mark.parametrize(
    "heights", [[0.5], [0.1, 0.9], [0.5, 0.5, 0.5], [0.0, 0.0], [1.0, 1.0, 1.0], [0.98, 0.99, 0.2]]
)
def test_names_move_apart_as_little_as_possible_and_stay_beside_the_picture(heights):
    heights = np.sort(heights)
    placed = _apart(heights, 0.1)
    assert (np.diff(placed) >= 0.1 - 1e-9).all()
    assert placed.min() >= 0
    assert placed.max() <= 1
    if len(heights) < 2 or np.diff(heights).min() >= 0.1:
        assert placed == pytest.approx(heights)


def test_colours_of_an_order_get_darker():
    lightness = [sum(to_rgba(colour)[:3]) for colour in theme.pale_to_dark(12)]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(theme.pale_to_dark(12))) == 12


@pytest.mark.parametrize("kind", ["outlier_scatter", "pareto", "views_over_time"])
def test_alt_text_carries_the_numbers_of_the_frame(kind):
    said = {
        "outlier_scatter": (outliers(12), "4 at 5x or more, the highest 90x"),
        "pareto": (gain_shares(3), "the first earned 55%, the first 2 together 82%"),
        "views_over_time": (views(3), "from 1 January 1990 to 21 January 1990: most from 15 January 1990 with 24k"),
    }[kind]
    assert said[1] in plots.alt_text(said[0], kind)


def test_a_number_after_a_right_to_left_name_stays_after_it():
    ax = plots.plot_cohort_curves(growth_curves(31, "هذا"))
    assert words(ax) == ["\u2068هذا0\u2069, 5 videos"]
    assert words(plots.plot_cohort_curves(growth_curves(31, "ok"))) == ["ok0, 5 videos"]


@pytest.mark.parametrize("width", [4.8, 8.8])
def test_multiples_stay_apart_below_a_narrow_picture(width):
    figure = Figure(figsize=(width, 4), dpi=100, layout="constrained")
    ranked = outliers(12, "a title as long as most are ").assign(mult=np.geomspace(16, 8, 12))
    ranked[["mult_lo", "mult_hi"]] = np.outer(ranked["mult"], [0.7, 1.4])
    ax = plots.plot_outliers(ranked, ax=figure.add_subplot())
    figure.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in ax.get_xticklabels()]
    assert len(boxes) > 2
    assert all(after.x0 - before.x1 > 20 for before, after in pairwise(boxes))
