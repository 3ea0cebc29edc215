"""Where a month lands against its target, how sure that is, and how such landings did in the past.

Definitions
-----------
so far
    Exact: growth as `period_summary` counts it, views of the period's uploads, or their number.
landing
    So far + what is to come, see `landing`.
interval, chance
    From ε = ln(what came ÷ what was expected) at past days with as many days left, seven days apart: of the accounts
    together for an account, of the organisation or the label itself for these, of videos of a like age for one video.
    See `past_landings`. NA below ten.
verdict
    reached; on track from a chance of 80 %; off track up to 20 %; open between; missed when the period is over; unknown
    without a chance.

Measured on 12 simulated organisations, intervals from origins that were over by then: 80 % intervals of accounts cover
.81 (n 1,980, 20 days left) and .81 (2,082, 10 days), of whole organisations .77 (132) and .87 (144); without the
stretch .80, .81, .74 and .85. Median errors of 30-day landings with 20 and 10 days left: accounts .23 and .13, linear
pace .27 and .13, the last 28 days .24 and .13; whole organisations .14 and .07, .16 and .08, .13 and .08: there the
last 28 days are as good, so both errors stand beside every landing, from the user's own data.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_number
from shortimize_analytics.analysis.periods.ledger import counts_at
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.errors import InvalidParameterError, MoneyFileError, Problem
from shortimize_analytics.schema import PACING, PACING_BACKTEST, TARGETS, conform
from shortimize_analytics.schema.days import Day, read_day

from .cost_scopes import Scene, make_scene, rows_of_scope
from .landing import Field, Outlook, Scopes, Seen, came, look_ahead, make_field, outlook, part_of
from .past_landings import MIN_ORIGINS, STEP, Past, interval, median_error, p_target, past_intervals, stretched

MAX_ORIGINS = 40
ON_TRACK, OFF_TRACK = 0.8, 0.2
AGE_BAND = 0.3
"""A single video is judged by past videos whose age was like its own, give or take this share."""
_VERDICTS = pd.CategoricalDtype(["reached", "on track", "open", "off track", "missed", "unknown"])


@dataclass(frozen=True, slots=True)
class Target:
    """One row of `schema.TARGETS` with its videos; days since 1970-01-01."""

    scope: str
    key: str
    name: str
    metric: str
    first: int
    last: int
    target: int
    planned: float | None
    field: Field

    @property
    def days(self) -> int:
        """Length of the stretch."""
        return self.last - self.first + 1


def pace_targets(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    targets: pd.DataFrame,
    as_of: Day | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Say where each target's period lands, and how likely it reaches the target.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or the result of `prepare`.
    history
        Frame of `load_history`; None beside prepared data.
    targets
        Result of `read_targets`.
    as_of
        Last day that is counted; None for the last whole one of the history.
    seed
        Deals accounts into folds.

    Returns
    -------
    DataFrame
        One row per target, in the order of the file: `schema.PACING`.

    Raises
    ------
    MoneyFileError
        With every key of the targets that is nobody's, or stands for several.
    InvalidParameterError
        When `as_of` is no day, or the frame is none of targets.

    References
    ----------
    Conformal intervals: V. Vovk, Ann. Math. Artif. Intell. 74 (2015) 9-28.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> _ = Path("targets.csv").write_text('''scope,key,metric,period,target
    ... organisation,,,2026-11,45000000
    ... ''')
    >>> row = sa.pace_targets(demo.videos, demo.history, targets=sa.read_targets("targets.csv")).iloc[0]
    >>> int(row["days_left"]), str(row["verdict"]), bool(row["lo80"] < row["landing"] < row["hi80"])
    (8, 'open', True)
    """
    data = as_prepared(videos, history)
    field, read, now = _scene(data, targets, as_of=as_of)
    rows = [_pace(field, target, now=now, seed=seed) for target in read]
    table = pd.DataFrame(rows, columns=PACING.names)
    table["verdict"] = pd.Categorical(table["verdict"], dtype=_VERDICTS)
    for name in ("start", "end", "as_of"):
        table[name] = pd.to_datetime(table[name], unit="D")
    out = conform(table, PACING)
    out.attrs = {"table": PACING.name, "params": {"seed": seed}}
    return out


def backtest_pacing(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    targets: pd.DataFrame,
    as_of: Day | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Repeat each target's landing at past days with as many days left, beside plain rivals.

    Parameters
    ----------
    videos, history, targets, as_of, seed
        As in `pace_targets`.

    Returns
    -------
    DataFrame
        One row per target and past day, for the target's own scope: `schema.PACING_BACKTEST`.

    Raises
    ------
    MoneyFileError, InvalidParameterError
        As `pace_targets`.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> _ = Path("targets.csv").write_text('''scope,key,metric,period,target
    ... organisation,,,2026-11,45000000
    ... ''')
    >>> past = sa.backtest_pacing(demo.videos, demo.history, targets=sa.read_targets("targets.csv"))
    >>> len(past), int(past["days_left"].max())
    (12, 8)
    """
    data = as_prepared(videos, history)
    field, read, now = _scene(data, targets, as_of=as_of)
    parts = []
    for target in read:
        past = _past(field, target, now=now, seed=seed)
        low, high = past_intervals(past, days_left=max(target.last - now, 0))
        own = past.own
        parts.append(
            pd.DataFrame(
                {
                    "origin": past.origin[own],
                    "end": past.origin[own] + max(target.last - now, 0),
                    "days_left": max(target.last - now, 0),
                    "actual": (past.so_far + past.actual)[own],
                    "landing": (past.so_far + past.rest)[own],
                    "lo80": low[own],
                    "hi80": high[own],
                    "linear": past.linear[own],
                    "last7": past.last7[own],
                    "last28": past.last28[own],
                }
            ).assign(scope=target.scope, key=target.key, name=target.name, metric=target.metric)
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PACING_BACKTEST.names)
    for name in ("origin", "end"):
        table[name] = pd.to_datetime(table[name], unit="D")
    out = conform(table, PACING_BACKTEST)
    out.attrs = {"table": PACING_BACKTEST.name, "params": {"seed": seed}}
    return out


def _scene(data: Prepared, targets: pd.DataFrame, *, as_of: Day | None) -> tuple[Field, list[Target], int]:
    lacking = [name for name in ("scope", "key", "metric", "start", "end", "target") if name not in targets]
    if lacking:
        raise InvalidParameterError(f"targets lack the columns {', '.join(lacking)}: pass the frame of read_targets")
    field = make_field(data)
    return field, _read(field, targets), _last_whole_day(data, field, as_of=as_of)


def _last_whole_day(data: Prepared, field: Field, *, as_of: Day | None) -> int:
    """Return the newest day of the history that was over when it was asked for."""
    newest = int(field.counted.newest)
    if as_of is not None:
        return min(day_number(read_day(as_of, "as_of")), newest)
    asked = history_of(data).attrs.get("as_of") or data.videos.attrs.get("as_of")
    return newest if asked is None else min(newest, day_number(pd.Timestamp(asked).date()) - 1)


def _read(field: Field, targets: pd.DataFrame) -> list[Target]:
    """Find the videos of each target."""
    videos = field.data.videos
    scene: Scene = make_scene(videos, costs=targets, terms=None)
    parts: dict[tuple[str, str], Field] = {("organisation", ""): field}
    found, problems = [], []
    for row in targets.reindex(columns=TARGETS.names).to_dict("records"):
        key = "" if pd.isna(row["key"]) else str(row["key"])
        rows, name, what, advice = rows_of_scope(scene, str(row["scope"]), key)
        if rows is None:
            problems.append(Problem(0 if pd.isna(row["line"]) else int(row["line"]), "key", key, advice))
            continue
        own = (str(row["scope"]), what)
        if own not in parts:
            chosen = np.zeros(len(videos), dtype=bool)
            chosen[rows] = True
            parts[own] = part_of(field, chosen)
        first, last = (day_number(pd.Timestamp(row[edge]).date()) for edge in ("start", "end"))
        planned = None if pd.isna(row["planned_uploads"]) else float(row["planned_uploads"])
        found.append(
            Target(own[0], key, name, str(row["metric"]), first, last, int(row["target"]), planned, parts[own])
        )
    if problems:
        raise MoneyFileError(str(targets.attrs.get("source", "targets")), problems)
    return found


def _pace(field: Field, target: Target, *, now: int, seed: int) -> dict[str, Any]:
    """Compute one row."""
    day = min(now, target.last)
    left, skip = max(target.last - now, 0), max(target.first - 1 - now, 0)
    whole, field = field, target.field
    out: dict[str, Any] = {
        "scope": target.scope, "key": target.key, "name": target.name, "metric": target.metric,
        "start": target.first, "end": target.last, "as_of": day, "days_left": left, "target": target.target,
    }  # fmt: skip
    notes = set()
    if field.counted.oldest > target.first - 1:
        notes.add("partial_history")
    seen = look_ahead(field, day=day, days_left=left, skip=skip, seed=seed)
    view = seen or _blind(field, day, left)
    here = outlook(field, view, _together(field), metric=target.metric, first=target.first, planned=target.planned)
    so_far = round(float(here.so_far[0]))
    gone = max(min(now, target.last) - target.first + 1, 0)
    out |= {"so_far": so_far, "share": so_far / target.target}
    out["needed_per_day"] = max(0, math.ceil((target.target - so_far) / (left - skip))) if left > skip else pd.NA
    if gone and left:
        out |= {"linear": so_far * target.days / gone, "pace": so_far / (target.target * gone / target.days)}
    if not left:
        out |= {"landing": float(so_far), "verdict": "reached" if so_far >= target.target else "missed"}
        return out | {"notes": ",".join(sorted(notes))}
    if seen is None or notes:
        out["verdict"] = "reached" if so_far >= target.target else "unknown"
        return out | {"notes": ",".join(sorted(notes | (set() if seen else {"no_curve"})))}
    out |= _expectation(here, target, so_far=so_far)
    past = _past(whole, target, now=now, seed=seed)
    out |= _certainty(past, out, target=target, left=left)
    if target.scope in {"account", "video"}:
        notes.add("pooled")
    if target.planned is None and target.metric != "uploads" and target.scope != "video":
        notes.add("no_plan")
    return out | {"notes": ",".join(sorted(notes))}


def _together(field: Field) -> Scopes:
    return Scopes(np.zeros(len(field.counted.videos), dtype=int), 1)


def _blind(field: Field, day: int, left: int) -> Seen:
    """Expect nothing, where nothing can be."""
    nothing = np.zeros(len(field.counted.videos))
    return Seen(day, left, 0, nothing, nothing, np.full(len(nothing), np.nan), 0.0)


def _expectation(here: Outlook, target: Target, *, so_far: int) -> dict[str, Any]:
    young, back, new, each = (float(part[0]) for part in (here.young, here.back, here.new, here.each))
    if target.scope == "video":
        new = each = 0.0
    missing = target.target - so_far - young - back
    needed = max(0, math.ceil(missing / each)) if each > 0 else 0 if missing <= 0 else pd.NA
    return {
        "rest_young": young,
        "rest_back": back,
        "rest_new": new,
        "landing": so_far + young + back + new,
        "needed_uploads": needed,
    }


def _past(everyone: Field, target: Target, *, now: int, seed: int) -> Past:
    """Repeat a target's landing at past days with as many days gone and left."""
    left, skip = max(target.last - now, 0), max(target.first - 1 - now, 0)
    before = now - target.first + 1
    parts: list[tuple[np.ndarray, ...]] = []
    latest = min(now, target.last) - left
    for day in range(latest, latest - STEP * MAX_ORIGINS, -STEP):
        first = day - before + 1
        if not left or first - 1 < everyone.counted.oldest:
            break
        field, scopes, own = _comparable(everyone, target, day=day, now=now)
        seen = look_ahead(field, day=day, days_left=left, skip=skip, seed=seed)
        if seen is None:
            break
        here = outlook(field, seen, scopes, metric=target.metric, first=first)
        came_since = came(field, scopes, metric=target.metric, first=first, day=day, end=day + left)
        whole, gone = target.days, max(before, 0)
        linear = here.so_far * whole / gone if gone else np.full(scopes.size, np.nan)
        rest = here.young + here.back + (0 if target.scope == "video" else here.new)
        rivals = [here.so_far + daily * (left - skip) for daily in (here.daily7, here.daily28)]
        keep = (here.so_far + came_since > 0) & (rest + came_since > 0)
        columns = (here.so_far, rest, came_since, linear, *rivals)
        is_own = np.arange(scopes.size) == own
        parts.append((np.full(keep.sum(), day), is_own[keep], *(column[keep] for column in columns)))
    if not parts:
        return Past(*(np.empty(0, dtype=bool if at == 1 else float) for at in range(8)))
    return Past(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _comparable(field: Field, target: Target, *, day: int, now: int) -> tuple[Field, Scopes, int]:
    """Give numbers to the scopes whose landings a target may learn from on a past day, and say which is its own."""
    if target.scope == "account":
        names, code = np.unique(field.account.astype(str), return_inverse=True)
        mine = str(target.field.account[0]) if len(target.field.account) else ""
        return field, Scopes(code, len(names)), int(np.searchsorted(names, mine))
    if target.scope == "video":
        uploaded = field.counted.uploaded
        age, own_age = day - uploaded, now - target.field.counted.uploaded[:1].sum()
        like = np.abs(age - own_age) <= max(1.0, AGE_BAND * own_age)
        chosen = np.flatnonzero(like & counts_at(field.ledger, day).known)
        code = np.full(len(uploaded), -1)
        code[chosen] = np.arange(len(chosen))
        return field, Scopes(code, max(1, len(chosen))), -1
    return target.field, _together(target.field), 0


def _certainty(past: Past, row: dict[str, Any], *, target: Target, left: int) -> dict[str, Any]:
    """Return interval, chance, verdict and scores."""
    so_far, rest = row["so_far"], row["landing"] - row["so_far"]
    n = len(past.origin)
    out: dict[str, Any] = {"n_origins": n, "verdict": "reached" if so_far >= target.target else "unknown"}
    if n:
        actual = past.so_far + past.actual
        scores = {"mdape": past.so_far + past.rest, "mdape_linear": past.linear, "mdape_last28": past.last28}
        out |= {name: median_error(landing, actual) for name, landing in scores.items()}
    errors = stretched(past.errors, left=left)
    if len(errors) < MIN_ORIGINS:
        return out
    low, high = interval(so_far, rest, errors)
    chance = p_target(so_far, rest, errors, target=target.target)
    lows, highs = past_intervals(past, days_left=left)
    tried = ~np.isnan(lows)
    inside = (past.so_far + past.actual >= lows) & (past.so_far + past.actual <= highs)
    out |= {"lo80": low, "hi80": high, "p_target": chance}
    out["cov_backtest"] = float(inside[tried].mean()) if tried.any() else np.nan
    if so_far < target.target:
        out["verdict"] = "on track" if chance >= ON_TRACK else "off track" if chance <= OFF_TRACK else "open"
    return out
