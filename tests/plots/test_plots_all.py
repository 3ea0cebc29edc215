"""What every plot keeps to, whatever it draws: the conventions, few and many rows, hostile text, and a clean layout."""

import inspect
import warnings

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text
from plot_frames import FEW_BY_NATURE, FRAMES, over_time

import shortimize_analytics as sa
from shortimize_analytics import plots, schema
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots import theme

NAMES = sorted(name.removeprefix("plot_") for name in plots.__all__ if name.startswith("plot_"))
HOSTILE = [
    "<script>alert(1)</script> #read \\frac{a}{b} ",
    "$a$ $5 vs $500 ",
    "long " * 2000,
    "\u202eevil\u202c \u2067هذا\u2069 ",
    "a\x00b\nc\td ",
    "🔥👩‍👩‍👧‍👦🇫🇷👍🏽❤️1️⃣ ",
    "これを見て هذا שלום नमस्ते สวัสดี ",
    "z" + "\u0334" * 60 + " ",
    "",
]
OWN_WORDS = {"outlier_scatter", "pareto", "video", "waterfall", "weekly_series"}
"""Plots that show no text from outside, unless asked to."""


def draw(name, rows, *, text=None, **options):
    made = FRAMES[name](rows) if text is None else FRAMES[name](rows, text)
    return getattr(plots, f"plot_{name}")(made, **options)


def many(name):
    return FEW_BY_NATURE.get(name, 3000)


def test_every_plot_is_exported_has_a_frame_to_test_and_an_alt_text():
    assert sorted(FRAMES) == NAMES
    assert sorted(plots.KINDS) == NAMES
    assert {f"plot_{name}" for name in NAMES} == {name for name in sa.__all__ if name.startswith("plot_")}


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_takes_one_frame_then_keywords_with_ax_last_and_none(name):
    plot = getattr(plots, f"plot_{name}")
    first, *rest = inspect.signature(plot).parameters.values()
    assert first.default is inspect.Parameter.empty
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in rest)
    assert (rest[-1].name, rest[-1].default) == ("ax", None)
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"{section}\n" in inspect.getdoc(plot)


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("name", NAMES)
def test_a_callers_axes_come_back_and_no_setting_or_figure_changes(name, rows):
    before = dict(mpl.rcParams)
    figure, (ax, other) = plt.subplots(1, 2)
    assert draw(name, rows, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]
    assert figure.axes == [ax, other]
    assert not other.has_data()
    assert not other.texts
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_subfigure_will_do(name):
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    left, _ = figure.subfigures(1, 2)
    ax = left.subplots()
    assert draw(name, 3, ax=ax) is ax
    figure.canvas.draw()


@pytest.mark.parametrize("name", NAMES)
def test_the_frame_is_left_as_it_was(name):
    made = FRAMES[name](12)
    before = made.copy()
    getattr(plots, f"plot_{name}")(made)
    pd.testing.assert_frame_equal(made, before)


@pytest.mark.parametrize("name", NAMES)
def test_no_rows_make_a_sentence_and_no_axes(name):
    ax = draw(name, 0)
    assert not ax.axison
    (text,) = ax.texts
    assert text.get_text().endswith(".")
    assert plots.alt_text(FRAMES[name](0), name).endswith("without data.")


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_of_something_else_is_refused(name):
    with pytest.raises(InvalidParameterError, match="the frame lacks"):
        getattr(plots, f"plot_{name}")(pd.DataFrame({"other": [1]}))


@pytest.mark.parametrize("name", NAMES)
def test_columns_that_are_all_missing_do_not_stop_a_plot(name):
    made = FRAMES[name](12)
    keep = {"ad_id", "group", "start", "end", "date", "obs", "bracket", "label_id_a", "label_id_b"}
    hollow = made.assign(
        **{column: pd.Series([None] * 12, dtype="object") for column in made.columns if column not in keep}
    )
    hollow = hollow.astype(
        {column: dtype for column, dtype in made.dtypes.items() if str(dtype) != "bool" and "int64" not in str(dtype)}
    )
    ax = getattr(plots, f"plot_{name}")(hollow)
    ax.figure.canvas.draw()
    assert plots.alt_text(hollow, name)


@pytest.mark.parametrize("size", ["few", "many"])
@pytest.mark.parametrize("name", NAMES)
def test_alt_text_is_one_plain_paragraph_of_a_readable_length(name, size):
    text = plots.alt_text(FRAMES[name](3 if size == "few" else many(name)), name)
    assert "without data" not in text
    assert "nan" not in text.lower().split()
    assert "\n" not in text
    assert text.endswith(".")
    assert 40 < len(text) < 700


@pytest.mark.parametrize("name", sorted(set(NAMES) - OWN_WORDS))
def test_hostile_text_is_cut_and_drawn_as_text_without_a_missing_glyph(name):
    rows = {
        "growth_curves": 9 * 31,
        "cohort_curves": 9 * 31,
        "brackets": 9 * 7,
        "label_overlap": 36,
        "weekday_effect": 7,
    }
    groups = {"growth_curves": {"max_groups": 9}, "forecast": {"top": 9}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = draw(name, rows.get(name, 9), text=HOSTILE, **groups.get(name, {}))
        ax.figure.canvas.draw()
    assert outside(ax) == []
    for shown in visible(ax):
        assert not shown.get_parse_math()
        assert len(shown.get_text()) < 400
        assert not set(shown.get_text()) & {"\x00", "\t", "\u202e", "\u2067"}
    text = plots.alt_text(FRAMES[name](rows.get(name, 9), HOSTILE), name)
    assert len(text) < 1500
    assert not set(text) & {"\x00", "\n", "\u202e"}


def visible(ax):
    if not ax.axison:
        return list(ax.texts)
    found = [text for text in ax.figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    ticks = {id(tick) for axis in (ax.xaxis, ax.yaxis) for tick in axis.get_ticklabels(which="both")}
    low, high = sorted(ax.get_xlim())
    bottom, top = sorted(ax.get_ylim())
    return [
        text
        for text in found
        if id(text) not in ticks or (low <= text.get_position()[0] <= high or bottom <= text.get_position()[1] <= top)
    ]


def boxes(ax):
    """Where each text lies in the finished picture, in pixels."""
    ax.figure.canvas.draw()
    return [(text.get_text(), Text.get_window_extent(text)) for text in visible(ax)]


def outside(ax):
    width, height = ax.figure.canvas.get_width_height()
    return [
        words for words, box in boxes(ax) if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def touching(ax, *, slack=2.0):
    """Pairs of texts that lie on each other by more than `slack` pixels both ways."""
    turned = {text.get_text() for text in visible(ax) if text.get_rotation() % 90}  # whose boxes are larger than they
    found = [(words, box) for words, box in boxes(ax) if words not in turned]
    return [
        (a, b)
        for i, (a, first) in enumerate(found)
        for b, second in found[i + 1 :]
        if min(first.x1, second.x1) - max(first.x0, second.x0) > slack
        and min(first.y1, second.y1) - max(first.y0, second.y0) > slack
    ]


@pytest.mark.parametrize("rows", [3, "many"])
@pytest.mark.parametrize("name", NAMES)
def test_all_text_lies_inside_the_picture_and_none_on_another(name, rows):
    rows = min(many(name), rows) if rows != "many" else many(name)
    ax = draw(name, rows)
    assert outside(ax) == []
    assert touching(ax) == []


@pytest.mark.parametrize("name", sorted(set(NAMES) - OWN_WORDS))
def test_wide_names_do_not_push_text_out_of_the_picture(name):
    ax = draw(
        name, 12 if name not in FEW_BY_NATURE else min(12, FEW_BY_NATURE[name]), text="Ｗｉｄｅ name that goes on "
    )
    assert outside(ax) == []
    assert touching(ax) == []


@pytest.mark.parametrize("table", [schema.VIEWS_OVER_TIME, schema.UPLOADS_OVER_TIME], ids=["views", "uploads"])
@pytest.mark.parametrize("rows", [3, 40, 3000])
def test_groups_over_time_keep_their_text_apart(table, rows):
    made = over_time(table, rows, text="a group with a name ", groups=3 if rows < 100 else 30)
    ax = getattr(plots, f"plot_{table.name}")(made)
    assert outside(ax) == []
    assert touching(ax) == []


@pytest.mark.parametrize("name", NAMES)
def test_three_thousand_rows_need_few_artists(name):
    """Time depends on the machine; what takes it are artists, and those can be counted."""
    ax = draw(name, many(name))
    assert len(ax.patches) + len(ax.lines) + len(ax.collections) + len(ax.texts) <= 130


@pytest.mark.parametrize("name", ["brackets", "label_overlap", "outlier_scatter", "views_over_time"])
def test_a_saved_picture_looks_the_same_in_and_out_of_the_style(name, tmp_path):
    ax = draw(name, 5)
    ax.figure.savefig(tmp_path / "out.png", dpi=60)
    with theme.style():
        ax.figure.savefig(tmp_path / "in.png", dpi=60)
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "in.png").read_bytes()
