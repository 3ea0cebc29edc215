"""The report's tables and key figures, as the template sets them: short rows of typesettable pieces.

A table is `{"columns": [{"name", "align", "width"}], "rows": [[cell, …]], "note"}`. A cell is a list of pieces, one per
line; widths are points, or "rest" for the column that takes what is left.
"""

from typing import Any

import pandas as pd

from shortimize_analytics.style import (
    NO_VALUE,
    day,
    full_number,
    multiple,
    percent,
    platform_name,
    share,
    short_number,
)

from .findings import median_before, total_of, whole_weeks
from .pictures import LABEL_ROWS
from .words import Piece, Words, count, inline, piece

Table = dict[str, Any]
Cell = list[Piece]

MOVER_ROWS = 8
SCOPE_ROWS = 8
REVIVED_ROWS = 3


def _columns(*columns: tuple[str, str, int | str]) -> list[dict[str, Any]]:
    return [{"name": name, "align": align, "width": width} for name, align, width in columns]


def _tone(change: Any) -> str:
    """Colour a change by its direction, unless it is written as zero."""
    if pd.isna(change) or abs(change) < 0.005:
        return "muted"
    return "up" if change > 0 else "down"


def _change(ratio: Any) -> str:
    """Write a change in percent, and as a multiple where a percentage would be too large to grasp."""
    return percent(ratio, signed=True) if pd.isna(ratio) or ratio < 9 else multiple(ratio + 1)


def key_figures(summary: Any) -> list[dict[str, str]]:
    """Return the four figures of page 1: name, value, change with its tone, and what it is measured against."""
    now, before = total_of(summary.totals), total_of(summary.previous)
    return [
        _views(summary, now),
        _uploads(summary, now, before),
        _engagement(now, before),
        _outlier_count(summary.outliers),
    ]


def _figure(name: str, value: str, *, change: str = "", tone: str = "muted", note: str = "") -> dict[str, str]:
    return {"name": name, "value": value, "change": change, "tone": tone, "note": note}


def _views(summary: Any, now: pd.Series | None) -> dict[str, str]:
    if now is None or pd.isna(now["views_gained"]):
        return _figure("Views gained", NO_VALUE, note="no history for the week")
    median = median_before(summary)
    known = len(whole_weeks(summary.series.iloc[:-1]))
    note = "too few weeks to compare" if median is None else f"{known}-week median {short_number(median)}"
    change = now["vs_prev"]
    said = "" if pd.isna(change) else _change(change)
    return _figure("Views gained", short_number(now["views_gained"]), change=said, tone=_tone(change), note=note)


def _uploads(summary: Any, now: pd.Series | None, before: pd.Series | None) -> dict[str, str]:
    if now is None:
        return _figure("Uploads", NO_VALUE)
    weeks = summary.series["n_uploads"].iloc[:-1]
    note = f"{len(weeks)}-week median {weeks.median():g}" if len(weeks) >= 2 else "no weeks before"
    uploads = now["n_uploads"]
    if before is None or pd.isna(before["n_uploads"]) or not weeks.sum():
        return _figure("Uploads", full_number(uploads), note=note)
    change = uploads - before["n_uploads"]
    said = full_number(change, signed=True) if change else "±0"
    return _figure("Uploads", full_number(uploads), change=said, tone="muted", note=note)


def _engagement(now: pd.Series | None, before: pd.Series | None) -> dict[str, str]:
    if now is None or pd.isna(now["er_view"]):
        return _figure("Engagement per view", NO_VALUE, note="not known this week")
    said, tone = "", "muted"
    if before is not None and pd.notna(before["er_view"]):
        points = round(100 * (now["er_view"] - before["er_view"]), 1)
        said = f"{'+' if points > 0 else '−' if points < 0 else '±'}{abs(points):.1f} pt"
        tone = _tone(points)
    value = percent(now["er_view"], digits=1)
    return _figure("Engagement per view", value, change=said, tone=tone, note="likes, comments, shares")


def _outlier_count(outliers: pd.DataFrame) -> dict[str, str]:
    scored = outliers[outliers["mult"].notna()]
    if scored.empty:
        return _figure("Videos ≥ 5x their account", NO_VALUE, note="no video has a score")
    high = scored[scored["mult"] >= 5]
    weak = int((~high["reliable"].fillna(value=False).astype(bool)).sum())
    note = f"{weak} with few peers or days" if weak else f"of {len(scored):,} from 28 days"
    return _figure("Videos ≥ 5x their account", full_number(len(high)), note=note)


def movers_table(movers: pd.DataFrame, words: Words) -> Table:
    """Return the videos that gained most views in the week."""
    gained = movers[movers["gain"] > 0]
    rows = [
        [
            _video(row, words, f"uploaded {day(row.uploaded_at, year=False)}" if pd.notna(row.uploaded_at) else ""),
            [piece(full_number(row.views))],
            [piece(full_number(row.gain, signed=True), strong=True)],
            [piece(share(row.share))],
        ]
        for row in gained.head(MOVER_ROWS).itertuples()
    ]
    columns = _columns(
        ("Video", "left", "rest"), ("Views", "right", 70), ("Gained", "right", 74), ("Share", "right", 40)
    )
    return {"columns": columns, "rows": rows, "note": _more(len(gained), "videos that gained views", shown=MOVER_ROWS)}


def revived_table(revived: pd.DataFrame, words: Words) -> Table:
    """Return the old videos that gained speed again."""
    rows = [
        [
            _video(row, words, f"{count(row.age_days, 'day')} old" if pd.notna(row.age_days) else ""),
            [piece(full_number(row.gain, signed=True), strong=True)],
            [piece(multiple(row.revival_ratio))],
        ]
        for row in revived.head(REVIVED_ROWS).itertuples()
    ]
    columns = _columns(("Video", "left", "rest"), ("Gained", "right", 74), ("Of its usual week", "right", 84))
    return {"columns": columns, "rows": rows, "note": _more(len(revived), "revived videos", shown=REVIVED_ROWS)}


def outliers_table(outliers: pd.DataFrame, words: Words, *, rows: int) -> Table:
    """Return the best scores with what stands behind them; expects `title` and `ad_link` beside the ranking."""
    scored = outliers[outliers["mult"].notna()]
    cells = [
        [
            _video(row, words, f"{count(row.age_days, 'day')} old" if pd.notna(row.age_days) else ""),
            [piece(full_number(row.views))],
            [piece(multiple(row.mult), strong=True)],
            [piece(_range(row.mult_lo, row.mult_hi))],
            [piece(share(row.p_ge_5x))],
            [piece(_rank_range(row))],
        ]
        for row in scored.head(rows).itertuples()
    ]
    columns = _columns(
        ("Video", "left", "rest"), ("Views", "right", 62), ("Score", "right", 38), ("90% interval", "right", 62),
        ("P(≥5x)", "right", 38), ("Rank", "right", 54),
    )  # fmt: skip
    return {"columns": columns, "rows": cells, "note": _more(len(scored), "videos with a score", shown=rows)}


def labels_table(labels: pd.DataFrame, words: Words) -> Table:
    """Return the compared labels, clearest first, and name those with too few videos under them."""
    verdict = labels["verdict"].astype("object")
    tested = labels[labels["ratio"].notna() & (verdict != "too few")].sort_values(
        "ratio", ascending=False, kind="stable"
    )
    tones = {"higher": "up", "lower": "down"}
    rows = [
        [
            [piece(words.clean(row.label, fallback="unnamed label", width=34))],
            [piece(full_number(row.n_videos))],
            [piece(full_number(row.n_accounts))],
            [piece(multiple(row.ratio), strong=True)],
            [piece(_range(row.ratio_lo, row.ratio_hi))],
            [piece(NO_VALUE if pd.isna(row.q) else f"{row.q:.3f}" if row.q >= 0.001 else "<0.001")],
            [piece(share(row.hit_rate))],
            [piece(_verdict(row), tone=tones.get(str(row.verdict), "muted"))],
        ]
        for row in tested.head(LABEL_ROWS).itertuples()
    ]
    columns = _columns(
        ("Label", "left", "rest"), ("Videos", "right", 34), ("Accounts", "right", 42), ("Ratio", "right", 36),
        ("95% interval", "right", 58), ("q", "right", 36), ("≥ 5x", "right", 30), ("Verdict", "left", 92),
    )  # fmt: skip
    few = labels.loc[~labels.index.isin(tested.index), ["label", "n_videos"]]
    names = [
        f"{inline(words.clean(row.label, fallback='unnamed label', width=24))} ({row.n_videos})"
        for row in few.itertuples()
    ]
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    notes = [
        _more(len(tested), "compared labels", shown=LABEL_ROWS),
        f"Too few videos to compare: {shown}." if names else "",
    ]
    return {"columns": columns, "rows": rows, "note": " ".join(filter(None, notes))}


def scopes_table(totals: pd.DataFrame, scope: str, words: Words) -> Table:
    """Return the week of each platform or account."""
    rows = totals[(totals["scope"].astype("object") == scope) & totals["views_gained"].notna()]
    cells = [
        [
            [piece(_scope_name(row.name, scope, words))],
            [piece(full_number(row.n_uploads))],
            [piece(short_number(row.views_gained), strong=True)],
            [piece(_change(row.vs_prev), tone=_tone(row.vs_prev))],
        ]
        for row in rows.head(SCOPE_ROWS).itertuples(index=False)
    ]
    columns = _columns(
        (scope.capitalize(), "left", "rest"), ("Uploads", "right", 38), ("Gained", "right", 40), ("Change", "right", 42)
    )
    return {"columns": columns, "rows": cells, "note": _more(len(rows), f"{scope}s", shown=SCOPE_ROWS)}


def _scope_name(name: Any, scope: str, words: Words) -> str:
    return platform_name(words.clean(name, fallback=NO_VALUE, width=22)) if scope == "platform" else words.account(name)


def _video(row: Any, words: Words, detail: str) -> Cell:
    """Name a video on one line, and its account, platform and a detail on the next."""
    platform = platform_name(words.clean(row.platform, fallback="", width=14))
    under = " · ".join(filter(None, (words.account(row.username), platform, detail)))
    return [piece(words.title(row.title, row.username), link=row.ad_link), piece(under, tone="muted")]


def _range(low: Any, high: Any) -> str:
    if pd.isna(low) or pd.isna(high):
        return NO_VALUE
    return f"{multiple(low).removesuffix('x')}–{multiple(high)}"


def _rank_range(row: Any) -> str:
    if pd.isna(row.rank_lo) or pd.isna(row.rank_hi):
        return NO_VALUE
    return f"{full_number(row.rank_lo)}–{full_number(row.rank_hi)}"


def _verdict(row: Any) -> str:
    between = str(row.method).startswith("between") and str(row.verdict) in {"higher", "lower"}
    return "accounts differ" if between else str(row.verdict)


def _more(total: int, what: str, *, shown: int) -> str:
    return f"{shown} of {total:,} {what}." if total > shown else ""
