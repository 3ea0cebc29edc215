"""What the benchmarks share: fresh interpreters, medians, older commits, turns, and lines of one shape."""

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
Given = TypeVar("Given")
Found = TypeVar("Found")


def in_process(code: str, *arguments: str, tree: str | Path = ROOT, **environment: str) -> dict[str, float]:
    """Run code in a fresh interpreter, with the package of a tree; it prints a JSON object with its peak memory."""
    prelude = (
        "import json, os, sys, time\n"
        "def done(**figures):\n"
        "    package = getattr(sys.modules.get('shortimize_analytics'), '__file__', None)\n"
        "    assert package is None or package.startswith(os.environ['PYTHONPATH']), package\n"
        # getrusage counts what the parent held when it started this one, too
        "    status = open('/proc/self/status').read()\n"
        "    figures['MB'] = int(status.partition('VmHWM:')[2].split()[0]) / 1024\n"
        "    print(json.dumps(figures))\n"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", prelude + code, *arguments],  # -P: nothing from the folder that this runs in
        env=os.environ | environment | {"PYTHONPATH": str(tree)},
        check=True,
        stdout=subprocess.PIPE,  # what goes wrong is for whoever runs this to read
        text=True,
    )
    return json.loads(run.stdout.strip().splitlines()[-1])


def median(measure: Callable[[], dict[str, float]], runs: int = 3) -> dict[str, float]:
    """Repeat a measurement and keep the median of each figure."""
    results = [measure() for _ in range(runs)]
    return {name: statistics.median(result[name] for result in results) for name in results[0]}


def spent() -> float:
    """CPU seconds of this process in all threads, and of the processes that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def command(*arguments: str, tree: str | Path = ROOT, **environment: str) -> dict[str, float]:
    """Run `shortimize` as a whole process: seconds on the clock, and of the processor."""
    begun, used = time.perf_counter(), spent()
    script = Path(sys.executable).with_name("shortimize")
    keep = os.environ | environment | {"PYTHONPATH": str(tree)}
    subprocess.run([str(script), *arguments], check=True, capture_output=True, env=keep)
    return {"s": time.perf_counter() - begun, "cpu": spent() - used}


def older(folder: Path, commit: str) -> Path:
    """Write the files of a commit to a folder."""
    archive = subprocess.run(["git", "archive", commit], check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def in_turns(sides: Sequence[Callable[[Given], Found]], each: Iterable[Given]) -> list[list[Found]]:
    """Do the same on every side at once, and change who begins; return what each side found."""
    found: list[list[Found]] = [[] for _ in sides]
    for turn, what in enumerate(each):
        for place in range(len(sides)) if turn % 2 else reversed(range(len(sides))):
            found[place].append(sides[place](what))
    return found


def line(what: str, ours: str, plain: str, target: str, *, width: int = 44) -> None:
    print(f"{what:<{width}} {ours:>20} {plain:>20}   {target}", flush=True)
