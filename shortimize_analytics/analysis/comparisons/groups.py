"""Which lengths, weekdays, songs, hashtags, platforms or accounts go with more views? Any grouping, one engine.

Definitions
-----------
group
    Videos that share a value of a column. A column of lists (labels, hashtags) puts a video into several groups.
ratio
    Views in the group ÷ views of the same accounts' videos outside it, at equal age; see `labels`.
shrunk ratio
    The ratio moved towards the mean of all tested groups by what its own error leaves open: of thirteen lengths the
    highest is high by luck, too.
optimum
    The group with the highest shrunk ratio, if a test of that group against the runner-up alone finds it higher. The
    test keeps its level although the two were picked because they are the highest. Otherwise there is no clear optimum.

Pitfalls: an account changes what it does over time, and better months take their lengths and weekdays with them.
`uploaded_at` is a day, so nothing can be said of hours. The vendor gives every YouTube Short 60 seconds: a length that
a platform gives to most of its videos is left out. Platforms and accounts are constant within accounts: they are
compared as accounts, which shows no effect, and a view is not counted alike on two platforms.
"""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE
from shortimize_analytics.analysis.base.one_thread import on_one_thread
from shortimize_analytics.analysis.prepared import Prepared, as_prepared
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import GROUP_COMPARISON, GROUP_PAIRS, conform
from shortimize_analytics.schema.choices import Outcome, check_column

from .between_accounts import kruskal_within, shrink
from .engine import MIN_VIDEOS, Sample, add_verdicts, check_outcome, compare, make_sample, sort_by_ratio
from .groupings import DERIVED, duration_brackets, group_members, group_sizes, has_lists, hashtags, weekdays
from .within_accounts import NAN, joint_effects, overlapping

__all__ = [
    "compare_groups",
    "compare_pairs",
    "duration_brackets",
    "duration_effect",
    "hashtags",
    "weekday_effect",
    "weekdays",
]

_NO_TEST: dict[str, Any] = {"H": None, "p": None, "groups": 0, "n": 0}


@on_one_thread
def compare_groups(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    by: str,
    outcome: Outcome = "adj",
    at_age: int | None = None,
    outliers: pd.DataFrame | None = None,
    ref: str = "rest",
    min_videos: int = MIN_VIDEOS,
    fdr: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the views of each group of videos with the same accounts' videos outside it.

    Parameters
    ----------
    videos, history
        Frames of `load_videos` and `load_history`, or what `prepare` made of them; `outcome="views"` needs a history.
    by
        A column of the videos (a list puts a video into several groups), or account, duration, weekday, hashtag.
    outcome, at_age
        "adj": newest views, adjusted for age. "views": views at age `at_age` (days), from the history.
    outliers
        Result of `rank_outliers` on the same videos; without it `median_mult` and the hit rate are NA.
    ref
        "rest": videos outside the group. A group: its videos instead.
    min_videos
        Groups of fewer compared videos are left out, and counted.
    fdr
        Share of false findings accepted among the groups called higher or lower, 0-1.
    seed
        Seed of permutations and subsamples.

    Returns
    -------
    DataFrame
        One group per row, largest ratio first, or in the order of an ordered category; see `schema.GROUP_COMPARISON`.
        `attrs["kruskal"]` tests whether any group differs (H, p, groups, n), on residuals of accounts with more than
        one group; None where a video has several groups, or no account has two. `attrs["optimum"]` has the group (or
        None), the best group and the runner-up, their ratio with its interval, and a verdict.

    Raises
    ------
    InvalidParameterError
        For an unknown grouping, outcome or reference, or a missing `at_age` or history.

    References
    ----------
    As `compare_labels`, and: Kruskal and Wallis 1952 (any difference); Efron and Morris 1973 and 1977, Paule and Mandel
    1982 (shrinkage); Hung and Fithian, Rank verification for exponential families, arXiv 1610.03944 (test of the
    highest against the runner-up; with unequal errors, as here, simulated rather than proven).

    Examples
    --------
    >>> from shortimize_analytics.analysis.comparisons.groups import compare_groups
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> rows = [{"ad_id": f"{i:03}", "platform": "tiktok", "linked_account_id": f"a{i % 5}", "video_length": 20,
    ...          "uploaded_at": "2026-01-01", "latest_updated_at": "2026-03-01", "song_name": "ab"[i % 2],
    ...          "latest_views": 1000 * (i % 5 + 1) + 13 * (i % 11) + 1000 * (i % 2)} for i in range(200)]
    >>> videos, _ = cast(rows, VIDEOS)
    >>> found = compare_groups(videos, by="song_name")
    >>> found[["label", "n_videos", "ratio", "verdict", "optimum"]].round(2)
      label  n_videos  ratio verdict  optimum
    0     b       100   1.42  higher     True
    1     a       100   0.71   lower    False
    """
    data = as_prepared(videos, history, digested=True)
    check_outcome(outcome, at_age, history=data.history, fdr=fdr)
    check_column(by, [*DERIVED, *data.videos], "by")
    sample, _ = make_sample(data.videos, history=data.history, outcome=outcome, at_age=at_age, outliers=outliers)
    return compare_groups_of(data, sample, by=by, ref=ref, min_videos=min_videos, fdr=fdr, seed=seed)


def compare_groups_of(
    data: Prepared, sample: Sample, *, by: str, ref: str = "rest", min_videos: int = 1, fdr: float = 0.05, seed: int = 0
) -> pd.DataFrame:
    """Compare the groups of a sample that `make_sample` took of prepared videos, see `compare_groups`."""
    groups, sample, quality = _grouped(data, sample, by)
    members = group_members(groups, min_videos)
    if ref != "rest" and ref not in members:
        raise InvalidParameterError(f"ref={ref!r} is no group of {by!r} with {min_videos} videos; pass 'rest'.")
    chosen = {key: member for key, member in members.items() if key != ref}
    out = compare(sample, chosen, reference=members.get(ref), fdr=fdr, seed=seed)
    out["label"] = _shown(out["label_id"], sample, by=by)
    within = out["method"].str.startswith("within").fillna(value=False).to_numpy(dtype=bool)
    if ref == "rest" and has_lists(groups):
        joint = joint_effects(sample.design, [members[key] for key in out.loc[within, "label_id"]])
        out.loc[within, "ratio_joint"] = np.exp(joint)
    out["ratio_shrunk"], out["optimum"] = np.where(within, _shrunk(out, within), NAN), False
    optimum = _optimum(sample, out.loc[within], members=members, seed=seed)
    if optimum["group"] is not None:
        out["optimum"] = out["label_id"] == optimum["group"]
    ordered = isinstance(groups.dtype, pd.CategoricalDtype) and groups.dtype.ordered
    table = conform(out if ordered else sort_by_ratio(out), GROUP_COMPARISON)
    quality["groups_below_min_videos"] = int((group_sizes(groups) < min_videos).sum())
    test = _kruskal(sample, groups, tested=list(out.loc[within, "label_id"]))
    more = {"by": by, "fdr": fdr, "tested": int(table["q"].notna().sum()), "kruskal": test, "optimum": optimum}
    return _with_attrs(table, data.videos, name=GROUP_COMPARISON.name, more=more, quality=quality)


@on_one_thread
def compare_pairs(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    by: str,
    outcome: Outcome = "adj",
    at_age: int | None = None,
    min_videos: int = MIN_VIDEOS,
    fdr: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare every two groups of videos inside the accounts that have both.

    Parameters
    ----------
    videos, history, by, outcome, at_age, min_videos, fdr, seed
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        One row per pair, in the groups' order, see `schema.GROUP_PAIRS`. A video of both groups counts for the second.

    Raises
    ------
    InvalidParameterError
        As `compare_groups`.

    Examples
    --------
    >>> from shortimize_analytics.analysis.comparisons.groups import compare_pairs
    >>> from shortimize_analytics.schema import VIDEOS, empty
    >>> len(compare_pairs(empty(VIDEOS), by="weekday"))
    0
    """
    data = as_prepared(videos, history)
    check_outcome(outcome, at_age, history=data.history, fdr=fdr)
    check_column(by, [*DERIVED, *data.videos], "by")
    sample, _ = make_sample(data.videos, history=data.history, outcome=outcome, at_age=at_age, outliers=None)
    groups, sample, quality = _grouped(data, sample, by)
    members = group_members(groups, min_videos)
    parts, pairs = [], list(combinations(members, 2))
    for first, second in pairs:
        only = members[first] & ~members[second]
        parts.append(compare(sample, {first: only}, reference=members[second], fdr=fdr, seed=seed))
    out = pd.concat(parts, ignore_index=True) if parts else compare(sample, {}, reference=None, fdr=fdr, seed=seed)
    out = add_verdicts(out, fdr=fdr)
    out["label_a"], out["label_b"] = [first for first, _ in pairs], [second for _, second in pairs]
    out = conform(out.rename(columns={"n_videos": "n_a", "n_ref": "n_b"}), GROUP_PAIRS)
    more = {"by": by, "fdr": fdr, "tested": int(out["q"].notna().sum())}
    return _with_attrs(out, data.videos, name=GROUP_PAIRS.name, more=more, quality=quality)


def duration_effect(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    outcome: Outcome = "adj",
    at_age: int | None = None,
    outliers: pd.DataFrame | None = None,
    fdr: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare lengths of videos, in brackets of 5 seconds, inside accounts: `compare_groups(by="duration")`.

    Parameters
    ----------
    videos, history, outcome, at_age, outliers, fdr, seed
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        One bracket per row, shortest first, see `schema.GROUP_COMPARISON` and `compare_groups`. `attrs["quality"]`
        counts `photos` and `without_length` (placeholders such as YouTube's 60 seconds among them), both left out.

    Raises
    ------
    InvalidParameterError
        As `compare_groups`.

    Examples
    --------
    >>> from shortimize_analytics.analysis.comparisons.groups import duration_effect
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": f"{i:03}", "platform": "tiktok", "linked_account_id": f"a{i % 5}",
    ...                    "uploaded_at": "2026-01-01", "latest_updated_at": "2026-03-01", "latest_views": 1000 + i,
    ...                    "video_length": 8 + 15 * (i % 2)} for i in range(200)], VIDEOS)
    >>> duration_effect(videos)["label"].tolist()
    ['5-10 s', '20-25 s']
    """
    return compare_groups(
        videos,
        history,
        by="duration",
        outcome=outcome,
        at_age=at_age,
        outliers=outliers,
        min_videos=1,
        fdr=fdr,
        seed=seed,
    )


def weekday_effect(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    outcome: Outcome = "adj",
    at_age: int | None = None,
    outliers: pd.DataFrame | None = None,
    fdr: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare weekdays of upload inside accounts: `compare_groups(by="weekday")`.

    Parameters
    ----------
    videos, history, outcome, at_age, outliers, fdr, seed
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        One weekday per row, Monday first, see `schema.GROUP_COMPARISON` and `compare_groups`.

    Raises
    ------
    InvalidParameterError
        As `compare_groups`.

    Examples
    --------
    >>> from shortimize_analytics.analysis.comparisons.groups import weekday_effect
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": f"{i:03}", "platform": "tiktok", "linked_account_id": f"a{i % 5}",
    ...                    "uploaded_at": f"2026-01-0{1 + i % 7}", "latest_updated_at": "2026-03-01",
    ...                    "latest_views": 1000 + i} for i in range(210)], VIDEOS)
    >>> weekday_effect(videos)["label"].tolist()[:2]
    ['Monday', 'Tuesday']
    """
    return compare_groups(
        videos,
        history,
        by="weekday",
        outcome=outcome,
        at_age=at_age,
        outliers=outliers,
        min_videos=1,
        fdr=fdr,
        seed=seed,
    )


def _grouped(data: Prepared, sample: Sample, by: str) -> tuple[pd.Series, Sample, dict[str, Any]]:
    """Return the group of each compared video, the sample of videos that have one, and what was left out."""
    prepared = data.videos
    groups = prepared[by] if by in prepared else DERIVED[by](prepared)
    usable = prepared["excluded"].isna()
    without = groups.isna() & usable
    lists = has_lists(groups)
    kept = usable if lists else usable & ~without
    sample = sample.part(kept.to_numpy(dtype=bool)[sample.rows])
    compared = len(sample.videos)
    quality = {"without_views_at_age": int(kept.sum()) - compared, "compared": compared}
    if by == "platform":
        sample = replace(sample, types=np.zeros_like(sample.types))
    if by in ("account", "linked_account_id", "username"):
        sample = replace(sample, fewest_accounts=1)
    photos = int((without & (prepared["format"] == "photo")).sum())
    reasons = {"photos": photos, "without_length": int(without.sum()) - photos} if by == "duration" else {}
    named = groups.take(sample.rows).reset_index(drop=True).rename("group")
    if not lists and not isinstance(named.dtype, pd.CategoricalDtype):
        named = named.astype("str")
    counted = {**prepared.attrs.get("quality", {}), **quality, "without_group": int(without.sum()), **reasons}
    return named, sample, counted


def _shown(keys: pd.Series, sample: Sample, *, by: str) -> pd.Series:
    """Name accounts by platform and handle, other groups by their value."""
    if by not in ("account", "linked_account_id"):
        return keys
    videos = sample.videos.drop_duplicates("account").set_index("account")
    return keys.map(videos["platform"].astype("str") + "/" + videos["username"].fillna("unnamed")).fillna(keys)


def _shrunk(out: pd.DataFrame, within: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    logs = np.log(out[["ratio", "ratio_lo", "ratio_hi"]].to_numpy(dtype=float))
    error = (logs[:, 2] - logs[:, 1]) / (2 * norm.ppf((1 + EFFECT_COVERAGE) / 2))
    usable = within & (error > 0)
    logs[~usable, 0] = NAN
    logs[usable, 0] = shrink(logs[usable, 0], error[usable])
    return np.exp(logs[:, 0])


def _optimum(sample: Sample, tested: pd.DataFrame, *, members: dict[str, np.ndarray], seed: int) -> dict[str, Any]:
    """Test the group with the highest shrunk ratio against the runner-up, inside accounts."""
    ranked = tested.dropna(subset="ratio_shrunk").sort_values("ratio_shrunk", ascending=False, kind="stable")
    found: dict[str, Any] = dict.fromkeys(("group", "best", "runner_up", "ratio", "lo", "hi"))
    found["verdict"] = "no clear optimum"
    if len(ranked) < 2:
        return found
    best, second = ranked["label_id"].iloc[:2]
    only = members[best] & ~members[second]
    duel = compare(sample, {best: only}, reference=members[second], fdr=0.05, seed=seed).iloc[0]
    ratios = [None if pd.isna(duel[name]) else float(duel[name]) for name in ("ratio", "ratio_lo", "ratio_hi")]
    found |= {"best": best, "runner_up": second, **dict(zip(("ratio", "lo", "hi"), ratios, strict=True))}
    if str(duel["method"]).startswith("within") and duel["ratio_lo"] > 1:
        found |= {"group": best, "verdict": f"{best} is the optimum"}
    return found


def _kruskal(sample: Sample, groups: pd.Series, *, tested: list[str]) -> dict[str, Any]:
    """Test whether any tested group differs, on residuals of accounts that have more than one of them."""
    if has_lists(groups) or len(tested) < 2:
        return _NO_TEST
    rows = groups.isin(tested).to_numpy()
    part = sample.part(rows)
    code = pd.factorize(groups[rows])[0]
    mixed = np.logical_or.reduce([overlapping(code == one, part.design.account) for one in range(code.max() + 1)])
    return kruskal_within(part.design.residual[mixed], code[mixed])


def _with_attrs(
    table: pd.DataFrame, videos: pd.DataFrame, *, name: str, more: dict[str, Any], quality: dict[str, Any]
) -> pd.DataFrame:
    table.attrs = {**videos.attrs, "table": name, **more, "quality": quality}
    return table
