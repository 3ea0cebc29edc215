"""How cost grows: CPU time and memory at several numbers of days, the exponent of each, and what a billion would cost.

Every measurement has an interpreter of its own: CPU time is that of the whole call in all threads, memory the peak of
the process. Sizes are 1, 5 and 20 million days; ``BENCH_ROWS=1e6,5e6,20e6,50e6`` chooses others. The history reaches
back a year; one more line has as many days of nine times the videos, which are known for five weeks only.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from analyses import END, YEARS, make_history, make_videos, peak
from common import ROOT, in_process, line, spent

HERE = str(Path(__file__).resolve().parent)
DAYS = 365
"""Days that the history reaches back."""
FEW_DAYS = 36
"""Days of the archive of many videos."""
BILLION = 1e9
KEPT = {
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_ARENA_MAX": "1",
}
"""Dask tells its workers to give memory back at once, and every array then costs a page fault per 4 KB. They work in a
thread, whose own arena keeps less than the main one."""
OPENING = f"import warnings\nwarnings.simplefilter('ignore')\nsys.path.insert(0, {HERE!r})\nimport scale\n"
FOUR = ("weekly", "outliers", "growth", "forecast")
WORK = {
    "digest, map in one process": ("mapped", True),
    "digest, reduce of four analyses": ("reduced", True),
    "load_archive": ("archived", True),
    "plain: polars reads, differences, sums": ("plain_archive", True),
    "accounts of ten weeks": ("accounts", False),
    "weekly summary, whole": ("summary", False),
    "plain: polars, differences and sums": ("plain", False),
}
"""Each kind of work, and whether it is done on an archive or on frames."""
FRAMES = "plain: polars, differences and sums"


def fill(folder: str, rows: float, days: int) -> dict[str, float]:
    """Write an archive of about so many days, as loads would have left it, and its videos beside it."""
    from shortimize_analytics.schema import HISTORY, empty
    from shortimize_analytics.schema.tables import COVERAGE
    from shortimize_analytics.store.archive_layout import FILES_IN_BUCKET, LAYOUT, place
    from shortimize_analytics.store.history_archive import HistoryArchive

    home, videos = Path(folder), make_videos(round(rows / (days * (1 - days / 2 / YEARS))))
    archive = HistoryArchive(home / "profiles" / "bench" / "archive")
    archive.folder.mkdir(parents=True)
    archive.write_layout(LAYOUT)
    asked = pd.DataFrame({"ad_id": videos["ad_id"], "account": videos["linked_account_id"], "days": days})
    file = place(asked, layout=LAYOUT, coverage=empty(COVERAGE)).to_numpy(dtype=int)
    sent, written = pd.Timestamp(END, tz="UTC") + pd.Timedelta(days=1, hours=6), 0
    for number, mine in videos.groupby(file):
        history = make_history(mine.reset_index(drop=True), days=days)
        history["ad_id"] = history["ad_id"].astype("str")
        parts = {"likes": 20, "comments": 300, "shares": 400, "bookmarks": 500, "engagements": 15}
        history = history.assign(**{name: history["views"] // part for name, part in parts.items()}, fetched_at=sent)
        archive.write_days(history.astype(empty(HISTORY).dtypes.to_dict()), int(number), layout=LAYOUT)
        written += len(history)
    kept = pd.DataFrame({"ad_id": videos["ad_id"], "file": file, "start": END - np.timedelta64(days, "D"), "end": END})
    first = np.maximum(videos["uploaded_at"].to_numpy(), kept["start"].to_numpy() + np.timedelta64(1, "D"))
    kept["days"] = (END - first) // np.timedelta64(1, "D") + 1
    kept = kept.assign(sent_at=sent, updated_at=sent).astype(empty(COVERAGE).dtypes.to_dict())
    for shard, some in kept.groupby(kept["file"] // FILES_IN_BUCKET):
        archive.write_coverage(some, int(shard), layout=LAYOUT)
    videos.to_pickle(home / "videos.pickle")
    return {"rows": written, "videos": len(videos)}


def measured(work: str, *arguments: Any, tree: Path = ROOT, **options: Any) -> dict[str, float]:
    """Run one of the pieces of work below in an interpreter of its own, with the package of a tree."""
    named = ", ".join([*map(repr, arguments), *(f"{name}={value!r}" for name, value in options.items())])
    return in_process(f"{OPENING}done(**scale.{work}({named}))", tree=tree)


def mapped(folder: str, workers: int = 0) -> dict[str, float]:
    """Digest an archive: one part after the other, or on so many Dask workers, whose start is not counted in `map`."""
    from shortimize_analytics import scale

    home = Path(folder)
    archive, videos = home / "profiles" / "bench" / "archive", pd.read_pickle(home / "videos.pickle")
    out = str(home / f"digest-{workers}")
    shutil.rmtree(out, ignore_errors=True)  # parts that are there would not be made again
    begun = spent()
    if not workers:
        scale.digest(archive, videos, out=out, progress=False)
        return {"cpu": (whole := spent() - begun), "map": whole}
    os.environ |= KEPT  # as docs/scale.md says
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            told = scale.digest(archive, videos, out=out, executor=scale.DaskExecutor(client), progress=False)
        costs = told.costs.set_index("step")
    work = costs.loc["of it all, all workers"]
    driver = float(costs.loc["map, as it was waited for", "cpu_seconds"])
    return {"cpu": spent() - begun, "map": float(work["cpu_seconds"]) + driver, "worker": float(work["memory_mb"])}


def reduced(folder: str, workers: int = 0) -> dict[str, float]:
    """Read the digest that so many workers made, and make all four analyses of it."""
    import shortimize_analytics as sa

    videos = pd.read_pickle(Path(folder) / "videos.pickle")
    calls: tuple[Callable[..., object], ...] = (
        sa.scale.weekly_tables,
        sa.rank_outliers,
        sa.growth_curves,
        sa.forecast_views,
    )
    begun = spent()
    data = sa.scale.read_digest(str(Path(folder) / f"digest-{workers}"), videos)
    found = {"read": spent() - begun}
    for name, call in zip(FOUR, calls, strict=True):
        start = spent()
        call(data)
        found[name] = spent() - start
    return found | {"cpu": spent() - begun}


def archived(folder: str, *, categorical: bool = True) -> dict[str, float]:
    """Read the whole archive into one frame; `held` are the bytes a row that it keeps, `peak` those it took."""
    import pyarrow.dataset  # noqa: F401  imported before, as what the interpreter holds is left out

    import shortimize_analytics as sa

    memory, begun = peak(), spent()
    before = memory()
    options: dict[str, Any] = {"categorical": True} if categorical else {}  # older builds have no such option
    history = sa.load_archive(data_dir=folder, **options).history
    cpu, most, rows = spent() - begun, memory() - before, len(history)
    return {"cpu": cpu, "held": history.memory_usage(deep=True).sum() / rows, "peak": most * 2**20 / rows}


def accounts(rows: float, days: int = DAYS) -> dict[str, float]:
    """Count ten weeks of a history in memory."""
    import analyses

    videos, history = _frames(rows, days)
    return _cost(analyses.accounts, videos, history)


def summary(rows: float, days: int = DAYS) -> dict[str, float]:
    """Summarise a week of a history in memory: what the report's first page needs."""
    from shortimize_analytics import period_summary

    return _cost(period_summary, *_frames(rows, days))


def curves(rows: float) -> dict[str, float]:
    """Describe how views grow with age, of a history with its ids as text."""
    from shortimize_analytics import growth_curves

    videos, history = _frames(rows, DAYS)
    return _cost(growth_curves, videos, history.astype({"ad_id": "str"}))


def ranking(count: int) -> dict[str, float]:
    """Rank so many videos of a snapshot."""
    from shortimize_analytics import rank_outliers

    return _cost(rank_outliers, make_videos(count))


def plain(rows: float, days: int = DAYS) -> dict[str, float]:
    """Daily differences and weekly sums of the same history: polars, and numpy on sorted arrays."""
    import analyses

    found = analyses.plain_sums(_frames(rows, days)[1], clock=time.process_time)
    return {"cpu": found["polars"], "numpy": found["numpy"]}


def _cost(call: Callable[..., object], *frames: pd.DataFrame) -> dict[str, float]:
    """Call once with few rows, which imports what is needed, then with all: CPU, clock and peak, frames included."""
    videos, *history = frames
    call(videos.head(300), *(rows.head(50_000) for rows in history))
    memory, begun, used = peak(), time.perf_counter(), spent()
    call(*frames)
    return {"cpu": spent() - used, "s": time.perf_counter() - begun, "peak": memory()}


def plain_archive(folder: str) -> dict[str, float]:
    """Read the archive's days with polars, differences and weekly sums."""
    import polars as pl

    days = Path(folder) / "profiles" / "bench" / "archive" / "days" / "**" / "*.parquet"
    begun = spent()
    same = pl.col("ad_id") == pl.col("ad_id").shift()
    gains = pl.scan_parquet(days).select("ad_id", "date", gain=pl.when(same).then(pl.col("views").diff()))
    gains.group_by(pl.col("date").dt.truncate("1w")).agg(pl.col("gain").sum()).collect()
    return {"cpu": spent() - begun}


def _frames(rows: float, days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    videos = make_videos(round(rows / (days * (1 - days / 2 / YEARS))))
    return videos, make_history(videos, days=days)


def exponent(sizes: list[float], costs: list[float]) -> float:
    """Fit cost = factor × size^exponent."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def at_a_billion(sizes: list[float], costs: list[float]) -> float:
    """Go on with the line through the two largest sizes, which start-up no longer bends."""
    slope = (costs[-1] - costs[-2]) / (sizes[-1] - sizes[-2])
    return costs[-1] + slope * (BILLION - sizes[-1])


def every_size(sizes: list[float], folder: Path) -> dict[str, list[dict[str, float]]]:
    """Measure all work at all sizes."""
    found: dict[str, list[dict[str, float]]] = {}
    for size in sizes:
        home = str(folder / f"{size:.0f}")
        filled = measured("fill", home, size, DAYS)
        for name, (work, on_archive) in WORK.items():
            one = measured(work, *((home,) if on_archive else (size,)))
            found.setdefault(name, []).append(one | {key: filled[key] for key in ("rows", "videos")})
    return found


def print_growth(sizes: list[float], found: dict[str, list[dict[str, float]]]) -> None:
    """One line per kind of work: CPU and memory at each size, exponents, and what the slopes make of a billion days."""
    line("days, millions", " / ".join(f"{size / 1e6:g}" for size in sizes), "", "")
    for name, runs in found.items():
        rows = [run["rows"] for run in runs]
        cpu, memory = [run["cpu"] for run in runs], [run["MB"] for run in runs]
        told = ""
        if len(runs) > 1:
            told = (
                f"exponents {exponent(rows, cpu):.2f}, {exponent(rows, memory):.2f}; a billion, from the last slope: "
            )
            told += f"{at_a_billion(rows, cpu):,.0f} s, {at_a_billion(rows, memory) / 1024:,.0f} GB"
        shown = [" / ".join(f"{value:.{digits}f}" for value in values) for values, digits in ((cpu, 2), (memory, 0))]
        line(f"{name}, CPU s; MB", shown[0], shown[1], told)


def print_ratios(found: dict[str, list[dict[str, float]]]) -> None:
    """Say how the largest size stands to the plain way and per video."""
    last = {name: runs[-1] for name, runs in found.items()}
    reduce, archive = last["digest, reduce of four analyses"], last["load_archive"]
    for name in ("accounts of ten weeks", "weekly summary, whole"):
        ratio = last[name]["cpu"] / last[FRAMES]["cpu"]
        line(f"{name} / polars", f"{ratio:.1f}x", "", "target ≤ 1.2x" if name.startswith("accounts") else "")
    parts = ", ".join(f"{name} {reduce[name] / reduce['videos'] * 1e6:.0f}" for name in ("read", *FOUR))
    line("reduce per video, µs", f"{reduce['cpu'] / reduce['videos'] * 1e6:.0f}", "", f"target ≤ 35; {parts}")
    line("load_archive, bytes a row in the frame", f"{archive['held']:.0f}", "", "target ≤ 100")


def bench_many_videos(folder: Path, size: float, usual: list[dict[str, float]]) -> None:
    """Digest as many days of nine times the videos."""
    home = str(folder / "many")
    filled = measured("fill", home, size, FEW_DAYS)
    ours, again = measured("mapped", home), measured("reduced", home)
    what = f"the same days of {filled['videos'] / usual[0]['videos']:.1f}x the videos"
    line(f"{what}, map, CPU s", f"{ours['cpu']:.2f}", f"{usual[0]['cpu']:.2f}", "beside: the usual videos")
    line(f"{what}, reduce, CPU s", f"{again['cpu']:.2f}", f"{usual[1]['cpu']:.2f}", "")
    line("  reduce per video, µs", f"{again['cpu'] / filled['videos'] * 1e6:.0f}", "", f"{again['MB']:.0f} MB")


def bench_dask(folder: Path, size: float) -> None:
    """Map with two Dask workers, beside a loop over the same parts in the same run."""
    home = str(folder / f"{size:.0f}")
    loop, dask = measured("mapped", home), measured("mapped", home, 2)
    ratio, whole = dask["map"] / loop["cpu"], dask["cpu"] / loop["cpu"]
    told = f"target ≤ 1.3x; is {ratio:.2f}x, with starting and stopping them {whole:.2f}x"
    line(f"map of {size / 1e6:g}M days on Dask, CPU s", f"{dask['map']:.1f}", f"{loop['cpu']:.1f} (loop)", told)
    line("  peak, MB a worker / driver", f"{dask['worker']:.0f} / {dask['MB']:.0f}", f"{loop['MB']:.0f}", "")


def main(*, quick: bool) -> None:
    asked = os.environ.get("BENCH_ROWS", "2e5,1e6,2e6" if quick else "1e6,5e6,20e6")
    sizes = sorted(float(size) for size in asked.split(","))
    line("Scale", "CPU s", "peak MB", "")
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        found = every_size(sizes, Path(folder))
        print_growth(sizes, found)
        print_ratios(found)
        middle = len(sizes) // 2
        usual = [runs[middle] for name, runs in found.items() if name.startswith("digest")]
        bench_many_videos(Path(folder), sizes[middle], usual)
        bench_dask(Path(folder), sizes[-1])
