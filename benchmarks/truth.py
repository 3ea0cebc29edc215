"""Draw how often each kind of interval keeps what it says, for docs/truth.md: python benchmarks/truth.py

Simulated organisations only, whose truth is known; the real set's figures are in the page's table and printed by
`make bench validity`.
"""

import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
from honesty import label_tests, tails
from matplotlib.figure import Figure
from organisations import drifting_accounts, late_bursts

from shortimize_analytics import rank_outliers

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "plots"
DRIFTS = (0.0, 0.06, 0.12)
LEVELS = (0.5, 0.7, 0.8, 0.9, 0.95)
COLOURS = ("#0072b2", "#e69f00", "#009e73")


def figure(title: str, x: str, y: str) -> tuple[Figure, mpl.axes.Axes]:
    drawn = Figure(figsize=(4.6, 3.8), layout="constrained")
    ax = drawn.add_subplot()
    ax.set(title=title, xlabel=x, ylabel=y)
    ax.spines[["top", "right"]].set_visible(False)
    return drawn, ax


def scores_and_chances() -> None:
    """Coverage of score intervals at several levels, of rank intervals, and the truth behind chances of 5x."""
    score, ax = figure("Interval of a score", "promised", "held the true score")
    chance, bx = figure("Chance of at least 5x", "told", "true")
    rank, cx = figure("Interval of a rank", "levels walk by, per √day", "held the true rank")
    for axes in (ax, bx):
        axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    ranks = []
    for step, colour in zip(DRIFTS, COLOURS, strict=True):
        covered = {level: [] for level in LEVELS}
        given, true, inside = [], [], []
        for seed in range(3):
            videos, luck = drifting_accounts(np.random.default_rng(50 + seed), drift=step)
            for level in LEVELS:
                table = rank_outliers(videos, ci=level, rank_top=300).set_index("ad_id").loc[videos["ad_id"]]
                low, high = (np.log(table[name].to_numpy(dtype=float)) for name in ("mult_lo", "mult_hi"))
                covered[level].append(np.mean((low <= luck) & (luck <= high)))
            given.append(table["p_ge_5x"].to_numpy(dtype=float))
            true.append(luck >= np.log(5))
            place = (-luck).argsort().argsort() + 1
            first = (table["position"] <= 300).to_numpy(dtype=bool)
            held = (table["position_lo"] <= place) & (place <= table["position_hi"])
            inside.append(held[first].mean())
        label = f"levels walk by {step:.2f} per √day"
        ax.plot(LEVELS, [np.mean(covered[level]) for level in LEVELS], "o-", color=colour, label=label)
        told, came = np.concatenate(given), np.concatenate(true)
        bins = np.digitize(told, [0.05, 0.15, 0.3, 0.5, 0.7, 0.9])
        points = [(told[bins == at].mean(), came[bins == at].mean()) for at in range(7) if (bins == at).sum() >= 30]
        bx.plot(*np.transpose(points), "o-", color=colour, label=label)
        ranks.append(float(np.mean(inside)))
    cx.bar([f"{step:.2f}" for step in DRIFTS], ranks, color=COLOURS)
    cx.axhline(0.9, color="0.6", linewidth=1)
    ax.set(xlim=(0.4, 1), ylim=(0.4, 1))
    for axes in (ax, bx):
        axes.legend(frameon=False, fontsize=8)
    for name, drawn in (("score", score), ("chance", chance), ("rank", rank)):
        drawn.savefig(FOLDER / f"truth-{name}.png", dpi=110)
    print("ranks", [f"{value:.3f}" for value in ranks])


def forecasts() -> None:
    """Shares of truths below, inside and above 80 % intervals."""
    found = np.mean([tails(*late_bursts(np.random.default_rng(20 + seed)), horizon=30) for seed in range(2)], axis=0)
    drawn, ax = figure("80 % interval of a forecast, late bursts", "", "share of videos")
    ax.bar(["below", "inside", "above"], found, color=("#e69f00", "#0072b2", "#e69f00"))
    for height in (0.1, 0.8):
        ax.axhline(height, color="0.6", linewidth=1)
    drawn.savefig(FOLDER / "truth-forecast.png", dpi=110)
    print("forecast", found.round(3))


def labels() -> None:
    """Null labels called different, on random uploads and in one stretch of time, and planted ones found."""
    drawn, ax = figure("A label, 10 accounts", "", "called different at 5 %")
    kinds = [(kind, effect) for effect in (0.0, np.log(1.5)) for kind in (False, True)]
    shares = [label_tests(10, stretched=kind, effect=effect, times=200) for kind, effect in kinds]
    names = ["nothing,\nrandom", "nothing,\ncampaign", "1.5x,\nrandom", "1.5x,\ncampaign"]
    ax.bar(names, shares, color=("#e69f00", "#e69f00", "#0072b2", "#0072b2"))
    ax.axhline(0.05, color="0.6", linewidth=1)
    drawn.savefig(FOLDER / "truth-label.png", dpi=110)
    print("labels", shares)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels()
        forecasts()
        scores_and_chances()
