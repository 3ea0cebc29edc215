"""How long a change in the explorer takes until the new picture stands in a real browser, and what of it is ours.

The browser's time runs from the changed date in the page to the decoded picture, with the wait that lets quick changes
go by, in JupyterLab and Chromium of this machine. The others are one call in this process, without any of that: the
filter alone, and filter, figures and picture of the overview.
"""

import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
from common import line
from loading import make_organisation
from playwright.sync_api import Page

import shortimize_analytics as sa
from shortimize_analytics.simulator import Organisation

sys.path.append(str(Path(__file__).parents[1] / "tests" / "helpers"))
from browser_lab import (  # the tests' driver
    MISSING,
    ExplorerPage,
    Lab,
    chromium,
    find_chromium,
    jupyter_lab,
    open_notebook,
    page_of,
    run_cell,
)

CHANGES = 15
TARGET = 300
OPEN = """import shortimize_analytics as sa
from shortimize_analytics.simulator import Organisation
organisation = Organisation.from_parquet({videos!r}, {history!r})
explorer = sa.explore(organisation.videos, organisation.history)
explorer"""
CHANGE = """([box, day]) => new Promise((resolve, reject) => {
    const picture = box.querySelector('.sa-tab-overview img.sa-picture');
    const input = box.querySelector('.sa-filter-uploaded-end input');
    setTimeout(() => reject(new Error('no new picture')), 60000);
    const start = performance.now();
    new MutationObserver((changes, watch) => {
        watch.disconnect();
        picture.decode().finally(() => resolve(performance.now() - start));
    }).observe(picture, { attributes: true, attributeFilter: ['src'] });
    input.value = day;
    input.dispatchEvent(new Event('change', { bubbles: true }));
})"""


def days() -> list[str]:
    """Different last days of upload: each leaves most videos and makes another picture, and none was drawn before."""
    return [str(day.date()) for day in pd.date_range(end="2026-11-20", periods=CHANGES, freq="5D")]


def in_browser(page: Page, lab: Lab, paths: tuple[Path, Path]) -> list[float]:
    """Milliseconds from each change to its picture."""
    name = lab.write("bench.ipynb", OPEN.format(videos=str(paths[0]), history=str(paths[1])))
    open_notebook(page, lab, name)
    explorer = ExplorerPage(page, run_cell(page, 0))
    explorer.says("videos: all videos")
    explorer.picture(explorer.open("Overview")).wait_for()
    page.wait_for_timeout(2000)  # what was begun in the background is over
    taken = []
    for day in days():
        taken.append(page.evaluate(CHANGE, [explorer.box.element_handle(), day]))
        page.wait_for_timeout(300)
    return taken


def in_process(paths: tuple[Path, Path]) -> tuple[list[float], list[float]]:
    """Milliseconds of the filter, and of filter and picture."""
    organisation = Organisation.from_parquet(*paths)
    videos = organisation.videos
    explorer = sa.explore(videos, organisation.history)
    filters, pictures = [], []
    for day in days():
        chosen = sa.VideoFilter(uploaded_end=day)
        start = time.perf_counter()
        chosen.mask(videos)
        middle = time.perf_counter()
        explorer.choose(chosen)  # no event loop here: drawn at once
        pictures.append((time.perf_counter() - middle) * 1000)
        filters.append((middle - start) * 1000)
    return filters, pictures


def main(*, quick: bool) -> None:
    """Print one line per number of videos."""
    print("Explorer, change to picture, median of", CHANGES, "changes (ms)")
    if find_chromium() is None:
        print(MISSING)
        return
    line("", "in the browser", "filter / + picture", "")
    for count in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            folder = Path(name)
            paths = make_organisation(folder, videos=count, with_history=min(count, 2_000), days=90)
            filters, pictures = in_process(paths)
            with jupyter_lab(folder / "lab") as lab, chromium() as browser, page_of(browser) as page:
                taken = in_browser(page, lab, paths)
        ours = f"{statistics.median(filters):.1f} / {statistics.median(pictures):.0f}"
        slowest = f"slowest {max(taken):.0f}; target median ≤ {TARGET}"
        line(f"{count:,} videos", f"{statistics.median(taken):.0f}", ours, slowest)


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
