"""What views cost: per 1,000 views at equal age, with an interval, beside the plain figure of today.

Definitions
-----------
views at an age
    See `at_age`: counted, or of a younger video expected.
group
    The videos that costs paid for, each post once; removed and private ones included, since they were paid for.
cpm
    1,000 × cost ÷ sum of the group's views at the age.
interval
    Of the sum, from errors that past forecasts had, tied within accounts: see `forecast.totals`. One video alone has
    the interval of its forecast.

Pitfalls: `cpm_today` makes young videos look dear: it is there because everyone asks for it. Costs of two currencies
are two rows. A video's cost counts in every label it carries, so that rows of labels do not add up; the total does.
Views of two platforms are not the same thing, and two accounts differ by who they are: nothing here tests a difference.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.forecast.totals import DRAWS, draw_views
from shortimize_analytics.analysis.forecast.views import forecast_views
from shortimize_analytics.analysis.periods.ledger import make_ledger
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import COST_FIGURES, conform
from shortimize_analytics.schema.choices import CostGroup, check_choice

from .amounts import EXACT, ZERO, digits_of, to_digits, total
from .at_age import AtAge, views_at_age
from .cost_scopes import Cost, Scene, by_video, make_scene, match_costs
from .terms import Terms


def cost_figures(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    costs: pd.DataFrame,
    by: CostGroup = "scope",
    age: int = 30,
    level: float = 0.80,
    seed: int = 0,
    terms: Terms | None = None,
    forecasts: pd.DataFrame | None = None,
    allow_partial: bool = False,
) -> pd.DataFrame:
    """Compute what views cost: per 1,000 views at equal age, with an interval, and per action.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or the result of `prepare`.
    history
        Frame of `load_history`; None beside prepared data.
    costs
        Result of `read_costs` or `payout_costs`.
    by
        "scope": one row per scope and key of the costs. Else fees of groups are split evenly over their videos
        (`allocated`) and added up again by video, account, label, platform or creator.
    age
        Age at which videos are compared (days).
    level
        Of the intervals (0-1).
    seed
        Of the draws.
    terms
        Result of `read_terms`, for costs of creators.
    forecasts
        Result of `forecast_views` of the same videos with `horizon` = `age`, where it was made already.
    allow_partial
        Keep costs whose key is nobody's in rows `unmatched`, instead of raising: the total still adds up.

    Returns
    -------
    DataFrame
        One row per group and currency, the total of each currency first, then the largest cost: `schema.COST_FIGURES`.

    Raises
    ------
    MoneyFileError
        With every key of the costs that is nobody's, or stands for several.
    InvalidParameterError
        For an age or a level out of range, an unknown `by`, or a frame that is none of costs.

    References
    ----------
    Cost per mille and the other names are those of advertising. Totals of forecasts: `forecast.totals`.

    Examples
    --------
    >>> from pathlib import Path
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> _ = Path("costs.csv").write_text('''scope,key,kind,amount,currency,uploaded_from,uploaded_to
    ... account,tiktok/hook.lab,fixed,900,USD,2026-10-01,2026-10-31
    ... ''')
    >>> found = sa.cost_figures(demo.videos, demo.history, costs=sa.read_costs("costs.csv"))
    >>> found[["scope", "name", "n_videos", "n_young", "cost"]].to_dict("records")
    [{'scope': 'total', 'name': 'all costs', 'n_videos': 13, 'n_young': 6, 'cost': Decimal('900.00')},
     {'scope': 'account', 'name': 'tiktok/hook.lab', 'n_videos': 13, 'n_young': 6, 'cost': Decimal('900.00')}]
    >>> bool((found["cpm_lo"] < found["cpm"]).all() and (found["cpm"] < found["cpm_hi"]).all())
    True
    """
    check_choice(by, CostGroup, "by")
    if not 0.5 <= level <= 0.99:
        raise InvalidParameterError(f"level={level} is out of range; choose 0.5 to 0.99, usually 0.8")
    data = as_prepared(videos, history)
    ready = data.videos[(data.videos["excluded"] != "duplicate_row").fillna(value=True).to_numpy()].reset_index(
        drop=True
    )
    ledger = make_ledger(history_of(data), pd.Index(ready["ad_id"]))
    scene = make_scene(ready, costs=costs, terms=terms)
    matched = match_costs(scene, costs, ledger=ledger, allow_partial=allow_partial)
    if forecasts is None:
        forecasts = forecast_views(data, horizon=age, seed=seed)
    at_age = views_at_age(ready, history_of(data), ledger=ledger, forecasts=forecasts, age=age)
    groups = _groups(matched, scene, by=by)
    drawn = _draws(ready, at_age, groups, seed=seed)
    rows = [_figures(group, scene, at_age, drawn, level=level) for group in groups]
    table = pd.DataFrame(rows, columns=COST_FIGURES.names)
    table["_first"] = (table["scope"] != "total").astype(int)
    order = table.sort_values(["_first", "currency", "cost", "scope", "key"], ascending=[True, True, False, True, True])
    out = conform(order, COST_FIGURES)
    out.attrs = {"table": COST_FIGURES.name, "params": {"by": by, "age": age, "level": level, "seed": seed}}
    return out


@dataclass(slots=True)
class Group:
    """Videos and what was paid for them."""

    scope: str
    key: str
    name: str
    currency: str
    rows: np.ndarray
    cost: Decimal
    notes: set[str]


def _groups(costs: Sequence[Cost], scene: Scene, *, by: str) -> list[Group]:
    """Gather costs into groups, after a total for each currency."""
    found: list[Group] = []
    for currency in sorted({cost.currency for cost in costs}):
        own = [cost for cost in costs if cost.currency == currency]
        every = np.unique(np.concatenate([cost.rows for cost in own])) if own else np.empty(0, dtype=int)
        notes = set().union(*(cost.notes - {"no_videos", "unmatched"} for cost in own))
        amount = total([cost.amount for cost in own], digits=digits_of(currency))
        found.append(Group("total", "", "all costs", currency, every, amount, notes))
    found += _by_scope(costs) if by == "scope" else _allocated(costs, scene, by=by)
    return found


def _by_scope(costs: Sequence[Cost]) -> list[Group]:
    groups: dict[tuple[str, str, str], list[Cost]] = defaultdict(list)
    for cost in costs:
        groups[(cost.scope, cost.what, cost.currency)].append(cost)
    return [
        Group(
            scope,
            own[0].key,
            own[0].name,
            currency,
            np.unique(np.concatenate([cost.rows for cost in own])),
            total([cost.amount for cost in own], digits=digits_of(currency)),
            set().union(*(cost.notes for cost in own)),
        )
        for (scope, _, currency), own in groups.items()
    ]


def _allocated(costs: Sequence[Cost], scene: Scene, *, by: str) -> list[Group]:
    """Split fees over their videos, and add up by what was asked; a cost of no video stays a row of its own."""
    found = _by_scope([cost for cost in costs if not len(cost.rows)])
    with_videos = [cost for cost in costs if len(cost.rows)]
    shared = {row for cost in with_videos if len(cost.rows) > 1 for row in cost.rows.tolist()}
    counting = {row for cost in with_videos if "still_counting" in cost.notes for row in cost.rows.tolist()}
    for currency, parts in by_video(with_videos).items():
        groups: dict[str, list[int]] = defaultdict(list)
        names: dict[str, str] = {}
        for row in parts:
            for key, name in _keys_of(row, scene, by=by):
                groups[key].append(row)
                names[key] = name
        for key, rows in groups.items():
            notes = {"allocated"} if any(row in shared for row in rows) else set()
            notes |= {"still_counting"} if any(row in counting for row in rows) else set()
            cost = total([parts[row] for row in rows], digits=digits_of(currency))
            found.append(Group(by, key, names[key], currency, np.array(sorted(rows)), cost, notes))
    return found


def _keys_of(row: int, scene: Scene, *, by: str) -> list[tuple[str, str]]:
    """Name the groups of a video."""
    video = scene.videos.iloc[row]
    if by == "video":
        link = video.get("ad_link")
        return [(str(video["ad_id"]), link if isinstance(link, str) else str(video["ad_id"]))]
    if by == "account":
        account = scene.accounts.accounts[row]
        return [(account, scene.accounts.names[account])]
    if by == "platform":
        platform = "" if pd.isna(video["platform"]) else str(video["platform"])
        return [(platform, platform or "no platform")]
    if by == "creator":
        own = [(name, name) for name, rows in scene.creators.items() if row in rows]
        return own or [("", "no creator")]
    ids = video.get("label_ids")
    labels = list(ids) if isinstance(ids, list | np.ndarray) else []
    return [(label, scene.labels.names.get(label, label)) for label in labels] or [("", "no label")]


def _draws(ready: pd.DataFrame, at_age: AtAge, groups: Sequence[Group], *, seed: int) -> dict[int, np.ndarray]:
    """Draw the views of every forecast video that is in a group of several."""
    wanted = np.zeros(len(ready), dtype=bool)
    for group in groups:
        if at_age.forecast[group.rows].sum() + len(at_age.pools.keys() & set(group.rows.tolist())) > 1:
            wanted[group.rows] = True
    out = {
        row: _draw_usual(pool, at_age.now[row], name=str(ready["ad_id"].iloc[row]), seed=seed)
        for row, pool in at_age.pools.items()
    }
    rows = np.flatnonzero(wanted & at_age.forecast)
    if not len(rows):
        return out
    drawn = draw_views(
        at_age.logs[rows],
        at_age.above[rows],
        ages=at_age.model_age[rows],
        names=ready["ad_id"].iloc[rows].astype("str").tolist(),
        accounts=account_keys(ready).iloc[rows].astype("str").tolist(),
        errors=at_age.errors,
        seed=seed,
    )
    return out | dict(zip(rows.tolist(), np.maximum(drawn, np.nan_to_num(at_age.now[rows])).T, strict=True))


def _draw_usual(pool: np.ndarray, now: float, *, name: str, seed: int) -> np.ndarray:
    """Draw what a video may have that no forecast tells of, from what others had, and never less than it has."""
    stream = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
    return np.fmax(np.random.default_rng([seed, stream]).choice(np.sort(pool), DRAWS), now)


def _figures(
    group: Group, scene: Scene, at_age: AtAge, drawn: dict[int, np.ndarray], *, level: float
) -> dict[str, Any]:
    """Compute one row."""
    rows, cost = group.rows, float(group.cost)
    views, now = at_age.views[rows], at_age.now[rows]
    whole, counted = float(np.nansum(views)), float(np.nansum(now))
    low, high = _interval(rows, at_age, drawn, level=level)
    acts = at_age.acts[rows]
    grown = len(rows) > 0 and not at_age.estimated[rows].any() and not np.isnan(acts).any()
    platforms = sorted(scene.videos["platform"].iloc[rows].dropna().astype(str).unique())
    notes = set(group.notes)
    notes |= {"+".join(platforms)} if len(platforms) > 1 else set()
    notes |= {"short_horizon"} if at_age.short else set()
    notes |= {"at_newest_count"} if at_age.at_newest[rows].any() else set()
    notes |= {"at_usual_count"} if at_age.pools.keys() & set(rows.tolist()) else set()

    def per(amount: float, sum_of: float) -> float:
        # a refund alone is no price of views
        return amount / sum_of if sum_of > 0 and amount >= 0 else np.nan

    return {
        "scope": group.scope,
        "key": group.key,
        "name": group.name,
        "currency": group.currency,
        "n_videos": len(rows),
        "n_young": int(at_age.young[rows].sum()),
        "n_estimated": int(at_age.estimated[rows].sum()),
        "n_without_views": int(np.isnan(views).sum()),
        "age": at_age.age,
        "cost": to_digits(EXACT.add(group.cost, ZERO), digits=digits_of(group.currency)),
        "views_now": int(counted),
        "views_at_age": whole,
        "cpm": per(1000 * cost, whole),
        "cpm_lo": min(per(1000 * cost, edge) for edge in (low, high)),
        "cpm_hi": max(per(1000 * cost, edge) for edge in (low, high)),
        "cpm_today": per(1000 * cost, counted),
        "cpv": per(cost, whole),
        "cpe": per(cost, float(acts.sum())) if grown else np.nan,
        "cov_backtest": at_age.errors.coverage if at_age.forecast[rows].any() else np.nan,
        "n_backtest": at_age.errors.n_groups if at_age.forecast[rows].any() else pd.NA,
        "notes": ",".join(sorted(notes)),
    }


def _interval(rows: np.ndarray, at_age: AtAge, drawn: dict[int, np.ndarray], *, level: float) -> tuple[float, float]:
    """Return the ends of the interval of a group's views at the age, around the expected sum."""
    young = [row for row in rows.tolist() if at_age.forecast[row] or row in at_age.pools]
    whole = float(np.nansum(at_age.views[rows]))
    if not young:
        return whole, whole
    fixed = whole - float(at_age.views[young].sum())
    if len(young) == 1 and level == 0.80 and young[0] not in at_age.pools:
        low, high = at_age.lo80[young[0]], at_age.hi80[young[0]]
    else:
        sums = np.sum([drawn.get(row, np.full(1, at_age.views[row])) for row in young], axis=0)
        low, high = np.quantile(sums, [(1 - level) / 2, (1 + level) / 2])
    return min(whole, fixed + float(low)), max(whole, fixed + float(high))
