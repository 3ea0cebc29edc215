"""Read costs, clips, decisions and targets; `terms` reads the terms.

A file is used whole or not at all: all its problems come in one `MoneyFileError`, each with line, column, value and
what to write. What a key stands for is asked later, where the videos are known.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from shortimize_analytics.schema import COSTS, TARGETS, Table, conform

from .amounts import RATE_DIGITS, digits_of
from .stretches import Stretch, parse_stretch
from .tables import Row, find_repeats, read_bytes, read_table

SCOPES = ("organisation", "account", "label", "video", "creator")
KINDS = ("fixed", "per_1000")
METRICS = ("views_gained", "upload_views", "uploads")
ACTIONS = ("exclude", "include", "hold", "views", "amount", "terms")
_DATES = ("uploaded_from", "uploaded_to", "start", "end")


class Decision(NamedTuple):
    """What somebody decided about a video or a creator."""

    decided_on: int
    creator: str
    video: str
    action: str
    value: str
    period: Stretch | None
    reason: str
    line: int

    @property
    def words(self) -> str:
        """Say it in one line."""
        return f"{self.action}{' ' + self.value if self.value else ''}: {self.reason}"


def read_costs(path: str | Path) -> pd.DataFrame:
    r"""Read a file of costs.

    Parameters
    ----------
    path
        A table with the columns scope, key, kind, amount and currency, and if wanted uploaded_from, uploaded_to,
        count_days, cost_id and note. UTF-8; cells separated by commas, semicolons or tabs.

    Returns
    -------
    DataFrame
        One row per cost, see `schema.COSTS`.

    Raises
    ------
    LocalFileError
        When the file cannot be read, is not UTF-8 or has no header.
    MoneyFileError
        With all that is wrong in it.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> _ = Path("costs.csv").write_text("scope,key,kind,amount,currency\naccount,tiktok/ann,per_1000,0.60,USD\n")
    >>> sa.read_costs("costs.csv")[["scope", "key", "kind", "amount", "currency"]]
         scope         key      kind amount currency
    0  account  tiktok/ann  per_1000   0.60      USD
    """
    data = read_bytes(path)
    rows, findings = read_table(
        data,
        str(path),
        required=("scope", "key", "kind", "amount", "currency"),
        optional=("uploaded_from", "uploaded_to", "count_days", "cost_id", "note"),
    )
    find_repeats(rows, advice="a cost would be counted twice; if both were paid give each its own cost_id")
    costs = [_cost(row) for row in rows]
    findings.check()
    return _frame(costs, COSTS, source=str(path))


def _cost(row: Row) -> dict[str, Any]:
    scope, kind = row.one_of("scope", SCOPES), row.one_of("kind", KINDS)
    currency = row.currency("currency")
    digits = RATE_DIGITS if kind == "per_1000" or not currency else digits_of(currency)
    amount = row.amount("amount", digits=digits)
    key = _scoped_key(row, scope)
    first, last = row.day("uploaded_from"), row.day("uploaded_to")
    if first is not None and last is not None and first > last:
        row.problem("uploaded_to", "write a day that is not before uploaded_from")
    count_days = row.count("count_days")
    if kind == "fixed" and count_days is not None:
        row.problem("count_days", "leave it empty: only per_1000 counts views")
    if amount is not None and amount < 0:
        if kind == "per_1000":
            row.problem("amount", "write a rate that is not negative; a refund is a fixed amount")
        elif not row.text("note"):
            row.problem("note", "say what this refund is for")
    if kind == "fixed" and amount is not None and amount == 0 and not row.text("note"):
        row.problem("amount", "write what was paid; if it was nothing, say why in note")
    return {
        "scope": scope,
        "key": key,
        "kind": kind,
        "amount": amount,
        "currency": currency,
        "uploaded_from": first,
        "uploaded_to": last,
        "count_days": count_days,
        "cost_id": row.text("cost_id") or None,
        "note": row.text("note") or None,
        "line": row.line,
    }


def _scoped_key(row: Row, scope: str) -> str:
    key = row.key("key", needed=scope != "organisation")
    if scope == "organisation" and key:
        row.problem("key", "leave it empty: organisation means all videos")
    return key


def _frame(rows: list[dict[str, Any]], table: Table, *, source: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=table.names)
    for name in (name for name in _DATES if name in frame):
        frame[name] = pd.to_datetime(frame[name].astype("Float64"), unit="D", origin="unix")
    out = conform(frame, table)
    out.attrs = {"table": table.name, "source": source}
    return out


def read_clips(data: bytes, path: str) -> tuple[dict[str, str], dict[str, int]]:
    """Read which posts are one clip.

    Returns
    -------
    clips, lines
        Clip by ad_id or link of the post, and where each stands.
    """
    rows, findings = read_table(data, path, required=("clip", "video"), optional=("note",))
    clips: dict[str, str] = {}
    lines: dict[str, int] = {}
    for row in rows:
        clip, video = row.text("clip", needed=True), row.key("video")
        if video in clips:
            row.problem("video", f"it is part of clip {clips[video]} already; keep one line")
        clips.setdefault(video, clip)
        lines.setdefault(video, row.line)
    findings.check()
    return clips, lines


def read_decisions(data: bytes, path: str, *, digits: int, period: str) -> tuple[Decision, ...]:
    """Read what was decided; `terms` checks the names of creators and terms.

    Parameters
    ----------
    digits
        Of the terms' currency.
    period
        "month" or "week": what a decision's period must be.
    """
    columns = ("decided_on", "creator", "video", "action", "value", "period", "reason")
    rows, findings = read_table(data, path, required=columns, optional=())
    find_repeats(rows, advice="it would count twice")
    found = [_decision(row, digits=digits, period=period) for row in rows]
    said: dict[tuple[object, ...], int] = {}
    for row, decision in zip(rows, found, strict=True):
        if decision.action == "amount":
            continue
        about = "include" if decision.action == "exclude" else decision.action
        what = (decision.video, about, decision.period, decision.decided_on)
        if what in said:
            row.problem("action", f"line {said[what]} decided the same on the same day; keep the one that holds")
        said.setdefault(what, row.line)
    findings.check()
    return tuple(found)


def _decision(row: Row, *, digits: int, period: str) -> Decision:
    action, value, video = row.one_of("action", ACTIONS), row.text("value"), row.key("video", needed=False)
    creator = row.text("creator")
    decided_on = row.day("decided_on")
    if not row.text("decided_on"):
        row.problem("decided_on", "write the day, as 2026-11-04")
    row.text("reason", needed=True)
    if action == "amount":
        row.amount("value", digits=digits)
    elif action == "views":
        row.count("value", needed=True)
    elif action == "terms":
        row.text("value", needed=True)
    elif value:
        row.problem("value", f"leave it empty: {action} takes none")
    if action != "amount" and not video:
        row.problem("video", f"write the video's ad_id or link: {action} is about one video")
    if action in {"amount", "include"} and not creator:
        row.problem("creator", "write the creator's id")
    return Decision(
        decided_on or 0,
        creator,
        video,
        action,
        value.replace(",", ".") if action == "amount" else value,
        _period(row, action, period=period),
        row.text("reason"),
        row.line,
    )


def _period(row: Row, action: str, *, period: str) -> Stretch | None:
    text = row.text("period")
    wanted = "2026-10" if period == "month" else "2026-W44"
    if action in {"exclude", "include", "terms"}:
        if text:
            row.problem("period", f"leave it empty: {action} is about the video, in every period")
        return None
    if len(text) != len(wanted) or "Q" in text:
        row.problem("period", f"write the {period} it is for, as {wanted}")
        return None
    try:
        return parse_stretch(text)
    except ValueError as error:
        row.problem("period", str(error))
        return None


def read_targets(path: str | Path) -> pd.DataFrame:
    r"""Read a file of targets.

    Parameters
    ----------
    path
        A table with the columns scope, key, metric, period and target, and if wanted planned_uploads and note.
        ``metric`` is views_gained when empty; ``period`` is 2026-11, 2026-W47, 2026-Q4 or 2026-11-03..2026-11-30.

    Returns
    -------
    DataFrame
        One row per target, see `schema.TARGETS`.

    Raises
    ------
    LocalFileError
        When the file cannot be read, is not UTF-8 or has no header.
    MoneyFileError
        With all that is wrong in it.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> _ = Path("targets.csv").write_text("scope,key,metric,period,target\norganisation,,,2026-11,1000000\n")
    >>> found = sa.read_targets("targets.csv")
    >>> found["metric"][0], str(found["end"][0].date()), int(found["target"][0])
    ('views_gained', '2026-11-30', 1000000)
    """
    rows, findings = read_table(
        read_bytes(path),
        str(path),
        required=("scope", "key", "metric", "period", "target"),
        optional=("planned_uploads", "note"),
    )
    seen: dict[tuple[str, ...], int] = {}
    targets = []
    for row in rows:
        targets.append(_target(row))
        what = tuple(row.text(name) for name in ("scope", "key", "metric", "period"))
        if what in seen:
            row.problem("target", f"line {seen[what]} has a target for the same; keep one")
        seen.setdefault(what, row.line)
    findings.check()
    return _frame(targets, TARGETS, source=str(path))


def _target(row: Row) -> dict[str, Any]:
    scope = row.one_of("scope", SCOPES[:4])
    metric = row.one_of("metric", METRICS) if row.text("metric") else "views_gained"
    key = _scoped_key(row, scope)
    stretch = None
    try:
        stretch = parse_stretch(row.text("period", needed=True))
    except ValueError as error:
        if row.text("period"):
            row.problem("period", str(error))
    return {
        "scope": scope,
        "key": key,
        "metric": metric,
        "start": stretch and stretch.first,
        "end": stretch and stretch.last,
        "target": row.count("target", least=1, needed=True),
        "planned_uploads": row.count("planned_uploads"),
        "note": row.text("note") or None,
        "line": row.line,
    }


def amount_of(decision: Decision) -> Decimal:
    """Return the signed amount of a decision that is one."""
    return Decimal(decision.value)
