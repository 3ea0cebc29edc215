"""Commands about money: what views cost, what creators are owed, where a month lands.

With ``--demo`` a file that is left out is the demo's own, and its first closing lies in the folder of closings already.
"""

import argparse
import shutil
import sys
from pathlib import Path

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.analysis.money.payouts import Payouts
from shortimize_analytics.analysis.money.terms import Terms
from shortimize_analytics.errors import ConfigError, InvalidParameterError, LocalFileError, UnsettledError

from .analyses import options_of
from .commands import check_output, connect, deliver, filters_of, load_both

CLOSINGS = "closings"
_SHOWN_REASONS = 4


def costs(options: argparse.Namespace) -> None:
    """Compute what views cost."""
    check_output(options)
    known = sa.read_costs(_file(options, options.file, "costs.csv"))
    asked = options.terms or (_demo("terms.toml") if options.demo and options.file is None else None)
    terms = None if asked is None else sa.read_terms(asked)
    with connect(options) as client:
        videos, history = load_both(client, options)
    options.terms = terms
    found = sa.cost_figures(videos, history, costs=known, **options_of(sa.cost_figures, options))
    deliver(found, options, "costs")


def targets(options: argparse.Namespace) -> None:
    """Say where the periods of targets land, or how such landings did."""
    check_output(options)
    known = sa.read_targets(_file(options, options.file, "targets.csv"))
    call = sa.backtest_pacing if options.backtest else sa.pace_targets
    with connect(options) as client:
        videos, history = load_both(client, options)
    found = call(videos, history, targets=known, **options_of(call, options))
    deliver(found, options, "backtest" if options.backtest else "targets")


def payouts_show(options: argparse.Namespace) -> None:
    """State a period: one table of it, of everybody or of one creator."""
    check_output(options)
    terms = _terms(options)
    if options.creator is not None and options.creator not in terms.terms_of:
        known = ", ".join(sorted(terms.terms_of)[:5])
        raise InvalidParameterError(f"--creator {options.creator}: the terms know nobody of this id; there is {known}")
    folder = _closings(options)
    paid = _payouts(options, terms, closings=folder if folder.is_dir() else None)
    frame: pd.DataFrame = getattr(paid, options.table)
    if options.creator is not None:
        frame = _of_creator(frame, options.creator, paid)
    deliver(frame, options, options.table)
    _remark(paid, options)


def payouts_close(options: argparse.Namespace) -> None:
    """State a period for good."""
    check_output(options)
    terms, folder = _terms(options), _closings(options)
    if options.demo and options.terms is None and not folder.exists():
        _copy_demo_closings(folder)
    paid = _payouts(options, terms, closings=folder)
    total = sum(paid.statement["payment"], 0)
    what = (
        f"{paid.period} ({paid.start} to {paid.end}): {len(paid.statement)} creators, {total} {terms.currency} to pay"
    )
    if not options.yes:
        if not sys.stdin.isatty():
            raise ConfigError(f"to close {what} without being asked, add --yes; payouts show shows it")
        if input(f"close {what}? [y/N] ").strip().lower() not in {"y", "yes"}:
            return
    path = sa.close_payouts(paid, folder, retroactive=options.retroactive)
    if options.output is not None:
        deliver(getattr(paid, options.table), options, options.table)
    if not options.quiet:
        print(f"closed {what}; {path}")
        print("nothing was paid: this tool moves no money", file=sys.stderr)


def payouts_verify(options: argparse.Namespace) -> None:
    """Prove closings from their folder alone: no key, no network, no archive."""
    check_output(options)
    found = sa.verify_closings(options.folder)
    deliver(found, options, "verified_closings")
    if not options.quiet:
        print(f"{len(found)} closings: every amount follows from the evidence and terms beside it", file=sys.stderr)


def payouts_clips(options: argparse.Namespace) -> None:
    """List posts that may be one clip."""
    check_output(options)
    with connect(options) as client:
        videos = sa.load_videos(client, **filters_of(options))
    deliver(sa.suggest_clips(videos, **options_of(sa.suggest_clips, options)), options, "clips")


def _payouts(options: argparse.Namespace, terms: Terms, *, closings: Path | None) -> Payouts:
    """State a period, and refuse what may still change unless it was asked for."""
    with connect(options) as client:
        videos, history = load_both(client, options)
    partial = options.allow_partial
    paid = sa.creator_payouts(videos, history, terms=terms, end=options.end, closings=closings, allow_partial=partial)
    if paid.provisional and not partial:
        counts = paid.exceptions["reason"].value_counts()
        said = ", ".join(f"{reason} {count}" for reason, count in counts.head(_SHOWN_REASONS).items())
        raise UnsettledError(
            f"figures of {paid.period} may still change ({said or 'its last days have not settled'}); load again 3 "
            "days after its end, or add --allow-partial to see what is known"
        )
    return paid


def _remark(paid: Payouts, options: argparse.Namespace) -> None:
    """Say beside the table what it rests on."""
    if options.quiet:
        return
    lines = []
    if not paid.against:
        lines.append("no closings: the period alone, as if all before it had been stated")
    elif paid.start.strftime("%Y-%m") != paid.end.strftime("%Y-%m") and paid.terms.period == "month":
        lines.append(f"also states the months from {paid.start} on, which no closing holds")
    if len(paid.exceptions):
        lines.append(f"{len(paid.exceptions)} exceptions to look at: --table exceptions")
    if paid.provisional:
        lines.append("provisional: figures may still change and cannot be closed")
    for line in lines:
        print(line, file=sys.stderr)


def _of_creator(frame: pd.DataFrame, creator: str, paid: Payouts) -> pd.DataFrame:
    mine = (frame["creator"] == creator).fillna(value=False).to_numpy(dtype=bool)
    if "ad_id" in frame:  # what a decision gave to the creator, too
        lines = paid.lines
        posts = lines.loc[(lines["creator"] == creator).to_numpy() & lines["ad_id"].notna().to_numpy(), "ad_id"]
        mine = mine | (frame["ad_id"].isin(posts).to_numpy() & frame["creator"].isna().to_numpy())
    return frame[mine].reset_index(drop=True)


def state(options: argparse.Namespace) -> Payouts:
    """State the period of a run that writes statements."""
    folder = _closings(options)
    return _payouts(options, _terms(options), closings=folder if folder.is_dir() else None)


def file_or_none(options: argparse.Namespace, name: str) -> Path | None:
    """Return the file of an option that may be left out."""
    path = getattr(options, name)
    return None if path is None else Path(path).expanduser()


def _terms(options: argparse.Namespace) -> Terms:
    path = _file(options, options.terms, "terms.toml")
    beside = {}
    for name in ("clips", "decisions"):
        given_file = getattr(options, name)
        if given_file is None and options.demo and options.terms is None:
            given_file = _demo(f"{name}.csv")
        beside[name] = given_file
    return sa.read_terms(path, **beside)


def _closings(options: argparse.Namespace) -> Path:
    """Return the folder of closings: the one named, or the one beside the terms."""
    if options.closings is not None:
        return Path(options.closings).expanduser()
    if options.terms is not None:
        return Path(options.terms).expanduser().parent / CLOSINGS
    here = Path(CLOSINGS)
    shipped = _demo(CLOSINGS)
    return here if here.exists() or options.run.endswith("close") else shipped


def _file(options: argparse.Namespace, path: str | None, name: str) -> Path:
    if path is not None:
        return Path(path).expanduser()
    if not options.demo:
        raise InvalidParameterError(f"name a file, as {name}; with --demo it is the demo's own")
    return _demo(name)


def _demo(name: str) -> Path:
    from shortimize_analytics.simulator.organisation import demo_folder

    return demo_folder() / "money" / name


def _copy_demo_closings(folder: Path) -> None:
    try:
        shutil.copytree(_demo(CLOSINGS), folder)
    except OSError as error:
        raise LocalFileError(f"{folder} cannot be written ({error.strerror or error})") from error
