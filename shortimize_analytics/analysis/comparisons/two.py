"""Two choices of videos against each other: labels, accounts, platforms, periods, or any two filters.

Definitions
-----------
ratio
    Views of the first choice ÷ views of the second, at equal age, inside the accounts that have videos of both. Where
    no account has, accounts are compared, which says nothing of what sets the choices apart.
two accounts
    Have no third to tell what is usual between accounts. Their videos are compared as if each were drawn alone: the
    Hodges-Lehmann ratio of a video of one to a video of the other, at equal age.

Pitfall: a video that both choose is neither's: it is left out, and counted.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.prepared import Prepared, as_prepared
from shortimize_analytics.schema import GROUP_PAIRS, conform

from .between_accounts import effect_size
from .engine import MIN_VIDEOS, Sample, compare, make_sample
from .within_accounts import count_distinct

_FDR = 0.05


def compare_two(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    this: VideoFilter,
    other: VideoFilter,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the views of two choices of videos at equal age.

    Parameters
    ----------
    videos, history
        Frames of `load_videos` and `load_history`, or what `prepare` made of them.
    this, other
        The two choices.
    seed
        Seed of permutations and subsamples.

    Returns
    -------
    DataFrame
        One row, see `schema.GROUP_PAIRS`; NA where there are too few videos or accounts. `attrs["quality"]` counts
        `in_both`, the videos that both choose and that are left out.

    References
    ----------
    As `compare_groups`; two accounts: Hodges and Lehmann 1963 with the interval of Sen 1968.

    Examples
    --------
    >>> from shortimize_analytics import VideoFilter
    >>> from shortimize_analytics.analysis.comparisons.two import compare_two
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> rows = [{"ad_id": f"{i:03}", "platform": "tiktok", "linked_account_id": f"a{i % 5}", "label_ids": ["xy"[i % 2]],
    ...          "uploaded_at": "2026-01-01", "latest_updated_at": "2026-03-01",
    ...          "latest_views": 1000 * (i % 5 + 1) + 13 * (i % 11) + 1000 * (i % 2)} for i in range(200)]
    >>> videos, _ = cast(rows, VIDEOS)
    >>> found = compare_two(videos, this=VideoFilter(label=["y"]), other=VideoFilter(label=["x"]))
    >>> found[["label_a", "n_a", "n_b", "ratio", "verdict"]].round(2)
       label_a  n_a  n_b  ratio verdict
    0  label y  100  100   1.42  higher
    """
    data = as_prepared(videos, history)
    sides = [one.mask(data.videos) for one in (this, other)]
    both = sides[0] & sides[1]
    chosen = data.videos.assign(side=sides[0]).loc[(sides[0] | sides[1]) & ~both]
    sample, quality = make_sample(chosen, history=None, outcome="adj", at_age=None, outliers=None)
    member = sample.videos["side"].to_numpy(dtype=bool)
    if not set(sample.types[member]) & set(sample.types[~member]):
        sample = replace(sample, types=np.zeros_like(sample.types))  # accounts of two platforms, or none at all
    found = compare(sample, {"this": member}, reference=None, fdr=_FDR, seed=seed).assign(
        label_a=this.describe(), label_b=other.describe()
    )
    found = conform(found.rename(columns={"n_videos": "n_a", "n_ref": "n_b"}), GROUP_PAIRS)
    if _two_accounts(sample, member):
        found = conform(found.assign(**_apart(sample, member, seed=seed)), GROUP_PAIRS)
    found.attrs = {**data.videos.attrs, "table": GROUP_PAIRS.name}
    found.attrs["quality"] = {**data.videos.attrs.get("quality", {}), **quality, "in_both": int(both.sum())}
    return found


def _two_accounts(sample: Sample, member: np.ndarray) -> bool:
    sides = [sample.design.account[rows] for rows in (member, ~member)]
    alone = all(len(side) >= MIN_VIDEOS and count_distinct(side) == 1 for side in sides)
    return alone and sides[0][0] != sides[1][0]


def _apart(sample: Sample, member: np.ndarray, *, seed: int) -> dict[str, Any]:
    """Compare the videos of two accounts, age taken out."""
    apart = effect_size(sample.design.adjusted[member], sample.design.adjusted[~member], seed=seed)
    ratio, low, high = np.exp([apart.shift, apart.shift_low, apart.shift_high])
    clear = low > 1 or high < 1
    return {
        "ratio": ratio,
        "ratio_lo": low,
        "ratio_hi": high,
        "verdict": "accounts differ" if clear else "no clear difference",
        "method": "two accounts, a video of one against a video of the other; not an effect of anything",
    }
