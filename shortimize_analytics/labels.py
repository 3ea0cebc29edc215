"""Which labels go with more views? Each label against the same accounts' videos without it.

Definitions
-----------
label
    A collection of the vendor. The id is the key; names can repeat. A video counts in each of its labels and is never
    its own reference. A video whose list is missing carries none.
ratio
    Views with the label ÷ views without, inside accounts and at equal age. 1.5 means half as many again.
overlap
    Accounts with labelled and unlabelled videos: only these can show an effect of the label.
hit rate
    Share of labelled videos with at least five times their account's level (`rank_outliers`).

Pitfalls: big accounts use other labels than small ones, so a plain comparison of videos mostly compares accounts: 38 %
of meaningless labels came out significant that way, 5 % the way it is done here. A label that never varies within an
account says nothing about itself ("accounts differ"). A label given AFTER seeing the views ("best of") is circular. A
ratio is no proof that the label causes the views: topics, days and creators' moods come with it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ._contrasts import account_levels, between_effect, size
from ._effects import NAN, Design, Effect, age_terms, joint_effects, make_design, overlapping, within_effect
from .errors import InvalidParameterError
from .prepare import account_keys, prepare_history, prepare_videos
from .schema import LABEL_COMPARISON, conform
from .schema.cast import LIST_OF_STR

MIN_VIDEOS, MIN_ACCOUNTS, MIN_IN_ONE_ACCOUNT = 8, 3, 20
"""Fewer on either side, and no test is made: an exact test of 3 against 3 cannot go below p = 0.10."""
HIT = 5.0
VERDICTS = pd.CategoricalDtype(["higher", "lower", "no clear difference", "accounts differ", "too few"])


def compare_labels(
    videos: pd.DataFrame,
    *,
    labels: Sequence[str] | None = None,
    outcome: str = "adj",
    h: int | None = None,
    history: pd.DataFrame | None = None,
    outliers: pd.DataFrame | None = None,
    ref: str = "rest",
    fdr: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the views of each label with the same accounts' videos without it.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    labels
        Ids or names to compare; None for all.
    outcome
        "adj": newest views, adjusted for age. "views": views at age `h`, from the history.
    h
        Age in days, for `outcome="views"`.
    history
        Frame of `load_history`, for `outcome="views"`.
    outliers
        Result of `rank_outliers` on the same videos; without it `median_mult` and the hit rate are NA.
    ref
        "rest": videos without the label. A label id: videos with that label instead.
    fdr
        Share of false findings accepted among the labels called higher or lower, 0-1.
    seed
        Seed of permutations and subsamples.

    Returns
    -------
    DataFrame
        One label per row, tested ones first, largest ratio first; columns of `schema.LABEL_COMPARISON`. A label with
        too few videos (under 8 videos or 3 accounts on a side of the overlap, and no account with 20 of each) has no
        effect, p or q. `attrs["tested"]` is the number of labels behind q.

    Raises
    ------
    InvalidParameterError
        For an unknown outcome, label or reference, or a missing `h` or history.

    References
    ----------
    Cameron and Miller 2015 (clustered variance); Freedman and Lane 1983 (permutation); Brunner and Munzel 2000
    (`prob_sup`); Cliff 1993 (`cliffs_delta`); Hodges and Lehmann 1963, Sen 1968 (`hl_ratio`); Wilson 1927 (`hit_rate`);
    Benjamini and Hochberg 1995 (`q`).

    Examples
    --------
    >>> from shortimize_analytics.labels import compare_labels
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> rows = [
    ...     {"ad_id": f"{i:03}", "platform": "tiktok", "linked_account_id": f"a{i % 5}", "uploaded_at": "2026-01-01",
    ...      "latest_updated_at": "2026-03-01", "video_length": 20, "latest_views": 1000 * (i % 5 + 1) + 13 * (i % 11)
    ...      + 1000 * (i % 2), "label_ids": ["hook"] * (i % 2), "label_names": ["Hook first"] * (i % 2)}
    ...     for i in range(200)
    ... ]
    >>> videos, _ = cast(rows, VIDEOS)
    >>> found = compare_labels(videos)
    >>> found[["label", "n_videos", "n_accounts_overlap", "verdict"]].to_dict("records")
    [{'label': 'Hook first', 'n_videos': 100, 'n_accounts_overlap': 5, 'verdict': 'higher'}]
    >>> found.ratio.round(2).tolist()
    [1.42]
    """
    _check(outcome, h, history, fdr)
    prepared = videos if "excluded" in videos else prepare_videos(videos)
    prepared = prepared.sort_values("ad_id", ignore_index=True)
    sample, quality = _sample(prepared, history=history, outcome=outcome, h=h)
    sample["mult"] = _multipliers(sample, outliers)
    names, members = _membership(sample)
    if ref != "rest" and ref not in members:
        raise InvalidParameterError(f"ref={ref!r} is no label of these videos; pass 'rest' or a label id.")
    rows: list[dict[str, Any]] = []
    if members:
        design = _design(sample)
        keys = [key for key in _choose(names, labels) if key != ref]
        rows = [_compare(sample, design, members[key], reference=members.get(ref), seed=seed) for key in keys]
        rows = [row | {"label_id": key, "label": names[key]} for key, row in zip(keys, rows, strict=True)]
    out = _judge(rows, fdr=fdr)
    if ref == "rest" and rows:
        out["ratio_joint"] = _joint_ratios(out, design, members)
    attrs = {**videos.attrs, "table": LABEL_COMPARISON.name, "tested": int(out["q"].notna().sum()), "fdr": fdr}
    out = conform(out, LABEL_COMPARISON)
    out.attrs = attrs | {"quality": {**prepared.attrs.get("quality", {}), **quality}}
    return out


def _check(outcome: str, h: int | None, history: pd.DataFrame | None, fdr: float) -> None:
    if outcome not in ("adj", "views"):
        raise InvalidParameterError(f"outcome={outcome!r} is unknown; pass 'adj' or 'views'.")
    if (outcome == "views") != (h is not None):
        raise InvalidParameterError(
            f"outcome={outcome!r} with h={h}: pass h (days) with outcome='views', and only there."
        )
    if h is not None and (h < 0 or history is None):
        raise InvalidParameterError(
            f"h={h} needs an age of at least 0 days and a history; pass history=load_history(…)."
        )
    if not 0 < fdr < 1:
        raise InvalidParameterError(f"fdr={fdr} is not between 0 and 1; 0.05 is usual.")


def _sample(
    prepared: pd.DataFrame, *, history: pd.DataFrame | None, outcome: str, h: int | None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep the videos that can be compared, with log views, account and platform numbers, and age."""
    usable = prepared.loc[prepared["excluded"].isna()].reset_index(drop=True)
    usable["y"] = np.log1p(usable["latest_views"].to_numpy(dtype=float))
    usable["age"] = usable["age_days"]
    quality = {"without_views_at_h": 0}
    if outcome == "views":
        at_age = _views_at(usable, history, h)
        usable["y"], usable["age"] = np.log1p(at_age), 0
        quality["without_views_at_h"] = int(np.isnan(at_age).sum())
        usable = usable.loc[~np.isnan(at_age)].reset_index(drop=True)
    usable["account"] = pd.factorize(account_keys(usable), sort=True)[0]
    usable["type"] = pd.factorize(usable["platform"], sort=True)[0]
    unknown = usable["label_ids"].isna() if "label_ids" in usable else np.ones(len(usable), dtype=bool)
    return usable, quality | {"compared": len(usable), "label_list_missing": int(unknown.sum())}


def _views_at(videos: pd.DataFrame, history: pd.DataFrame | None, h: int | None) -> np.ndarray:
    prepared = history if history is None or "obs" in history else prepare_history(history, videos)
    if prepared is None:
        return np.full(len(videos), np.nan)
    seen = prepared.loc[((prepared["age_days"] == h) & (prepared["obs"] != "interpolated")).fillna(value=False)]
    return seen.set_index("ad_id")["views_raw"].reindex(videos["ad_id"]).to_numpy(dtype=float, na_value=np.nan)


def _multipliers(sample: pd.DataFrame, outliers: pd.DataFrame | None) -> np.ndarray:
    if outliers is None:
        return np.full(len(sample), NAN)
    mult = outliers.drop_duplicates("ad_id").set_index("ad_id")["mult"]
    return mult.reindex(sample["ad_id"]).to_numpy(dtype=float, na_value=np.nan)


def _membership(sample: pd.DataFrame) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Return each label's name and its members, in the order of the ids."""
    if "label_ids" not in sample or not sample["label_ids"].notna().any():
        return {}, {}
    pairs = _flat(sample["label_ids"]).rename("label_id").dropna().reset_index()
    if "label_names" in sample and sample["label_names"].notna().any():
        pairs = pairs.merge(_flat(sample["label_names"]).rename("name").reset_index(), on=["row", "place"], how="left")
    else:
        pairs["name"] = None
    names = pairs.groupby("label_id", sort=True)["name"].first()
    members = {}
    for key, rows in pairs.groupby("label_id", sort=True)["row"]:
        members[str(key)] = np.zeros(len(sample), dtype=bool)
        members[str(key)][rows.to_numpy()] = True
    return {key: str(key) if pd.isna(name) else str(name) for key, name in names.items()}, members


def _flat(lists: pd.Series) -> pd.Series:
    """One row per item, indexed by row and place in the list."""
    flat = lists.dropna().astype(LIST_OF_STR).list.flatten().astype("str")
    places = flat.groupby(level=0).cumcount()
    return flat.set_axis(pd.MultiIndex.from_arrays([flat.index, places], names=["row", "place"]))


def _choose(names: dict[str, str], labels: Sequence[str] | None) -> list[str]:
    if labels is None:
        return list(names)
    labels = [labels] if isinstance(labels, str) else list(labels)
    chosen = [key for key, name in names.items() if key in labels or name in labels]
    unknown = set(labels) - set(names) - set(names.values())
    if unknown:
        raise InvalidParameterError(
            f"labels={sorted(unknown)}: no compared video carries them; known are {sorted(names.values())[:10]}."
        )
    return chosen


def _design(sample: pd.DataFrame) -> Design:
    account = np.unique(sample["account"], return_inverse=True)[1]
    return make_design(sample["y"].to_numpy(), account, age_terms(sample["age"].to_numpy(dtype=np.int64)))


def _compare(
    sample: pd.DataFrame, design: Design, member: np.ndarray, *, reference: np.ndarray | None, seed: int
) -> dict[str, Any]:
    if reference is not None:
        rows = member | reference
        sample, member = sample.loc[rows], member[rows]
        design = _design(sample)
    overlap = overlapping(member, design.account)
    effect, inside, outside = _effect(sample, design, member, overlap=overlap, seed=seed)
    apart = size(inside, outside, seed=seed)
    method = effect.method + "; Hodges-Lehmann on a subsample" * apart.subsampled
    ratios = dict(zip(("ratio", "ratio_lo", "ratio_hi"), np.exp(effect[:3]), strict=True))
    shifts = dict(zip(("hl_ratio", "hl_lo", "hl_hi"), np.exp(apart[3:6]), strict=True))
    return {
        "n_videos": int(member.sum()),
        "n_ref": int((~member).sum()),
        "n_accounts": len(np.unique(design.account[member])),
        "n_accounts_overlap": len(np.unique(design.account[overlap])),
        "median_views": sample["latest_views"][member].median(),
        **_hits(sample["mult"].to_numpy()[member]),
        **ratios,
        "ratio_joint": NAN,
        "prob_sup": apart.prob,
        "ps_lo": apart.prob_low,
        "ps_hi": apart.prob_high,
        "cliffs_delta": 2 * apart.prob - 1,
        **shifts,
        "p": effect.p,
        "method": method,
    }


def _effect(
    sample: pd.DataFrame, design: Design, member: np.ndarray, *, overlap: np.ndarray, seed: int
) -> tuple[Effect, np.ndarray, np.ndarray]:
    """Return the effect by the method that the data allow, and the scores of members and of non-members behind it."""
    if _enough_within(design.account, member, overlap):
        effect = within_effect(design, member, seed=seed)
        # the account's level is the one without the label: otherwise accounts that use it a lot hide its effect
        column = member.astype(float)
        scores = design.residual + effect.beta * (column - design.within(column))
        return effect, scores[overlap & member], scores[overlap & ~member]
    if not overlap.any() and _enough_between(design.account, member):
        effect = between_effect(design, member, sample["type"].to_numpy(), seed=seed)
        levels, _ = account_levels(design)
        labelled = np.isin(np.arange(len(levels)), design.account[member])
        return effect, levels[labelled], levels[~labelled]
    reason = "every compared video has it" if member.all() else "too few videos or accounts with and without it"
    return Effect(NAN, NAN, NAN, NAN, reason), np.empty(0), np.empty(0)


def _enough_within(account: np.ndarray, member: np.ndarray, overlap: np.ndarray) -> bool:
    inside, outside = np.bincount(account[overlap & member]), np.bincount(account[overlap & ~member])
    if min(inside.sum(), outside.sum()) >= MIN_VIDEOS and np.count_nonzero(inside) >= MIN_ACCOUNTS:
        return True
    shared = min(len(inside), len(outside))
    return bool((np.minimum(inside[:shared], outside[:shared]) >= MIN_IN_ONE_ACCOUNT).any())


def _enough_between(account: np.ndarray, member: np.ndarray) -> bool:
    sides = account[member], account[~member]
    return all(len(side) >= MIN_VIDEOS and len(np.unique(side)) >= MIN_ACCOUNTS for side in sides)


def _hits(mult: np.ndarray) -> dict[str, float]:
    from statsmodels.stats.proportion import proportion_confint

    known = mult[~np.isnan(mult)]
    if not len(known):
        return dict.fromkeys(("median_mult", "hit_rate", "hit_lo", "hit_hi"), NAN)
    hits = int((known >= HIT).sum())
    low, high = proportion_confint(hits, len(known), method="wilson")
    return {"median_mult": float(np.median(known)), "hit_rate": hits / len(known), "hit_lo": low, "hit_hi": high}


def _judge(rows: list[dict[str, Any]], *, fdr: float) -> pd.DataFrame:
    """Correct p for the number of labels tested, word the verdicts and put the rows in order."""
    from scipy.stats import false_discovery_control

    out = pd.DataFrame(rows, columns=[name for name in LABEL_COMPARISON.names if name not in ("q", "verdict")])
    tested = out["p"].notna()
    out["q"] = NAN
    if tested.any():
        out.loc[tested, "q"] = false_discovery_control(out.loc[tested, "p"].astype(float))
    found = out["q"] < fdr
    between = found & out["method"].str.startswith("between").fillna(value=False).astype(bool)
    choices = [~tested, between, found & (out["ratio"] > 1), found & (out["ratio"] < 1)]
    words = np.select(choices, ["too few", "accounts differ", "higher", "lower"], default="no clear difference")
    out["verdict"] = pd.Categorical(words, dtype=VERDICTS)
    order = ["ratio", "n_videos", "label_id"]
    return out.sort_values(order, ascending=[False, False, True], na_position="last", ignore_index=True)


def _joint_ratios(out: pd.DataFrame, design: Design, members: dict[str, np.ndarray]) -> np.ndarray:
    """Fit all labels that were tested within accounts in one model."""
    within = out["method"].str.startswith("within").fillna(value=False).to_numpy(dtype=bool)
    ratios = np.full(len(out), NAN)
    ratios[within] = np.exp(joint_effects(design, [members[key] for key in out.loc[within, "label_id"]]))
    return ratios
