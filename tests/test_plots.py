"""What the plots draw, read from their artists: positions, words, colours, counts, never pixels."""

import math
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.text import Text

from shortimize_analytics import plots, schema, style
from shortimize_analytics.errors import InvalidParameterError

TITLES = [
    "the 3-second hook",
    "これを見て #fyp",
    "هذا الفيديو غريب",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "$5 vs $500",
    "x" * 10_000,
]


@pytest.fixture(autouse=True)
def closed_figures():
    plt.close("all")  # doctests that ran in this process leave theirs open
    yield
    plt.close("all")


def frame(table, rows, **columns):
    """A frame of a table with these columns and NA elsewhere."""
    made = {column.name: pd.Series([None] * rows, dtype="object") for column in table}
    return schema.conform(
        pd.DataFrame(made | {name: pd.Series(list(values)) for name, values in columns.items()}), table
    )


def outliers(rows, *, reliable=True):
    mult = np.linspace(30, 0.5, rows) if rows > 1 else np.array([3.0])
    return frame(
        schema.OUTLIERS,
        rows,
        ad_id=[f"v{i}" for i in range(rows)],
        username=[f"user{i}" for i in range(rows)],
        mult=mult,
        mult_lo=mult / 1.5,
        mult_hi=mult * 1.5,
        n_peers=[20] * rows,
        reliable=[reliable] * rows,
    )


def labels(verdicts):
    rows = len(verdicts)
    ratio = [None if verdict == "too few" else 2.0 - 0.1 * i for i, verdict in enumerate(verdicts)]
    return frame(
        schema.LABEL_COMPARISON,
        rows,
        label_id=[f"l{i}" for i in range(rows)],
        label=[f"Label {i}" for i in range(rows)],
        n_videos=[30] * rows,
        n_accounts=[5] * rows,
        ratio=ratio,
        ratio_lo=[None if value is None else value * 0.8 for value in ratio],
        ratio_hi=[None if value is None else value * 1.2 for value in ratio],
        verdict=list(verdicts),
    )


def movers(gains, *, new=()):
    total = max(1, sum(gain for gain in gains if gain > 0))
    return frame(
        schema.WEEKLY_MOVERS,
        len(gains),
        ad_id=[f"v{i}" for i in range(len(gains))],
        title=[TITLES[i % len(TITLES)] for i in range(len(gains))],
        username=["ann"] * len(gains),
        gain=gains,
        is_new=[i in new for i in range(len(gains))],
        share=[gain / total if gain > 0 else None for gain in gains],
    )


def series(gained, *, partial=()):
    rows = len(gained)
    return frame(
        schema.WEEKLY_SERIES,
        rows,
        week_end=pd.date_range("2026-01-04", periods=rows, freq="7D"),
        views_gained=gained,
        new_views=[value // 4 for value in gained],
        back_views=[value - value // 4 + 10 for value in gained],
        corrections=[-10] * rows,
        n_uploads=[3] * rows,
        partial=[i in partial for i in range(rows)],
    )


def curves(groups, *, ages=31, share=False):
    rows = [
        (name, age, size, value, value / 3, value * 3, value * 0.9, value * 1.1, 0)
        for name, size in groups.items()
        for age in range(ages)
        for value in [(age + 1) / ages if share else 1000.0 * size * (age + 1) ** 0.5]
    ]
    return schema.conform(pd.DataFrame(rows, columns=schema.GROWTH_CURVES.names), schema.GROWTH_CURVES)


WATERFALL = pd.DataFrame(
    {"step": ["Last week", "New uploads: number", "Back catalogue", "This week"], "views": [900, 300, -450, 750]}
)


def words(ax):
    return [text.get_text() for text in ax.texts]


def row_names(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def points(ax):
    return [xy for drawn in ax.collections if isinstance(drawn, PathCollection) for xy in drawn.get_offsets()]


def intervals(ax):
    """Ends of the horizontal strokes drawn together."""
    lines = [drawn for drawn in ax.collections if isinstance(drawn, LineCollection)]
    return [segment[:, 0] for drawn in lines for segment in drawn.get_segments()]


def colours(ax):
    return [
        to_hex(colour)
        for drawn in ax.collections
        if isinstance(drawn, PathCollection)
        for colour in drawn.get_facecolors()
    ]


def test_an_unknown_kind_of_alt_text_is_refused_with_the_known_ones():
    with pytest.raises(InvalidParameterError, match=r"kind='pie'.*waterfall"):
        plots.alt_text(WATERFALL, "pie")


def test_alt_text_of_shares_says_when_half_was_reached_and_of_views_where_they_end():
    assert "TikTok 52% at 15 days" in plots.alt_text(curves({"tiktok": 9}, share=True), "growth_curves")
    assert "TikTok 50.1k at 30 days" in plots.alt_text(curves({"tiktok": 9}), "growth_curves")


@pytest.mark.parametrize("draw", [plots.plot_outliers, plots.plot_labels, plots.plot_movers])
@pytest.mark.parametrize("top", [0, 61, 2.5, True])
def test_a_cap_that_cannot_be_drawn_is_refused(draw, top):
    with pytest.raises(InvalidParameterError, match="top="):
        draw(outliers(1), top=top)


def test_a_frame_of_another_kind_is_refused_by_naming_what_it_lacks():
    with pytest.raises(InvalidParameterError, match=r"lacks .*mult.* rank_outliers"):
        plots.plot_outliers(movers([1]))


@pytest.mark.parametrize("rows", [1, 3, 12])
def test_outliers_put_each_score_on_its_row_between_the_ends_of_its_interval(rows):
    frame_ = outliers(rows)
    ax = plots.plot_outliers(frame_)
    assert ax.get_xscale() == "log"
    assert [x for x, _ in points(ax)] == pytest.approx(frame_["mult"].tolist())
    assert [y for _, y in points(ax)] == list(range(rows))
    np.testing.assert_allclose(intervals(ax), frame_[["mult_lo", "mult_hi"]].to_numpy(dtype=float))
    low, high = ax.get_xlim()
    assert low < frame_["mult_lo"].min()
    assert high > frame_["mult_hi"].max()
    assert low < 1 < high


def test_score_and_peers_stand_beside_each_interval():
    ax = plots.plot_outliers(outliers(1))
    assert words(ax) == ["3.0x", "20", "score", "peers"]


def test_three_thousand_outliers_are_capped_with_the_count_said():
    ax = plots.plot_outliers(outliers(3000), top=12)
    assert len(row_names(ax)) == 12
    assert "12 of 3,000 videos with a score" in words(ax)


def test_an_unreliable_score_is_grey_and_a_reliable_one_is_not():
    assert colours(plots.plot_outliers(outliers(1))) == [style.ACCENT]
    assert colours(plots.plot_outliers(outliers(1, reliable=False))) == [style.UNRELIABLE]


def test_rows_are_named_by_title_and_by_account_where_there_is_none():
    about = pd.DataFrame({"ad_id": ["v0", "v1"], "title": ["これを見て", None]})
    assert row_names(plots.plot_outliers(outliers(3), videos=about)) == ["これを見て", "@user1", "@user2"]


def test_long_titles_are_cut_and_dollars_are_no_mathematics():
    names = row_names(plots.plot_movers(movers(list(range(70, 0, -10)))))
    assert names[5] == "$5 vs $500"
    assert all(len(name) <= 40 for name in names)
    assert names[6].endswith("…")


@pytest.mark.parametrize("text", TITLES[:6])
def test_titles_of_every_script_are_drawn_without_a_missing_glyph(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = plots.plot_movers(movers([5]).assign(title=text))
        with style.style():
            ax.figure.canvas.draw()


def test_an_interval_without_ends_is_a_point_alone():
    frame_ = outliers(2).assign(mult_lo=pd.array([pd.NA, 0.0], dtype="Float64"))
    ax = plots.plot_outliers(frame_)
    assert intervals(ax) == []
    assert len(colours(ax)) == 2


def test_labels_are_coloured_by_verdict_and_those_with_too_few_videos_only_counted():
    ax = plots.plot_labels(labels(["higher", "no clear difference", "lower", "too few", "too few"]))
    assert colours(ax) == [style.ACCENT, style.UNRELIABLE, style.WARNING]
    assert "2 with too few videos not drawn" in words(ax)


@given(
    st.lists(st.tuples(st.floats(1e-4, 1e6), st.floats(1, 1e4), st.floats(1, 1e4)), min_size=1, max_size=6),
)
@settings(max_examples=25)
def test_any_scores_and_intervals_fit_the_axis_with_one_x_marked(rows):
    mult = np.array([row[0] for row in rows])
    low, high = (np.array([row[i] for row in rows]) for i in (1, 2))
    frame_ = outliers(len(rows)).assign(mult=mult, mult_lo=mult / low, mult_hi=mult * high)
    ax = plots.plot_outliers(frame_)
    left, right = ax.get_xlim()
    plt.close(ax.figure)
    ticks = ax.get_xticks()
    assert left < min(mult.min(), 1)
    assert right > max(mult.max(), 1)
    assert 1 in ticks
    assert all(left <= tick <= right for tick in ticks)
    steps = np.diff(np.log(sorted(ticks))) / math.log(right / left)
    assert (steps > 0.1).all()


def test_the_waterfall_stands_on_its_steps_and_ends_at_the_last_level():
    bars = plots.plot_waterfall(WATERFALL).patches
    spans = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars]
    assert spans == [(0, 900), (900, 1200), (1200, 750), (0, 750)]
    assert [to_hex(bar.get_facecolor()) for bar in bars] == [style.INK, style.ACCENT, style.WARNING, style.INK]


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
    numbers = [text for text in ax.texts if text.get_text() in {style.short_number(value) for value in gained}]
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
    blue, pale = style.ACCENT, style.ACCENT_SOFT
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [pale, blue, pale]
    assert words(ax)[:6] == ["600", "60%", "300", "30%", "100", "10%"]


def test_videos_that_lost_views_are_no_movers_and_a_cap_says_its_count():
    ax = plots.plot_movers(movers([9, 8, 7, -5]), top=2)
    assert len(ax.patches) == 2
    assert "2 of 3 videos that gained views" in words(ax)


def test_growth_draws_one_line_per_group_in_its_platforms_colour_and_names_it():
    ax = plots.plot_growth_curves(curves({"youtube": 20, "tiktok": 9}), value="views")
    solid = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert [to_hex(line.get_color()) for line in solid] == [
        style.PLATFORM_COLOURS["tiktok"],
        style.PLATFORM_COLOURS["youtube"],
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
    rows["median"] = rows["median"] ** rows["group"].map(lower)
    ax = plots.plot_growth_curves(rows)
    with style.style():
        ax.figure.canvas.draw()
        middle = {text.get_text(): np.mean(Text.get_window_extent(text).intervaly) for text in ax.texts}
    assert sorted(middle, key=middle.get) == ["b", "d", "c", "a"]
    assert max(middle.values()) <= ax.transAxes.transform((0, 1))[1] + 1


def test_names_of_lines_that_end_together_do_not_touch():
    rows = curves(dict.fromkeys(("a", "b", "c", "d"), 9))
    ax = plots.plot_growth_curves(rows, value="views")
    with style.style():
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


def contrast(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05)


def test_colours_that_carry_text_have_a_contrast_of_four_and_a_half_on_white():
    text = [style.INK, style.MUTED, style.ACCENT, style.WARNING, style.OTHER_COLOUR]
    for colour in [*text, *style.PLATFORM_COLOURS.values(), *style.GROUP_COLOURS]:
        assert contrast(colour) >= 4.5, colour


@given(st.integers(-(10**15), 10**15))
def test_short_numbers_are_short_and_within_five_percent(value):
    text = style.short_number(value)
    scale = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    size = float(text.lstrip("−").rstrip("kMBT")) * scale.get(text[-1], 1)
    assert len(text.lstrip("−")) <= 5
    assert size == pytest.approx(abs(value), rel=0.05)
    assert text.startswith("−") == (value < 0)


@given(st.text(max_size=80), st.integers(4, 60))
def test_shortened_text_keeps_its_width(text, width):
    cut = style.shorten(text, width)
    assert sum(map(style._cells, cut)) <= width or cut == text
    assert cut == text or cut.endswith("…")


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "é̂", "कि"])
def test_shortening_never_cuts_through_what_a_reader_sees_as_one_character(cluster):
    for width in range(4, 20):
        cut = style.shorten(cluster * 20, width).removesuffix("…")
        assert cut == cluster * (len(cut) // len(cluster))


def test_a_callers_own_axes_draw_every_script_after_the_style_is_left(tmp_path):
    """Axes made by `plt.subplots` keep matplotlib's font, which turned captions into boxes in the notebook."""
    fig, ax = plt.subplots()
    rows = outliers(len(TITLES))
    videos = pd.DataFrame({"ad_id": rows["ad_id"], "title": TITLES})
    plots.plot_outliers(rows, videos=videos, ax=ax)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        fig.savefig(tmp_path / "x.png")
    assert not ax.spines["top"].get_visible()
