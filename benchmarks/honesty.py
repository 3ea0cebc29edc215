"""Whether scores, intervals and tests keep what they say, on organisations unlike the demo's (make bench validity).

Each line: the figure of the build before this was measured (kept here as printed then), the figure now, its Monte-Carlo
standard error, and what was aimed at. What misses its aim is printed like the rest.
"""

import tempfile
import warnings

import numpy as np
from organisations import labelled_accounts

from shortimize_analytics import connect, load_history, load_videos, period_summary, prepare, rank_outliers
from shortimize_analytics.analysis.comparisons.within_accounts import (
    age_terms,
    make_design,
    overlapping,
    within_effect,
)

LABELS = (
    (6, False, ".055", ".63"),
    (6, True, ".117", ".54"),
    (10, False, ".065", ".89"),
    (10, True, ".075", ".59"),
    (15, False, ".048", ".99"),
    (15, True, ".058", ".79"),
)
"""Accounts, whether in one stretch, and what was called different before: of null labels, and of a planted 1.5x."""


def told(what: str, before: str, now: float, error: float | None, wanted: str) -> None:
    spread = "exact" if error is None else f"± {error:.3f}"
    print(f"  {what:<58} {before:>7} {now:>7.3f} {spread:>8}   {wanted}", flush=True)


def share_error(share: float, n: int) -> float:
    """Standard error of a share of n independent cases."""
    return float(np.sqrt(max(share * (1 - share), 1 / (4 * n)) / n))


def one_score() -> None:
    """Compare the scores of the demo's weekly report with those that explorer and command line show."""
    with tempfile.TemporaryDirectory() as folder, connect(demo=True, data_dir=folder) as client:
        videos = load_videos(client)
        data = prepare(videos, load_history(client, videos))
    here = rank_outliers(data).set_index("ad_id")["mult"]
    report = period_summary(data).outliers.set_index("ad_id")["mult"].dropna()
    other = (here.reindex(report.index) / report - 1).abs().astype(float) > 0.001
    told("share of videos with another score in report and explorer", "0.938", float(other.mean()), None, "0")


def label_tests(accounts: int, *, stretched: bool, effect: float, times: int) -> float:
    """Share of labels called different at 5 %, over so many organisations."""
    rng = np.random.default_rng(100 * accounts + 10 * stretched)
    called = []
    for seed in range(times):
        views, account, age, member = labelled_accounts(rng, accounts, stretched=stretched, effect=effect)
        if overlapping(member, account).any():
            design = make_design(views, account, terms=age_terms(age))
            called.append(within_effect(design, member, seed=seed).p < 0.05)
    return float(np.mean(called))


def labels() -> None:
    """False positives of labels that do nothing, and how often a planted 1.5x is found."""
    for accounts, stretched, before, power_before in LABELS:
        kind = "one stretch of time" if stretched else "random uploads"
        found = label_tests(accounts, stretched=stretched, effect=0.0, times=400)
        told(f"null label, {kind}, {accounts} accounts: called", before, found, share_error(0.05, 400), ".03-.07")
        found = label_tests(accounts, stretched=stretched, effect=np.log(1.5), times=150)
        told("   planted 1.5x: found", power_before, found, share_error(found, 150), "")


def main() -> None:
    """Print every line."""
    print(f"\n{'Before and after':<60} {'before':>7} {'now':>7} {'error':>8}   wanted")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one_score()
        labels()


if __name__ == "__main__":
    main()
