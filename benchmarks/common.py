"""What the benchmarks share: fresh interpreters with their peak memory, medians, and lines of one shape."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable


def in_process(code: str, *arguments: str, **environment: str) -> dict[str, float]:
    """Run code in a fresh interpreter; it prints a JSON object, to which the peak memory is added."""
    prelude = (
        "import json, resource, sys, time\n"
        "def done(**figures):\n"
        "    figures['MB'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "    print(json.dumps(figures))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", prelude + code, *arguments],
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(run.stdout.strip().splitlines()[-1])


def median(measure: Callable[[], dict[str, float]], runs: int = 3) -> dict[str, float]:
    """Repeat a measurement and keep the median of each figure."""
    results = [measure() for _ in range(runs)]
    return {name: statistics.median(result[name] for result in results) for name in results[0]}


def line(what: str, ours: str, plain: str, target: str) -> None:
    print(f"{what:<44} {ours:>20} {plain:>20}   {target}", flush=True)
