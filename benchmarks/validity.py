"""How right the analyses are on real data: python benchmarks/validity.py

Prints, recomputed, the outlier score at an early age against what the same video had earned at day 14, beside views ÷
median (what most trackers show) and views at the same age; the forecast beside plain rivals; and what there was to
repair in the data. The data (SHORTIMIZE_REAL_DATA, or shared/data/youtube_shorts_2026 beside the project) were
collected from charts: half-lives and day-30 figures do not carry over to an ordinary account.
"""

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import honesty
import pandas as pd
import young

from shortimize_analytics import backtest_forecast, growth_metrics, prepare, rank_outliers, time_to_views
from shortimize_analytics.analysis.prepared import history_of

BESIDE = Path(__file__).resolve().parents[2] / "shared/data/youtube_shorts_2026"


def load(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    videos, history = (pd.read_parquet(folder / f"{name}.parquet") for name in ("videos", "history"))
    history["date"] = pd.to_datetime(history["date"]).astype("datetime64[us]")
    videos["uploaded_at"] = pd.to_datetime(videos["uploaded_at"]).astype("datetime64[us]")
    return videos, history


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
    runs: tuple[Callable[..., object], ...] = (rank_outliers, growth_metrics, time_to_views, backtest_forecast)
    for run in runs:
        start = time.perf_counter()
        run(videos, history)
        print(f"  {run.__name__:<18} {time.perf_counter() - start:.2f}")


def main(*, quick: bool = False) -> None:
    """Print every table; a quick run leaves the scores by age out, which take longest."""
    honesty.main()
    if not quick:
        young.planted_table()
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
            young.real_table(videos, history)
        forecast_table(videos, history)
        honesty.charts(videos, history)
        runtimes(videos, history)
    print(f"\nall of it {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
