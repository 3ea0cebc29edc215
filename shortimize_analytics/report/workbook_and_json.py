"""What lies beside the PDF for other programs: an Excel workbook and a JSON document of the same report.

Both start from the same `Report` as the PDF: the frames behind it (`report_tables`), and its sentences.

Pitfalls: the JSON holds the frames' values as they are, unrounded, with null for what is not known; shares are 0-1 and
a ``ratio`` is a change (0.25 is +25 %), as each column's unit says.
"""

import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from shortimize_analytics import schema
from shortimize_analytics.schema.columns import Table, table
from shortimize_analytics.store.workbook import Sheet, write_workbook

from .compose import Report

JSON_SCHEMA = "shortimize-analytics/report"
JSON_VERSION = 2
"""Raised when a field is renamed, removed or changes its meaning; a new field alone does not raise it."""

_STEPS = table(
    "steps",
    "one step from the growth of the period before to this one's; they add up exactly",
    """
    step  | str   |       | what changed
    views | Int64 | views | what it added or took
    """,
)
_REVIVED = Table(
    "revived",
    "one older video that had slowed down and rose again",
    (*schema.WEEKLY_MOVERS, *table("", "", "revival_ratio | Float64 | x | gain of 7 days ÷ its usual 7 days before")),
)
_RECENT = Table("videos", "one video that was uploaded in the period or stands in outliers", schema.VIDEOS.columns)
_TABLES: tuple[tuple[str, Table], ...] = (
    ("totals", schema.WEEKLY_TOTALS),
    ("previous", schema.WEEKLY_TOTALS),
    ("series", schema.WEEKLY_SERIES),
    ("waterfall", _STEPS),
    ("new_uploads", _STEPS),
    ("movers", schema.WEEKLY_MOVERS),
    ("outliers", schema.OUTLIERS),
    ("labels", schema.LABEL_COMPARISON),
    ("durations", schema.GROUP_COMPARISON),
    ("weekdays", schema.GROUP_COMPARISON),
    ("forecasts", schema.WEEKLY_FORECASTS),
    ("revived", _REVIVED),
    ("stalled", schema.WEEKLY_STALLED),
)


def report_tables(report: Report) -> list[Sheet]:
    """List the frames behind a report with the tables that explain them: those of its summary, and recent videos."""
    sheets = [Sheet(name, getattr(report.summary, name), about) for name, about in _TABLES]
    videos, summary = report.videos, report.summary
    day = videos["uploaded_at"].dt.date
    new = (day >= summary.first_day) & (day <= summary.last_day)
    recent = videos.loc[new | videos["ad_id"].isin(summary.outliers["ad_id"]), _RECENT.names]
    return [*sheets, Sheet("videos", recent.reset_index(drop=True), _RECENT)]


def write_xlsx(report: Report, path: Path) -> None:
    """Write the frames behind a report as a workbook; written as it comes, so pass a temporary path."""
    about = [
        ("Report", report.content["document_title"]),
        ("First day", str(report.summary.first_day)),
        ("Last day", str(report.summary.last_day)),
        ("Compared with", _compared(report) or "nothing"),
        ("Scope", report.summary.scope),
        *(("Read with care", problem) for problem in report.problems),
        *((row["name"], row["value"]) for row in report.content["quality"]["rows"]),
        ("Made by", "shortimize-analytics"),
    ]
    write_workbook(report_tables(report), path, about=about, made_at=report.made_at)


def _compared(report: Report) -> str:
    days = report.summary.compared_with
    return "" if days is None else f"{days[0]} to {days[1]}"


def write_json(report: Report, path: Path) -> None:
    """Write a report as JSON; written as it comes, so pass a temporary path."""
    path.write_text(json.dumps(report_document(report), ensure_ascii=False, allow_nan=False), encoding="utf-8")


def report_document(report: Report) -> dict[str, Any]:
    """Return a report as plain values for JSON: what it says, and every frame behind it.

    Returns
    -------
    dict
        ``schema`` and ``schema_version``; ``period`` with ISO days; ``scope``; ``problems`` (why the data are
        incomplete); ``headline``, ``figures`` and ``findings`` as the PDF says them, the figures with a ``key`` that is
        the same in every language, and with numbers beside the texts (``number``; ``change_number`` in
        ``change_unit``: a ratio, a share of 0-1, or uploads); ``tables`` by name, each with what a row is, its columns
        with unit and meaning, and its rows; null for what is not known.
    """
    summary, content = report.summary, report.content
    return {
        "schema": JSON_SCHEMA,
        "schema_version": JSON_VERSION,
        "made_at": report.made_at.isoformat(),
        "title": content["document_title"],
        "period": {
            "kind": summary.period,
            "first_day": str(summary.first_day),
            "last_day": str(summary.last_day),
            "compared_with": [str(day) for day in summary.compared_with or ()] or None,
            "partial": summary.partial,
        },
        "scope": summary.scope,
        "problems": list(report.problems),
        "headline": content["headline"],
        "figures": content["figures"],
        "findings": [_sentence(sentence) for sentence in content["findings"]],
        "quality": content["quality"],
        "tables": {sheet.name: _table(sheet) for sheet in report_tables(report)},
    }


def _sentence(pieces: list[dict[str, Any]]) -> str:
    return "".join(piece["text"] for piece in pieces)


def _table(sheet: Sheet) -> dict[str, Any]:
    known = {column.name: column for column in sheet.table or ()}
    columns = [
        {"name": name, "kind": known[name].kind, "unit": known[name].unit, "meaning": known[name].meaning}
        if name in known
        else {"name": name}
        for name in map(str, sheet.frame)
    ]
    return {"row": sheet.table.row if sheet.table else "", "columns": columns, "rows": _records(sheet.frame)}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [[_plain(value) for value in frame.iloc[:, at].tolist()] for at in range(frame.shape[1])]
    names = [str(name) for name in frame]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    """Turn a value of a frame into one of JSON: ISO days and instants, null for NA."""
    if isinstance(value, list | tuple) or hasattr(value, "tolist"):
        return [_plain(item) for item in value] if hasattr(value, "__len__") else _plain(value.item())
    if pd.isna(value):
        return None
    if isinstance(value, dt.datetime):
        is_day = value.tzinfo is None and value.time() == dt.time()
        return str(value.date()) if is_day else value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, dt.date) else value
