"""How often alerts are false, and how soon true ones come: python benchmarks/alerts.py [SEEDS]

Prints alerts a week by rule on organisations in which nothing happens (see tests/helpers/null_organisation.py), with
90 % intervals of a Poisson rate; how many videos that were frozen are found, and when; and on the demo the alerts
beside what was planted. The figures stand in docs/delivery.md and in `delivery.false_alarms`.
"""

import datetime as dt
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from common import line
from scipy.stats import chi2

sys.path.append(str(Path(__file__).parents[1] / "tests" / "helpers"))
from null_organisation import LAST, null_organisation

import shortimize_analytics as sa
from shortimize_analytics.delivery.alerts import alerts_on_days
from shortimize_analytics.delivery.episodes import Episode, Name, News, advance
from shortimize_analytics.delivery.rule_options import RuleOptions

DAYS = 27
FACTORS = (1.0, 1.5, 2.0)


def replay(
    videos: pd.DataFrame, history: pd.DataFrame, days: list[dt.date], *, rules: RuleOptions | None = None
) -> tuple[list[Name], list[tuple[dt.date, News]]]:
    """Return the backlog and all news of some days in a row."""
    memory: dict[Name, Episode] = {}
    told: list[tuple[dt.date, News]] = []
    backlog: list[Name] | None = None
    for day, found in zip(days, alerts_on_days(videos, history, days, rules=rules), strict=True):
        memory, news = advance(memory, found, day=day, first=backlog is None)
        backlog = list(memory) if backlog is None else backlog
        told += [(day, each) for each in news]
    return backlog or [], told


def last_days(number: int) -> list[dt.date]:
    return [LAST.date() - dt.timedelta(days=back) for back in range(number - 1, -1, -1)]


def interval(number: int, weeks: float) -> tuple[float, float]:
    """90 % interval of a rate a week, exact for a Poisson count."""
    low = chi2.ppf(0.05, 2 * number) / 2 if number else 0.0
    return low / weeks, chi2.ppf(0.95, 2 * number + 2) / 2 / weeks


def rate(name: str, number: int, weeks: float) -> None:
    low, high = interval(number, weeks)
    line(name, f"{number / weeks:.2f}", "a week", f"{number} in {weeks:.1f} weeks, {low:.2f}-{high:.2f}")


def null_data(seeds: Iterable[int]) -> None:
    weeks = 0.0
    found: Counter[str] = Counter()
    for seed in seeds:
        videos, history, luck = null_organisation(seed)
        days = last_days(DAYS + 1)  # the first one only takes note
        _, told = replay(videos, history, days)
        weeks += DAYS / 7
        for _, news in told:
            found[news.rule] += 1
            if news.rule == "took_off":
                found["took_off, a rise of an open one"] += int(news.row["level"]) > 5
                found["took_off, truly below 5x"] += luck[news.row["subject"]] < 5
        for factor in FACTORS:
            rules = dict.fromkeys(("took_off", "stalled", "not_counted", "implausible", "revived"), False)
            _, told = replay(videos, history, days, rules=rules | {"silent": {"factor": factor}})
            found[f"silent, factor {factor:g}"] += len(told)
    names = ("took_off", "took_off, a rise of an open one", "took_off, truly below 5x", "stalled",
             *(f"silent, factor {factor:g}" for factor in FACTORS),
             "not_counted", "implausible", "revived")  # fmt: skip
    for name in names:
        rate(f"nothing happens: {name}", found[name], weeks)


def frozen_videos(seeds: Iterable[int], *, each: int = 20) -> None:
    delays, missed = [], 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        starts, stops = rng.integers(22, 27, each).tolist(), rng.integers(5, 12, each).tolist()
        frozen = list(zip(starts, stops, strict=True))
        videos, history, _ = null_organisation(100 + seed, frozen=frozen)
        days = last_days(24)
        _, told = replay(videos, history, days, rules={"took_off": False})
        when = {news.row["subject"]: day for day, news in told if news.rule == "stalled"}
        for at, (back, stop) in enumerate(frozen):
            stood = LAST.date() - dt.timedelta(days=back - stop)
            name = f"frozen{at:03d}"
            missed += name not in when
            delays += [(when[name] - stood).days] if name in when else []
    found = len(delays)
    when_found = f"after {min(delays)} to {max(delays)} days, median {np.median(delays):g}"
    line("frozen videos found", f"{found} of {found + missed}", "", when_found)


def demo() -> None:
    truth = json.loads((Path(__file__).parents[1] / "data/demo/truth.json").read_text(encoding="utf-8"))
    multipliers = truth["multipliers"] | {row["ad_id"]: row["multiplier"] for row in truth["outliers"]}
    with sa.connect(demo=True) as client:
        videos = sa.load_videos(client)
        history = sa.load_history(client, videos, progress=False)
    backlog, told = replay(videos, history, last_days(29))
    line("demo, 28 days: backlog", str(len(backlog)), "", ", ".join(sorted(rule for rule, _ in backlog)))
    for day, news in told:
        true = multipliers.get(news.row["subject"])
        said = f"{news.rule} {news.row['username']}: {news.row['text']}"
        print(f"  {day} {said}" + (f" [planted {true}x]" if news.rule == "took_off" else ""))


def main(*, quick: bool = False, seeds: int = 4) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        demo()
        null_data(range(1 if quick else seeds))
        frozen_videos(range(1 if quick else 2))


if __name__ == "__main__":
    main(seeds=int(sys.argv[1]) if len(sys.argv) > 1 else 4)
