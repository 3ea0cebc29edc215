"""How long the explorer takes in a real browser: its first drawing, a change of a filter, a change of the tab.

The browser's time runs from the key or the changed date in the page to the decoded picture, with the wait that lets
quick changes go by, in JupyterLab and Chromium of this machine. The others are one call in this process, without any of
that: the filter alone, and filter, figures and picture of the overview.

`make bench browser AGAINST=COMMIT` measures an older commit in turns with this one, and gives the ratios.
"""

import io
import os
import statistics
import subprocess
import sys
import tarfile
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
TURNS = 10
FIRST = 3
TARGET = 300
LOAD = """import shortimize_analytics as sa
from shortimize_analytics.simulator import Organisation
organisation = Organisation.from_parquet({videos!r}, {history!r})"""
OPEN = """explorer = sa.explore(organisation.videos, organisation.history)
explorer"""
SEEN = """([cell, tab]) => new Promise(resolve => {
    const start = performance.now(), within = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[cell];
    const look = () => {
        const picture = within.querySelector(`.sa-tab-${tab} img.sa-picture`);
        if (picture?.offsetParent && picture.complete && picture.naturalWidth) resolve(performance.now() - start);
        else requestAnimationFrame(look);
    };
    look();
})"""
TURN = """([box, title]) => {
    const one = [...box.querySelectorAll('[role=tab]')].find(e => e.textContent.trim() === title);
    const old = one.getBoundingClientRect(), at = { bubbles: true, button: 0,
        clientX: old.x + old.width / 2, clientY: old.y + old.height / 2 };
    for (const kind of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'])
        one.dispatchEvent(new (kind.startsWith('p') ? PointerEvent : MouseEvent)(kind, at));
}"""
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


def in_browser(page: Page, lab: Lab, paths: tuple[Path, Path]) -> dict[str, list[float]]:
    """Milliseconds of the first drawing, and of each change of a filter and of the tab, to the picture."""
    load = LOAD.format(videos=str(paths[0]), history=str(paths[1]))
    open_notebook(page, lab, lab.write("bench.ipynb", load, *[OPEN] * FIRST))
    run_cell(page, 0)
    first = []
    for place in range(1, FIRST + 1):
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        page.locator(".jp-Notebook .jp-CodeCell").nth(place).locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        first.append(page.evaluate(SEEN, [place, "overview"]))
    explorer = ExplorerPage(page, page.locator(".jp-Notebook .jp-CodeCell").nth(FIRST))
    explorer.says("videos: all videos")
    page.wait_for_timeout(2000)  # what was begun in the background is over
    box = explorer.box.element_handle()
    changes, turns = [], []
    for day in days():
        changes.append(page.evaluate(CHANGE, [box, day]))
        page.wait_for_timeout(300)
    explorer.open("Outliers")
    page.wait_for_timeout(1000)
    for turn in range(TURNS):
        title = "Outliers" if turn % 2 else "Overview"
        page.evaluate(TURN, [box, title])
        turns.append(page.evaluate(SEEN, [FIRST, title.lower()]))
        page.wait_for_timeout(300)
    return {"first drawing": first, "change of a filter": changes, "change of the tab": turns}


def measure(folder: Path, paths: tuple[Path, Path], tree: Path | None = None) -> dict[str, list[float]]:
    """Measure this tree, or another that the kernel finds first."""
    more = {} if tree is None else {"PYTHONPATH": str(tree)}
    with jupyter_lab(folder, **more) as lab, chromium() as browser, page_of(browser) as page:
        return in_browser(page, lab, paths)


def older(folder: Path, commit: str) -> Path:
    """Write the files of a commit to a folder."""
    archive = subprocess.run(["git", "archive", commit], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


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
    """Print the lines of each number of videos."""
    print(
        "Explorer in the browser, medians (ms):",
        CHANGES,
        "changes of a filter,",
        TURNS,
        "of the tab,",
        FIRST,
        "first drawings",
    )
    if find_chromium() is None:
        print(MISSING)
        return
    commit = os.environ.get("AGAINST", "")
    for count in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            folder = Path(name)
            paths = make_organisation(folder, videos=count, with_history=min(count, 2_000), days=90)
            filters, pictures = in_process(paths)
            before = measure(folder / "before", paths, older(folder / "tree", commit)) if commit else {}
            now = measure(folder / "lab", paths)
        line(f"{count:,} videos", "in the browser", commit and f"at {commit}", "")
        for what, taken in now.items():
            median = statistics.median(taken)
            then = statistics.median(before[what]) if commit else 0.0
            slowest = f"slowest {max(taken):.0f}" if len(taken) > 1 else ""
            target = f"; target ≤ {TARGET}" if what == "change of a filter" else ""
            ratio = f"{then:.0f}: {median / then:.2f}x" if commit else ""
            line(f"  {what}", f"{median:.0f}", ratio, f"{slowest}{target}")
        alone, drawn = (f"{statistics.median(one):.1f}" for one in (filters, pictures))
        line("  in Python alone", alone, drawn, "the filter; filter, figures and picture")


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
