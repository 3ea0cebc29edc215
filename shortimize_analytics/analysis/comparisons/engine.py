"""One engine for every comparison of groups of videos: labels, lengths, weekdays, songs, hashtags, platforms, accounts.

Definitions
-----------
sample
    The videos that can be compared, in the order of `ad_id`, with log views, age, account and account type.
member
    A video of the group in question; every other video of the sample is its reference, never the video itself.
within, between
    How the effect is found: inside the accounts that have both kinds, or, for a group that never varies within an
    account, by comparing accounts, which is no effect of the group.

Pitfall: the smallest samples are refused rather than tested, see `MIN_VIDEOS`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.base.constants import HIT
from shortimize_analytics.analysis.base.digested import rows_of
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import LABEL_COMPARISON
from shortimize_analytics.schema.cast import LIST_OF_STR
from shortimize_analytics.schema.choices import Outcome, check_choice
from shortimize_analytics.schema.rows import NEVER, day_numbers, places_in

from .between_accounts import account_levels, between_effect, effect_size
from .within_accounts import NAN, Design, Effect, age_terms, count_distinct, make_design, overlapping, within_effect

MIN_VIDEOS, MIN_ACCOUNTS, MIN_IN_ONE_ACCOUNT = 8, 3, 20
"""Fewer on either side, and no test is made: an exact test of 3 against 3 cannot go below p = 0.10."""
VERDICTS = pd.CategoricalDtype(["higher", "lower", "no clear difference", "accounts differ", "too few"])


@dataclass(frozen=True)
class Sample:
    """Videos that can be compared.

    Attributes
    ----------
    videos
        The videos, one row each, in the order of `ad_id`.
    rows
        Position of each in the prepared frame.
    types
        Number of each video's account type: accounts are only compared inside a type.
    mult
        Outlier score, NaN where unknown.
    fewest_accounts
        Accounts that a group needs for a comparison between accounts.
    """

    videos: pd.DataFrame
    rows: np.ndarray
    types: np.ndarray
    mult: np.ndarray
    fewest_accounts: int = MIN_ACCOUNTS

    @cached_property
    def design(self) -> Design:
        """Their log views with account and age taken out."""
        account = pd.factorize(self.videos["account"], sort=True)[0]
        return make_design(
            self.videos["y"].to_numpy(dtype=float),
            account,
            terms=age_terms(self.videos["age"].to_numpy(dtype=np.int64)),
            place=day_numbers(self.videos["uploaded_at"], missing=NEVER),
        )

    def part(self, rows: np.ndarray) -> "Sample":
        """Keep some rows, and fit account levels and age to them alone."""
        if rows.all():
            return self
        videos = self.videos.loc[rows].reset_index(drop=True)
        return Sample(videos, self.rows[rows], self.types[rows], self.mult[rows], self.fewest_accounts)


def check_outcome(outcome: str, at_age: int | None, *, history: pd.DataFrame | None, fdr: float) -> None:
    """Refuse options that do not go together."""
    check_choice(outcome, Outcome, "outcome")
    if (outcome == "views") != (at_age is not None):
        raise InvalidParameterError(
            f"outcome={outcome!r} with at_age={at_age}: pass at_age (days) with outcome='views', and only there."
        )
    if at_age is not None and (at_age < 0 or history is None):
        raise InvalidParameterError(
            f"at_age={at_age} needs an age of at least 0 days and a history; pass the frame of load_history second."
        )
    if not 0 < fdr < 1:
        raise InvalidParameterError(f"fdr={fdr} is not between 0 and 1; 0.05 is usual.")


def make_sample(
    prepared: pd.DataFrame,
    *,
    history: pd.DataFrame | None,
    outcome: str,
    at_age: int | None,
    outliers: pd.DataFrame | None,
) -> tuple[Sample, dict[str, int]]:
    """Keep the prepared videos that can be compared, and count the others."""
    usable = prepared.reset_index(drop=True).loc[prepared["excluded"].isna().to_numpy()].sort_values("ad_id")
    rows, usable = usable.index.to_numpy(), usable.reset_index(drop=True)
    usable["y"] = np.log1p(usable["latest_views"].to_numpy(dtype=float))
    usable["age"] = usable["age_days"]
    quality = {"without_views_at_age": 0}
    if outcome == "views":
        views = _views_at(usable, history, at_age=at_age)
        usable["y"], usable["age"] = np.log1p(views), 0
        quality["without_views_at_age"] = int(np.isnan(views).sum())
        rows, usable = rows[~np.isnan(views)], usable.loc[~np.isnan(views)].reset_index(drop=True)
    usable["account"] = account_keys(usable)
    types = pd.factorize(usable["platform"], sort=True)[0]
    sample = Sample(usable, rows, types, _multipliers(usable, outliers))
    return sample, quality | {"compared": len(usable)}


def _views_at(videos: pd.DataFrame, history: pd.DataFrame | None, *, at_age: int | None) -> np.ndarray:
    if history is None:
        return np.full(len(videos), np.nan)
    seen = history.loc[((history["age_days"] == at_age) & (history["obs"] != "interpolated")).fillna(value=False)]
    return seen.set_index("ad_id")["views_raw"].reindex(videos["ad_id"]).to_numpy(dtype=float, na_value=np.nan)


def _multipliers(videos: pd.DataFrame, outliers: pd.DataFrame | None) -> np.ndarray:
    if outliers is None:
        return np.full(len(videos), NAN)
    mult = outliers["mult"].to_numpy(dtype=float, na_value=np.nan)
    return rows_of(mult, places_in(outliers["ad_id"], videos["ad_id"]))


def flat_lists(lists: pd.Series) -> pd.Series:
    """Give every item of a column of lists a row of its own, indexed by row and place in the list."""
    flat = lists.dropna().astype(LIST_OF_STR).list.flatten().astype("str")
    places = flat.groupby(level=0).cumcount()
    return flat.set_axis(pd.MultiIndex.from_arrays([flat.index, places], names=["row", "place"]))


def compare(
    sample: Sample, members: dict[str, np.ndarray], *, reference: np.ndarray | None, fdr: float, seed: int
) -> pd.DataFrame:
    """Compare each group with the rest of the sample, or with the videos of one other group.

    Parameters
    ----------
    sample
        Result of `make_sample`.
    members
        Membership of each video, by the group's key.
    reference
        Videos to compare with; None for all that are not in the group.
    fdr
        Share of false findings accepted, 0-1.
    seed
        Seed of permutations and subsamples.

    Returns
    -------
    DataFrame
        One group per row in the order of `members`, its key in `label_id`: the columns of `schema.LABEL_COMPARISON`,
        `label` and `ratio_joint` still empty.
    """
    rows = [_compare(sample, member, reference=reference, seed=seed) for member in members.values()]
    out = pd.DataFrame(rows, columns=[name for name in LABEL_COMPARISON.names if name not in ("q", "verdict")])
    out["label_id"] = list(members)
    return add_verdicts(out, fdr=fdr)


def _compare(sample: Sample, member: np.ndarray, *, reference: np.ndarray | None, seed: int) -> dict[str, Any]:
    if reference is not None:
        rows = member | reference
        sample, member = sample.part(rows), member[rows]
    account = sample.design.account
    overlap = overlapping(member, account)
    effect, inside, outside = _effect(sample, member, overlap=overlap, seed=seed)
    apart = effect_size(inside, outside, seed=seed)
    method = effect.method + "; Hodges-Lehmann on a subsample" * apart.subsampled
    ratios = dict(zip(("ratio", "ratio_lo", "ratio_hi"), np.exp(effect[:3]), strict=True))
    shifts = dict(zip(("hl_ratio", "hl_lo", "hl_hi"), np.exp(apart[3:6]), strict=True))
    return {
        "n_videos": int(member.sum()),
        "n_ref": int((~member).sum()),
        "n_accounts": count_distinct(account[member]),
        "n_accounts_overlap": count_distinct(account[overlap]),
        "median_views": sample.videos["latest_views"][member].median(),
        **_hits(sample.mult[member]),
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
    sample: Sample, member: np.ndarray, *, overlap: np.ndarray, seed: int
) -> tuple[Effect, np.ndarray, np.ndarray]:
    """Return the effect by the method that the data allow, and the scores of members and of non-members behind it."""
    design = sample.design
    if _enough_within(design.account, member, overlap=overlap):
        column = member.astype(float)
        within = design.within(column)
        effect = within_effect(design, member, within=within, seed=seed)
        # the account's level is the one without the label: otherwise accounts that use it a lot hide its effect
        scores = design.residual + effect.beta * (column - within)
        return effect, scores[overlap & member], scores[overlap & ~member]
    if not overlap.any() and _enough_between(design.account, member, fewest=sample.fewest_accounts):
        effect = between_effect(design, member, stratum=sample.types, seed=seed)
        levels, _ = account_levels(design)
        labelled = np.isin(np.arange(len(levels)), design.account[member])
        return effect, levels[labelled], levels[~labelled]
    reason = "every compared video has it" if member.all() else "too few videos or accounts with and without it"
    return Effect(NAN, NAN, NAN, NAN, reason), np.empty(0), np.empty(0)


def _enough_within(account: np.ndarray, member: np.ndarray, *, overlap: np.ndarray) -> bool:
    inside, outside = np.bincount(account[overlap & member]), np.bincount(account[overlap & ~member])
    if min(inside.sum(), outside.sum()) >= MIN_VIDEOS and np.count_nonzero(inside) >= MIN_ACCOUNTS:
        return True
    shared = min(len(inside), len(outside))
    return bool((np.minimum(inside[:shared], outside[:shared]) >= MIN_IN_ONE_ACCOUNT).any())


def _enough_between(account: np.ndarray, member: np.ndarray, *, fewest: int) -> bool:
    sides = ((account[member], fewest), (account[~member], MIN_ACCOUNTS))
    return all(len(side) >= MIN_VIDEOS and count_distinct(side) >= accounts for side, accounts in sides)


def _hits(mult: np.ndarray) -> dict[str, float]:
    from scipy.stats import binomtest  # loaded by now; statsmodels' takes a third of a second to import

    known = mult[~np.isnan(mult)]
    if not len(known):
        return dict.fromkeys(("median_mult", "hit_rate", "hit_lo", "hit_hi"), NAN)
    hits = int((known >= HIT).sum())
    low, high = binomtest(hits, len(known)).proportion_ci(method="wilson")
    return {"median_mult": float(np.median(known)), "hit_rate": hits / len(known), "hit_lo": low, "hit_hi": high}


def add_verdicts(rows: pd.DataFrame, *, fdr: float) -> pd.DataFrame:
    """Correct p for the number of groups tested, and word the verdicts."""
    from scipy.stats import false_discovery_control

    tested = rows["p"].notna()
    q = np.full(len(rows), NAN)
    if tested.any():
        q[tested] = false_discovery_control(rows.loc[tested, "p"].astype(float))
    found = q < fdr
    between = found & rows["method"].str.startswith("between").fillna(value=False).astype(bool)
    choices = [~tested, between, found & (rows["ratio"] > 1), found & (rows["ratio"] < 1)]
    words = np.select(choices, ["too few", "accounts differ", "higher", "lower"], default="no clear difference")
    return rows.assign(q=q, verdict=pd.Categorical(words, dtype=VERDICTS))


def sort_by_ratio(rows: pd.DataFrame) -> pd.DataFrame:
    """Put tested groups first, the largest ratio at the top."""
    order = ["ratio", "n_videos", "label_id"]
    return rows.sort_values(order, ascending=[False, False, True], na_position="last", ignore_index=True)
