"""What each subcommand does: load, analyse, and write or print the frame."""

import argparse
import inspect
import sys
from typing import Any

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics import api
from shortimize_analytics.client import Call, Client
from shortimize_analytics.export import write_frame

_SHOWN_ROWS = 20
_SHOWN_COLUMNS = {
    "videos": ["username", "platform", "uploaded_at", "latest_views", "latest_likes", "outlier_multiplier", "title"],
    "history": ["ad_id", "date", "views", "likes", "comments", "shares"],
    "outliers": ["rank", "username", "platform", "age_days", "views", "mult", "mult_lo", "mult_hi", "n_peers", "flags"],
    "growth": ["group", "age_days", "n_videos", "median", "lo", "hi", "ci_lo", "ci_hi"],
    "labels": ["label", "n_videos", "n_accounts_overlap", "ratio", "ratio_lo", "ratio_hi", "q", "verdict"],
}


def connect(options: argparse.Namespace) -> Client:
    """Connect with the common options."""
    return sa.connect(
        base_url=options.base_url,
        tier=options.tier,
        data_dir=options.data_dir,
        offline=options.offline,
        refresh=options.refresh,
        demo=options.demo,
    )


def _progress(options: argparse.Namespace) -> bool | None:
    return False if options.quiet else None


def _load_videos(client: Client, options: argparse.Namespace) -> pd.DataFrame:
    names = inspect.signature(sa.load_videos).parameters
    filters = {name: value for name, value in vars(options).items() if name in names}
    return sa.load_videos(client, **filters, progress=_progress(options))


def _load_both(client: Client, options: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = _load_videos(client, options)
    return found, sa.load_history(client, found, progress=_progress(options))


def check(options: argparse.Namespace) -> None:
    """Say whether the key works, what it may do, where things are kept, and which fonts are missing."""
    from shortimize_analytics.fonts import missing_fonts

    with connect(options) as client:
        client.get(Call(api.AUTHENTICATE), refresh=True)
        probe = client.get(Call(api.LIST_VIDEOS, params=api.validate(api.LIST_VIDEOS, {"limit": 1})), refresh=True)
        total = _total_of(probe.body)
        paces = ", ".join(f"{family} {client.limiter.per_minute(family) or 'unpaced'}" for family in _FAMILIES)
        lines = {
            "key": "not needed (demo)" if options.demo else "accepted",
            "source": client.source,
            "videos": f"{total:,}",
            "tier": f"{client.tier} (requests per minute: {paces})",
            "data folder": str(client.storage),
            "fonts": "complete" if not missing_fonts() else "missing: " + ", ".join(missing_fonts()),
        }
    for name, text in lines.items():
        print(f"{name:<12} {text}")


_JOINERS = "\u200c\u200d"
"""Joiners make one emoji of several and shape some scripts."""
_FAMILIES: tuple[api.Family, ...] = ("read", "history", "write")


def _total_of(body: bytes) -> int:
    from shortimize_analytics.decode import decode_page
    from shortimize_analytics.schema import VIDEOS

    return int((decode_page(body, api.LIST_VIDEOS, VIDEOS).pagination or {}).get("total", 0))


def videos(options: argparse.Namespace) -> None:
    """Load videos."""
    with connect(options) as client:
        _deliver(_load_videos(client, options), options, "videos")


def history(options: argparse.Namespace) -> None:
    """Load the history of named videos, or of all that match the filters."""
    with connect(options) as client:
        wanted = options.ids or _load_videos(client, options)
        frame = sa.load_history(client, wanted, start=options.start, end=options.end, progress=_progress(options))
        _deliver(frame, options, "history")


def outliers(options: argparse.Namespace) -> None:
    """Rank videos against their own account."""
    with connect(options) as client:
        found, days = _load_both(client, options)
        ranked = sa.rank_outliers(found, days, mode=options.mode)
        _deliver(ranked, options, "outliers")


def growth(options: argparse.Namespace) -> None:
    """Compute growth curves."""
    with connect(options) as client:
        found, days = _load_both(client, options)
        curves = sa.growth_curves(days, found, by=options.by, max_age=options.max_age, value=options.value)
        _deliver(curves, options, "growth")


def labels(options: argparse.Namespace) -> None:
    """Compare labels."""
    with connect(options) as client:
        found, days = _load_both(client, options)
        _deliver(sa.compare_labels(found, history=days), options, "labels")


def report_weekly(options: argparse.Namespace) -> None:
    """Write the weekly PDF."""
    with connect(options) as client:
        found, days = _load_both(client, options)
        path = sa.weekly_report(
            found, days, path=options.output, week_end=options.ending, title=options.title, paper=options.paper
        )
    if not options.quiet:
        print(f"wrote {path}")


def cache_info(options: argparse.Namespace) -> None:
    """Print what is kept on disk."""
    from shortimize_analytics.settings import find_data_dir
    from shortimize_analytics.storage import storage_info

    info = storage_info(options.data_dir)
    print(f"data folder {find_data_dir(options.data_dir)}")
    print(info.to_string(index=False) if len(info) else "nothing kept yet")


def cache_clear(options: argparse.Namespace) -> None:
    """Delete cached answers."""
    from shortimize_analytics.storage import clear_cache

    freed = clear_cache(options.data_dir)
    if not options.quiet:
        print(f"freed {freed / 1e6:.1f} MB; the archive of history was kept")


def simulate(options: argparse.Namespace) -> None:
    """Serve the simulator until interrupted."""
    from shortimize_analytics.simulator import run

    server = run(
        port=options.port,
        videos=options.videos,
        history=options.history,
        tier=options.serve_tier,
        limit_requests=not options.no_limits,
        latency=options.latency,
        drift=options.drift,
        faults=options.fault,
    )
    name = server.service.organisation.name
    print(f"serving {name} as of {server.service.clock():%Y-%m-%d %H:%M} UTC at {server.base_url}", flush=True)
    if not options.quiet:
        print(f"set SHORTIMIZE_BASE_URL={server.base_url} and any SHORTIMIZE_API_KEY; Ctrl-C ends it", file=sys.stderr)
    server.run()


def _deliver(frame: pd.DataFrame, options: argparse.Namespace, kind: str) -> None:
    if options.output:
        path = write_frame(frame, options.output)
        if not options.quiet:
            print(f"wrote {len(frame):,} rows to {path}")
        return
    shown = [name for name in _SHOWN_COLUMNS[kind] if name in frame.columns]
    with pd.option_context("display.width", None):
        head = frame.head(_SHOWN_ROWS)[shown].map(_printable)
        print(head.to_string(index=False, max_colwidth=48, na_rep="", float_format="{:.2f}".format))
    if not options.quiet:
        rest = f", {_SHOWN_ROWS} shown" if len(frame) > _SHOWN_ROWS else ""
        print(f"{len(frame):,} rows{rest}; all {frame.shape[1]} columns with -o FILE", file=sys.stderr)


def _printable(value: Any) -> Any:
    """Keep a caption from steering the terminal (escape codes, bidirectional controls)."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(char if char.isprintable() or char in _JOINERS else " " for char in value)
