"""How well young videos are scored: against what the same videos had at day 14, and against planted luck.

Every video is judged as if it were h days old: videos are dealt into parts, and one part at a time is cut off at age h
while all others stand at day 14. All ways are compared on the videos that each of them can score, against two truths:

median
    Views at day 14 ÷ the median of the account's other videos at that age, of which there must be three. It has the
    error of that median in it, and views at the same age share it: a score whose level is drawn to the platform and
    weighs near uploads more stays below 1 even where day 14 is known, see the line "day 14 known".
own
    The same score at day 14. Where luck was planted, that luck.

The error is that of resampling accounts, or of several organisations; that of "ours − same age" is of both on the same
accounts, which is less than either's.
"""

import numpy as np
import pandas as pd
from organisations import growing_accounts
from scipy.stats import spearmanr

from shortimize_analytics import rank_outliers
from shortimize_analytics.schema.choices import Mode

TRUTH_AGE = 14
AGES = (1, 2, 3, 7)
PARTS = 8
TOP = 0.05
RESAMPLED = 200
SCORES: tuple[tuple[str, str, Mode], ...] = (
    ("rank_outliers", "mult", "age"),
    ("views ÷ median", "mult_raw", "age"),
    ("strict same age", "mult", "strict"),
)
MEASURES = ("RMSE", "Spearman, median", "top 5 %, median", "Spearman, own", "top 5 %, own")
BEFORE = {
    1: (".55", ".70", ".42", ".71", ".42"),
    2: (".39", ".84", ".53", ".86", ".60"),
    3: (".31", ".88", ".56", ".90", ".67"),
    7: (".16", ".94", ".71", ".98", ".86"),
}
"""What the build before had, by age. A prototype had .56, .67, .72 and .91 of the top 5 % of its own day 14."""
WANTED = {
    1: ("<= .50", "", ">= .56", "", ""),
    2: ("<= .36", ">= strict", ">= .67", "", ""),
    3: ("<= .30", ">= strict", ">= .72", "", ""),
    7: ("<= .15", ">= strict", ">= .91", "", ""),
}
PLANTED_BEFORE = {
    1: (".241", ".875", ".75"),
    2: (".177", ".902", ".79"),
    3: (".133", ".913", ".83"),
    7: (".065", ".926", ".84"),
}


def seen_at_truth(videos: pd.DataFrame, history: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep the videos seen at day 14, and their history up to then with its ages."""
    rows = history.merge(videos[["ad_id", "uploaded_at", "linked_account_id"]], on="ad_id")
    rows["age"] = (rows["date"] - rows["uploaded_at"]).dt.days
    done = rows.loc[rows["age"] == TRUTH_AGE, "ad_id"]
    rows = rows[rows["ad_id"].isin(done) & (rows["age"] <= TRUTH_AGE)]
    return videos[videos["ad_id"].isin(done)].reset_index(drop=True), rows


def snapshot(videos: pd.DataFrame, rows: pd.DataFrame, young: pd.Index, age: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Show every video as it was at day 14, the young ones as they were at an earlier age."""
    kept = rows[~(rows["ad_id"].isin(young) & (rows["age"] > age))]
    newest = kept.sort_values("age").drop_duplicates("ad_id", keep="last").set_index("ad_id").loc[videos["ad_id"]]
    views = pd.array(newest["views"].to_numpy(dtype=np.int64), dtype="Int64")
    measured = (newest["date"] + pd.Timedelta(hours=23)).dt.tz_localize("UTC").array
    return videos.assign(latest_views=views, latest_updated_at=measured), kept[["ad_id", "date", "views"]]


def scores(now: tuple[pd.DataFrame, pd.DataFrame], wanted: pd.Index) -> pd.DataFrame:
    """Log multiples of the wanted videos, a column per way of scoring."""
    out = {}
    for name, column, mode in SCORES:
        table = rank_outliers(*now, rank_top=1, mode=mode).set_index("ad_id")
        out[name] = np.log(table[column].reindex(wanted).astype(float))
    return pd.DataFrame(out)


def agreement(score: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Rank correlation with a truth, and the share of its top 5 % that the score's top 5 % holds."""
    top = max(1, round(TOP * len(score)))
    hits = np.intersect1d(np.argsort(-score, kind="stable")[:top], np.argsort(-true, kind="stable")[:top])
    return float(spearmanr(score, true).statistic), len(hits) / top


def measures(score: np.ndarray, own: np.ndarray, true: np.ndarray) -> list[float]:
    """Error against itself at day 14; ranks and top against both truths."""
    return [float(np.sqrt(np.mean((score - own) ** 2))), *agreement(score, true), *agreement(score, own)]


def resampled(score: np.ndarray, own: np.ndarray, true: np.ndarray, *, account: np.ndarray) -> np.ndarray:
    """Measures of every draw of accounts with replacement; all scores get the same draws."""
    rng, rows = np.random.default_rng(0), [np.flatnonzero(account == each) for each in np.unique(account)]
    drawn = []
    for _ in range(RESAMPLED):
        pick = np.concatenate([rows[each] for each in rng.integers(0, len(rows), len(rows))])
        drawn.append(measures(score[pick], own[pick], true[pick]))
    return np.array(drawn)


def told(age: int, name: str, n: int, values: list[float], errors: np.ndarray | None) -> None:
    cells = [f"{value:.3f}" for value in values]
    if errors is not None:
        cells = [f"{cell} ± {error:.3f}" for cell, error in zip(cells, errors, strict=True)]
    print(f"{age:>2} {name:<17} {n:>5} " + " ".join(f"{cell:>16}" for cell in cells), flush=True)


def real_table(videos: pd.DataFrame, history: pd.DataFrame) -> None:
    """Print every way of scoring at every age on a real set."""
    here, rows = seen_at_truth(videos, history)
    end = scores(snapshot(here, rows, pd.Index([]), TRUTH_AGE), pd.Index(np.sort(here["ad_id"])))
    end = end[end["views ÷ median"].notna()]
    account = pd.factorize(here.set_index("ad_id")["linked_account_id"].reindex(end.index))[0]
    part_of = pd.Series(np.random.default_rng(0).permutation(len(end)) % PARTS, index=end.index)
    print(f"\nScore at age h on the real set, against itself at day {TRUTH_AGE} (RMSE, ln) and against two truths")
    print(f"{'h':>2} {'score':<17} {'n':>5} " + " ".join(f"{name:>16}" for name in MEASURES))
    for age in AGES:
        seen = part_of.index.isin(rows.loc[rows["age"] == age, "ad_id"])
        young = [part_of.index[(part_of == part) & seen] for part in range(PARTS)]
        common = pd.concat([scores(snapshot(here, rows, ids, age), ids) for ids in young]).dropna()
        at = end.index.get_indexer(common.index)
        true = end["views ÷ median"].to_numpy()[at]
        found, drawn = {}, {}
        for name in common:
            given = common[name].to_numpy(), end[name].to_numpy()[at], true
            found[name], drawn[name] = measures(*given), resampled(*given, account=account[at])
            told(age, name, len(common), found[name], drawn[name].std(axis=0))
        ours, same = "rank_outliers", "strict same age"
        ahead = np.subtract(found[ours], found[same]).tolist()
        told(age, "ours − same age", len(common), ahead, (drawn[ours] - drawn[same]).std(axis=0))
        known = end["rank_outliers"].to_numpy()[at]
        told(age, "day 14 known", len(common), measures(known, known, true), None)
        for name, cells in (("  before", BEFORE[age]), ("  wanted", WANTED[age])):
            print(f"   {name:<17} {'':>5} " + " ".join(f"{cell:>16}" for cell in cells))


def planted_table(*, organisations: int = 6) -> None:
    """Print error, ranks and top 5 % of young scores on simulated organisations whose luck is known."""
    found: dict[tuple[int, str], list[list[float]]] = {}
    for seed in range(organisations):
        videos, history, luck = growing_accounts(np.random.default_rng(500 + seed))
        here, rows = seen_at_truth(videos, history)
        end = scores(snapshot(here, rows, pd.Index([]), TRUTH_AGE), pd.Index(here["ad_id"]))
        young = pd.Index(here["ad_id"])[np.random.default_rng(seed).random(len(here)) < 0.15]
        for age in AGES:
            common = scores(snapshot(here, rows, young, age), young).dropna()
            true = luck.reindex(common.index).to_numpy()
            for name in common:
                own = end[name].reindex(common.index).to_numpy()
                found.setdefault((age, name), []).append(measures(common[name].to_numpy(), own, true)[:3])
    print(f"\nScore at age h on {organisations} simulated organisations, whose luck was planted")
    print(f"{'h':>2} {'score':<17} {'n':>5} " + " ".join(f"{name:>16}" for name in ("RMSE", "Spearman", "top 5 %")))
    for (age, name), each in found.items():
        told(age, name, len(common), np.mean(each, axis=0).tolist(), np.std(each, axis=0) / np.sqrt(organisations))
        if name == "rank_outliers":
            print(f"   {'  before':<17} {'':>5} " + " ".join(f"{cell:>16}" for cell in PLANTED_BEFORE[age]))
