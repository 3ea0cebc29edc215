"""What a report said, kept beside the data for the reports after it: its forecasts and its verdicts on labels.

"Did the forecast hold?" is read from here, never worked out again with today's history: that would forecast with what
came later. One JSON file per period and part; the first report of a period stays, since it is what was said.
"""

import datetime as dt
import hashlib
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import FORECAST_COVERAGE
from shortimize_analytics.errors import DataQualityWarning, ReportError
from shortimize_analytics.plots.messages import gettext, ngettext
from shortimize_analytics.plots.theme import counted, full_number, short_number
from shortimize_analytics.store.files import replacing

from .effect_words import compared_within
from .what_comes_next import due_days, of_uploads
from .words import Sentence, Words, capital, counted_sentence, day, number_word, period, sentence

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

VERSION = 1
LOWEST, HIGHEST = 0.5, 2.0
"""Ends of the picture's axis (times what was expected): what lies beyond is drawn at its end."""
MOST_DRAWN = 40
_NUMBERS = ("horizon", "views", "pred_mean", "lo80", "hi80")


@dataclass(frozen=True, slots=True)
class KeptReport:
    """What the report of a period said.

    Attributes
    ----------
    scope, period
        As in `PeriodSummary`.
    first_day, last_day
        The period's days.
    forecasts
        One upload of it per row: ``ad_id``, ``uploaded_at`` (day), ``horizon`` (days), ``views`` on the last day, and
        ``pred_mean``, ``lo80``, ``hi80``: views expected at that age, and the ends of the 80 % range.
    verdicts
        Label id to its name and verdict, of the labels that were clear.
    """

    scope: str
    period: str
    first_day: dt.date
    last_day: dt.date
    forecasts: pd.DataFrame
    verdicts: dict[str, tuple[str, str]]


def keep_report(summary: "PeriodSummary", folder: Path) -> Path:
    """Keep what a report says of its uploads and labels, unless a report of that period and part did before.

    Parameters
    ----------
    summary
        Of the report that was written.
    folder
        Where reports are kept; made where it is missing.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ReportError
        When it cannot be written.
    """
    named = hashlib.sha256(summary.scope.encode()).hexdigest()[:12]
    path = folder / f"{summary.period}-{summary.first_day}-{summary.last_day}-{named}.json"
    if path.exists():
        return path
    shown = of_uploads(summary.forecasts)
    labels = compared_within(summary.labels)
    clear = labels[labels["verdict"].isin(["higher", "lower"])]
    document = {
        "version": VERSION,
        "scope": summary.scope,
        "period": summary.period,
        "first_day": str(summary.first_day),
        "last_day": str(summary.last_day),
        "forecasts": [
            {"ad_id": str(row.ad_id), "uploaded_at": str(row.uploaded_at.date())}
            | {name: float(getattr(row, name)) for name in _NUMBERS}
            for row in shown.dropna(subset=[*_NUMBERS, "uploaded_at"]).itertuples()
        ],
        "verdicts": [
            {"label_id": str(row.label_id), "label": str(row.label), "verdict": str(row.verdict)}
            for row in clear.itertuples()
        ],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as scrap:
            scrap.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportError(f"cannot keep the report's forecasts in {folder}: {error.strerror or error}") from error
    return path


def read_kept(folder: Path) -> list[KeptReport]:
    """Read the reports kept in a folder, oldest first.

    Warns
    -----
    DataQualityWarning
        For a file that cannot be read; the others are.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(_read(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError) as error:
            warnings.warn(
                f"the kept report {path.name} cannot be read ({error}): its forecasts are not judged",
                DataQualityWarning, stacklevel=2,
            )  # fmt: skip
    return sorted(found, key=lambda kept: (kept.last_day, kept.first_day))


def _read(document: dict[str, Any]) -> KeptReport:
    if document["version"] != VERSION:
        raise ValueError(f"version {document['version']} is not {VERSION}")
    rows = pd.DataFrame(document["forecasts"], columns=["ad_id", "uploaded_at", *_NUMBERS])
    rows = rows.astype({"ad_id": "str"} | dict.fromkeys(_NUMBERS, "float"))
    return KeptReport(
        scope=str(document["scope"]),
        period=str(document["period"]),
        first_day=dt.date.fromisoformat(document["first_day"]),
        last_day=dt.date.fromisoformat(document["last_day"]),
        forecasts=rows.assign(uploaded_at=pd.to_datetime(rows["uploaded_at"])),
        verdicts={str(one["label_id"]): (str(one["label"]), str(one["verdict"])) for one in document["verdicts"]},
    )


def forecast_board(
    kept: Sequence[KeptReport] | None, summary: "PeriodSummary", history: pd.DataFrame, *, words: Words
) -> dict[str, Any]:
    """Say what became of the forecasts that fell due in a period, and of the last verdicts.

    Parameters
    ----------
    kept
        Reports kept so far; None where none are kept.
    summary
        Of the period.
    history
        Prepared history.
    words
        Makes names fit.

    Returns
    -------
    dict
        ``words`` (sentence), ``note``, ``reading`` of the picture, ``low`` and ``high`` of the axis, and ``videos``:
        per forecast that was counted ``lo``, ``hi`` and ``actual`` over what was expected, and whether it lies inside,
        smallest first.
    """
    mine = [one for one in kept or [] if (one.scope, one.period) == (summary.scope, summary.period)]
    before = [one for one in mine if one.last_day < summary.first_day]
    told = {"words": [], "note": "", "reading": "", "low": LOWEST, "high": HIGHEST, "videos": []}
    if not before:
        first = sentence("No earlier report was kept to compare with.")
        if kept is not None:
            first = sentence(
                "This is the first report in this folder, so there is no earlier forecast to check. The next reports "
                "will check the forecasts of this one."
            )
        return told | {"words": first}
    due = _due(before, summary)
    last = _verdicts(before[-1], summary, words=words)
    if due.empty:
        return told | {"words": _none_due(before, summary, last=last)}
    counts = history.loc[history["views_raw"].notna(), ["ad_id", "date", "views_raw"]]
    counted_ = due.merge(counts, on=["ad_id", "date"])
    missing = len(due) - len(counted_)
    if counted_.empty:
        return told | {"words": counted_sentence(
            "{n} forecast fell due, and none of the videos was counted on its day.{last}",
            "{n} forecasts fell due, and none of the videos was counted on its day.{last}", len(due), last=last,
        )}  # fmt: skip
    return told | _told(counted_.sort_values("ad_id"), missing=missing, last=last, reports=before)


def _none_due(before: Sequence[KeptReport], summary: "PeriodSummary", *, last: str) -> Sentence:
    """Say that no forecast fell due, and when the next one does."""
    days = period(summary.first_day, summary.last_day)
    dates = pd.concat([due_days(one.forecasts) for one in before], ignore_index=True)
    ahead = dates[dates > pd.Timestamp(summary.last_day)]
    if ahead.empty:
        return sentence("No forecast of an earlier report fell due in {days}.{last}", days=days, last=last)
    return sentence(
        "No forecast of an earlier report fell due in {days}; the next one does on {day}.{last}",
        days=days, day=day(ahead.min()), last=last,
    )  # fmt: skip


def _due(before: Sequence[KeptReport], summary: "PeriodSummary") -> pd.DataFrame:
    """Return the forecasts whose day lies in the period, each from the first report that made it."""
    rows = pd.concat([one.forecasts.assign(made=pd.Timestamp(one.last_day)) for one in before], ignore_index=True)
    rows = rows.assign(date=due_days(rows)).sort_values("made", kind="stable").drop_duplicates("ad_id")
    return rows[rows["date"].between(pd.Timestamp(summary.first_day), pd.Timestamp(summary.last_day))]


def _told(rows: pd.DataFrame, *, missing: int, last: str, reports: Sequence[KeptReport]) -> dict[str, Any]:
    actual, expected = rows["views_raw"].astype("float"), rows["pred_mean"]
    inside = (rows["lo80"] <= actual) & (actual <= rows["hi80"])
    n, aim = len(rows), round(FORECAST_COVERAGE * len(rows))
    made = rows["made"].unique()
    ages = sorted({int(age) for age in rows["horizon"]})
    values = {
        "uploads": counted(n, "upload"), "ages": gettext(" or ").join(map(full_number, ages)), "n": full_number(n),
        "aim": full_number(aim), "last": last,
    }  # fmt: skip
    sums = {"expected": short_number(expected.sum()), "came": short_number(actual.sum())}
    said = sentence("*{expected} views expected, {came} came.*", **sums)
    if few := missing > n:  # those still counted need not be like the others
        checked = {"n": full_number(n), "all": full_number(n + missing)}
        said = sentence(
            "*Only {n} of {all} forecasts that fell due could be checked:* {expected} views expected, {came} came.",
            **checked, **sums,
        )  # fmt: skip
    said += _of_reports(made, reports=reports, inside=int(inside.sum()), n=n, values=values)
    drawn = pd.DataFrame(
        {"lo": rows["lo80"] / expected, "hi": rows["hi80"] / expected, "actual": actual / expected, "inside": inside}
    )
    drawn = drawn[expected.to_numpy() > 0].sort_values("actual").head(MOST_DRAWN)
    bounds = drawn[["lo", "hi", "actual"]].clip(LOWEST, HIGHEST).round(4).assign(inside=drawn["inside"])
    reading = gettext(
        "Bar: a video’s range, meant to hold 4 in 5. Dot: what came, against what was expected. Hollow: outside."
    )
    note = ""
    if missing and not few:
        note = ngettext(
            "{n} more was not counted that day.", "{n} more were not counted that day.", missing,
            n=capital(number_word(missing)),
        )  # fmt: skip
    return {"words": said, "note": note, "reading": reading, "videos": bounds.to_dict("records")}


def _of_reports(made: Any, *, reports: Sequence[KeptReport], inside: int, n: int, values: dict[str, str]) -> Sentence:
    """Say of which reports the forecasts were, and how many landed inside their range."""
    values = values | {"inside": full_number(inside)}
    if len(made) != 1:
        return counted_sentence(
            " Earlier reports forecast the views of {uploads} at day {ages}; {inside} of {n} landed inside its "
            "range; we aim for {aim}.{last}",
            " Earlier reports forecast the views of {uploads} at day {ages}; {inside} of {n} landed inside their "
            "range; we aim for {aim}.{last}",
            n, **values,
        )  # fmt: skip
    report = next(one for one in reports if pd.Timestamp(one.last_day) == made[0])
    return counted_sentence(
        " The report of {days} forecast the views of {uploads} at day {ages}; {inside} of {n} landed inside its "
        "range; we aim for {aim}.{last}",
        " The report of {days} forecast the views of {uploads} at day {ages}; {inside} of {n} landed inside their "
        "range; we aim for {aim}.{last}",
        n, days=period(report.first_day, report.last_day), **values,
    )  # fmt: skip


def _verdicts(last: KeptReport, summary: "PeriodSummary", *, words: Words) -> str:
    """Say which of the last report's clear labels still are."""
    if not last.verdicts:
        return ""
    now = dict(zip(summary.labels["label_id"].astype("str"), summary.labels["verdict"].astype("str"), strict=True))
    still: dict[bool, list[str]] = {True: [], False: []}
    for key, (label, verdict) in last.verdicts.items():
        still[now.get(key) == verdict].append(words.clean(label, fallback=gettext("unnamed label"), width=24))
    parts = []
    if names := still[True]:
        listed = gettext(" and ").join(names[:3])
        parts.append(ngettext("{labels} is still clear", "{labels} are still clear", len(names), labels=listed))
    if names := still[False]:
        listed = gettext(" and ").join(names[:3])
        parts.append(ngettext("{labels} is no longer clear", "{labels} are no longer clear", len(names), labels=listed))
    return gettext(
        " Of the labels that were clear on {day}, {verdicts}.",
        day=day(last.last_day, year=False), verdicts="; ".join(parts),
    )  # fmt: skip
