"""The tabs that draw one chart of a selection, and the choices each offers.

Figures come from the analyses that a notebook calls, on the chosen videos; outliers are ranked among all videos first.
An analysis of seconds is not begun while filters still move: such a tab says "computing…" until they have rested.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from shortimize_analytics import plots
from shortimize_analytics.analysis.base.constants import RELIABLE_AGE, RELIABLE_PEERS
from shortimize_analytics.analysis.comparisons.groups import duration_effect, weekday_effect
from shortimize_analytics.analysis.comparisons.labels import compare_labels, label_overlap
from shortimize_analytics.analysis.forecast.views import is_overdue
from shortimize_analytics.analysis.growth.curves import growth_curves
from shortimize_analytics.analysis.outliers.accounts import bracket_counts
from shortimize_analytics.analysis.quality import data_quality
from shortimize_analytics.plots.theme import counted, day
from shortimize_analytics.schema.choices import CurveValue

from . import answers
from .chart import CHART_ROWS, FANS, picture
from .compare import KINDS, NO_PROOF, draw_two, offered
from .overview import draw_overview
from .selection import Selection, TabContent

FEW = 2_000
"""Chosen videos up to which the checks of the data are quick enough for a redraw."""
SAMPLE = 5_000
"""Videos that growth curves and clouds of points are drawn from: more would look the same, and curves take minutes."""
VALUES: dict[str, CurveValue] = {"share of the last day": "share", "views": "views", "gain per day": "gain"}
WITH_UNRELIABLE = "best videos, unreliable too"
_NEEDS_HISTORY = (
    '<p class="sa-trouble">This needs the daily history of the videos. Load it with <code>history = '
    "sa.load_history(client, videos)</code> and call <code>sa.explore(videos, history, client=client)</code>.</p>"
)


@dataclass(frozen=True, slots=True)
class ChartTab:
    """A tab that draws.

    Attributes
    ----------
    name, title
        For CSS classes and files; for people.
    draw
        Draws a selection.
    options
        Dropdowns of the tab: name, and its choices.
    slow
        Tells whether drawing a selection takes longer than a redraw may.
    offers
        Lists what dropdowns without fixed choices offer for a selection, as (text, value), given what the others say.
    """

    name: str
    title: str
    draw: Callable[[Selection], TabContent]
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    slow: Callable[[Selection], bool] = lambda _: True
    offers: Callable[[Selection, Mapping[str, str]], Mapping[str, list[tuple[str, str]]]] | None = None


def draw_growth(selection: Selection) -> TabContent:
    """Draw how views grow with age, or what young videos will have."""
    if not selection.stock.has_history:
        return TabContent(_NEEDS_HISTORY)
    lines = selection.options["Lines"]
    if lines == "forecasts":
        return _draw_forecasts(selection)
    kind = VALUES[selection.options["Values"]]
    videos, said = _sample(selection)
    by = {"platforms": "platform", "accounts": "account_name", "labels": "labels", "upload months": "month"}.get(lines)
    if by == "account_name":
        videos = videos.assign(account_name=selection.stock.names.account_of(videos))
        most = videos["account_name"].value_counts().index[:CHART_ROWS]
        videos = videos[videos["account_name"].isin(most)].reset_index(drop=True)
    if by == "labels":
        videos = videos.assign(labels=selection.stock.names.labels_of(videos))
    if by == "month":
        videos = videos.assign(month=videos["uploaded_at"].dt.strftime("%Y-%m"))
    rows = selection.stock.rows_of(videos["ad_id"])
    curves = growth_curves(videos, rows, by=by, max_age=int(selection.options["Up to day"]), value=kind)
    draw = plots.plot_cohort_curves if by == "month" else plots.plot_growth_curves
    chart = picture(
        lambda ax: draw(curves, value=kind, ax=ax).set_ylabel(selection.options["Values"], fontsize=9),
        height=4.2,
        width=selection.width,
        marks=[answers.grown(curves, value=kind, newest=by == "month")],
    )
    return TabContent("", chart, plots.alt_text(curves, "growth_curves"), said)


def _sample(selection: Selection) -> tuple[pd.DataFrame, str]:
    """Return the chosen videos that have a history, or some of very many, and say so."""
    videos = selection.videos
    known = videos[videos["ad_id"].isin(selection.stock.seen)].reset_index(drop=True)
    without = len(videos) - len(known)
    said = f"Without a history: {without:,} of {len(videos):,} videos." if without else ""
    if len(known) > SAMPLE:
        said += f" Drawn from {SAMPLE:,} of {len(known):,} videos with a history, picked at random."
        known = known.sample(SAMPLE, random_state=0).sort_index().reset_index(drop=True)
    return known, _note(said)


def _draw_forecasts(selection: Selection) -> TabContent:
    found = selection.stock.forecasts
    mine, horizon = found[found["ad_id"].isin(selection.videos["ad_id"])], found.attrs["horizon"]
    young = len(mine)
    # a video that was last counted long ago is still young in the data, but what it would have is no longer ahead
    mine = mine[~is_overdue(mine)].reset_index(drop=True)
    shown = mine[mine["pred"].notna()].head(FANS)
    rows = selection.stock.rows_of(shown["ad_id"])
    chart = picture(
        lambda ax: plots.plot_forecast(mine, history=rows, top=FANS, ax=ax),
        height=4.2,
        width=selection.width,
        marks=[answers.foreseen(mine)],
    )
    were = "was" if young == 1 else "were"
    left_out = (
        f" {young - len(mine):,} of them left out: day {horizon} has passed since, without a newer count."
        if young > len(mine)
        else ""
    )
    note = _note(
        f"{counted(young, 'chosen video')} {were} last counted younger than {horizon} days.{left_out} The highest "
        "forecasts are drawn, with the interval that holds 80 % of such videos. Rules come from all videos."
    )
    return TabContent(
        "", chart, _words(mine, "forecast", otherwise="Line chart of the forecasts of the chosen young videos."), note
    )


def draw_outliers(selection: Selection) -> TabContent:
    """Draw the scores of the selection: the best ones, all of them, or their brackets."""
    ranked, what = selection.ranked, selection.options["Show"]
    note = _note(
        "A video is compared with the other videos of its account (peers), also with those that the filters leave out. "
        f"The fewer peers it has, the more counts what is usual on its platform.{_moment(ranked)}"
    )
    if what == "every video":
        shown, said = _some_scores(ranked)
        chart = picture(
            lambda ax: plots.plot_outlier_scatter(shown, ax=ax),
            height=4.2,
            width=selection.width,
            marks=[answers.scattered(shown)],
        )
        return TabContent(
            "", chart, _words(ranked, "outlier_scatter", otherwise=plots.alt_text(ranked, "outliers")), said + note
        )
    if what.startswith("brackets"):
        counts = bracket_counts(ranked, by="platform" if what.endswith("platform") else None)
        chart = picture(
            lambda ax: plots.plot_brackets(counts, ax=ax), width=selection.width, marks=[answers.bracketed(counts)]
        )
        return TabContent(
            "", chart, _words(counts, "brackets", otherwise="Bar chart of videos by bracket of their score."), note
        )
    shown, said = (ranked, "") if what == WITH_UNRELIABLE else _reliable(ranked)
    chart = picture(
        lambda ax: plots.plot_outliers(shown, top=CHART_ROWS, ax=ax),
        height=4.6,
        width=selection.width,
        marks=[answers.scored(shown)],
    )
    return TabContent("", chart, plots.alt_text(shown, "outliers"), said + note)


def _moment(ranked: pd.DataFrame) -> str:
    """Say of which day the scores are: a report that ends on it shows the same."""
    newest = ranked["counted_on"].max()
    return "" if pd.isna(newest) else f" Scores are as of the end of {day(newest)}, UTC."


def _reliable(ranked: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the scores to lean on, or all where there are none, and say so."""
    scored = ranked["mult"].notna().to_numpy(dtype=bool)
    sure = scored & ranked["reliable"].fillna(value=False).to_numpy(dtype=bool)
    left_out = int(scored.sum() - sure.sum())
    if not left_out:
        return ranked, ""
    why = f"fewer than {RELIABLE_PEERS} peers, or a video of less than {RELIABLE_AGE} days"
    if not sure.any():
        return ranked, _note(f"No score is reliable here ({why}): all are drawn, in grey.")
    said = f"{counted(left_out, 'unreliable score')} left out ({why}): choose “{WITH_UNRELIABLE}” to see them."
    return ranked.loc[sure].reset_index(drop=True), _note(said)


def _some_scores(ranked: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return all scores, or of very many the best and some of the others, and say so."""
    if len(ranked) <= SAMPLE:
        return ranked, ""
    best, others = ranked.iloc[: SAMPLE // 5], ranked.iloc[SAMPLE // 5 :]
    shown = pd.concat([best, others.sample(SAMPLE - len(best), random_state=0)])
    return shown, _note(f"Drawn: the best {len(best):,} of {len(ranked):,}, and {SAMPLE - len(best):,} others.")


def draw_comparison(selection: Selection) -> TabContent:
    """Draw which labels, lengths or weekdays go with more views within accounts, or which labels go together."""
    what, videos = selection.options["Compare"], selection.videos
    if what == "labels that go together":
        overlap = label_overlap(videos)
        for side in ("a", "b"):
            overlap[f"label_{side}"] = overlap[f"label_id_{side}"].map(selection.stock.names.labels)
        chart = picture(
            lambda ax: plots.plot_label_overlap(overlap, top=CHART_ROWS, ax=ax), height=4.6, width=selection.width
        )
        note = _note("Labels on mostly the same videos cannot be told apart by any comparison.")
        return TabContent(
            "", chart, _words(overlap, "label_overlap", otherwise="Grid of labels by the videos they share."), note
        )
    note = _note(f"The same accounts' videos at equal age. {NO_PROOF}")
    if what == "labels":
        found = compare_labels(videos, outliers=selection.ranked)
        found["label"] = found["label_id"].map(selection.stock.names.labels)
        chart = picture(
            lambda ax: plots.plot_labels(found, top=CHART_ROWS, ax=ax),
            height=4.4,
            width=selection.width,
            marks=[answers.labelled(found)],
        )
        tested = f"{found.attrs['tested']:,} of {len(found):,} labels had enough videos with and without them."
        return TabContent("", chart, plots.alt_text(found, "labels"), _note(tested) + note)
    compare, plot, kind, of = (
        (duration_effect, plots.plot_duration_effect, "duration_effect", "length of video")
        if what == "lengths"
        else (weekday_effect, plots.plot_weekday_effect, "weekday_effect", "weekday of upload")
    )
    found = compare(videos, outliers=selection.ranked)
    chart = picture(lambda ax: plot(found, ax=ax), height=3.8, width=selection.width, marks=[answers.grouped(found)])
    return TabContent("", chart, _words(found, kind, otherwise=f"Chart of views by {of}."), note)


def draw_quality(selection: Selection) -> TabContent:
    """Draw what the data of the selection lack."""
    videos = selection.videos
    found = data_quality(videos, selection.stock.rows_of(videos["ad_id"]))
    met = found[(found["n"] > 0).fillna(value=False).to_numpy(dtype=bool)]
    lines = [
        f"<li><b>{escape(str(row.check).replace('_', ' '))}</b>: {escape(str(row.meaning))}</li>"
        for row in met.itertuples()
    ]
    chart = picture(
        lambda ax: plots.plot_data_quality(found, ax=ax),
        height=4.6,
        width=selection.width,
        marks=[answers.checked(found)],
    )
    foot = f'<ul class="sa-note">{"".join(lines)}</ul>' if lines else _note("No check met anything.")
    if not selection.stock.has_history:
        foot += _NEEDS_HISTORY
    return TabContent(
        "", chart, _words(found, "data_quality", otherwise=f"Chart of {len(met)} checks that met something."), foot
    )


def drawn_with_notes(view: ChartTab, selection: Selection) -> TabContent:
    """Draw a tab, with what was warned of meanwhile below it."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        drawn = view.draw(selection)
    notes = "".join(f'<p class="sa-note">{escape(str(one.message))}</p>' for one in heard[:3])
    return drawn._replace(foot=drawn.foot + notes)


def _words(frame: pd.DataFrame, kind: str, *, otherwise: str) -> str:
    """Describe a chart in its own words where the plots have them."""
    return plots.alt_text(frame, kind) if kind in plots.KINDS else otherwise


def _note(text: str) -> str:
    return f'<p class="sa-note">{escape(text)}</p>' if text else ""


def chart_tabs() -> list[ChartTab]:
    """Return the tabs that draw, in order."""
    growth = {
        "Lines": ("platforms", "one line", "upload months", "labels", "accounts", "forecasts"),
        "Values": tuple(VALUES),
        "Up to day": ("30", "7", "14", "60", "90"),
    }
    two: dict[str, tuple[str, ...]] = {"Compare": KINDS, "First": (), "Second": ()}
    compare = {"Compare": ("labels", "labels that go together", "lengths", "weekdays")}
    return [
        ChartTab(
            "overview",
            "Overview",
            draw_overview,
            {"Show": ("views and uploads", "videos that gained most", "share of the best")},
            slow=lambda selection: not selection.stock.warm,
        ),
        ChartTab("growth", "Growth", draw_growth, growth),
        ChartTab(
            "outliers",
            "Outliers",
            draw_outliers,
            {"Show": ("best videos", WITH_UNRELIABLE, "every video", "brackets", "brackets by platform")},
            slow=lambda selection: "ranked" not in vars(selection.stock),
        ),
        ChartTab("labels", "Labels", draw_comparison, compare),
        ChartTab("compare", "Compare two", draw_two, two, offers=offered),
        ChartTab("quality", "Data quality", draw_quality, slow=lambda selection: selection.size > FEW),
    ]
