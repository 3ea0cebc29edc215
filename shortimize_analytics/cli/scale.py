"""Commands past one machine: digest an archive on any cluster; rankings, curves, forecasts and the week from it."""

import argparse
import asyncio
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.analysis.base.english import counted
from shortimize_analytics.errors import ConfigError, InvalidParameterError
from shortimize_analytics.scale.memory import peak_memory_mb

from .commands import connect, deliver

CONNECT_SECONDS = 5
"""How long a scheduler may take to answer."""


def digest(options: argparse.Namespace) -> None:
    """Digest an archive, and say what that cost."""
    videos = _videos(options)
    with _executor(options) as executor:
        told = sa.scale.digest(
            _archive(options),
            videos,
            out=options.digest,
            executor=executor,
            progress=False if options.quiet else None,
            **_given(sa.scale.digest, options),
        )
    if not options.quiet:
        reused = f", {told.reused} of them from an earlier run" if told.reused else ""
        print(
            f"{told.rows:,} days of {told.videos:,} videos in {counted(told.parts, 'part')}{reused}: {options.digest}"
        )
    deliver(told.costs, options, "scale_costs")


def weekly(options: argparse.Namespace) -> None:
    """Account for the period that the digest was made for."""
    _from_digest(lambda data: getattr(sa.scale.weekly_tables(data), options.table), options, kind=options.table)


def outliers(options: argparse.Namespace) -> None:
    """Rank videos against their own account."""
    _from_digest(lambda data: sa.rank_outliers(data, **_given(sa.rank_outliers, options)), options, kind="outliers")


def growth(options: argparse.Namespace) -> None:
    """Describe how views grow with age."""
    _from_digest(lambda data: sa.growth_curves(data, **_given(sa.growth_curves, options)), options, kind="growth")


def forecast(options: argparse.Namespace) -> None:
    """Forecast the views of young videos."""
    _from_digest(lambda data: sa.forecast_views(data, **_given(sa.forecast_views, options)), options, kind="forecast")


def _from_digest(call: Callable[[Any], pd.DataFrame], options: argparse.Namespace, *, kind: str) -> None:
    begun, cpu = time.perf_counter(), time.process_time()
    data = sa.scale.read_digest(options.digest, _videos(options))
    read = time.perf_counter() - begun
    deliver(call(data), options, kind)
    if not options.quiet:
        whole, busy = time.perf_counter() - begun, time.process_time() - cpu
        memory = peak_memory_mb()
        held = "" if memory is None else f"; {memory:,} MB"
        print(f"{whole:.1f} s, {read:.1f} of it reading; {busy:.1f} CPU s{held}", file=sys.stderr)


def _given(function: Callable[..., Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given and that a function takes."""
    known = set(inspect.signature(function).parameters) - {"videos", "history", "archive", "out", "progress"}
    return {name: value for name, value in vars(options).items() if name in known and value is not None}


def _archive(options: argparse.Namespace) -> str:
    if options.archive is not None:
        return str(options.archive)
    with connect(options) as client:
        return str(client.storage / "archive")


def _videos(options: argparse.Namespace) -> pd.DataFrame:
    """Read the table of videos: the file named, or the newest whole one that was kept."""
    if options.videos is not None:
        return sa.load_snapshot(options.videos)
    with connect(options) as client:
        taken = sa.list_snapshots(client)
    whole = taken.loc[taken["asked"] == "all", "path"]
    if whole.empty:
        raise ConfigError("no whole table of videos was kept: run `shortimize videos`, or name one with --videos FILE")
    return sa.load_snapshot(whole.iloc[-1])


async def _call(address: str) -> None:
    """Call a scheduler: a client would wait without end for one that takes the call and says nothing."""
    from distributed import Security
    from distributed.comm import connect as call

    own = Security().get_connection_args("client")
    comm = await asyncio.wait_for(call(address, timeout=CONNECT_SECONDS, **own), 2 * CONNECT_SECONDS)
    await comm.close()


@contextmanager
def _executor(options: argparse.Namespace) -> Iterator[Any]:
    """Open what maps: a Dask scheduler, so many processes of this machine, or nothing."""
    if options.worker_wait is not None and options.scheduler is None:
        raise InvalidParameterError(
            f"--worker-wait {options.worker_wait:g} is for --scheduler: name one, or leave it out"
        )
    if options.scheduler is not None:
        try:
            from distributed import Client
        except ImportError as error:
            raise ConfigError(
                '--scheduler needs distributed, not installed here; run: pip install "shortimize-analytics[scale]"'
            ) from error
        try:
            asyncio.run(_call(options.scheduler))
            client = Client(options.scheduler, timeout=CONNECT_SECONDS)
        except (OSError, TypeError, ValueError) as error:  # a TypeError for tls:// without certificates
            said = str(error) or "something else is there, or one that hangs"
            raise ConfigError(
                f"no scheduler answers at {options.scheduler} ({said}): start one with `dask scheduler`, or look at "
                "the address that it shows"
            ) from error
        with client:
            wait = {} if options.worker_wait is None else {"wait": options.worker_wait}
            yield sa.scale.DaskExecutor(client, **wait)
    elif options.workers not in {None, 1}:
        if options.workers < 1:
            raise InvalidParameterError(f"--workers {options.workers} is below 1; one process does the work at least")
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield pool
    else:
        yield None
