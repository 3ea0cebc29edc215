"""Loading beside a plain requests + pandas loop, against the same server in the same run."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import in_process, line, median

KEY = "benchmark"
NOW = "2026-11-23T06:00:00+00:00"
SETTINGS = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_TIER": "unlimited", "SHORTIMIZE_NOW": NOW}


def make_organisation(folder: Path, *, videos: int, with_history: int, days: int) -> tuple[Path, Path]:
    """Write an organisation of any size as two Parquet files."""
    frame = _videos(videos)
    paths = folder / "videos.parquet", folder / "history.parquet"
    frame.to_parquet(paths[0])
    _history(frame.head(with_history), days=days).to_parquet(paths[1])
    return paths


def _videos(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    number = np.arange(count)
    accounts = rng.integers(0, max(10, count // 200), count)
    uploaded = pd.Timestamp("2026-11-22") - pd.to_timedelta(rng.integers(0, 365, count), unit="D")
    views = rng.lognormal(9, 2, count).astype("int64")
    return pd.DataFrame(
        {
            "organisation_id": "org",
            "ad_id": [f"00000000-0000-4000-8000-{i:012d}" for i in number],
            "username": [f"account{a}" for a in accounts],
            "platform": np.array(["tiktok", "instagram", "youtube"])[accounts % 3],
            "ad_link": [f"https://www.tiktok.com/@account{a}/video/{i}" for i, a in zip(number, accounts, strict=True)],
            "created_at": (uploaded + pd.Timedelta(days=1)).tz_localize("UTC") + pd.to_timedelta(number, unit="ms"),
            "removed": False,
            "linked_account_id": [f"00000000-0000-4000-9000-{a:012d}" for a in accounts],
            "uploaded_at": uploaded,
            "song_name": "original sound",
            "song_link": "https://example.org/sound.mp3",
            "video_length": rng.integers(5, 60, count),
            "title": [f"caption number {i} with some words #fyp #shorts" for i in number],
            "not_safe": False,
            "private": False,
            "hidden_stats": False,
            "latest_views": views,
            "latest_likes": views // 20,
            "latest_comments": views // 400,
            "latest_bookmarks": views // 300,
            "latest_shares": views // 500,
            "latest_engagement": views // 20 + views // 400 + views // 300 + views // 500,
            "latest_updated_at": pd.Timestamp("2026-11-23T03:00", tz="UTC"),
            "outlier_multiplier": 1.0,
            "increase_1d": 0.5,
            "increase_7d": 3.0,
            "increase_14d": 6.0,
            "increase_30d": 12.0,
            "ad_info_shop": False,
            "label_ids": [["00000000-0000-4000-a000-000000000001"]] * count,
            "label_names": [["Hooks"]] * count,
        }
    )


def _history(videos: pd.DataFrame, *, days: int) -> pd.DataFrame:
    views = videos["latest_views"].to_numpy()
    total = (views[:, None] * np.linspace(0.5, 1, days)).astype("int64").ravel()
    return pd.DataFrame(
        {
            "ad_id": np.repeat(videos["ad_id"].to_numpy(), days),
            "date": np.tile(pd.date_range(end="2026-11-22", periods=days), len(videos)),
            "views": total,
            "likes": total // 20,
            "comments": total // 400,
            "shares": total // 500,
            "bookmarks": total // 300,
            "engagements": total // 20 + total // 400 + total // 500 + total // 300,
        }
    )


def _serve(pipe: Any, videos: Path, history: Path, options: dict[str, Any]) -> None:
    from shortimize_analytics.simulator import Organisation, Service, serve

    organisation = Organisation.from_parquet(videos, history)
    service = Service(organisation, latency=options["latency"], limit_requests=options["limit"])
    with serve(service, port=options["port"]) as server:
        pipe.send(server.base_url)
        pipe.recv()


@contextmanager
def server(videos: Path, history: Path, *, latency: float = 0.0, limit: bool = False, port: int = 0) -> Iterator[str]:
    """Run the simulator in a process of its own, so that it does not share our interpreter."""
    options = {"latency": latency, "limit": limit, "port": port}
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, videos, history, options))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join(10)
        process.terminate()


OURS_VIDEOS = """
import pandas, pyarrow.json, pyarrow.parquet, requests_cache  # the import has a line of its own
import shortimize_analytics as sa
import shortimize_analytics.loading.videos
start, cpu = time.perf_counter(), time.process_time()
with sa.connect() as client:
    videos = sa.load_videos(client)
    sent = client.requests_sent
done(s=time.perf_counter() - start, cpu=time.process_time() - cpu, rows=len(videos), sent=sent)
"""
PLAIN_VIDEOS = """
import pandas as pd, requests
start, cpu = time.perf_counter(), time.process_time()
rows, page = [], 1
while True:
    answer = requests.get(sys.argv[1] + "/videos", params={"page": page, "limit": 5000, "order_by": "created_at",
                          "order_direction": "asc"}, headers={"Authorization": "Bearer benchmark"}).json()
    rows += answer["data"]
    if page >= answer["pagination"]["total_pages"]:
        break
    page += 1
videos = pd.DataFrame(rows)
done(s=time.perf_counter() - start, cpu=time.process_time() - cpu, rows=len(videos), sent=page)
"""
OURS_HISTORY = """
import pandas, pyarrow.json, pyarrow.parquet, requests_cache
import shortimize_analytics as sa
import shortimize_analytics.loading.history
with sa.connect() as client:
    videos = sa.load_videos(client).head(int(sys.argv[1]))
    start = time.perf_counter()
    before = client.requests_sent
    history = sa.load_history(client, videos, start=sys.argv[2])
    done(s=time.perf_counter() - start, rows=len(history), sent=client.requests_sent - before)
"""
PLAIN_HISTORY = """
import pandas as pd, requests
headers = {"Authorization": "Bearer plain"}  # a key of its own: the server counts per key
first = requests.get(sys.argv[1] + "/videos", params={"limit": 5000, "order_by": "created_at",
                     "order_direction": "asc"}, headers=headers).json()["data"][: int(sys.argv[2])]
start = time.perf_counter()
parts = []
for video in first:
    days = requests.get(sys.argv[1] + f"/videos/{video['ad_id']}/history", params={"start_date": sys.argv[3],
                        "end_date": "2026-11-23"}, headers=headers).json()
    parts.append(pd.DataFrame(days).assign(ad_id=video["ad_id"]))
history = pd.concat(parts)
done(s=time.perf_counter() - start, rows=len(history), sent=len(first))
"""


def bench_import() -> None:
    """Import time in a fresh interpreter."""
    timed = "start = time.perf_counter()\n{}\ndone(s=time.perf_counter() - start)"
    ours = median(lambda: in_process(timed.format("import shortimize_analytics")))
    stack = median(lambda: in_process(timed.format("import pandas, matplotlib.pyplot, seaborn")))
    line("import, s", f"{ours['s']:.3f}", f"{stack['s']:.3f}", f"target ≤ 0.3x; is {ours['s'] / stack['s']:.3f}x")
    started = "import subprocess\n" + timed.format(
        "subprocess.run([sys.executable, *{}], check=True, capture_output=True)"
    )
    ours = median(lambda: in_process(started.format(["-m", "shortimize_analytics", "--help"])), runs=5)
    pandas = median(lambda: in_process(started.format(["-c", "import pandas"])), runs=5)
    ratio = ours["s"] / pandas["s"]
    line("shortimize --help, s", f"{ours['s']:.3f}", f"{pandas['s']:.3f}", f"import pandas; is {ratio:.3f}x")


def bench_videos(folder: Path, count: int) -> None:
    """Cold and warm load of many videos, unpaced, with peak memory."""
    paths = make_organisation(folder, videos=count, with_history=0, days=1)
    with server(*paths) as url:
        keep = str(folder / "videos-data")
        env = {"SHORTIMIZE_BASE_URL": url, "SHORTIMIZE_DATA_DIR": keep}
        cold = in_process(OURS_VIDEOS, **env)
        warm = median(lambda: in_process(OURS_VIDEOS, **env))
        plain = in_process(PLAIN_VIDEOS, url)
    assert cold["rows"] == warm["rows"] == plain["rows"] == count
    assert warm["sent"] == 0
    line(f"cold {count:,} videos, s", f"{cold['s']:.2f}", f"{plain['s']:.2f}", f"{cold['sent']:.0f} requests")
    line(
        f"warm {count:,} videos, s",
        f"{warm['s']:.2f}",
        f"{plain['s']:.2f}",
        "target ≤ 0.7; the plain loop has no cache",
    )
    line("  peak memory, cold / warm, MB", f"{cold['MB']:.0f} / {warm['MB']:.0f}", f"{plain['MB']:.0f}", "")


def bench_warm_history(folder: Path, count: int, days: int) -> None:
    """Cold (unpaced) and warm load of many histories."""
    paths = make_organisation(folder, videos=count, with_history=count, days=days)
    start = str((pd.Timestamp("2026-11-22") - pd.Timedelta(days=days - 1)).date())
    with server(*paths) as url:
        env = {"SHORTIMIZE_BASE_URL": url, "SHORTIMIZE_DATA_DIR": str(folder / "history-data")}
        cold = in_process(OURS_HISTORY, str(count), start, **env)
        warm = median(lambda: in_process(OURS_HISTORY, str(count), start, **env))
        plain = in_process(PLAIN_HISTORY, url, str(count), start)
    assert cold["rows"] == warm["rows"] == plain["rows"] == count * days
    assert warm["sent"] == 0
    line(f"cold {count:,} x {days} history, unpaced, s", f"{cold['s']:.2f}", f"{plain['s']:.2f}", "")
    line(f"warm {count:,} x {days} history, s", f"{warm['s']:.3f}", f"{plain['s']:.2f}", "target ≤ 0.1")
    line("  peak memory, cold / warm, MB", f"{cold['MB']:.0f} / {warm['MB']:.0f}", f"{plain['MB']:.0f}", "")


def bench_cold_history(folder: Path, count: int, latency: float) -> None:
    """Cold load at the premium pace against a server that limits exactly, beside the floor of that pace."""
    paths = make_organisation(folder, videos=count, with_history=count, days=90)
    floor = (-(-count // 120) - 1) * 60 + latency
    with server(*paths, latency=latency, limit=True) as url:
        env = {
            "SHORTIMIZE_BASE_URL": url,
            "SHORTIMIZE_DATA_DIR": str(folder / "paced-data"),
            "SHORTIMIZE_TIER": "premium",
        }
        ours = in_process(OURS_HISTORY, str(count), "2026-08-25", **env)
        plain = in_process(PLAIN_HISTORY, url, str(count), "2026-08-25")
    what = f"cold {count} histories, 120/min, {latency:g} s latency, s"
    line(
        what, f"{ours['s']:.1f}", f"{plain['s']:.1f}", f"floor {floor:.1f}, target ≤ 1.1x; is {ours['s'] / floor:.3f}x"
    )


OURS_ARCHIVE = """
import pandas, pyarrow.parquet, requests_cache
import shortimize_analytics as sa
import shortimize_analytics.store.storage
start = time.perf_counter()
frames = sa.load_archive()
done(s=time.perf_counter() - start, rows=len(frames.history))
"""
PLAIN_ARCHIVE = """
import pandas as pd, pathlib
start = time.perf_counter()
history = pd.concat([pd.read_csv(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.csv"))])
done(s=time.perf_counter() - start, rows=len(history))
"""
FILL_ARCHIVE = """
import numpy as np, pandas as pd, pathlib
from shortimize_analytics.store.history_archive import HistoryArchive
from shortimize_analytics.schema import HISTORY, empty
from shortimize_analytics.schema.tables import COVERAGE
folder, count, days = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
csv = [pathlib.Path(name) for name in sys.argv[4:]]  # where the same days go as text, if anywhere
archive = HistoryArchive(folder / "profiles" / "bench" / "archive")
rng = np.random.default_rng(0)
dates = pd.date_range(end="2026-11-22", periods=days)
sent = pd.Timestamp("2026-11-23T06:00", tz="UTC")
writing = 0.0
for part in range(16):
    ids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(part, count, 16)]
    views = rng.integers(1, 500, (len(ids), days)).cumsum(axis=1).ravel()
    rows = pd.DataFrame({"ad_id": np.repeat(ids, days), "date": np.tile(dates, len(ids)), "views": views,
                         "likes": views // 20, "comments": views // 300, "shares": views // 400,
                         "bookmarks": views // 500, "engagements": views // 15, "fetched_at": sent})
    rows = rows.astype(empty(HISTORY).dtypes.to_dict())
    covers = pd.DataFrame({"ad_id": ids, "bucket": part, "start": dates[0], "end": dates[-1], "sent_at": sent,
                           "updated_at": sent}).reindex(columns=empty(COVERAGE).columns)  # older ones have a bucket
    covers = covers.astype(empty(COVERAGE).dtypes.to_dict())
    for place in csv:
        rows.to_csv(place / f"{part:02d}.csv", index=False)
    before = time.perf_counter()
    archive.merge(rows, coverage=covers)
    writing += time.perf_counter() - before
done(s=writing)
"""


def bench_archive(folder: Path, count: int, days: int) -> None:
    """Read a whole archive, beside the CSV files that an analyst would keep."""
    keep, csv = folder / "data", folder / "csv"
    csv.mkdir()
    filled = in_process(FILL_ARCHIVE, str(keep), str(count), str(days), str(csv))
    ours = median(lambda: in_process(OURS_ARCHIVE, SHORTIMIZE_DATA_DIR=str(keep)))
    plain = in_process(PLAIN_ARCHIVE, str(csv))
    assert ours["rows"] == plain["rows"] == count * days
    target = "≤ 1.2 s" if count * days > 1e6 else "≤ 0.1 s"
    line(f"read archive of {count:,} x {days}, s", f"{ours['s']:.3f}", f"{plain['s']:.2f} (CSV)", f"target {target}")
    line("  peak memory, MB; writing it, s", f"{ours['MB']:.0f}; {filled['s']:.1f}", f"{plain['MB']:.0f}", "")


REFRESH = """
import shortimize_analytics as sa
with sa.connect() as client:
    start = time.perf_counter()
    history = sa.load_history(client, sa.load_videos(client), start=sys.argv[1])
    done(s=time.perf_counter() - start, rows=len(history), sent=client.requests_sent)
"""


def bench_refresh(folder: Path, count: int, moved: int) -> None:
    """Load again a day later, when few videos were measured anew."""
    paths = make_organisation(folder, videos=count, with_history=count, days=30)
    keep = {"SHORTIMIZE_DATA_DIR": str(folder / "data")}
    with server(*paths) as url:
        in_process(REFRESH, "2026-10-24", SHORTIMIZE_BASE_URL=url, **keep)
        port = int(url.rpartition(":")[2])
    videos = pd.read_parquet(paths[0])
    videos.loc[: moved - 1, "latest_updated_at"] += pd.Timedelta(days=1)
    videos.to_parquet(paths[0])
    with server(*paths, port=port) as url:
        tomorrow = "2026-11-24T06:00:00+00:00"
        again = in_process(REFRESH, "2026-10-24", SHORTIMIZE_BASE_URL=url, SHORTIMIZE_NOW=tomorrow, **keep)
    what = f"refresh {count:,} histories, {moved} moved, requests"
    line(what, f"{again['sent']:.0f}", f"{count + 1}", f"a plain loop asks for all; {again['s']:.1f} s")


def main(*, quick: bool) -> None:
    os.environ |= SETTINGS
    line("Loading", "shortimize-analytics", "requests + pandas", "")
    bench_import()
    for number, bench in enumerate(
        (
            lambda folder: bench_videos(folder, 100_000),
            lambda folder: bench_warm_history(folder, 2_000, 90),
            lambda folder: bench_archive(folder, 2_000, 90),
            lambda folder: bench_archive(folder, 10_000, 730),
            lambda folder: bench_refresh(folder, 2_000, 50),
            *(() if quick else (lambda folder: bench_cold_history(folder, 240, 0.8),)),
        )
    ):
        with tempfile.TemporaryDirectory(prefix=f"bench{number}-") as folder:
            bench(Path(folder))
