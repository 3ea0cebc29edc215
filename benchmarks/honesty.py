"""Whether scores, intervals and tests keep what they say, on organisations unlike the demo's (make bench validity).

Each line: the figure of the build before this was measured (kept here as printed then), the figure now, its Monte-Carlo
standard error, and what was aimed at. What misses its aim is printed like the rest.
"""

import tempfile
import warnings

from shortimize_analytics import connect, load_history, load_videos, period_summary, prepare, rank_outliers


def told(what: str, before: str, now: float, error: float | None, wanted: str) -> None:
    spread = "exact" if error is None else f"± {error:.3f}"
    print(f"  {what:<58} {before:>7} {now:>7.3f} {spread:>8}   {wanted}", flush=True)


def one_score() -> None:
    """Compare the scores of the demo's weekly report with those that explorer and command line show."""
    with tempfile.TemporaryDirectory() as folder, connect(demo=True, data_dir=folder) as client:
        videos = load_videos(client)
        data = prepare(videos, load_history(client, videos))
    here = rank_outliers(data).set_index("ad_id")["mult"]
    report = period_summary(data).outliers.set_index("ad_id")["mult"].dropna()
    other = (here.reindex(report.index) / report - 1).abs().astype(float) > 0.001
    told("share of videos with another score in report and explorer", "0.938", float(other.mean()), None, "0")


def main() -> None:
    """Print every line."""
    print(f"\n{'Before and after':<60} {'before':>7} {'now':>7} {'error':>8}   wanted")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one_score()


if __name__ == "__main__":
    main()
