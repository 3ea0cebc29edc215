"""The command that writes reports: one, or one per account or label, unattended if need be.

The data are loaded once, whole: ``--platform``, ``--account`` and ``--label`` choose a part of them afterwards, so that
levels and peers stay those of everyone.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.errors import InvalidParameterError, ReportError
from shortimize_analytics.schema.days import read_day
from shortimize_analytics.store.export import check_target

from .commands import connect, load_both
from .unattended import only_run, run_logger, stoppable


def report(options: argparse.Namespace) -> None:
    """Write the report of a period, or one per account or label, and say so in one line.

    What cannot be used is refused before anything is loaded for it.
    """
    from shortimize_analytics.report.brand import read_brand

    target = Path(options.output or (f"{options.period}ly-reports" if options.each else "report.pdf")).expanduser()
    if options.each is None:
        check_target(target, (".pdf",))
    elif target.suffix.lower() == ".pdf" or target.is_file():
        raise InvalidParameterError(f"{str(target)!r} is no folder: with --each, -o names the folder of the reports")
    if options.each and getattr(options, options.each):
        raise InvalidParameterError(f"--each {options.each} and --{options.each} exclude each other")
    read_brand(options.config, title=options.title, paper=options.paper, locale=options.locale)
    with stoppable(), only_run(target), connect(options) as client:
        if options.end is not None and read_day(options.end, "end") > client.today():
            raise InvalidParameterError(f"end={options.end} lies after today ({client.today()})")
        videos, history = load_both(client, options)
        if options.each is None:
            _one(videos, history, options=options, target=target)
        else:
            _many(videos, history, options=options, folder=target)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Collect the options of `compose_report`; those left out keep its defaults."""
    names = ("platform", "account", "label", "title", "config", "paper", "locale", "compare")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return {"period": options.period, "end": options.end, "allow_partial": options.allow_partial, **given}


def _one(videos: pd.DataFrame, history: pd.DataFrame, *, options: argparse.Namespace, target: Path) -> None:
    found = sa.compose_report(videos, history, **_given(options))
    paths = sa.write_report(found, target, also=options.also)
    endings = ", ".join(path.suffix[1:] for path in paths[1:])
    wrote = f"wrote {paths[0]}" + (f" and {endings}" if endings else "")
    _say(options, f"{found.content['document_title']} · {found.content['footer']} · {wrote}")


def _many(videos: pd.DataFrame, history: pd.DataFrame, *, options: argparse.Namespace, folder: Path) -> None:
    done = sa.report_each(videos, history, folder=folder, by=options.each, also=options.also, **_given(options))
    failed = done[done["exit_code"] != 0]
    _say(options, f"wrote {len(done) - len(failed)} of {len(done)} reports, one per {options.each}, to {folder}")
    for row in failed.itertuples(index=False):
        run_logger.error("%s failed: %s", row.subject, row.reason)
        print(f"{row.subject} failed: {row.reason}", file=sys.stderr)
    if len(failed):
        error = ReportError(f"{len(failed)} of {len(done)} reports failed; what older runs wrote of them stays")
        error.exit_code = int(failed["exit_code"].min())
        raise error


def _say(options: argparse.Namespace, text: str) -> None:
    """Sum the run up in one line, for people and for the log."""
    run_logger.info(text)
    if not options.quiet:
        print(text)
