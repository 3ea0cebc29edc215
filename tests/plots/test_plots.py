"""Videos and labels in rows with their intervals, read from the artists: positions, words, colours, counts."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from drawn import colours, intervals, points, row_names, words
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from plot_frames import frame
from plot_rows import TITLES, movers, outliers

from shortimize_analytics import plots, schema
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots import theme


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
        n_accounts_overlap=[5] * rows,
        ratio=ratio,
        ratio_lo=[None if value is None else value * 0.8 for value in ratio],
        ratio_hi=[None if value is None else value * 1.2 for value in ratio],
        verdict=list(verdicts),
    )


def test_an_unknown_kind_of_alt_text_is_refused_with_the_known_ones():
    with pytest.raises(InvalidParameterError, match=r"kind='pie'.*waterfall"):
        plots.alt_text(outliers(1), "pie")


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
    assert colours(plots.plot_outliers(outliers(1))) == [theme.ACCENT]
    assert colours(plots.plot_outliers(outliers(1, reliable=False))) == [theme.UNRELIABLE]


def test_rows_are_named_by_title_and_by_account_where_there_is_none():
    named = outliers(3).assign(title=["これを見て", None, None])
    assert row_names(plots.plot_outliers(named)) == ["これを見て", "@user1", "@user2"]


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
        with theme.style():
            ax.figure.canvas.draw()


def test_an_interval_without_ends_is_a_point_alone():
    frame_ = outliers(2).assign(mult_lo=pd.array([pd.NA, 0.0], dtype="Float64"))
    ax = plots.plot_outliers(frame_)
    assert intervals(ax) == []
    assert len(colours(ax)) == 2


def test_labels_are_coloured_by_verdict_and_those_with_too_few_videos_only_counted():
    ax = plots.plot_labels(labels(["higher", "no clear difference", "lower", "too few", "too few"]))
    assert colours(ax) == [theme.ACCENT, theme.UNRELIABLE, theme.WARNING]
    assert "2 with too few videos not drawn" in words(ax)


def test_labels_that_only_tell_accounts_apart_are_counted_and_not_drawn_as_effects():
    made = labels(["higher", "accounts differ", "no clear difference", "accounts differ", "too few"])
    made["n_accounts_overlap"] = pd.array([5, 0, 4, None, 0], dtype="Int32")
    ax = plots.plot_labels(made)
    assert row_names(ax) == ["Label 0", "Label 2"]
    assert "1 with too few videos and 2 that only tell accounts apart not drawn" in words(ax)
    assert "Label 1" not in plots.alt_text(made, "labels")
    alone = made[made["verdict"].astype("str") == "accounts differ"]
    assert words(plots.plot_labels(alone)) == ["No account has videos with and without a label."]
    assert plots.alt_text(alone, "labels") == "Forest plot of label effects, without data."


def test_an_alt_text_writes_the_number_of_further_labels_with_its_separator():
    assert ", and 3,527 more." in plots.alt_text(labels(["higher"] * 3533).assign(ratio=1.5), "labels")


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


def test_a_callers_own_axes_draw_every_script_after_the_style_is_left(tmp_path):
    """Axes made by `plt.subplots` keep matplotlib's font, which turned captions into boxes in the notebook."""
    fig, ax = plt.subplots()
    plots.plot_outliers(outliers(len(TITLES)).assign(title=TITLES), ax=ax)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        fig.savefig(tmp_path / "x.png")
    assert not ax.spines["top"].get_visible()
