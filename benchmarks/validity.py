"""How right the analyses are on real data: python benchmarks/validity.py

Prints, recomputed, the outlier score at an early age against what the same video had earned at day 14, beside views ÷
median (what most trackers show) and views at the same age; the forecast beside plain rivals; and what there was to
repair in the data. The data (SHORTIMIZE_REAL_DATA, or shared/data/youtube_shorts_2026 beside the project) were
collected from charts: half-lives and day-30 figures do not carry over to an ordinary account.

Every video is judged as if it were h days old: videos are dealt into eight parts, and one part at a time is cut off at
age h while all others stand at day 14. The truth is its views at day 14 ÷ the median of its account's other videos at
that age, of which there must be three. All ways are compared on the videos that each of them can score.
"""

import os
import time
import warnings
from pathlib import Path

import honesty
import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from shortimize_analytics import backtest_forecast, growth_metrics, prepare, rank_outliers, time_to_views
from shortimize_analytics.analysis.prepared import history_of

BESIDE = Path(__file__).resolve().parents[2] / "shared/data/youtube_shorts_2026"
TRUTH_AGE = 14
PARTS = 8
TOP = 0.05
SCORES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("rank_outliers", "mult", {}),
    ("views ÷ median", "mult_raw", {}),
    ("strict same age", "mult", {"mode": "strict"}),
)


def load(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    videos, history = (pd.read_parquet(folder / f"{name}.parquet") for name in ("videos", "history"))
    history["date"] = pd.to_datetime(history["date"]).astype("datetime64[us]")
    videos["uploaded_at"] = pd.to_datetime(videos["uploaded_at"]).astype("datetime64[us]")
    return videos, history


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


def figures(score: pd.Series, own: pd.Series, true: pd.Series) -> str:
    """Error against the same score at day 14; ranks and top against the truth."""
    error = score - own.reindex(score.index)
    top = max(1, round(TOP * len(score)))
    true = true.reindex(score.index)
    hits = len(set(score.nlargest(top).index) & set(true.nlargest(top).index)) / top
    rank = spearmanr(score, true).statistic
    return f"{error.mean():7.2f} {np.sqrt((error**2).mean()):7.2f} {rank:9.2f} {hits:11.2f}"


def scores(now: tuple[pd.DataFrame, pd.DataFrame], wanted: pd.Index) -> pd.DataFrame:
    """Log multiples of the wanted videos, a column per way of scoring."""
    out = {}
    for name, column, options in SCORES:
        table = rank_outliers(*now, rank_top=1, **options).set_index("ad_id")
        out[name] = np.log(table[column].reindex(wanted).astype(float))
    return pd.DataFrame(out)


def outlier_table(videos: pd.DataFrame, history: pd.DataFrame) -> None:
    here, rows = seen_at_truth(videos, history)
    end = scores(snapshot(here, rows, pd.Index([]), TRUTH_AGE), pd.Index(np.sort(here["ad_id"])))
    end = end[end["views ÷ median"].notna()]
    part_of = pd.Series(np.random.default_rng(0).permutation(len(end)) % PARTS, index=end.index)
    print(f"\nOutlier score at age h, against itself at day {TRUTH_AGE} (bias, RMSE, ln) and against the truth")
    print(
        f"{'h':>2} {'score':<18} {'can score':>9} {'n':>5} {'bias':>7} {'RMSE':>7} {'Spearman':>9} {'top 5 % hit':>11}"
    )
    for age in (1, 2, 3, 7):
        seen = part_of.index.isin(rows.loc[rows["age"] == age, "ad_id"])
        young = [part_of.index[(part_of == part) & seen] for part in range(PARTS)]
        table = pd.concat([scores(snapshot(here, rows, ids, age), ids) for ids in young])
        common = table.dropna()
        for name in table:
            told = figures(common[name], end[name], end["views ÷ median"])
            print(f"{age:>2} {name:<18} {table[name].notna().sum():>9} {len(common):>5} {told}", flush=True)


def forecast_table(videos: pd.DataFrame, history: pd.DataFrame) -> None:
    print("\nForecast, rolling origins: MdAPE beside the rivals, coverage of 80 % intervals")
    head = f"{'n':>6} {'ours':>6} {'last gain × days':>17} {'median growth':>14} {'covered':>8} {'RSE':>6}"
    print(f"{'day':>4} {'from':>4} {head}")
    for horizon in (14, 30):
        table = backtest_forecast(videos, history, horizon=horizon)
        for row in table[table["platform"] == "all"].itertuples():
            print(
                f"{horizon:>4} {row.model_age:>4} {row.n:>6} {row.mdape:>6.3f} {row.mdape_naive:>17.3f} "
                f"{row.mdape_growth:>14.3f} {row.coverage:>8.2f} {row.rse:>6.2f}"
            )


def quality_table(videos: pd.DataFrame, history: pd.DataFrame) -> None:
    quality = history_of(prepare(videos, history)).attrs["quality"]
    steps = quality["history_rows"] - quality["videos"]
    print(f"\nData: {quality['videos']:,} histories, {steps:,} steps between days")
    for name in ("corrections", "gap", "interpolated", "before_upload", "duplicate_days"):
        print(f"  {name:<16} {quality[name]:>6,}  {quality[name] / steps:.2%}")


def runtimes(videos: pd.DataFrame, history: pd.DataFrame) -> None:
    print(f"\nRuntime on {len(videos):,} videos and {len(history):,} history rows, s")
    for name, run in (
        ("rank_outliers", lambda: rank_outliers(videos, history)),
        ("growth_metrics", lambda: growth_metrics(videos, history)),
        ("time_to_views", lambda: time_to_views(videos, history)),
        ("backtest_forecast", lambda: backtest_forecast(videos, history)),
    ):
        start = time.perf_counter()
        run()
        print(f"  {name:<18} {time.perf_counter() - start:.2f}")


def main(*, quick: bool = False) -> None:
    """Print every table; a quick run leaves the scores by age out, which take longest."""
    honesty.main()
    folder = Path(os.environ.get("SHORTIMIZE_REAL_DATA") or BESIDE)
    if not folder.is_dir():
        print(
            f"Real data: none in {folder}; set SHORTIMIZE_REAL_DATA to a folder with videos.parquet and history.parquet"
        )
        return
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        videos, history = load(folder)
        quality_table(videos, history)
        if not quick:
            outlier_table(videos, history)
        forecast_table(videos, history)
        honesty.charts(videos, history)
        runtimes(videos, history)
    print(f"\nall of it {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
