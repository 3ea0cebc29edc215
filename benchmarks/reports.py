"""Reports: the whole command on the demo, and on an organisation of 10,000 videos, beside an equal notebook.

The command is a fresh process that reads the cache and the archive (`--offline`), analyses, draws, sets the PDF and
writes it. The notebook makes the same summary from the same archive with the same plots and shows the same tables;
papermill runs it, nbconvert makes it HTML, and Chromium, where there is one, prints that as a PDF.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
from analyses import make_history, make_videos
from common import command, in_process, line
from loading import server

NOW = "2026-11-23T06:00:00+00:00"
RUNS = 3
REPORT = """
from shortimize_analytics.cli import main
start = time.perf_counter()
code = main(["report", "weekly", "--quiet", *sys.argv[1:]])
done(s=time.perf_counter() - start, code=code)
"""
DEMO = ("report", "weekly", "--demo", "--quiet", "-o")
NOTEBOOK = (
    """
import warnings
warnings.simplefilter("ignore")
import shortimize_analytics as sa
with sa.connect(offline=True) as client:
    videos = sa.load_videos(client)
    history = sa.load_history(client, videos)
week = sa.period_summary(videos, history)
week.totals.head(20)
""",
    "sa.plot_waterfall(week.waterfall);",
    "sa.plot_weekly_series(week.series);",
    "sa.plot_movers(week.movers); week.movers.head(10)",
    "sa.plot_outliers(week.outliers, videos=videos); week.outliers.head(10)",
    "sa.plot_labels(week.labels); week.labels.head(10)",
    "week.forecasts.head(10)",
    "week.revived.head(5)",
    "week.stalled.head(5)",
)
PAPERMILL = """
import resource, subprocess
folder = sys.argv[1]
start = time.perf_counter()
for command in (
    [sys.executable, "-m", "papermill", "--no-progress-bar", "--log-level", "ERROR", "-k", "python3",
     folder + "/week.ipynb", folder + "/ran.ipynb"],
    [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level", "ERROR", folder + "/ran.ipynb"],
    *([[sys.argv[2], "--headless", "--no-sandbox", "--disable-gpu", "--print-to-pdf=" + folder + "/ran.pdf",
        folder + "/ran.html"]] if len(sys.argv) > 2 else []),
):
    subprocess.run(command, check=True, capture_output=True)
seconds = time.perf_counter() - start
largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"s": seconds, "MB": largest}))
"""


def best(*arguments: str, environment: dict[str, str], runs: int = RUNS) -> dict[str, float]:
    """Run the command a few times; return the quickest run."""
    found = [in_process(REPORT, *arguments, **environment) for _ in range(runs)]
    assert all(run["code"] == 0 for run in found)
    return min(found, key=lambda run: run["s"])


def notebook(folder: Path, **environment: str) -> dict[str, float]:
    """Run the equal notebook through papermill, nbconvert and Chromium."""
    cells = [nbformat.v4.new_code_cell(code.strip()) for code in NOTEBOOK]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "week.ipynb")
    chromium = [path] if (path := shutil.which("chromium")) else []
    return in_process(PAPERMILL, str(folder), *chromium, **environment)


def bench_demo(folder: Path) -> None:
    """Make the demo's report: what `make report` does once everything is set up."""
    target = str(folder / "report.pdf")
    keep = {"SHORTIMIZE_DATA_DIR": str(folder / "data")}
    cold = best("--demo", "-o", target, runs=1, environment=keep)
    warm = best("--demo", "-o", target, environment=keep)
    whole = command(*DEMO, target, **keep)["s"]
    line("demo report, cold / warm, s", f"{cold['s']:.1f} / {warm['s']:.1f}", "", "target ≤ 3 s warm")
    line("  with starting Python, s; peak, MB", f"{whole:.1f}; {warm['MB']:.0f}", "", "")
    every = in_process(REPORT, "--demo", "--allow-partial", "--each", "account", "-o", str(folder / "each"), **keep)
    line("  one PDF each of 15 accounts, s", f"{every['s']:.1f}", f"{15 * warm['s']:.0f} (one by one)", "")


def bench_organisation(folder: Path, count: int) -> None:
    """Make the report of a large organisation from what earlier loads kept, beside the notebook."""
    videos = make_videos(count, ages=np.random.default_rng(5).integers(0, 200, count))
    history = make_history(videos, days=200)
    paths = folder / "videos.parquet", folder / "history.parquet"
    videos.to_parquet(paths[0])
    history.astype({"ad_id": "str"}).to_parquet(paths[1])
    keep = {
        "SHORTIMIZE_DATA_DIR": str(folder / "data"),
        "SHORTIMIZE_NOW": NOW,
        "SHORTIMIZE_TIER": "unlimited",
        "SHORTIMIZE_API_KEY": "benchmark",
    }
    with server(*paths) as url:
        keep["SHORTIMIZE_BASE_URL"] = url
        best("-o", str(folder / "cold.pdf"), runs=1, environment=keep)
    target = folder / "report.pdf"
    ours = best("--offline", "-o", str(target), environment=keep)
    plain = notebook(folder, **keep)
    what = f"report of {count:,} videos, {len(history) / 1e6:.1f}M rows, s"
    pdf = " + Chromium" if (folder / "ran.pdf").exists() else ""
    line(what, f"{ours['s']:.1f}", f"{plain['s']:.1f}", f"beside papermill + nbconvert{pdf}; target ≤ 10 s")
    line("  peak memory, MB", f"{ours['MB']:.0f}", f"{plain['MB']:.0f}", "target ≤ 1,500")
    size = (folder / "ran.pdf" if pdf else folder / "ran.html").stat().st_size
    line("  size of the file, MB", f"{target.stat().st_size / 1e6:.2f}", f"{size / 1e6:.2f}", "target < 1")


def main(*, quick: bool) -> None:
    """Print a line per measurement."""
    line("", "shortimize-analytics", "the plain way", "")
    for bench in (bench_demo, lambda folder: bench_organisation(folder, 1_000 if quick else 10_000)):
        with tempfile.TemporaryDirectory(prefix="bench-report-") as folder:
            bench(Path(folder))


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
