"""Commands that look after the account and the data folder: check, track, archive, cache, simulate."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.connection import LEEWAY, Client
from shortimize_analytics.client.settings import setting_sources
from shortimize_analytics.errors import ArchiveError, ConfigError, LocalFileError, PartialWriteError
from shortimize_analytics.loading.tracking import check_links
from shortimize_analytics.store.export import write_frame

from .commands import connect, deliver

_FAMILIES: tuple[contract.Family, ...] = ("read", "history", "write")


def check(options: argparse.Namespace) -> None:
    """Say whether the key works, what it may do, where things are kept, and which fonts are missing."""
    with connect(options) as client:
        client.get(Call(contract.AUTHENTICATE), refresh=True)
        lines = {
            "settings": _settings(options),
            "key": "not needed (demo)" if options.demo else "not asked (offline)" if options.offline else "accepted",
            "source": client.source,
            **_probe(client),
            "data folder": str(client.storage),
            "fonts": _fonts(),
        }
    for name, text in lines.items():
        print(f"{name:<12} {text}")


def _fonts() -> str:
    """Name the font packages that are missing, and the scripts that a report could not draw."""
    from shortimize_analytics.plots.fonts import missing_fonts, missing_scripts

    lacking = missing_fonts()
    said = f"missing: {', '.join(lacking)}" if lacking else "complete"
    scripts = missing_scripts()
    more = f"; none for {', '.join(scripts)} (a fontpkg-noto-sans-… package, or Noto Sans of the system)"
    return said + (more if scripts else "")


def _settings(options: argparse.Namespace) -> str:
    """Say which ``.env`` is in use, and where key and tier were set."""
    path, sources = setting_sources()
    given = {"SHORTIMIZE_TIER": "--tier"} if options.tier != "auto" else {}
    named = "" if options.demo else ", ".join(f"{name} from {place}" for name, place in {**sources, **given}.items())
    used = f"{path} is read" if path else f"no .env in {Path.cwd()}"
    return "; ".join(filter(None, (used, named)))


def _probe(client: Client) -> dict[str, str]:
    """Ask for one video: how many there are, whether it comes masked, the pace, and the server's clock."""
    params = contract.validate(contract.LIST_VIDEOS, {"limit": 1, "has_metrics": True})
    answer = client.get(Call(contract.LIST_VIDEOS, params=params), refresh=True)
    document = json.loads(answer.body)
    rows, total = document["data"], document["pagination"].get("total", 0)
    masked = bool(rows) and not str(rows[0].get("latest_views")).isdigit()
    paces = ", ".join(f"{family} {client.limiter.per_minute(family) or 'unpaced'}" for family in _FAMILIES)
    return {
        "videos": f"{int(total):,} with metrics" if str(total).isdigit() else "the API does not say how many",
        "tier": f"{client.tier}, set to {client.settings.tier} (requests per minute: {paces})",
        "metrics": "MASKED: Limited and Basic plans see one result without its counts" if masked else "readable",
        "clock": _clock(client, answer.server_time, answer.sent_at),
    }


def _clock(client: Client, server: object, sent: object) -> str:
    if client.settings.offline:
        return "not asked (offline)"
    if not isinstance(server, datetime) or not isinstance(sent, datetime):
        return "the server does not tell its time"
    skew = server - sent
    if abs(skew) < LEEWAY:
        return f"agrees with the server's ({client.now():%Y-%m-%d %H:%M} UTC)"
    ahead = "behind" if skew > timedelta(0) else "ahead of"
    hours = abs(skew).total_seconds() / 3600
    return f"{hours:.1f} hours {ahead} the server's: set this machine's clock, or days and freshness will be wrong"


def track(options: argparse.Namespace) -> None:
    """Start tracking links."""
    links = check_links(_links(options))
    if not _confirmed(options, links, "track"):
        return
    with connect(options) as client:
        _report(lambda: sa.track_videos(client, links, label=options.label), options)


def untrack(options: argparse.Namespace) -> None:
    """Stop tracking videos."""
    links = _links(options)
    if not _confirmed(options, links, "stop tracking"):
        return
    with connect(options) as client:
        _report(lambda: sa.stop_tracking_videos(client, links), options)


def _links(options: argparse.Namespace) -> list[str]:
    links = list(options.links)
    if options.file:
        try:
            text = Path(options.file).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise LocalFileError(f"{options.file} cannot be read as a text file ({error})") from error
        links += [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    if not links:
        raise ConfigError("no link was given; name links, or --file with one per line")
    return list(dict.fromkeys(links))


def _confirmed(options: argparse.Namespace, links: list[str], what: str) -> bool:
    if options.dry_run:
        print(*links, sep="\n")
        print(f"would {what} {len(links)} videos; nothing was sent", file=sys.stderr)
        return False
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise ConfigError(f"to {what} {len(links)} videos without being asked, add --yes; --dry-run shows them")
    return input(f"{what} {len(links)} videos? [y/N] ").strip().lower() in {"y", "yes"}


def _report(write: Callable[[], pd.DataFrame], options: argparse.Namespace) -> None:
    """Show what became of each link, also when the run broke off."""
    try:
        results = write()
    except PartialWriteError as error:
        deliver(error.results, options, "tracking")
        raise
    deliver(results, options, "tracking")
    bad = int(results["status"].isin(["failed", "unclear"]).sum())
    if bad:
        raise PartialWriteError(
            f"{bad} of {len(results)} links failed or are unclear; the reasons stand in the table", results=results
        )


def archive_info(options: argparse.Namespace) -> None:
    """Print what the archive holds."""
    with connect(options) as client:
        files = sa.archive_info(client)
    deliver(files, options, "archive_files")
    if options.output is None and len(files):
        print(
            f"in all: {len(files)} files, {files['videos'].sum():,} videos, {files['days'].sum():,} days from "
            f"{files['first'].min():%Y-%m-%d} to {files['last'].max():%Y-%m-%d}, {files['bytes'].sum() / 1e6:,.2f} MB"
        )


def archive_verify(options: argparse.Namespace) -> None:
    """Check every file of the archive."""
    with connect(options) as client:
        problems = sa.verify_archive(client)
    for row in problems.itertuples():
        print(f"{row.file}: {row.problem}. Next: {row.next_step}")
    if len(problems):
        raise ArchiveError(f"{len(problems)} problems found")
    print("the archive is sound")


def archive_move(options: argparse.Namespace) -> None:
    """Move an archive of an older version over to the present layout."""
    with connect(options) as client:
        files = sa.move_archive(client)
    if not options.quiet:
        print(f"the archive has the present layout: {len(files)} files, {files['days'].sum():,} days")


def archive_export(options: argparse.Namespace) -> None:
    """Write the archive's frames as two files."""
    with connect(options) as client:
        frames = sa.load_archive(client)
    folder = Path(options.output)
    for name, frame in zip(("videos", "history"), frames, strict=True):
        path = write_frame(frame, folder / f"{name}.{options.format}")
        if not options.quiet:
            print(f"wrote {len(frame):,} rows to {path}")


def cache_info(options: argparse.Namespace) -> None:
    """Print what is kept on disk."""
    from shortimize_analytics.client.settings import find_data_dir

    info = sa.storage_info(options.data_dir)
    print(f"data folder {find_data_dir(options.data_dir)}")
    if info.empty:
        print("nothing kept yet")
    for profile, kinds in info.groupby("profile", sort=False):
        source, accounts = kinds.iloc[0][["source", "accounts"]].fillna("")
        print(f"\n{source or 'an address that was not noted'}: {accounts or 'no list of videos kept'} ({profile})")
        for row in kinds.itertuples():
            print(f"  {row.kind:<10}{row.files:>6,} files {row.bytes / 1e6:>10,.2f} MB")


def cache_clear(options: argparse.Namespace) -> None:
    """Delete cached answers: with --demo its own, else those of every profile, for which no key is needed."""
    if options.demo:
        with connect(options) as client:
            freed = sa.clear_cache(client)
    else:
        freed = sa.clear_cache(data_dir=options.data_dir)
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
