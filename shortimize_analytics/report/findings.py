"""What the week says in words: a headline and at most five sentences, made from numbers and their intervals.

A sentence is written only when the numbers carry it. An interval that includes "no difference" is reported as no clear
difference; a total inside the range of the weeks before is called that, whatever its percentage; what rests on
interpolated days or on a week that the history does not cover is said before anything else.

Pitfall: these sentences describe; none of them claims a cause.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.style import full_number, multiple, percent, share, short_number

from .words import Piece, Words, count, inline, piece

if TYPE_CHECKING:
    from shortimize_analytics.weekly import WeeklySummary

Sentence = list[Piece]

MAX_SENTENCES = 5
BIG_SHARE = 0.1
"""From this share of all gains on, one video is worth a sentence of its own."""
LEAD = 1.5
"""And at least this many times the gain of the next one."""
INTERPOLATED_LIMIT = 0.10
"""Share of gains on interpolated days above which the reader is warned."""
_LEVEL = 0.005


def total_of(totals: pd.DataFrame) -> pd.Series | None:
    """Return the row of the whole organisation, or None when there is none."""
    rows = totals[totals["scope"].astype("object") == "all"]
    return None if rows.empty else rows.iloc[0]


def whole_weeks(series: pd.DataFrame) -> pd.DataFrame:
    """Return the weeks that the history covers whole."""
    return series[series["views_gained"].notna() & ~series["partial"].fillna(value=True).astype(bool)]


def median_before(summary: "WeeklySummary") -> float | None:
    """Return the median of the weeks before (views), as the totals imply it, or None where they hold none."""
    total = total_of(summary.totals)
    if total is None or pd.isna(total["views_gained"]) or pd.isna(total["vs_median8"]) or total["vs_median8"] <= -1:
        return None
    return float(total["views_gained"] / (1 + total["vs_median8"]))


def headline(summary: "WeeklySummary") -> str:
    """Say the week's views and their change in one line.

    A change is named only when the frames hold one; nothing is called growth that fell.
    """
    total = total_of(summary.totals)
    if total is None or pd.isna(total["views_gained"]):
        return "No history for this week"
    views = total["views_gained"]
    if views == 0:
        return "No views gained"
    said = f"{short_number(views)} views" if views > 0 else f"{short_number(abs(views))} views lost to corrections"
    if summary.partial:
        return f"{said}, in a week not covered whole"
    change = total["vs_prev"]
    if pd.isna(change) or views < 0:
        return said if views < 0 else f"{said} gained"
    if abs(change) < _LEVEL:
        return f"{said}, level with last week"
    if change >= 9:
        return f"{said}, {multiple(change + 1)} last week"
    return f"{said}, {'up' if change > 0 else 'down'} {percent(abs(change))}"


def findings(summary: "WeeklySummary", words: Words) -> list[Sentence]:
    """Write up to five sentences, the most important first.

    Parameters
    ----------
    summary
        What `weekly_summary` returned, with its texts already typesettable.
    words
        Makes names fit.

    Returns
    -------
    list of list of Piece
        At least one sentence; one that says so when nothing stands out.
    """
    total = total_of(summary.totals)
    if total is None or pd.isna(total["views_gained"]):
        return [[piece("The history holds no count for this week, so growth cannot be told. The rankings below use the "
                       "newest counts of the videos.")]]  # fmt: skip
    candidates = [
        _caveat(summary),
        _sources(summary, total),
        _top_video(summary, total, words),
        _labels(summary, words),
        _outliers(summary, words),
        _back_catalogue(summary, total),
    ]
    said = [sentence for sentence in candidates if sentence][:MAX_SENTENCES]
    return said or [[piece("Nothing stands out in this week’s numbers.")]]


def _caveat(summary: "WeeklySummary") -> Sentence:
    parts = []
    if summary.partial:
        parts.append("the history does not cover the whole week, so its total is not comparable")
    guessed = summary.quality.get("pct_gain_interpolated")
    if guessed is not None and guessed > INTERPOLATED_LIMIT:
        parts.append(f"{percent(guessed)} of the gains rest on days that were interpolated, not measured")
    if not parts:
        return []
    return [piece("Read with care: ", strong=True), piece("; ".join(parts) + ".")]


def _sources(summary: "WeeklySummary", total: pd.Series) -> Sentence:
    """Say how much new uploads brought, what their number and their views each did, and how usual the total is."""
    views, new = total["views_gained"], total["new_views"]
    if views < 0 and pd.notna(total["corrections"]):
        taken = short_number(abs(total["corrections"]))
        return [piece("Platforms took back "), piece(taken, strong=True), piece(" views, more than the week earned.")]
    if views <= 0 or pd.isna(new):
        return []
    if total["n_uploads"] == 0 and new == 0:
        start = [piece("Nothing was uploaded this week; all of the "), piece(short_number(views), strong=True),
                 piece(" came from the back catalogue")]  # fmt: skip
    else:
        start = [piece("New uploads brought "), piece(short_number(new), strong=True),
                 piece(f" of the {short_number(views)}")]  # fmt: skip
    return [*start, piece(". " + _effects(summary) + _usual(summary.series))]


def _effects(summary: "WeeklySummary") -> str:
    """Say what the number of uploads and the views of each did to the change from last week."""
    waterfall = summary.waterfall
    if len(waterfall) < 4 or waterfall["views"].isna().any():
        return ""
    volume, each = (int(waterfall["views"].iloc[step]) for step in (1, 2))
    now, before = total_of(summary.totals), total_of(summary.previous)
    of_them = "of them"
    if now is not None and before is not None and (now["n_uploads"] - before["n_uploads"]) * volume <= 0:
        # The effect counts uploads with a daily history, of which there can be fewer although more were uploaded.
        of_them = "with a daily history"
    parts = [
        f"{'more' if effect > 0 else 'fewer'} {noun} {'added' if effect > 0 else 'cost'} {short_number(abs(effect))}"
        for effect, noun in ((volume, of_them), (each, "views each"))
        if effect
    ]
    return f"Against last week, {' and '.join(parts)}. " if parts else ""


def _usual(series: pd.DataFrame) -> str:
    """Compare the last week with the range of the whole weeks before it."""
    whole = whole_weeks(series)
    if whole.empty or len(series) == 0 or whole.index[-1] != series.index[-1] or len(whole) < 4:
        return "Too few whole weeks came before to say whether that is usual."
    now, before = whole["views_gained"].iloc[-1], whole["views_gained"].iloc[:-1]
    low, high = before.min(), before.max()
    span = f"{short_number(low)} to {short_number(high)}"
    if now > high:
        return f"It is the best of {len(whole)} weeks (before: {span})."
    if now < low:
        return f"It is the weakest of {len(whole)} weeks (before: {span})."
    return f"That is inside the range of the {len(before)} weeks before ({span})."


def _score(outliers: pd.DataFrame, ad_id: Any) -> str:
    """Say a video's score with its interval, or an empty string when it has none."""
    rows = outliers[(outliers["ad_id"] == ad_id) & outliers["mult"].notna()]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    text = f"{multiple(row['mult'])} its account’s level at that age"
    if pd.notna(row["mult_lo"]) and pd.notna(row["mult_hi"]):
        text += f" (90% interval {_interval(row['mult_lo'], row['mult_hi'])})"
        if row["mult_lo"] <= 1 <= row["mult_hi"]:
            text += ", so not clearly above it"
    if not bool(row["reliable"]) or pd.isna(row["reliable"]):
        text += ", with too few peers or days to lean on"
    return text


def _interval(low: float, high: float) -> str:
    return f"{multiple(low).removesuffix('x')}–{multiple(high)}"


def _top_video(summary: "WeeklySummary", total: pd.Series, words: Words) -> Sentence:
    gained = summary.movers[summary.movers["gain"] > 0]
    if len(gained) < 2:
        return []
    first = gained.iloc[0]
    if pd.notna(first["share"]) and first["share"] >= BIG_SHARE and first["gain"] >= LEAD * gained["gain"].iloc[1]:
        score = _score(summary.outliers, first["ad_id"])
        return [
            piece("One video made "),
            piece(share(first["share"]), strong=True),
            piece(" of all gains: “"),
            _named(first, words),
            piece(f"”, {short_number(first['gain'])} views{', ' + score if score else ''}."),
        ]
    if pd.isna(total["top10_share"]) or len(gained) <= 10:
        return []
    return [
        piece(f"The ten best of {len(gained):,} videos made "),
        piece(share(total["top10_share"]), strong=True),
        piece(f" of all gains; none made more than {share(first['share'])}."),
    ]


def _named(row: pd.Series, words: Words) -> Piece:
    title = words.clean(row["title"], fallback=words.account(row["username"]), width=46)
    return piece(title, link=row["ad_link"], tone="link")


def _outliers(summary: "WeeklySummary", words: Words) -> Sentence:
    scored = summary.outliers[summary.outliers["mult"].notna()]
    if scored.empty:
        return []
    sure = scored[(scored["mult_lo"] >= 5) & scored["reliable"].fillna(value=False).astype(bool)]
    if sure.empty:
        return [piece(f"None of the {len(scored):,} scored videos is 5x its account’s level with its whole interval.")]
    first = sure.iloc[0]
    many = f"{count(len(sure), 'video')} {'are' if len(sure) > 1 else 'is'}"
    return [
        piece(f"{many} at least 5x ", strong=True),
        piece(
            f"the account’s level with the whole 90% interval, first {words.account(first['username'])} with "
            f"{multiple(first['mult'])} ({_interval(first['mult_lo'], first['mult_hi'])}, "
            f"{full_number(first['n_peers'])} peers)."
        ),
    ]


def _labels(summary: "WeeklySummary", words: Words) -> Sentence:
    labels = summary.labels
    verdict = labels["verdict"].astype("object")
    tested = labels[labels["ratio"].notna() & (verdict != "too few")]
    if tested.empty:
        return []
    clear = tested[verdict.loc[tested.index].isin(["higher", "lower"])].sort_values("q", kind="stable")
    if clear.empty:
        return [piece(f"No label differs clearly from the same accounts’ other videos ({len(tested)} compared).")]
    first = clear.iloc[0]
    among = "the same accounts’ other videos" if _within(first) else "accounts without it, which differ in more ways"
    behind = f"{count(first['n_videos'], 'video')}, {count(first['n_accounts'], 'account')}"
    return [
        piece(words.clean(first["label"], fallback="unnamed label", width=30), strong=True),
        piece(
            f" videos have {multiple(first['ratio'])} the views of {among} "
            f"(95% interval {_interval(first['ratio_lo'], first['ratio_hi'])}, {behind}). "
            f"{_other_labels(clear.iloc[1:], words)}"
        ),
    ]


def _other_labels(rest: pd.DataFrame, words: Words) -> str:
    if rest.empty:
        return "No other label is clearly different."
    named = [
        f"{inline(words.clean(row.label, fallback='unnamed label', width=30))} ({multiple(row.ratio)})"
        for row in rest.head(3).itertuples()
    ]
    more = f" and {len(rest) - 3} more" if len(rest) > 3 else ""
    return f"Also clearly different: {', '.join(named)}{more}."


def _within(row: pd.Series) -> bool:
    return "between" not in str(row["method"])


def _back_catalogue(summary: "WeeklySummary", total: pd.Series) -> Sentence:
    woken = len(summary.revived)
    woke = ""
    if woken:
        woke = f" {count(woken, 'old video')} gained speed again."
    steps = summary.waterfall
    if len(steps) < 4 or steps["views"].isna().any():
        return [piece(woke.strip())] if woke else []
    change = int(steps["views"].iloc[3])
    if not woke and abs(change) < 0.05 * abs(float(total["views_gained"]) or 1.0):
        return []
    verb = "more" if change >= 0 else "less"
    return [
        piece("The back catalogue brought "),
        piece(f"{short_number(abs(change))} {verb}", strong=True),
        piece(f" than last week.{woke}"),
    ]
