"""Every ratio that was asked of the package's speed, in one run: what was asked, what was measured, met or not.

`make bench table AGAINST=COMMIT` measures that commit's package beside this one; without it, rows that compare with an
older build say so. Both sides of a row take turns, each time in a process of its own, and change who begins. A ratio is
the median of those of the pairs: of the processor's seconds, or, where the row says so, of the clock's.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from common import ROOT, command, in_process, in_turns, older
from common import line as any_line
from loading import FILL_ARCHIVE, OURS_VIDEOS, PLAIN_VIDEOS, SETTINGS, make_organisation, server
from reports import DEMO
from scale import DAYS, measured

PAIRS = 3
TWO_YEARS = 730
Found = list[dict[str, float]]
line = partial(any_line, width=58)


def pairs(*sides: Callable[[], dict[str, float]]) -> list[Found]:
    return in_turns([lambda _, side=side: side() for side in sides], range(PAIRS))  # type: ignore[misc]


def builds(trees: Sequence[Path], work: str, *arguments: object, **options: object) -> list[Found]:
    """Do the same with the package here and with the older one."""
    return pairs(*[partial(measured, work, *arguments, tree=tree, **options) for tree in trees])


def middle(found: Found, figure: str) -> float:
    return statistics.median(one[figure] for one in found)


def verdict(value: float, asked: float, unit: str = "x") -> str:
    """Say how a value stands to what was asked; one that only looks like the limit once rounded is above it."""
    shown = f"{value:,.0f}" if asked >= 10 else f"{value:.2f}"
    return f"{shown}{unit}, asked ≤ {asked:,g}{unit}: {'met' if value <= asked else 'NOT MET'}"


def tell(
    what: str, ours: Found, theirs: Found | None, *, asked: float, beside: str = "older", figure: str = "cpu"
) -> None:
    """Print the medians of both sides, and the median of the ratios of the pairs."""
    unit = "s on the clock" if figure == "s" else "CPU s"
    if theirs is None:
        line(f"{what}, {unit}", f"{middle(ours, figure):.2f}", "", f"asked ≤ {asked:g}x: name a commit with AGAINST")
        return
    ratio = statistics.median(one[figure] / other[figure] for one, other in zip(ours, theirs, strict=True))
    shown = f"{middle(theirs, figure):.2f} ({beside})"
    line(f"{what}, {unit}", f"{middle(ours, figure):.2f}", shown, verdict(ratio, asked))


def tell_builds(what: str, found: list[Found], *, asked: float, figure: str = "cpu") -> None:
    tell(what, found[0], found[1] if len(found) > 1 else None, asked=asked, figure=figure)


def tell_value(what: str, value: float, *, asked: float, unit: str) -> None:
    line(what, f"{value:,.0f}", "", verdict(value, asked, unit))


def accounts(rows: float) -> None:
    """Ten weeks' accounts beside polars' differences and sums alone."""
    for days in (DAYS, TWO_YEARS):
        ours, plain = pairs(partial(measured, "accounts", rows, days), partial(measured, "plain", rows, days))
        tell(f"accounts of ten weeks, {rows / 1e6:g}M rows of {days} days", ours, plain, asked=1.2, beside="polars")


def summary(rows: float, most: float, trees: Sequence[Path]) -> None:
    """The whole weekly summary beside the older one; its memory at most rows."""
    found = builds(trees, "summary", rows, TWO_YEARS)
    tell_builds(f"whole weekly summary, {rows / 1e6:g}M rows of {TWO_YEARS} days", found, asked=0.25)
    large = measured("summary", most, TWO_YEARS)
    tell_value(f"  peak at {most / 1e6:g}M rows, MB", large["peak"], asked=1600, unit=" MB")


def archives(rows: float, folder: Path, trees: Sequence[Path]) -> None:
    """Read a whole archive that each build wrote itself, ids as a category and as text; the older one knows text."""
    homes = [folder / f"archive{place}" for place in range(len(trees))]
    for home, tree in zip(homes, trees, strict=True):
        in_process(FILL_ARCHIVE, str(home), str(round(rows / TWO_YEARS)), str(TWO_YEARS), tree=tree)
    ours = [partial(measured, "archived", str(homes[0]), categorical=categorical) for categorical in (True, False)]
    theirs = [
        partial(measured, "archived", str(home), categorical=False, tree=tree)
        for home, tree in zip(homes[1:], trees[1:], strict=True)
    ]
    category, text, *before = pairs(*ours, *theirs)
    for found, kind in ((category, "category"), (text, "text")):
        what = f"load_archive, {rows / 1e6:g}M rows, ids as {kind}"
        tell_builds(what, [found, *before], asked=0.3)
        tell_value("  bytes a row at the peak", middle(found, "peak"), asked=100, unit=" B")


def report(folder: Path, trees: Sequence[Path]) -> None:
    """Make the demo's report in a whole process, from what an earlier one kept."""

    def side(place: int) -> dict[str, float]:
        own = folder / f"report{place}"
        return command(*DEMO, str(own / "report.pdf"), tree=trees[place], SHORTIMIZE_DATA_DIR=str(own))

    sides = [partial(side, place) for place in range(len(trees))]
    for place, cold in enumerate(sides):
        (folder / f"report{place}").mkdir()
        cold()
    found = pairs(*sides)
    for figure in ("s", "cpu"):
        tell_builds("report weekly --demo, warm", found, asked=0.5, figure=figure)


def loads(count: int, folder: Path) -> None:
    """Load videos anew and from what is kept, beside a plain loop that asks the same server."""
    with server(*make_organisation(folder, videos=count, with_history=0, days=1)) as url:
        settings = SETTINGS | {"SHORTIMIZE_BASE_URL": url}

        def ours(home: str) -> dict[str, float]:
            return in_process(OURS_VIDEOS, **settings, SHORTIMIZE_DATA_DIR=home)

        def cold() -> dict[str, float]:
            return ours(tempfile.mkdtemp(dir=folder))

        kept = str(folder / "kept")
        ours(kept)
        found = pairs(cold, partial(ours, kept), partial(in_process, PLAIN_VIDEOS, url))
    for side, what, asked in ((found[0], "cold", 0.9), (found[1], "warm", 0.25)):
        for figure in ("s", "cpu"):
            tell(f"{what} load, {count:,} videos", side, found[2], asked=asked, beside="plain loop", figure=figure)


def digests(rows: float, most: float, folder: Path) -> None:
    """Map with two Dask workers beside a loop; map and reduce of the most rows, and what the reduce costs a video."""
    home = str(folder / "digest")
    measured("fill", home, rows, DAYS)
    dask, loop = pairs(partial(measured, "mapped", home, 2), partial(measured, "mapped", home))
    tell(f"map, {rows / 1e6:g}M rows on 2 Dask workers", dask, loop, asked=1.3, beside="loop", figure="map")
    home = str(folder / "large")
    videos = measured("fill", home, most, DAYS)["videos"]
    map_, reduce = measured("mapped", home, 2), measured("reduced", home, 2)
    tell_value(f"reduce of {videos:,.0f} videos, µs a video", reduce["cpu"] / videos * 1e6, asked=35, unit=" µs")
    tell_value(f"map of {most / 1e6:g}M rows, MB a worker", map_["worker"], asked=1024, unit=" MB")
    for what, peak in (("map", map_["MB"]), ("reduce", reduce["MB"])):
        tell_value(f"  {what}, MB of the driver", peak, asked=1536, unit=" MB")


def main(*, quick: bool) -> None:
    """Print the lines of every row."""
    few, usual, most = (5e5, 1e6, 2.5e6) if quick else (1e7, 2e7, 5e7)
    commit = os.environ.get("AGAINST", "")
    small = "sizes too small to judge by" if quick else ""
    line(f"Table, beside {commit or 'no older build'}", "here", "beside it", small)
    with tempfile.TemporaryDirectory(prefix="bench-table-") as name:
        folder = Path(name)
        trees = [ROOT, *([older(folder / "tree", commit)] if commit else [])]
        accounts(most)
        summary(usual, most, trees)
        archives(few, folder, trees)
        rows = few / 10
        tell_builds(f"growth curves, {rows / 1e6:g}M rows", builds(trees, "curves", rows), asked=0.1)
        report(folder, trees)
        count = round(few / 100)
        loads(count, folder)
        tell_builds(f"rank {10 * count:,} videos", builds(trees, "ranking", 10 * count), asked=0.5)
        digests(few, most, folder)


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
