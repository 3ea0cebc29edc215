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
        "import json, sys, time\n"
        "def done(**figures):\n"
        # getrusage counts what the parent held when it started this one, too
        "    status = open('/proc/self/status').read()\n"
        "    figures['MB'] = int(status.partition('VmHWM:')[2].split()[0]) / 1024\n"
        "    print(json.dumps(figures))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", prelude + code, *arguments],
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,  # what goes wrong is for whoever runs this to read
        text=True,
    )
    return json.loads(run.stdout.strip().splitlines()[-1])


def median(measure: Callable[[], dict[str, float]], runs: int = 3) -> dict[str, float]:
    """Repeat a measurement and keep the median of each figure."""
    results = [measure() for _ in range(runs)]
    return {name: statistics.median(result[name] for result in results) for name in results[0]}


def line(what: str, ours: str, plain: str, target: str) -> None:
    print(f"{what:<44} {ours:>20} {plain:>20}   {target}", flush=True)
