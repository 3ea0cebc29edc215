"""Analyses beside the naive pandas way (and the best engines) on the same frames in the same run.

Every measurement has an interpreter of its own. Timed is the call alone, on frames as the loaders give them, with
`ad_id` of the history as a category; the frames are made before and libraries imported. The peak of memory is that of
the call, frames included.
"""

import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from common import in_process, line

HERE = str(Path(__file__).resolve().parent)
END = np.datetime64("2026-11-22")
YEARS = 1460
"""Uploads lie this many days back at most, in the large history."""
DAYS = 730
"""Days that the large history reaches back."""


def make_videos(
    count: int, *, labels: int = 20, ages: np.ndarray | None = None, per_account: int = 130
) -> pd.DataFrame:
    """Videos of accounts that differ in level, with one label each, and two of the labels at work."""
    rng = np.random.default_rng(1)
    ages = rng.integers(0, YEARS, count) if ages is None else ages
    accounts = max(3, count // per_account)
    account, label = rng.integers(0, accounts, count), rng.integers(0, labels, count)
    logs = rng.normal(9, 1, accounts)[account] + rng.gamma(1.5, 0.6, count) + 0.4 * (label < 2)
    views = np.exp(logs) * (1 - np.exp(-(((ages + 0.5) / 4) ** 0.7)))
    number = np.arange(count)
    return pd.DataFrame(
        {
            "ad_id": pd.Series([f"00000000-0000-4000-8000-{i:012d}" for i in number], dtype="str"),
            "username": pd.Series([f"account{a}" for a in account], dtype="str"),
            "platform": pd.Series(np.array(["tiktok", "instagram", "youtube"])[account % 3], dtype="str"),
            "linked_account_id": pd.Series([f"a{a:06d}" for a in account], dtype="str"),
            "ad_link": pd.Series([f"https://www.tiktok.com/@x/video/76{i:012d}" for i in number], dtype="str"),
            "title": pd.Series([f"caption {i}" for i in number], dtype="str"),
            "uploaded_at": (END - ages.astype("timedelta64[D]")).astype("datetime64[us]"),
            "video_length": pd.array(rng.integers(5, 60, count), dtype="Int64"),
            "latest_views": pd.array(views.astype(np.int64), dtype="Int64"),
            "latest_updated_at": pd.Series([pd.Timestamp("2026-11-22T23:00Z").as_unit("us")] * count),
            "label_ids": [[f"L{code:02}"] for code in label],
            "label_names": [[f"Label {code}"] for code in label],
        }
    )


def make_history(videos: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """Daily counts of every video since its upload, of the last days only; one in 5,000 counts falls."""
    rng = np.random.default_rng(2)
    ages = ((END - videos["uploaded_at"].to_numpy()) / np.timedelta64(1, "D")).astype(np.int64)
    seen = np.minimum(ages, days - 1) + 1
    back = np.repeat(np.cumsum(seen) - 1, seen) - np.arange(seen.sum())
    age = np.repeat(ages, seen) - back
    views = np.repeat(videos["latest_views"].to_numpy(dtype=np.float32), seen)
    views *= 1 - np.exp(-(((age.astype(np.float32) + 0.5) / 4) ** 0.7))
    counts = np.cumsum(rng.integers(0, 40, len(age), dtype=np.int64))
    counts -= np.repeat(counts[np.cumsum(seen) - seen], seen)
    counts += views.astype(np.int64)
    np.subtract(counts, 50, out=counts, where=rng.random(len(counts), dtype=np.float32) < 2e-4)
    np.maximum(counts, 0, out=counts)
    codes = np.repeat(np.arange(len(videos), dtype=np.int32), seen)
    return pd.DataFrame(
        {
            "ad_id": pd.Categorical.from_codes(codes, pd.Index(videos["ad_id"])),
            "date": (END - back.astype("timedelta64[D]")).astype("datetime64[us]"),
            "views": pd.array(counts, dtype="Int64"),
        },
        copy=False,
    )


def timed(call: Callable[[], object], *, runs: int = 1, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of the best run."""
    best = np.inf
    for _ in range(runs):
        start = clock()
        call()
        best = min(best, clock() - start)
    return best


def peak() -> Callable[[], float]:
    """Forget the peak of memory so far, and return what reads the new one (MB)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def read() -> float:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    return read


def rank(count: int) -> dict[str, float]:
    """rank_outliers on a snapshot, beside views ÷ account median and its rank."""
    from shortimize_analytics import rank_outliers

    videos = make_videos(count)
    rank_outliers(videos.head(500))

    def naive() -> pd.DataFrame:
        usual = videos.groupby("username")["latest_views"].transform("median")
        score = videos["latest_views"] / usual
        return videos.assign(score=score, rank=score.rank(ascending=False)).sort_values("rank")

    memory = peak()
    ours = timed(lambda: rank_outliers(videos), runs=2)
    used = memory()
    return {"ours": ours, "peak": used, "naive": timed(naive, runs=2)}


def growth(count: int, days: int) -> dict[str, float]:
    """growth_metrics, beside a function applied to each video."""
    from shortimize_analytics import growth_metrics

    videos = make_videos(count, ages=np.full(count, days - 1))
    history = make_history(videos, days=days)
    growth_metrics(videos.head(3), history.head(3 * days))
    uploaded = videos.set_index("ad_id")["uploaded_at"]

    def one(rows: pd.DataFrame) -> pd.Series:
        age = (rows["date"] - uploaded[rows.name]).dt.days.to_numpy()
        views = np.maximum.accumulate(rows["views"].to_numpy(dtype=float))
        at = {f"v{day}": np.interp(day, age, views) for day in (1, 3, 7, 30)}
        gain = np.diff(views, prepend=0)
        shares = {f"t{part}": np.interp(part / 100 * at["v30"], views, age) for part in (50, 90)}
        return pd.Series({**at, **shares, "peak_day": age[gain.argmax()], "velocity_7d": gain[-7:].mean()})

    memory = peak()
    ours = timed(lambda: growth_metrics(videos, history), runs=2)
    used = memory()
    plain = timed(lambda: history.groupby("ad_id", observed=True).apply(one))
    return {"ours": ours, "peak": used, "naive": plain}


def labels(count: int, kinds: int) -> dict[str, float]:
    """compare_labels with scores given, beside the mean of log views by label."""
    from shortimize_analytics import compare_labels, rank_outliers

    videos = make_videos(count, labels=kinds)
    compare_labels(videos.head(2000))
    scores = rank_outliers(videos)

    def naive() -> pd.Series:
        flat = videos[["label_ids", "latest_views"]].explode("label_ids")
        return np.log1p(flat["latest_views"].astype(float)).groupby(flat["label_ids"]).mean()

    memory = peak()
    ours = timed(lambda: compare_labels(videos, outliers=scores))
    used = memory()
    return {"ours": ours, "peak": used, "naive": timed(naive, runs=2)}


def weekly(rows: int) -> dict[str, float]:
    """period_summary of a history of so many rows, and its accounts alone: totals, nine weeks, movers, waterfall."""
    from shortimize_analytics import period_summary

    videos = make_videos(int(rows / (DAYS * (1 - DAYS / 2 / YEARS))))
    history = make_history(videos, days=DAYS)
    warnings.simplefilter("ignore")
    period_summary(videos.head(300), history.head(100_000))
    memory = peak()
    account = timed(lambda: accounts(videos, history))
    account_peak = memory()
    memory = peak()
    whole = timed(lambda: period_summary(videos, history))
    used = memory()
    return {"rows": len(history), "videos": len(videos), "ours": whole, "peak": used} | {
        "accounts": account, "accounts_peak": account_peak,
    }  # fmt: skip


def accounts(videos: pd.DataFrame, history: pd.DataFrame) -> None:
    """Make the part of the summary that counts views, of frames as they are loaded: it reads a history as it lies."""
    from shortimize_analytics.analysis.base.calendar import periods_back
    from shortimize_analytics.analysis.periods.counted import count_videos, periods_of
    from shortimize_analytics.analysis.periods.tables import movers, series, totals, waterfall
    from shortimize_analytics.analysis.prepare import prepare_videos
    from shortimize_analytics.analysis.prepared import newest_day

    newest = int(newest_day(history).timestamp() // 86_400)
    spans = periods_back((newest - 7, newest), "week", count=10)
    counted = count_videos(prepare_videos(videos), history)
    weeks = list(periods_of(counted, spans))
    totals(counted, weeks)
    totals(counted, weeks[1:])
    series(counted, weeks)
    movers(counted, weeks[0])
    waterfall(*weeks[:2])


def engines(rows: int, pandas_rows: int) -> dict[str, float]:
    """Daily differences and weekly sums of the same rows: numpy on sorted arrays, polars, pandas groupby.diff."""
    videos = make_videos(int(rows / (DAYS * (1 - DAYS / 2 / YEARS))))
    history = make_history(videos, days=DAYS)
    out = plain_sums(history)
    few = history.head(pandas_rows)

    def pandas_way() -> pd.Series:
        gain = few.groupby("ad_id", observed=True)["views"].diff()
        return gain.groupby(few["date"].dt.to_period("W")).sum()

    memory = peak()
    out |= {"pandas": timed(pandas_way), "pandas_rows": len(few)}
    return out | {"pandas_peak": memory()}


def plain_sums(history: pd.DataFrame, *, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Daily differences and weekly sums of sorted rows, by numpy and by polars."""
    import polars as pl

    codes, dates = history["ad_id"].cat.codes.to_numpy(), history["date"].to_numpy()
    views = history["views"].to_numpy(dtype=np.int64)
    frame = pl.DataFrame({"code": codes, "date": dates, "views": views})

    def numpy_way() -> np.ndarray:
        gain = np.diff(views)
        gain[codes[1:] != codes[:-1]] = 0
        week = (dates[1:].view(np.int64) // 86_400_000_000 + 3) // 7
        return np.bincount(week - week.min(), gain)

    def polars_way() -> pl.DataFrame:
        same = pl.col("code") == pl.col("code").shift()
        gains = frame.lazy().with_columns(gain=pl.when(same).then(pl.col("views").diff()))
        return gains.group_by(pl.col("date").dt.truncate("1w")).agg(pl.col("gain").sum()).collect()

    return {
        "numpy": timed(numpy_way, runs=3, clock=clock),
        "polars": timed(polars_way, runs=3, clock=clock),
    }


def fresh(call: str) -> dict[str, float]:
    """Run one of the functions above in an interpreter of its own."""
    return in_process(f"sys.path.insert(0, {HERE!r})\nimport analyses\ndone(**analyses.{call})")


def bench_weekly(rows: int) -> None:
    ours, plain = fresh(f"weekly({rows})"), fresh(f"engines({rows}, {rows // 10})")
    best = min(plain["numpy"], plain["polars"])
    what = f"weekly summary, {ours['rows'] / 1e6:.1f}M rows, {ours['videos']:,.0f} videos"
    line(f"{what}, s", f"{ours['ours']:.1f}", f"{best:.1f}", f"target ≤ 2x; is {ours['ours'] / best:.1f}x")
    share = f"{ours['accounts'] / best:.1f}x"
    line("  of these, its accounts alone, s", f"{ours['accounts']:.1f}", f"{best:.1f}", f"target ≤ 2x; is {share}")
    peaks = f"{ours['peak']:.0f} / {ours['accounts_peak']:.0f}"
    line("  peak memory, whole / accounts, MB", peaks, "", "target < 4,000, frames included")
    both = f"numpy {plain['numpy']:.1f}, polars {plain['polars']:.1f}"
    line("  daily differences and weekly sums, s", "", both, "")
    what = f"{plain['pandas']:.1f}, {plain['pandas_peak']:.0f} MB"
    line(f"  the same by groupby.diff, {plain['pandas_rows'] / 1e6:.1f}M rows only", "", what, "more rows need > 4 GB")


def main(*, quick: bool) -> None:
    line("Analyses", "shortimize-analytics", "naive pandas", "")
    for count, target in ((10_000, 1), (1_000_000, 8)):
        found = fresh(f"rank({count})")
        line(f"rank {count:,} videos, s", f"{found['ours']:.2f}", f"{found['naive']:.3f}", f"target < {target}")
        line("  peak memory, MB", f"{found['peak']:.0f}", "", "the naive way has no age, interval or rank interval")
    found = fresh("growth(5_000, 365)")
    line("growth metrics, 5,000 x 365 days, s", f"{found['ours']:.2f}", f"{found['naive']:.1f}", "target < 3")
    line("  peak memory, MB", f"{found['peak']:.0f}", "", "naive: groupby.apply")
    found = fresh("labels(100_000, 50)")
    line("labels, 100,000 videos x 50, s", f"{found['ours']:.1f}", f"{found['naive']:.2f}", "target < 10")
    line("  peak memory, MB", f"{found['peak']:.0f}", "", "naive: mean by label, confounded by account")
    bench_weekly(5_000_000 if quick else 50_000_000)
