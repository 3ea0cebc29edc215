"""The command that writes reports: one, or one per account or label, unattended if need be.

The data are loaded once, whole: ``--platform``, ``--account`` and ``--label`` choose a part of them afterwards, so that
levels and peers stay those of everyone.
"""

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.errors import InvalidParameterError, ReportError
from shortimize_analytics.schema.days import read_day
from shortimize_analytics.store.export import check_target

from . import money
from .commands import connect, load_both
from .unattended import only_run, run_logger, stoppable

if TYPE_CHECKING:
    from shortimize_analytics.client.connection import Client
    from shortimize_analytics.report.compose import Report

    from .deliveries import Sending

KEPT = "reports"
"""Where a profile's folder keeps what its reports said."""


def report(options: argparse.Namespace) -> None:
    """Write the report of a period, or one per account or label, say so in one line, and send it if asked to.

    What cannot be used is refused before anything is loaded for it.
    """
    from shortimize_analytics.report.brand import read_brand

    target = Path(options.output or (f"{options.period}ly-reports" if options.each else "report.pdf")).expanduser()
    if options.each is None:
        check_target(target, (".pdf",))
    elif target.suffix.lower() == ".pdf" or target.is_file():
        raise InvalidParameterError(f"{str(target)!r} is no folder: with --each, -o names the folder of the reports")
    if options.each == "creator":
        _statements(options, folder=target)
        return
    if options.each and getattr(options, options.each):
        raise InvalidParameterError(f"--each {options.each} and --{options.each} exclude each other")
    looks = ("title", "paper", "locale", "edition", "thumbnails")
    read_brand(options.config, **{name: getattr(options, name) for name in looks})
    with stoppable(), _delivering(options, target=target) as sending, only_run(target), connect(options) as client:
        if options.end is not None and read_day(options.end, "end") > client.today():
            raise InvalidParameterError(f"end={options.end} lies after today ({client.today()})")
        videos, history = load_both(client, options)
        if options.each is None:
            _one(videos, history, options=options, target=target, sending=sending, client=client)
        else:
            _many(videos, history, options=options, folder=target, sending=sending, client=client)
        if sending is not None:
            sending.deliver(client)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Collect the options of `compose_report`; those left out keep its defaults."""
    names = ("platform", "account", "label", "title", "config", "paper", "locale", "edition", "thumbnails", "compare")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    for name, read in (("costs", sa.read_costs), ("targets", sa.read_targets), ("terms", sa.read_terms)):
        path = money.file_or_none(options, name)
        if path is not None:
            given[name] = read(path)
    return {"period": options.period, "end": options.end, "allow_partial": options.allow_partial, **given}


def _delivering(options: argparse.Namespace, *, target: Path) -> AbstractContextManager["Sending | None"]:
    """Deliver what is written inside the ``with`` block; without ``--send`` nothing of that is even imported."""
    if options.send is None:
        return nullcontext()
    from .deliveries import delivering

    return delivering(options, target=target)


def _one(
    videos: pd.DataFrame,
    history: pd.DataFrame,
    *,
    options: argparse.Namespace,
    target: Path,
    sending: "Sending | None",
    client: "Client",
) -> None:
    from shortimize_analytics.report.kept_reports import keep_report, read_kept

    kept_in = client.storage / KEPT
    found = sa.compose_report(videos, history, kept=read_kept(kept_in), **_given(options))
    paths = sa.write_report(found, target, also=options.also)
    if not found.problems:  # what incomplete data forecast is held against nobody
        keep_report(found.summary, kept_in)
    endings = ", ".join(path.suffix[1:] for path in paths[1:])
    wrote = f"wrote {paths[0]}" + (f" and {endings}" if endings else "")
    _say(options, f"{found.content['document_title']} · {found.content['footer']} · {wrote}")
    if sending is not None:
        sending.note(found, paths)


def _many(
    videos: pd.DataFrame,
    history: pd.DataFrame,
    *,
    options: argparse.Namespace,
    folder: Path,
    sending: "Sending | None",
    client: "Client",
) -> None:
    from shortimize_analytics.report.kept_reports import keep_report, read_kept

    kept_in = client.storage / KEPT
    note = None if sending is None else sending.note_part

    def keep(key: str, name: str, *, report: "Report", paths: list[Path]) -> None:
        if not report.problems:
            keep_report(report.summary, kept_in)
        if note is not None:
            note(key, name, report=report, paths=paths)

    given = _given(options) | {"done": keep, "kept": read_kept(kept_in)}
    done = sa.report_each(videos, history, folder=folder, by=options.each, also=options.also, **given)
    failed = done[done["exit_code"] != 0]
    _say(options, f"wrote {len(done) - len(failed)} of {len(done)} reports, one per {options.each}, to {folder}")
    for row in failed.itertuples(index=False):
        run_logger.error("%s failed: %s", row.subject, row.reason)
        print(f"{row.subject} failed: {row.reason}", file=sys.stderr)
    if len(failed):
        if sending is not None:  # one that fails does not keep the others
            sending.deliver(client)
        error = ReportError(f"{len(failed)} of {len(done)} reports failed; what older runs wrote of them stays")
        error.exit_code = int(failed["exit_code"].min())
        raise error


def _statements(options: argparse.Namespace, *, folder: Path) -> None:
    """Write "What you are owed, and why": one statement per creator."""
    unknown = [kind for kind in options.also if kind != "html"]
    if unknown:
        raise InvalidParameterError(
            f"--also {unknown[0]}: a statement comes as a PDF and as html; tables: payouts show"
        )
    paid = money.state(options)
    looks = {name: getattr(options, name) for name in ("title", "config", "paper", "locale")}
    done = sa.write_statements(paid, folder, also=options.also, **looks)
    _say(options, f"wrote {len(done)} statements of {paid.period} to {folder}")
    failed = done[done["exit_code"] != 0]
    for row in failed.itertuples(index=False):
        print(f"{row.subject} failed: {row.reason}", file=sys.stderr)
    if len(failed):
        raise ReportError(f"{len(failed)} of {len(done)} statements failed")


def _say(options: argparse.Namespace, text: str) -> None:
    """Sum the run up in one line, for people and for the log."""
    run_logger.info(text)
    if not options.quiet:
        print(text)
