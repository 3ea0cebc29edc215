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

from itertools import combinations

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.one_thread import on_one_thread
from shortimize_analytics.analysis.prepared import Prepared, as_prepared
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import LABEL_COMPARISON, LABEL_OVERLAP, conform
from shortimize_analytics.schema.choices import Outcome
from shortimize_analytics.schema.names import Names, each_name, match_label

from .engine import Sample, check_outcome, compare, flat_lists, make_sample, sort_by_ratio
from .within_accounts import NAN, joint_effects


@on_one_thread
def compare_labels(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    label: Names | None = None,
    outcome: Outcome = "adj",
    at_age: int | None = None,
    outliers: pd.DataFrame | None = None,
    ref: str = "rest",
    fdr: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the views of each label with the same accounts' videos without it.

    Parameters
    ----------
    videos, history
        Frames of `load_videos` and `load_history`, or what `prepare` made of them; `outcome="views"` needs a history.
    label
        Names or ids of the labels to compare; None for all.
    outcome
        "adj": newest views, adjusted for age. "views": views at age `at_age`, from the history.
    at_age
        Age in days, for `outcome="views"`.
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
        For an unknown outcome, label or reference, or a missing `at_age` or history.

    References
    ----------
    Cameron and Miller 2015 (clustered variance); Freedman and Lane 1983 (permutation); Brunner and Munzel 2000
    (`prob_sup`); Cliff 1993 (`cliffs_delta`); Hodges and Lehmann 1963, Sen 1968 (`hl_ratio`); Wilson 1927 (`hit_rate`);
    Benjamini and Hochberg 1995 (`q`).

    Examples
    --------
    >>> from shortimize_analytics.analysis.comparisons.labels import compare_labels
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
    data = as_prepared(videos, history, digested=True)
    check_outcome(outcome, at_age, history=data.history, fdr=fdr)
    sample = make_sample(data.videos, history=data.history, outcome=outcome, at_age=at_age, outliers=outliers)
    return compare_labels_of(data, *sample, label=label, ref=ref, fdr=fdr, seed=seed)


def compare_labels_of(
    data: Prepared,
    sample: Sample,
    quality: dict[str, int],
    *,
    label: Names | None = None,
    ref: str = "rest",
    fdr: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the labels of a sample that `make_sample` took of prepared videos, see `compare_labels`."""
    names, members = _membership(sample.videos)
    if ref != "rest" and ref not in members:
        raise InvalidParameterError(f"ref={ref!r} is no id of a label of these videos; pass 'rest' or a label's id")
    chosen = {key: members[key] for key in _choose(names, label) if key != ref}
    out = sort_by_ratio(compare(sample, chosen, reference=members.get(ref), fdr=fdr, seed=seed))
    out["label"] = out["label_id"].map(names)
    if ref == "rest" and len(out):
        out["ratio_joint"] = _joint_ratios(out, sample, members=members)
    attrs = {**data.videos.attrs, "table": LABEL_COMPARISON.name, "tested": int(out["q"].notna().sum()), "fdr": fdr}
    out = conform(out, LABEL_COMPARISON)
    own = {**quality, "label_list_missing": _without_list(sample.videos)}
    out.attrs = attrs | {"quality": {**attrs.get("quality", {}), **own}}
    return out


def label_overlap(videos: pd.DataFrame | Prepared) -> pd.DataFrame:
    """Count the videos that two labels share.

    Labels that mostly sit on the same videos cannot be told apart by any comparison: read this beside `compare_labels`.

    Parameters
    ----------
    videos
        Frame of `load_videos`. Removed and private videos and those without views are left out, as in `compare_labels`.

    Returns
    -------
    DataFrame
        One row per pair of labels with a common video, largest Jaccard index first; see `schema.LABEL_OVERLAP`.

    References
    ----------
    P. Jaccard, The distribution of the flora in the alpine zone, New Phytologist 11 (1912) 37-50.

    Examples
    --------
    >>> from shortimize_analytics.analysis.comparisons.labels import label_overlap
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> row = {"platform": "tiktok", "uploaded_at": "2026-03-01", "latest_updated_at": "2026-04-01", "latest_views": 9}
    >>> videos, _ = cast([row | {"ad_id": str(n), "label_ids": ids}
    ...                   for n, ids in enumerate([["a", "b"], ["a"], ["a", "b"], ["c"]])], VIDEOS)
    >>> label_overlap(videos)[["label_id_a", "label_id_b", "n_a", "n_b", "n_both", "jaccard"]].round(2)
      label_id_a label_id_b  n_a  n_b  n_both  jaccard
    0          a          b    3    2       2     0.67
    """
    prepared = as_prepared(videos).videos
    usable = prepared.loc[prepared["excluded"].isna()].reset_index(drop=True)
    names, members = _membership(usable)
    keys = list(members)
    table = np.column_stack([members[key] for key in keys]).astype(float) if keys else np.zeros((0, 0))
    both = (table.T @ table).astype(np.int64)
    rows = []
    for a, b in combinations(range(len(keys)), 2):
        if both[a, b]:
            either = both[a, a] + both[b, b] - both[a, b]
            ids, known = (keys[a], keys[b]), (names[keys[a]], names[keys[b]])
            rows.append((ids[0], known[0], ids[1], known[1], both[a, a], both[b, b], both[a, b], both[a, b] / either))
    out = pd.DataFrame(rows, columns=LABEL_OVERLAP.names)
    out = out.sort_values(["jaccard", "n_both", "label_id_a", "label_id_b"], ascending=[False, False, True, True])
    out = conform(out.reset_index(drop=True), LABEL_OVERLAP)
    quality = {"compared": len(usable), "label_list_missing": _without_list(usable)}
    out.attrs = {**prepared.attrs, "table": LABEL_OVERLAP.name}
    out.attrs["quality"] = {**prepared.attrs.get("quality", {}), **quality}
    return out


def _without_list(videos: pd.DataFrame) -> int:
    return int(videos["label_ids"].isna().sum()) if "label_ids" in videos else len(videos)


def _membership(videos: pd.DataFrame) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Return each label's name and its members, in the order of the ids."""
    if "label_ids" not in videos or not videos["label_ids"].notna().any():
        return {}, {}
    pairs = flat_lists(videos["label_ids"]).rename("label_id").dropna().reset_index()
    if "label_names" in videos and videos["label_names"].notna().any():
        pairs = pairs.merge(
            flat_lists(videos["label_names"]).rename("name").reset_index(), on=["row", "place"], how="left"
        )
    else:
        pairs["name"] = None
    names = pairs.groupby("label_id", sort=True)["name"].first()
    members = {}
    for key, rows in pairs.groupby("label_id", sort=True)["row"]:
        members[str(key)] = np.zeros(len(videos), dtype=bool)
        members[str(key)][rows.to_numpy()] = True
    return {key: str(key) if pd.isna(name) else str(name) for key, name in names.items()}, members


def _choose(names: dict[str, str], label: Names | None) -> list[str]:
    """List the ids of the labels that were asked for, in the order of the ids."""
    if label is None:
        return list(names)
    chosen = {key for name in each_name(label, "label") for key in match_label(name, names)}
    return [key for key in names if key in chosen]


def _joint_ratios(out: pd.DataFrame, sample: Sample, *, members: dict[str, np.ndarray]) -> np.ndarray:
    """Fit all labels that were tested within accounts in one model."""
    within = out["method"].str.startswith("within").fillna(value=False).to_numpy(dtype=bool)
    ratios = np.full(len(out), NAN)
    ratios[within] = np.exp(joint_effects(sample.design, [members[key] for key in out.loc[within, "label_id"]]))
    return ratios
