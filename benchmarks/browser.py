"""How long the explorer and the app take in a real browser, and what they cost Python's process meanwhile.

The browser's time runs from the key, the changed control or the pointer in the page to the decoded picture or the new
table, with whatever waits in between, in JupyterLab and Chromium of this machine. The processor's is that of the kernel
(for the app: of the server and all it starts), user and system: on a busy machine it tells more than a clock.

`make bench browser AGAINST=COMMIT` measures an older commit beside this one: both stand open in one browser, each
change is made in one and at once in the other, first in the one and then in the other, and the ratio is the median of
those of the pairs.
"""

import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import psutil
from common import ROOT, in_turns, line, older
from loading import make_organisation
from playwright.sync_api import ElementHandle, Page

import shortimize_analytics as sa
from shortimize_analytics.simulator import Organisation

sys.path.append(str(Path(__file__).parents[1] / "tests" / "helpers"))
from browser_app import app  # the tests' drivers
from browser_lab import (
    HOVER,
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

CHANGES, TURNS, FIRST, SORTS, APPS = 10, 8, 4, 6, 3
TARGETS = {
    "change of a day": "≤ 0.8x",
    "change of the text": "≤ 0.8x",
    "another explorer": "≤ 1,000 ms at 10,000 videos",
    "hover": "≤ 50 ms",
    "sorting the table": "≤ 300 ms at 100,000 videos",
    "app, from the command to the picture": "≤ 0.6x",
}
REST = 400
"""Milliseconds after a picture, in which what it left to do is done and counted."""
LOAD = """import os
from pathlib import Path
import shortimize_analytics as sa
from shortimize_analytics.simulator import Organisation
organisation = Organisation.from_parquet({videos!r}, {history!r})
Path("kernel").write_text(str(os.getpid()))"""
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
CHANGE = """([box, control, event, value]) => new Promise((resolve, reject) => {
    const picture = box.querySelector('.sa-tab-overview img.sa-picture');
    const input = box.querySelector(`.sa-filter-${control} input`);
    setTimeout(() => reject(new Error('no new picture')), 60000);
    const start = performance.now();
    new MutationObserver((changes, watch) => {
        if (!picture.getAttribute('src')) return;
        watch.disconnect();
        picture.decode().finally(() => resolve(performance.now() - start));
    }).observe(picture, { attributes: true, attributeFilter: ['src'] });
    input.value = value;
    input.dispatchEvent(new Event(event, { bubbles: true }));
})"""
SORT = """([box, column]) => new Promise((resolve, reject) => {
    const table = box.querySelector('.sa-table');
    setTimeout(() => reject(new Error('no new table')), 60000);
    const start = performance.now();
    new MutationObserver((changes, watch) => {
        watch.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    }).observe(table, { childList: true, subtree: true });
    table.querySelector(`[data-by=${column}]`).click();
})"""


class Taken(NamedTuple):
    """Milliseconds on the clock, and of the processor."""

    waited: float
    worked: float


Measured = list[list[Taken]]
"""Of each side, the newer first."""


class Side:
    """One version: its notebook in the browser, and its kernel.

    Parameters
    ----------
    page
        A page of its own.
    lab
        A JupyterLab whose kernels find that version first.
    """

    def __init__(self, page: Page, lab: Lab, paths: tuple[Path, Path]) -> None:
        self.page, self.lab = page, lab
        load = LOAD.format(videos=str(paths[0]), history=str(paths[1]))
        open_notebook(page, lab, lab.write("bench.ipynb", load, *[OPEN] * FIRST))
        run_cell(page, 0)
        self.kernel = psutil.Process(int((lab.folder / "kernel").read_text()))

    @property
    def explorer(self) -> ExplorerPage:
        return ExplorerPage(self.page, self.page.locator(".jp-Notebook .jp-CodeCell").nth(FIRST))

    @property
    def box(self) -> ElementHandle:
        return self.explorer.box.element_handle()

    def taken(self, act: Callable[["Side", Any], float], what: Any) -> Taken:
        self.page.bring_to_front()
        before = used(self.kernel)
        waited = act(self, what)
        self.page.wait_for_timeout(REST)
        return Taken(waited, (used(self.kernel) - before) * 1000)


def used(process: psutil.Process) -> float:
    """Return the processor's seconds of a process and its children so far, also of those that ended."""
    spent = 0.0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            spent += times.user + times.system + times.children_user + times.children_system
    return spent


def turns(sides: Sequence[Side], act: Callable[[Side, Any], float], each: Sequence[Any]) -> Measured:
    """Do the same in every side at once."""
    return in_turns([partial(side.taken, act) for side in sides], each)


def draw_first(side: Side, place: int) -> float:
    side.page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    side.page.locator(".jp-Notebook .jp-CodeCell").nth(place).locator(".cm-content").click()
    side.page.keyboard.press("Control+Enter")
    return float(side.page.evaluate(SEEN, [place, "overview"]))


def change(side: Side, what: tuple[str, str, str]) -> float:
    return float(side.page.evaluate(CHANGE, [side.box, *what]))


def turn(side: Side, title: str) -> float:
    side.page.evaluate(TURN, [side.box, title])
    return float(side.page.evaluate(SEEN, [FIRST, title.lower()]))


def hover(side: Side, x: float) -> float:
    tab = side.box.query_selector(".sa-tab-overview")
    return float(side.page.evaluate(f"([tab, at]) => ({HOVER})(tab, at)", [tab, [x, 0.25]]))


def sort(side: Side, column: str) -> float:
    return float(side.page.evaluate(SORT, [side.box, column]))


def measure(sides: Sequence[Side]) -> dict[str, Measured]:
    """Measure everything that an explorer does, in all sides."""
    drawn = turns(sides, draw_first, range(1, FIRST + 1))
    out = {"first explorer of a kernel": [one[:1] for one in drawn], "another explorer": [one[1:] for one in drawn]}
    for side in sides:
        side.explorer.says("videos: all videos")
        side.page.wait_for_timeout(2000)  # what was begun in the background is over
    turns(sides, change, [("uploaded-end", "change", "2026-08-01")])  # the first one of a kernel
    out["change of a day"] = turns(sides, change, [("uploaded-end", "change", day) for day in days()])
    words = [("search", "input", f"number {digit}") for digit in range(1, CHANGES + 1)]
    out["change of the text"] = turns(sides, change, words)
    out["hover"] = turns(sides[:1], hover, [0.3 + 0.05 * step for step in range(CHANGES)])
    for side in sides:
        side.explorer.reset()
        side.explorer.open("Outliers")
        side.page.wait_for_timeout(1000)
    titles = ["Overview", "Outliers"] * (TURNS // 2)
    out["change of the tab"] = turns(sides, turn, titles)
    for side in sides:
        side.explorer.open("Videos")
        side.page.wait_for_timeout(1000)
    out["sorting the table"] = turns(sides, sort, ["title", "uploaded_at", "mult", "username", "position", "views"])
    return out


def days() -> list[str]:
    """Different last days of upload: each leaves most videos and makes another picture, and none was drawn before."""
    return [str(day.date()) for day in pd.date_range(end="2026-11-20", periods=CHANGES, freq="5D")]


@contextmanager
def opened(folder: Path, paths: tuple[Path, Path], trees: Sequence[Path]) -> Iterator[list[Side]]:
    """Open the same notebook in a JupyterLab of each version, all in one browser."""
    with ExitStack() as open_until_now:
        browser = open_until_now.enter_context(chromium())
        sides = []
        for place, tree in enumerate(trees):
            lab = open_until_now.enter_context(jupyter_lab(folder / f"lab{place}", PYTHONPATH=str(tree)))
            sides.append(Side(open_until_now.enter_context(page_of(browser)), lab, paths))
        yield sides


def app_ready(page: Page, home: Path, tree: Path) -> Taken:
    """Measure `shortimize app --demo` from the command to the picture in the browser."""
    start = time.perf_counter()
    with app(home, "--demo", PYTHONPATH=str(tree)) as (running, lines):
        page.goto(lines[-1], wait_until="commit")
        page.locator(".sa-tab-overview img.sa-picture").wait_for()
        waited, worked = time.perf_counter() - start, used(psutil.Process(running.pid))
        page.goto("about:blank")
    return Taken(waited * 1000, worked * 1000)


def apps(folder: Path, trees: Sequence[Path]) -> Measured:
    """Start the app of each version in turns; the first start of each fills its data folder and is not counted."""
    found: Measured = [[] for _ in trees]
    with chromium() as browser, page_of(browser) as page:
        for start in range(APPS + 1):
            for place, tree in enumerate(trees):
                home = folder / f"app{place}"
                taken = app_ready(page, home, tree)
                found[place] += [taken] * bool(start)
    return found


def tell(what: str, found: Measured) -> None:
    """Print the medians of the newer side, of the older one, and of the ratios of the pairs."""

    def written(taken: list[Taken]) -> str:
        return " / ".join(f"{statistics.median(one[part] for one in taken):,.0f}" for part in (0, 1))

    then = ""
    if len(found) > 1:
        pairs = list(zip(*found, strict=True))
        ratios = [[now[part] / max(before[part], 1) for now, before in pairs] for part in (0, 1)]
        then = f"{written(found[1])}: " + " / ".join(f"{statistics.median(one):.2f}x" for one in ratios)
    line(f"  {what}", written(found[0]), then, TARGETS.get(what, ""))


def in_process(paths: tuple[Path, Path]) -> tuple[list[float], list[float]]:
    """Milliseconds of the processor for the filter alone, and for figures and picture after it."""
    organisation = Organisation.from_parquet(*paths)
    videos = organisation.videos
    explorer = sa.explore(videos, organisation.history)
    filters, pictures = [], []
    for day in days():
        chosen = sa.VideoFilter(uploaded_end=day)
        start = time.process_time()
        chosen.mask(videos)
        middle = time.process_time()
        explorer.choose(chosen)  # no event loop here: drawn at once
        pictures.append((time.process_time() - middle) * 1000)
        filters.append((middle - start) * 1000)
    return filters, pictures


def main(*, quick: bool) -> None:
    """Print the lines of each number of videos."""
    print("Explorer in the browser, medians: ms on the clock / ms of the processor in the kernel")
    if find_chromium() is None:
        print(MISSING)
        return
    commit = os.environ.get("AGAINST", "")
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        trees = [ROOT, *([older(folder / "tree", commit)] if commit else [])]
        for count in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
            own = folder / str(count)
            own.mkdir()
            paths = make_organisation(own, videos=count, with_history=min(count, 2_000), days=90)
            filters, pictures = in_process(paths)
            line(f"{count:,} videos", "here", commit and f"{commit}: ratio", "target")
            with opened(own, paths, trees) as sides:
                for what, found in measure(sides).items():
                    tell(what, found)
            filtered, drawn = (f"{statistics.median(one):.1f}" for one in (filters, pictures))
            line("  in Python alone", filtered, drawn, "the filter; figures and picture after it")
            shutil.rmtree(own)
        tell("app, from the command to the picture", apps(folder, trees))


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
