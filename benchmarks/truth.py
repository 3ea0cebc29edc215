"""Draw how often each kind of interval keeps what it says, for docs/truth.md: python benchmarks/truth.py

On simulated organisations and the demo, whose truth is known, and on the real set where it is at hand
(SHORTIMIZE_REAL_DATA), where what came later takes its place: only shares are drawn of it.
"""

import json
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from honesty import label_tests, tails
from matplotlib.figure import Figure
from organisations import drifting_accounts, late_bursts
from validity import BESIDE, load
from young import AGES, TRUTH_AGE, seen_at_truth, snapshot

from shortimize_analytics import prepare, rank_outliers
from shortimize_analytics.analysis.comparisons.within_accounts import (
    age_terms,
    make_design,
    overlapping,
    within_effect,
)
from shortimize_analytics.simulator import demo_organisation

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
        covered: dict[float, list[float]] = {level: [] for level in LEVELS}
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


Scored = Callable[[float], pd.DataFrame]
"""Makes rows of what was promised at a level and of the truth: `mult`, `mult_lo`, `mult_hi`, `true` (ln or x alike),
`position_lo`, `position_hi`, `place`, `p_ge_5x` and `hit`, whether it came true (0-1)."""


def null_labels(videos: pd.DataFrame, *, stretched: bool, times: int) -> float:
    """Share of labels that do nothing, put on an organisation's own videos, that are called different at 5 %."""
    ready = prepare(videos).videos
    ready = ready[ready["excluded"].isna()].assign(account=lambda table: pd.factorize(table["linked_account_id"])[0])
    ready = ready[ready.groupby("account")["ad_id"].transform("size") >= 8].sort_values(["account", "uploaded_at"])
    account, logs = pd.factorize(ready["account"])[0], np.log1p(ready["latest_views"].to_numpy(dtype=float))
    place = np.arange(len(ready)) - np.searchsorted(account, account)
    size, rng, called = np.bincount(account), np.random.default_rng(3), []
    for seed in range(times):
        start = rng.uniform(0, 0.75, len(size))[account] * size[account]
        inside = (place >= start) & (place < start + 0.25 * size[account])
        member = inside if stretched else rng.random(len(ready)) < 0.25
        if overlapping(member, account).any():
            design = make_design(logs, account, terms=age_terms(ready["age_days"].to_numpy(dtype=int)))
            called.append(within_effect(design, member, seed=seed).p < 0.05)
    return float(np.mean(called))


def set_of_its_own(
    name: str, title: str, scored: Scored, *, shares: Mapping[str, tuple[float, ...]], nulls: list[float]
) -> None:
    """Draw the five kinds of one set side by side, and print their figures."""
    drawn = Figure(figsize=(13, 3.2), layout="constrained")
    drawn.suptitle(title, fontsize=11)
    panels = drawn.subplots(1, 5)
    tables = {level: scored(level) for level in LEVELS}
    held = [float(table["true"].between(table["mult_lo"], table["mult_hi"]).mean()) for table in tables.values()]
    table = tables[0.9]
    first = table[table["position_lo"].notna()]
    ranked = float(first["place"].between(first["position_lo"], first["position_hi"]).mean())
    bins = np.digitize(table["p_ge_5x"], [0.05, 0.3, 0.7])
    chance = table.groupby(bins).agg(told=("p_ge_5x", "mean"), came=("hit", "mean"), n=("hit", "size"))
    chance = chance[chance["n"] >= 8]
    panels[0].plot(LEVELS, held, "o-", color=COLOURS[0])
    panels[1].bar(["90 %"], [ranked], color=COLOURS[0])
    panels[2].plot(chance["told"], chance["came"], "o-", color=COLOURS[0])
    for place, (kind, found) in enumerate(shares.items()):
        panels[3].bar(np.arange(3) + 0.4 * place, found, width=0.38, color=COLOURS[place], label=kind)
    panels[3].set_xticks(np.arange(3) + 0.2, ["below", "inside", "above"])
    panels[3].legend(frameon=False, fontsize=7)
    panels[4].bar(["random", "campaign"], nulls, color=COLOURS[1])
    for ax in (panels[0], panels[2]):
        ax.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    for ax, height in ((panels[1], 0.9), (panels[3], 0.8), (panels[3], 0.1), (panels[4], 0.05)):
        ax.axhline(height, color="0.6", linewidth=1)
    heads = ("score: promised, held", "rank: held", "5x: told, true", "80 % forecast", "null label: called")
    for ax, head in zip(panels, heads, strict=True):
        ax.set_title(head, fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
    drawn.savefig(FOLDER / f"truth-{name}.png", dpi=90)
    print(name, "score", np.round(held, 3), "of", len(table), "rank", round(ranked, 3), "of", len(first))
    print(chance.round(3).to_string(), shares, np.round(nulls, 3))


def demo() -> None:
    """Everything on the demo: what was planted is luck times the effects of labels, and a score is of what is usual.

    So the truth is what was planted ÷ its median over the account: accounts that label much have more as a rule.
    """
    made = demo_organisation()
    truth = json.loads((FOLDER.parents[1] / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))
    luck = pd.Series(truth["multipliers"] | {each["ad_id"]: each["multiplier"] for each in truth["outliers"]})
    effect = {each["id"]: each["multiplier"] for each in truth["labels"]}
    labels = made.videos.set_index("ad_id")["label_ids"]
    planted = luck * labels.map(lambda ids: np.prod([effect[each] for each in ids or ()])).reindex(luck.index)
    account = made.videos.set_index("ad_id")["linked_account_id"].reindex(luck.index)
    true = planted / planted.groupby(account).transform("median")

    def scored(level: float) -> pd.DataFrame:
        table = rank_outliers(made.videos, made.history, ci=level).set_index("ad_id")
        table["true"] = true.reindex(table.index)
        table = table[table["true"].notna() & table["mult"].notna()]
        place = table["true"].rank(ascending=False)
        return table.astype({"p_ge_5x": float}).assign(place=place, hit=(table["true"] >= 5).astype(float))

    frames = made.videos, made.history
    shares = {f"day {days}": tails(*frames, horizon=days) for days in (14, 30)}
    nulls = [null_labels(made.videos, stretched=stretched, times=200) for stretched in (False, True)]
    set_of_its_own("demo", "The demo", scored, shares=shares, nulls=nulls)


def real(videos: pd.DataFrame, history: pd.DataFrame) -> None:
    """Everything on the real set: scores of days 1 to 7 against what the same videos had at day 14.

    Whether a video truly had 5x nobody knows at day 14 either, so that its chance then takes the place of the truth.
    """
    here, rows = seen_at_truth(videos, history)
    whole = rank_outliers(*snapshot(here, rows, pd.Index([]), TRUTH_AGE)).set_index("ad_id")
    known = whole.index[(whole["n_peers"] >= 3).fillna(value=False)].sort_values()
    part_of = np.random.default_rng(0).permutation(len(known)) % 4

    def scored(level: float) -> pd.DataFrame:
        parts = []
        for age in AGES:
            seen = known.isin(rows.loc[rows["age"] == age, "ad_id"])
            for part in range(4):
                ids = known[seen & (part_of == part)]
                now = snapshot(here, rows, ids, age)
                parts.append(rank_outliers(*now, ci=level, rank_top=300).set_index("ad_id").loc[ids])
        table = pd.concat(parts)
        then = whole.loc[table.index]
        return table.astype({"p_ge_5x": float}).assign(
            true=then["mult"], place=then["position"], hit=then["p_ge_5x"].astype(float)
        )

    shares = {f"day {days}": tails(videos, history, horizon=days) for days in (14, 30)}
    nulls = [null_labels(videos, stretched=stretched, times=100) for stretched in (False, True)]
    set_of_its_own("real", "YouTube shorts on charts, days 1 to 7 against day 14", scored, shares=shares, nulls=nulls)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        demo()
        folder = Path(os.environ.get("SHORTIMIZE_REAL_DATA") or BESIDE)
        if folder.is_dir():
            real(*load(folder))
        labels()
        forecasts()
        scores_and_chances()
