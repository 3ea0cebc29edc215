"""What page 1 is told from, read once from a period's summary: for its sentences, its picture and its key figures."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import RELIABLE_PEERS

from .facts import Facts, Lead, Mover
from .periods_compared import (
    about_equally_long,
    covers_both_periods,
    days_compared,
    days_in,
    median_before,
    total_of,
    whole_periods,
)
from .words import Naming, Words, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

PARTS = ("uploads", "each", "back", "corrections")
"""The steps of a waterfall between its two levels, in its order."""
LEAST_PERIODS = 4
"""Whole periods, this one included, that say what is usual."""


def read_facts(summary: "PeriodSummary", words: Words, *, names: Naming) -> Facts:
    """Read what page 1 says from a summary whose texts are typesettable.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    words
        Makes names fit.
    names
        What the periods are called.
    """
    total, before = total_of(summary.totals), total_of(summary.previous)
    gained = summary.movers[summary.movers["gain"] > 0]
    return Facts(
        names=names,
        views=_number(total, "views_gained"),
        before=_number(before, "views_gained"),
        change=_number(total, "vs_prev"),
        new_views=_number(total, "new_views"),
        n_uploads=int(_number(total, "n_uploads") or 0),
        uploads_before=int(_number(before, "n_uploads") or 0),
        partial=summary.partial,
        parts=_parts(summary),
        lead=_lead(summary, gained, words=words),
        n_gained=len(gained),
        top10_share=_number(total, "top10_share"),
        movers=_movers(summary, words),
        **_usual(summary),
    )


def _number(row: pd.Series | None, name: str) -> float | None:
    return None if row is None or pd.isna(row[name]) else float(row[name])


def _parts(summary: "PeriodSummary") -> dict[str, float] | None:
    """Return what made the change, where both periods are covered and about as long."""
    steps = summary.waterfall["views"]
    if len(steps) < len(PARTS) + 2 or not covers_both_periods(summary) or not about_equally_long(summary):
        return None
    return dict(zip(PARTS, steps.iloc[1 : len(PARTS) + 1].astype(float), strict=True))


def _usual(summary: "PeriodSummary") -> dict[str, Any]:
    """Compare with the whole periods before, per day: months differ in length."""
    series = summary.series
    whole = whole_periods(series)
    known = {"usual": median_before(summary)}
    if whole.empty or whole.index[-1] != series.index[-1] or len(whole) < LEAST_PERIODS:
        return known
    lengths = ((whole["end"] - whole["start"]).dt.days + 1).to_numpy(dtype=float)
    rates = whole["views_gained"].to_numpy(dtype=float) / lengths * lengths[-1]
    return known | {
        "low": float(rates[:-1].min()),
        "high": float(rates[:-1].max()),
        "n_before": len(whole) - 1,
        "same_length": bool((lengths == lengths[-1]).all()),
    }


def _lead(summary: "PeriodSummary", gained: pd.DataFrame, *, words: Words) -> Lead | None:
    if gained.empty or pd.isna(gained["share"].iloc[0]):
        return None
    first = gained.iloc[0]
    found: dict[str, Any] = {
        "title": piece(
            words.clean(first["title"], fallback=words.account(first["username"]), width=46),
            link=first["ad_link"], tone="link",
        ),
        "account": words.account(first["username"]),
        "share": float(first["share"]),
        "ahead": float(first["gain"] / gained["gain"].iloc[1]) if len(gained) > 1 else float("inf"),
        "gain": float(first["gain"]),
        "age_days": None if pd.isna(first["age_days"]) else int(first["age_days"]),
        "is_new": bool(pd.notna(first["is_new"]) and first["is_new"]),
    }  # fmt: skip
    scores = summary.outliers[(summary.outliers["ad_id"] == first["ad_id"]) & summary.outliers["mult"].notna()]
    if len(scores) and pd.notna(scores["mult_lo"].iloc[0]) and pd.notna(scores["mult_hi"].iloc[0]):
        score = scores.iloc[0]
        found |= {
            "low": float(score["mult_lo"]),
            "high": float(score["mult_hi"]),
            "reliable": bool(pd.notna(score["reliable"]) and score["reliable"]),
            "few_peers": bool((score["n_peers"] if pd.notna(score["n_peers"]) else 0) < RELIABLE_PEERS),
        }
    return Lead(**found)


def _movers(summary: "PeriodSummary", words: Words) -> tuple[Mover, ...]:
    """Return the accounts of both periods, largest rise first, where the two are as long."""
    if not covers_both_periods(summary) or days_in(summary) != days_compared(summary):
        return ()
    now, before = (_accounts(frame) for frame in (summary.totals, summary.previous))
    both = now.join(before.add_suffix("_before"), how="inner").dropna()
    rise = (both["views_gained"] - both["views_gained_before"]).sort_values(ascending=False, kind="stable")
    return tuple(
        Mover(
            account=words.account(row.scope_name),
            now=float(row.views_gained),
            before=float(row.views_gained_before),
            uploads=int(row.n_uploads),
            uploads_before=int(row.n_uploads_before),
        )
        for row in both.loc[rise.index].itertuples()
    )


def _accounts(totals: pd.DataFrame) -> pd.DataFrame:
    rows = totals[totals["scope"].astype("object") == "account"]
    return rows.set_index("key")[["scope_name", "views_gained", "n_uploads"]]
