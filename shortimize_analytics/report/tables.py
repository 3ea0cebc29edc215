"""The report's tables and key figures, as the template sets them: short rows of typesettable pieces.

A table is `{"columns": [{"name", "align", "width", "wrap"}], "rows": [[cell, …]], "note"}`. A cell is a list of pieces,
one per line, cut to its column unless that wraps; widths are points, or "rest" for the column that takes what is left.
"""

import re
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE
from shortimize_analytics.plots.messages import gettext, later
from shortimize_analytics.plots.theme import (
    NO_VALUE,
    full_number,
    multiple,
    percent,
    platform_name,
    share,
    short_number,
)

from .effect_words import compared_between, compared_within
from .words import Piece, Words, decimal, interval, piece, said_of_analysis

Table = dict[str, Any]
Cell = list[Piece]

LABEL_ROWS = 8
SCOPE_ROWS = 6
CREATOR_ROWS = 40


def columns(*parts: tuple[str, str, int | str]) -> list[dict[str, Any]]:
    """Describe columns by name, alignment and width (points, or "rest"); an axis is given to those that draw ranges."""
    return [{"name": name, "align": align, "width": width, "wrap": False, "axis": None} for name, align, width in parts]


def tone(change: Any) -> str:
    """Colour a change by its direction, unless it is written as zero."""
    if pd.isna(change) or abs(change) < 0.005:
        return "muted"
    return "up" if change > 0 else "down"


def change_text(ratio: Any) -> str:
    """Write a change in percent, and as a multiple where a percentage would be too large to grasp."""
    return percent(ratio, signed=True) if pd.isna(ratio) or ratio < 9 else multiple(ratio + 1)


def labels_table(labels: pd.DataFrame, words: Words) -> Table:
    """Return the compared labels, clearest first, and name those with too few videos under them."""
    tested, apart = (
        compared_within(labels).sort_values("ratio", ascending=False, kind="stable"),
        compared_between(labels),
    )
    tones = {"higher": "up", "lower": "down"}
    shown = tested.head(LABEL_ROWS)
    axis = _ratio_axis(shown)
    rows = [
        [
            [
                piece(words.clean(row.label, fallback=gettext("unnamed label"), width=34)),
                piece(gettext(str(row.verdict)), tone=tones.get(str(row.verdict), "muted")),
            ],
            [piece(full_number(row.n_videos))],
            [piece(full_number(row.n_accounts_overlap))],
            [piece(multiple(row.ratio), strong=True)],
            [
                piece(interval_or_dash(row.ratio_lo, row.ratio_hi))
                | range_drawing(
                    (row.ratio_lo, row.ratio, row.ratio_hi), axis, tone=tones.get(str(row.verdict), "grey"),
                    filled=str(row.verdict) in tones,
                )
            ],
        ]
        for row in shown.itertuples()
    ]  # fmt: skip
    notes = [
        rows_shown(later("{shown} of {n} compared labels."), len(tested), shown=LABEL_ROWS),
        _not_an_effect(apart, words),
        too_few(labels.loc[~labels.index.isin(tested.index.union(apart.index))], words),
    ]
    named = columns(
        (gettext("Label"), "left", "rest"), (gettext("Videos"), "right", 40), (gettext("Accounts"), "right", 52),
        (gettext("Ratio"), "right", 42),
        (gettext("{level} interval", level=percent(EFFECT_COVERAGE)), "right", 200),
    )  # fmt: skip
    named[-1]["axis"] = axis
    return {"columns": named, "rows": rows, "note": " ".join(filter(None, notes))}


def _ratio_axis(rows: pd.DataFrame) -> dict[str, Any]:
    """Return a log axis of ratios that holds their ranges, up to ten times either way."""
    low = max(0.1, min([0.5, *rows["ratio_lo"].dropna()]) * 0.9)
    high = min(10.0, max([2.0, *rows["ratio_hi"].dropna()]) * 1.1)
    marks = [{"v": 1.0, "text": gettext("same")}]
    marks += [{"v": v, "text": multiple(v)} for v in (0.25, 0.5, 2.0, 4.0) if low * 1.12 <= v <= high / 1.12]
    return {"low": low, "high": high, "marks": marks, "reference": 1.0, "plain": False}


def range_drawing(
    ends: tuple[Any, Any, Any], axis: dict[str, Any], *, tone: str = "", filled: bool = True
) -> dict[str, Any]:
    """Return what draws a range beside its text: low end, middle and high end; nothing where one is not known."""
    if any(pd.isna(end) or end <= 0 for end in ends):
        return {}
    low, middle, high = (min(max(float(end), axis["low"]), axis["high"]) for end in ends)
    return {"draw": {"kind": "range", "lo": low, "mid": middle, "hi": high, "tone": tone, "filled": filled}}


def _not_an_effect(apart: pd.DataFrame, words: Words) -> str:
    """List the labels that tell accounts apart, with what the comparison is."""
    named = [
        f"{words.clean(row.label, fallback=gettext('unnamed label'), width=24)} ({multiple(row.ratio)}, "
        f"{interval_or_dash(row.ratio_lo, row.ratio_hi)}, {said_of_analysis(row.method)})"
        for row in apart.head(LABEL_ROWS).itertuples()
    ]
    if not named:
        return ""
    listed = ", ".join(named)
    if len(apart) > LABEL_ROWS:
        listed = gettext("{labels} and {n} more", labels=listed, n=full_number(len(apart) - LABEL_ROWS))
    return gettext(
        "Carried by all videos of some accounts and by none of the others, so not an effect of it: {labels}.",
        labels=listed,
    )


def too_few(groups: pd.DataFrame, words: Words) -> str:
    """Name the groups with too few videos to compare."""
    names = [
        f"{words.clean(row.label, fallback=gettext('unnamed label'), width=24)} ({full_number(row.n_videos)})"
        for row in groups.itertuples()
    ]
    if not names:
        return ""
    listed = ", ".join(names[:12])
    if len(names) > 12:
        listed = gettext("{labels} and {n} more", labels=listed, n=full_number(len(names) - 12))
    return gettext("Not compared, for too few videos with or without it: {labels}.", labels=listed)


def scopes_table(totals: pd.DataFrame, scope: str, *, words: Words, per_day: bool) -> Table:
    """Return the period of each platform or account; `per_day` says that changes are, for want of equal length."""
    rows = totals[(totals["scope"].astype("object") == scope) & totals["views_gained"].notna()]
    shown = rows.head(SCOPE_ROWS)
    cells = [
        [
            [piece(_scope_name(row.scope_name, scope, words=words))],
            [piece(full_number(row.n_uploads))],
            [piece(gained, strong=True)],
            [piece(change_text(row.vs_prev), tone=tone(row.vs_prev))],
        ]
        for row, gained in zip(shown.itertuples(index=False), short_column(shown["views_gained"]), strict=True)
    ]
    changes = gettext("Change: per day.") if per_day and rows["vs_prev"].notna().any() else ""
    return {
        "columns": columns(
            (gettext("Platform") if scope == "platform" else gettext("Account"), "left", "rest"),
            (gettext("Uploads"), "right", 38), (gettext("Gained"), "right", 40), (gettext("Change"), "right", 46),
        ),
        "rows": cells,
        "note": " ".join(filter(None, (rows_shown(_SCOPES[scope], len(rows), shown=SCOPE_ROWS), changes))),
    }  # fmt: skip


_SCOPES = {"platform": later("{shown} of {n} platforms."), "account": later("{shown} of {n} accounts.")}


def creators_table(totals: pd.DataFrame, words: Words) -> Table:
    """Return every account of the scope, largest growth first."""
    rows = totals[totals["scope"].astype("object") == "account"]
    shown = rows.head(CREATOR_ROWS)
    counts = short_column(shown["views_end"]), short_column(shown["views_gained"], signed=True)
    cells = [
        [
            [piece(words.account(row.scope_name))],
            [piece(full_number(row.n_uploads))],
            [piece(full_number(row.n_active))],
            [piece(views)],
            [piece(gained, strong=True)],
            [piece(change_text(row.vs_prev), tone=tone(row.vs_prev))],
            [piece(change_text(row.vs_median8), tone=tone(row.vs_median8))],
            [piece(share(row.top10_share))],
            [piece(percent(row.er_view, digits=1))],
        ]
        for row, views, gained in zip(shown.itertuples(index=False), *counts, strict=True)
    ]
    return {
        "columns": columns(
            (gettext("Creator"), "left", "rest"), (gettext("Uploads"), "right", 36), (gettext("Videos"), "right", 34),
            (gettext("Views"), "right", 44), (gettext("Gained"), "right", 48), (gettext("Change"), "right", 46),
            (gettext("vs median"), "right", 46), (gettext("Ten best"), "right", 40), (gettext("Engaged"), "right", 40),
        ),
        "rows": cells,
        "note": rows_shown(later("{shown} of {n} creators."), len(rows), shown=CREATOR_ROWS),
    }  # fmt: skip


def video_cell(row: Any, words: Words, *, detail: str) -> Cell:
    """Name a video on one line, and its account, platform and a detail on the next."""
    platform = platform_name(words.clean(row.platform, fallback="", width=14))
    under = " · ".join(filter(None, (words.account(row.username), platform, detail)))
    return [piece(words.title(row.title, row.username), link=row.ad_link), piece(under, tone="muted")]


def interval_or_dash(low: Any, high: Any) -> str:
    """Write an interval of multiples, or that there is none."""
    return NO_VALUE if pd.isna(low) or pd.isna(high) else interval(low, high)


def rows_shown(text: str, total: int, *, shown: int) -> str:
    """Say how many rows of how many are shown, where some are left out; `text` names them."""
    return gettext(text, shown=full_number(shown), n=full_number(total)) if total > shown else ""


def short_column(values: pd.Series, *, signed: bool = False) -> list[str]:
    """Write the counts of a column, those of one unit with the same number of decimals.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.report.tables import short_column
    >>> short_column(pd.Series([14_000, 89_400, 900, 2_000_000]), signed=True)
    ['+14.0k', '+89.4k', '+900', '+2M']
    """
    texts = [short_number(value, signed=signed) for value in values]
    point = decimal(0.5, 1)[1]
    parts = [_UNIT.fullmatch(text) for text in texts]
    exact = {part["unit"] for text, part in zip(texts, parts, strict=True) if part and point in text.strip(".")}
    return [
        f"{part['number']}{point}0{part['unit']}"
        if part
        and part["unit"] in exact
        and part["number"].strip("+−").isdigit()
        and len(part["number"].strip("+−")) < 3
        else text
        for text, part in zip(texts, parts, strict=True)
    ]


_UNIT = re.compile(r"(?P<number>[+−]?[\d.,]+)(?P<unit>\s?[^\W\d]+\.?)")
"""A shortened count, its number apart from its unit."""


def _scope_name(name: Any, scope: str, *, words: Words) -> str:
    return platform_name(words.clean(name, fallback=NO_VALUE, width=22)) if scope == "platform" else words.account(name)
