"""The table of videos: what each gained, day by day, and how it does against its account, in one row.

One table instead of two charts and two tables of the same videos: those that gained most, and below them those clearly
above five times their account's usual, which a list of gains alone would hide.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT, RELIABLE_AGE, RELIABLE_PEERS, SCORE_COVERAGE
from shortimize_analytics.plots.messages import gettext, later
from shortimize_analytics.plots.theme import (
    MUTED,
    full_number,
    multiple,
    percent,
    platform_colour,
    platform_name,
    share,
    weekday,
)

from .breakouts import is_breakout, may_become_one
from .tables import Table, columns, interval_or_dash, range_drawing, short_column
from .thumbnails import Thumbnails
from .words import Naming, Words, day, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

MARKS = {"instagram": "IG", "tiktok": "TT", "youtube": "YT", "snapchat": "SC", "facebook": "FB", "twitter": "X"}
MOST_BARS = 14
"""Days of a longer period are drawn by the week."""
AXIS: dict[str, Any] = {
    "low": 0.15,
    "high": 40.0,
    "marks": [{"v": 1.0, "text": later("usual")}, {"v": float(HIT), "text": f"{HIT}x"}, {"v": 25.0, "text": "25x"}],
    "reference": 1.0,
    "plain": True,
}
"""Of scores (x); what lies beyond is drawn at its end."""


def videos_shown(summary: "PeriodSummary", *, rows: int) -> pd.DataFrame:
    """Return the videos that gained most, and others clearly above five times their account's usual.

    Parameters
    ----------
    summary
        What `period_summary` returned, with the ranking to report as its outliers.
    rows
        Largest number of videos that gained most; of the others there are half as many.

    Returns
    -------
    DataFrame
        Rows of its movers, with ``also`` for the others: those that gained most first.
    """
    gained = summary.movers[summary.movers["gain"] > 0]
    best = gained.head(rows)
    scored = summary.outliers[summary.outliers["mult"].notna()]
    high = scored[(is_breakout(scored) | may_become_one(scored)) & ~scored["ad_id"].isin(best["ad_id"])]
    also = gained[gained["ad_id"].isin(high["ad_id"].head(rows // 2))]
    also = also.set_index("ad_id").reindex(high["ad_id"][high["ad_id"].isin(also["ad_id"])]).reset_index()
    return pd.concat([best.assign(also=False), also.assign(also=True)], ignore_index=True)


def video_tables(
    summary: "PeriodSummary",
    ranked: pd.DataFrame,
    history: pd.DataFrame,
    *,
    shown: pd.DataFrame,
    words: Words,
    names: Naming,
    thumbnails: Thumbnails | None = None,
) -> dict[str, Table]:
    """Return the two tables of videos.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    ranked
        Scores of all its videos, older ones too.
    history
        Prepared history.
    shown
        What `videos_shown` returned.
    words
        Makes names fit.
    names
        What the periods are called.
    thumbnails
        Pictures of the videos; None where none were given: then a tile names the platform in its colour.
    """
    best, also = shown[~shown["also"]], shown[shown["also"]]
    days = daily_gains(summary, history, ids=shown["ad_id"], uploaded=shown["uploaded_at"])
    scores = {row.ad_id: row for row in ranked[ranked["ad_id"].isin(shown["ad_id"])].itertuples()}
    named = _columns(summary)
    largest = float(best["share"].max()) if len(best) else 1.0
    options: dict[str, Any] = {
        "scores": scores,
        "days": days,
        "largest": largest,
        "words": words,
        "thumbnails": thumbnails,
    }
    note = gettext(
        "Bars: blue for uploads of the {unit}, grey-blue for earlier ones. Score: views against what the account’s "
        "other videos have at that age, with the range we are {level} sure of. Filled: all of it above {hit}x. Grey: "
        "under {age} days old, or under {peers} videos to compare with.",
        unit=names.unit, level=percent(SCORE_COVERAGE), hit=HIT, age=RELIABLE_AGE, peers=RELIABLE_PEERS,
    )  # fmt: skip
    if thumbnails is not None and thumbnails.note:
        note = f"{note} {thumbnails.note}"
    first, second = (
        {
            "columns": named,
            "rows": [
                _row(row, gained=gained, **options)
                for row, gained in zip(part.itertuples(), short_column(part["gain"]), strict=True)
            ],
            "note": "",
        }
        for part in (best, also)
    )
    (second if len(also) else first)["note"] = note if len(best) else ""
    return {"videos": first, "also": second}


def _columns(summary: "PeriodSummary") -> list[dict[str, Any]]:
    length = (summary.last_day - summary.first_day).days + 1
    steps = gettext("Days") if length <= MOST_BARS else gettext("Weeks")
    days = f"{weekday(summary.first_day)}–{weekday(summary.last_day)}" if length == len("weekday") else steps
    found = columns(
        ("#", "right", 18), (gettext("App"), "left", 18), (gettext("Video"), "left", "rest"),
        (gettext("Gained"), "right", 40), (gettext("Share of all"), "left", 60), (days, "left", 50),
        (gettext("Score"), "right", 57), ("", "left", 80),
    )  # fmt: skip
    found[-1]["axis"] = AXIS | {"marks": [mark | {"text": gettext(mark["text"])} for mark in AXIS["marks"]]}
    return found


def daily_gains(
    summary: "PeriodSummary", history: pd.DataFrame, *, ids: pd.Series, uploaded: pd.Series
) -> dict[str, list[float | None]]:
    """Return what videos gained on each day of the period, or in each week of a long one; None before the upload.

    Parameters
    ----------
    summary
        Whose period it is.
    history
        Prepared history.
    ids, uploaded
        Videos and their days of upload.
    """
    first, last = pd.Timestamp(summary.first_day), pd.Timestamp(summary.last_day)
    rows = history[history["ad_id"].isin(ids) & (history["date"] <= last)]
    grid = rows.pivot_table(index="ad_id", columns="date", values="views", aggfunc="last").astype(float)
    span = pd.date_range(min([first, *grid.columns]) - pd.Timedelta(days=1), last)
    gains = grid.reindex(columns=span).ffill(axis=1).fillna(0.0).diff(axis=1).clip(lower=0).loc[:, first:]
    size = 1 if gains.shape[1] <= MOST_BARS else 7
    found: dict[str, list[float | None]] = {}
    for ad_id, start in zip(ids, uploaded, strict=True):
        values = gains.loc[ad_id] if ad_id in gains.index else pd.Series(0.0, index=gains.columns)
        known = values if pd.isna(start) else values.where(values.index >= start)
        sums = known.groupby(pd.RangeIndex(len(known)) // size).sum(min_count=1)
        found[str(ad_id)] = [None if pd.isna(value) else float(value) for value in sums]
    return found


def _row(
    row: Any,
    *,
    gained: str,
    scores: dict[str, Any],
    days: dict[str, list[float | None]],
    largest: float,
    words: Words,
    thumbnails: Thumbnails | None,
) -> list[Any]:
    new = bool(pd.notna(row.is_new) and row.is_new)
    uploaded = "" if pd.isna(row.uploaded_at) else day(row.uploaded_at, year=False)
    tile = _tile(row, words, thumbnails=thumbnails)
    app = tile["text"] if tile["draw"]["file"] else ""  # a picture stands where the app's mark would
    under = " · ".join(filter(None, (words.account(row.username), app, uploaded)))
    tone = "" if new else "soft"
    part = float(row.share)
    return [
        [piece(full_number(row.position), tone="muted")],
        [tile],
        [piece(words.title(row.title, row.username), link=row.ad_link), piece(under, tone="muted")],
        [piece(gained, strong=True)],
        [piece(share(part), tone="muted") | {"draw": {"kind": "bar", "part": part / largest, "tone": tone}}],
        [piece("") | {"draw": {"kind": "days", "values": days[str(row.ad_id)], "tone": tone}}],
        *_score(scores.get(row.ad_id)),
    ]


def _tile(row: Any, words: Words, *, thumbnails: Thumbnails | None) -> dict[str, Any]:
    """Return a video's picture; its app's mark in place of it, grey where there are pictures of others."""
    platform = "" if pd.isna(row.platform) else str(row.platform)
    mark = MARKS.get(platform.lower(), platform_name(words.clean(platform, fallback="", width=2))[:2].upper())
    return piece(mark) | {
        "draw": {
            "kind": "tile",
            "colour": platform_colour(platform) if thumbnails is None else MUTED,
            "file": None if thumbnails is None else thumbnails.files.get(str(row.ad_id)),
            "alt": platform_name(words.clean(platform, fallback=gettext("app not known"), width=22)),
        }
    }


def _score(score: Any) -> list[Any]:
    """Return a video's score with its range, in words and drawn; dashes where it has none."""
    if score is None or pd.isna(score.mult):
        return [[piece("–", tone="muted")], [piece("")]]
    reliable = bool(pd.notna(score.reliable) and score.reliable)
    said = [piece(multiple(score.mult), strong=reliable, tone="" if reliable else "muted")]
    if pd.isna(score.mult_lo) or pd.isna(score.mult_hi):
        return [said, [piece("")]]
    drawn = range_drawing(
        (score.mult_lo, score.mult, score.mult_hi), AXIS, tone="" if reliable else "grey",
        filled=bool(score.mult_lo >= HIT),
    )  # fmt: skip
    said.append(piece(interval_or_dash(score.mult_lo, score.mult_hi), tone="muted"))
    return [said, [piece("") | drawn]]
