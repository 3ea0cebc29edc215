"""`make bench`: speed and memory beside the plain way in the same run, then how right the analyses are on real data.

Prints one line per measurement with its target. Times are the median or the best of three runs where a run is short; a
difference under a quarter is noise on two shared cores. A topic is a module here with `main(quick=…)`.
"""

import argparse
import resource
import time

import analyses
import browser
import loading
import money
import reports
import scale
import table
import validity
from common import line

TOPICS = {
    "loading": loading.main,
    "analyses": analyses.main,
    "scale": scale.main,
    "table": table.main,
    "money": money.main,
    "reports": reports.main,
    "validity": validity.main,
    "browser": browser.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("topics", nargs="*", choices=[*TOPICS, []], help="all when none is named")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, and no paced load (two minutes or more)")
    options = parser.parse_args()
    started = time.perf_counter()
    for name in options.topics or TOPICS:
        TOPICS[name](quick=options.quick)
        print()
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    line("all of it, s", f"{time.perf_counter() - started:.0f}", "", f"largest process {used:.0f} MB")


if __name__ == "__main__":
    main()
