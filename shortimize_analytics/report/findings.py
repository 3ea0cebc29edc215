"""What a period says in words: a headline, and an answer to each of the five questions, made from numbers.

A sentence claims only what the numbers carry. An interval that includes "no difference" is reported as no clear
difference; a total inside the range of the periods before is called that, whatever its percentage; what rests on
interpolated days or on a period that the history does not cover is said before anything else.

Pitfall: these sentences describe; none of them claims a cause.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import (
    HIT,
    INTERPOLATED_LIMIT,
    RECENT_DAYS,
    SCORE_COVERAGE,
)
from shortimize_analytics.plots.theme import counted, full_number, multiple, percent, share, short_number

from .breakouts import is_breakout, may_become_one
from .effect_words import effect_sentence
from .what_comes_next import forecast_sentence
from .words import Finding, Naming, Piece, Sentence, Words, interval, number_word, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

MAX_SENTENCES = 5
BIG_SHARE = 0.1
"""From this share of all gains on, one video is worth a sentence of its own."""
LEAD = 1.5
"""And at least this many times the gain of the next one."""
ALIKE = 1.15
"""Sums of periods that differ more in length (x) are not told as more or less."""
_SAME = 0.005


def total_of(totals: pd.DataFrame) -> pd.Series | None:
    """Return the row of the whole scope, or None when there is none."""
    rows = totals[totals["scope"].astype("object") == "all"]
    return None if rows.empty else rows.iloc[0]


def whole_periods(series: pd.DataFrame) -> pd.DataFrame:
    """Return the periods that the history covers whole."""
    return series[series["views_gained"].notna() & ~series["partial"].fillna(value=True).astype(bool)]


def days_in(summary: "PeriodSummary") -> int:
    """Count the period's days."""
    return (summary.last_day - summary.first_day).days + 1


def covers_both_periods(summary: "PeriodSummary") -> bool:
    """Say whether the history covers both the period and the one it is compared with."""
    return len(summary.waterfall) > 1 and bool(summary.waterfall["views"].notna().all())


def days_compared(summary: "PeriodSummary") -> int:
    """Count the days of the period that this one is compared with."""
    if summary.compared_with is None:
        return days_in(summary)
    first, last = summary.compared_with
    return (last - first).days + 1


def about_equally_long(summary: "PeriodSummary") -> bool:
    """Say whether sums of the two periods may be compared: a month with a month, but not a week with a month."""
    short, long = sorted((days_in(summary), days_compared(summary)))
    return long <= ALIKE * short


def median_before(summary: "PeriodSummary") -> float | None:
    """Return the median of the periods before (views, for as many days as this one), or None where they hold none."""
    total = total_of(summary.totals)
    if total is None or pd.isna(total["views_gained"]) or pd.isna(total["vs_median8"]) or total["vs_median8"] <= -1:
        return None
    return float(total["views_gained"] / (1 + total["vs_median8"]))


def headline(summary: "PeriodSummary", names: Naming) -> str:
    """Say the period's views and their change in one line.

    A change is named only when the frames hold one, and as one per day where the periods differ in length; nothing is
    called growth that fell.
    """
    total = total_of(summary.totals)
    if summary.quality.get("n_videos") == 0:
        return "No videos"
    if total is None or pd.isna(total["views_gained"]):
        return f"No history for {names.now}"
    views = total["views_gained"]
    if views == 0:
        return "No views gained"
    said = f"{short_number(views)} views gained" if views > 0 else f"{short_number(-views)} views lost to corrections"
    if summary.partial:
        return f"{said}, in a {names.unit} not covered whole"
    change = total["vs_prev"]
    if pd.isna(change) or views < 0:
        return said
    said = f"{said}, {'' if days_compared(summary) == days_in(summary) else 'per day '}"
    if abs(change) <= _SAME:
        return f"{said}level with {names.before}"
    if change >= 9:
        return f"{said}{multiple(change + 1)} as many as {names.before}"
    return f"{said}{percent(abs(change))} {'more' if change > 0 else 'less'} than {names.before}"


def findings(
    summary: "PeriodSummary", words: Words, *, names: Naming, known: str = "", came: pd.Series | None = None
) -> dict[str, Finding]:
    """Answer the five questions.

    Parameters
    ----------
    summary
        What `period_summary` returned, with its texts already typesettable.
    words
        Makes names fit.
    names
        What the periods are called.
    known
        The period's last day where the data go on beyond it: forecasts are told as known on it.
    came
        What its uploads had on the day they were forecast for, where that has passed.

    Returns
    -------
    dict of Finding
        Of those that the data can answer: grew, earned, beat, more, next, and back (the back catalogue).
    """
    found = {
        "grew": _grew(summary, names),
        "earned": _earned(summary, words, names=names),
        "beat": _beat(summary, words),
        "more": _more_of(summary, words),
        "next": _next(summary, names, known=known, came=came),
        "back": _back_catalogue(summary, names),
    }
    return {name: finding for name, finding in found.items() if finding is not None}


def first_page(summary: "PeriodSummary", found: dict[str, Finding], *, names: Naming) -> list[Sentence]:
    """Choose up to five sentences: what to read with care, growth, then what stands out; say so when nothing does."""
    if summary.quality.get("n_videos") == 0:
        return [[piece("There is no video to report on.")]]
    if "grew" not in found:
        start = [[piece(f"The history holds no count for {names.now}, so growth cannot be told. The rankings below use "
                        "the newest counts of the videos.")]]  # fmt: skip
    else:
        start = [found["grew"].words]
    caveat = _caveat(summary)
    notable = [finding.words for name, finding in found.items() if finding.notable and name != "grew"]
    said = [*([caveat] if caveat else []), *start, *notable][:MAX_SENTENCES]
    if not notable and "grew" in found:
        what = "Nothing else stands out" if found["grew"].notable else "Nothing stands out"
        said.append([piece(f"{what}: no video, label, length or weekday is clear of its interval.")])
    return said


def _caveat(summary: "PeriodSummary") -> Sentence:
    guessed = summary.quality.get("pct_gain_interpolated")
    if guessed is None or guessed <= INTERPOLATED_LIMIT:
        return []
    return [
        piece("Read with care: ", strong=True),
        piece(f"{percent(guessed)} of the gains rest on days that were interpolated, not measured."),
    ]


def _grew(summary: "PeriodSummary", names: Naming) -> Finding | None:
    """Say how much new uploads brought, what their number and their views each did, and how usual the total is."""
    total = total_of(summary.totals)
    if total is None or pd.isna(total["views_gained"]):
        return None
    views, new = total["views_gained"], total["new_views"]
    if views < 0 and pd.notna(total["corrections"]):
        taken = short_number(abs(total["corrections"]))
        said = [piece("Platforms took back "), piece(taken, strong=True),
                piece(f" views, more than the {names.unit} earned.")]  # fmt: skip
        return Finding(said, notable=True)
    if views <= 0 or pd.isna(new):
        gained = f"{short_number(views)} views were" if views else "No views were"
        return Finding([piece(f"{gained} gained {names.now}.")], notable=False)
    if total["n_uploads"] == 0 and new == 0:
        start = [piece(f"Nothing was uploaded {names.now}; all of the "), piece(short_number(views), strong=True),
                 piece(" came from the back catalogue")]  # fmt: skip
    else:
        start = [piece("New uploads brought "), piece(short_number(new), strong=True),
                 piece(f" of the {short_number(views)}")]  # fmt: skip
    usual, notable = _usual(summary, names)
    return Finding([*start, piece(". " + _effects(summary, names) + usual)], notable=notable)


def _effects(summary: "PeriodSummary", names: Naming) -> str:
    """Say what the number of uploads and the views of each did to the change from the period before."""
    waterfall = summary.waterfall
    if len(waterfall) < 4 or not covers_both_periods(summary) or not about_equally_long(summary):
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
    return f"Against {names.before}, {' and '.join(parts)}{_of_age(summary)}. " if parts else ""


def _of_age(summary: "PeriodSummary") -> str:
    """Split the views of each upload into their age, of which uploads cannot have more, and views at equal age."""
    steps = summary.new_uploads
    if len(steps) < 3 or steps["views"].isna().any():
        return ""
    age, equal = (short_number(steps["views"].iloc[step], signed=True) for step in (1, 2))
    return f" (their age {age}, views at equal age {equal})"


def _usual(summary: "PeriodSummary", names: Naming) -> tuple[str, bool]:
    """Compare the period with the range of the whole ones before it, per day: months differ in length."""
    series, units = summary.series, f"{names.unit}s"
    whole = whole_periods(series)
    if whole.empty or len(series) == 0 or whole.index[-1] != series.index[-1] or len(whole) < 4:
        return f"Too few whole {units} came before to say whether that is usual.", False
    lengths = ((whole["end"] - whole["start"]).dt.days + 1).to_numpy(dtype=float)
    rates = whole["views_gained"].to_numpy(dtype=float) / lengths * lengths[-1]
    now, low, high = rates[-1], rates[:-1].min(), rates[:-1].max()
    same = bool((lengths == lengths[-1]).all())
    span = f"{short_number(low)} to {short_number(high)}{'' if same else ', for as many days'}"
    if now > high:
        return f"It is the best of {len(whole)} {units} (before: {span}).", True
    if now < low:
        return f"It is the weakest of {len(whole)} {units} (before: {span}).", True
    return f"That is inside the range of the {len(whole) - 1} {units} before ({span}).", False


def _score(outliers: pd.DataFrame, ad_id: Any) -> str:
    """Say a video's score with its interval, or an empty string when it has none."""
    rows = outliers[(outliers["ad_id"] == ad_id) & outliers["mult"].notna()]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    text = f"{multiple(row['mult'])} its account’s level at that age"
    if pd.notna(row["mult_lo"]) and pd.notna(row["mult_hi"]):
        text += f" ({percent(SCORE_COVERAGE)} interval {interval(row['mult_lo'], row['mult_hi'])})"
        if row["mult_lo"] <= 1 <= row["mult_hi"]:
            text += ", so not clearly above it"
    if not bool(row["reliable"]) or pd.isna(row["reliable"]):
        text += ", with too few peers or days to lean on"
    return text


def _earned(summary: "PeriodSummary", words: Words, *, names: Naming) -> Finding | None:
    total = total_of(summary.totals)
    gained = summary.movers[summary.movers["gain"] > 0]
    if len(gained) < 2 or total is None:
        return None
    first = gained.iloc[0]
    if pd.notna(first["share"]) and first["share"] >= BIG_SHARE and first["gain"] >= LEAD * gained["gain"].iloc[1]:
        score = _score(summary.outliers, first["ad_id"])
        said = [
            piece("One video made "),
            piece(share(first["share"]), strong=True),
            piece(" of all gains: “"),
            _named(first, words),
            piece(f"”, {short_number(first['gain'])} views{', ' + score if score else ''}."),
        ]
        return Finding(said, notable=True)
    if pd.isna(total["top10_share"]) or len(gained) <= 10:
        said = [piece(f"{counted(len(gained), 'video')} gained views {names.now}; the first made "),
                piece(share(first["share"]), strong=True), piece(" of all gains.")]  # fmt: skip
        return Finding(said, notable=False)
    said = [
        piece(f"The ten best of {full_number(len(gained))} videos made "),
        piece(share(total["top10_share"]), strong=True),
        piece(f" of all gains; none made more than {share(first['share'])}."),
    ]
    return Finding(said, notable=True)


def _named(row: pd.Series, words: Words) -> Piece:
    title = words.clean(row["title"], fallback=words.account(row["username"]), width=46)
    return piece(title, link=row["ad_link"], tone="link")


def _beat(summary: "PeriodSummary", words: Words) -> Finding | None:
    scored = summary.outliers[summary.outliers["mult"].notna()]
    if scored.empty:
        return None
    sure = scored[is_breakout(scored)]
    days = max(RECENT_DAYS, days_in(summary))
    usual = f"clearly above {number_word(HIT)} times their account’s usual"
    rest = _may_become(int(may_become_one(scored).sum()), also=len(sure) > 0)
    if sure.empty:
        return Finding([piece(f"No video of the last {full_number(days)} days is {usual}.{rest}")], notable=False)
    first = sure.iloc[0]
    said = (
        f" of the last {full_number(days)} days {'are' if len(sure) > 1 else 'is'} "
        f"{usual if len(sure) > 1 else usual.replace('their', 'its')}{', first' if len(sure) > 1 else ':'} "
        f"{words.account(first['username'])} with {multiple(first['mult'])}.{rest}"
    )
    return Finding([piece(counted(len(sure), "video"), strong=True), piece(said)], notable=True)


def _may_become(number: int, *, also: bool) -> str:
    """Count those above the limit that rest on too little."""
    if not number:
        return ""
    other = "more" if also else "other" if number == 1 else "others"
    one = number == 1
    return (
        f" {full_number(number)} {other} may be, but {'is' if one else 'are'} too new or {'has' if one else 'have'} "
        "too few videos to be compared with."
    )


def _more_of(summary: "PeriodSummary", words: Words) -> Finding | None:
    said, notable = effect_sentence(summary, words)
    return Finding(said, notable=notable) if said else None


def _next(summary: "PeriodSummary", names: Naming, *, known: str, came: pd.Series | None) -> Finding | None:
    said = forecast_sentence(summary.forecasts, names, known=known, came=came)
    lists = [
        f"{counted(len(frame), noun)} {what}"
        for frame, noun, what in (
            (summary.revived, "old video", "gained speed again"),
            (summary.stalled, "video", "of the last 28 days nearly stopped"),
        )
        if len(frame)
    ]
    if lists:
        said = [*said, piece((" " if said else "") + " and ".join(lists) + ".")]
    return Finding(said, notable=bool(said)) if said else None


def _back_catalogue(summary: "PeriodSummary", names: Naming) -> Finding | None:
    total, steps = total_of(summary.totals), summary.waterfall
    if total is None or len(steps) < 4 or not covers_both_periods(summary) or not about_equally_long(summary):
        return None
    change = int(steps["views"].iloc[3])
    said = [
        piece("The back catalogue brought "),
        piece(f"{short_number(abs(change))} {'more' if change >= 0 else 'less'}", strong=True),
        piece(f" than {names.before}."),
    ]
    return Finding(said, notable=abs(change) >= 0.05 * abs(float(total["views_gained"]) or 1.0))
