"""The options of every subcommand."""

import argparse
from collections.abc import Callable
from typing import Any, Literal, NoReturn, get_args

from shortimize_analytics import __version__
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema.choices import (
    CostGroup,
    CurveValue,
    EachReport,
    Frequency,
    GrowthLaw,
    Mode,
    Outcome,
    PaperSize,
    PeriodKind,
    Plan,
    ReportEdition,
    Sidecar,
    Tier,
    check_choice,
)
from shortimize_analytics.schema.days import read_day, read_instant

_EPILOG = """exit codes: 0 done, 1 bug, 2 usage or setting, 3 refused by the API, 4 API or network out of reach,
5 incomplete or unknown data, 6 local file, 7 another run is at it, 8 written, not delivered everywhere, 130
interrupted. The key comes from SHORTIMIZE_API_KEY or .env."""
PORT = 8866
GrowthTable = Literal["curves", "metrics", "fits", "milestones"]
PeriodTable = Literal[
    "totals",
    "series",
    "movers",
    "outliers",
    "revived",
    "labels",
    "forecasts",
    "stalled",
    "waterfall",
    "views",
    "uploads",
]
WeekTable = Literal["totals", "previous", "series", "movers", "outliers", "revived", "labels", "durations", "weekdays",
    "forecasts", "stalled", "waterfall", "new_uploads"]  # fmt: skip
PayoutTable = Literal["statement", "lines", "evidence", "exceptions"]
FileFormat = Literal["parquet", "csv", "json", "xlsx"]


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, like that of every other error."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the options are listed."""
        self.exit(2, f"shortimize: {message} ({self.prog} --help lists the options)\n")


def build_parser() -> _Parser:
    """Build the parser; each subcommand stores as ``run`` where its function is, ``module:function`` of this room.

    Nothing here imports what a command needs: `run_command` does, for the one that was asked for.
    """
    parser = _Parser(prog="shortimize", description=__doc__ and "Shortimize analytics", epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"shortimize-analytics {__version__}")
    commands_at = parser.add_subparsers(required=True, metavar="COMMAND")
    common, output = _common(), _output()
    filters = (_loaded(), _scope("load only"))

    def add(name: str, run: str | None, text: str, *parents: _Parser) -> _Parser:
        sub = commands_at.add_parser(name, help=text, description=text, epilog=_EPILOG, parents=[common, *parents])
        sub.set_defaults(run=run)
        return sub

    add("check", "manage:check", "check key, tier, folders and fonts")
    add("videos", "commands:videos", "load videos", *filters, output)
    history = add(
        "history", "commands:history", "load daily history (of all videos when none is named)", *filters, output
    )
    history.add_argument("ids", nargs="*", metavar="ID|URL", help="videos")
    history.add_argument("--start", type=_day, metavar="DAY", help="first day, YYYY-MM-DD (default: all there is)")
    history.add_argument("--end", type=_day, metavar="DAY", help="last day, inclusive (default: today)")
    history.add_argument("--organisation", action="store_true", help="the vendor's own sum of all videos instead")
    accounts = add("accounts", "commands:accounts", "load accounts: followers, and how each is tracked", output)
    accounts.add_argument("--label", action="append", metavar="NAME|ID", help="load only (may be repeated)")
    add("quality", "analyses:quality", "what there is to know of the data first", filters[0], output)
    _add_analyses(add, output)
    for name, run, text in (
        ("track", "manage:track", "start tracking videos"),
        ("untrack", "manage:untrack", "stop tracking videos; their history stays in the archive"),
    ):
        _add_writes(add(name, run, text, output), labels=name == "track")
    _add_money(add, output)
    _add_archive(add("archive", None, "what was kept of history and videos"), common)
    _add_scale(add("scale", None, "digest and analyse a history that is too large for one machine"), output)
    _add_report(add("report", None, "write a report"), common)
    _add_watch(add("watch", "watch:watch", "say what happened since the last day, once, over delivery.toml's channels"))
    _add_send(add("send", "send:send", "look after deliveries: test, list, check, once more"))
    _add_cache(add("cache", None, "see or clear what is kept on disk"), common)
    _add_simulate(add("simulate", "manage:simulate", "serve the API on this machine from the demo or from Parquet"))
    _add_pages(add)
    return parser


def _add_pages(add: Callable[..., _Parser]) -> None:
    """Add what is opened in a browser."""
    copies = add("notebooks", "app:notebooks", "copy the notebooks to a folder of yours")
    copies.add_argument("folder", metavar="DIR")
    copies.add_argument("--force", action="store_true", help="replace files that are there")
    page = add("app", "app:app", "explore videos in the browser, on this machine only", _loaded(), _scope("begin with"))
    shared = add(
        "explore", "app:explore", "write the explorer as one page that needs no Python", _loaded(), _scope("show only")
    )
    shared.add_argument("--html", required=True, metavar="FILE", help="the page, ending in .html")
    page.add_argument("--port", type=int, default=PORT, help=f"on 127.0.0.1 ({PORT}); 0 picks a free one")


def _add_analyses(add: Callable[..., _Parser], output: _Parser) -> None:
    """Add the analyses; an option left out keeps the default of the function, which `help()` explains."""
    filters = _loaded()
    part = _scope("show only")
    outliers = add("outliers", "analyses:outliers", "rank videos against their own account", filters, part, output)
    _add_choice(outliers, "--mode", Mode, help="how age is accounted for (age)")
    outliers.add_argument("--end", type=_day, metavar="DAY", help="score at its end (default: the last full day)")
    outliers.add_argument("--window-days", type=int, metavar="DAYS", help="only videos uploaded in the last days")
    outliers.add_argument("--min-peers", type=int, metavar="N", help="peers needed in modes raw and strict (3)")
    outliers.add_argument("--ci", type=float, metavar="SHARE", help="width of the intervals (0.9)")
    outliers.add_argument("--rank-top", type=int, metavar="N", help="videos whose rank gets an interval (500)")
    outliers.add_argument("--day-zero", action="store_true", default=None, help="score videos of today, too")
    outliers.add_argument("--per-account", action="store_true", help="describe the accounts instead")
    growth = add("growth", "analyses:growth", "growth curves, figures, fits or milestones", filters, part, output)
    _add_choice(growth, "--show", GrowthTable, default="curves")
    growth.add_argument("--by", metavar="COLUMN", help="group curves or milestones by a column, e.g. platform")
    _add_choice(growth, "--value", CurveValue, help="what curves show (share)")
    growth.add_argument("--max-age", type=int, default=30, metavar="DAYS")
    growth.add_argument("--band", type=float, nargs=2, metavar=("LO", "HI"), help="quantiles of the videos (0.1 0.9)")
    _add_choice(growth, "--model", GrowthLaw, help="which law to fit (all)")
    growth.add_argument("--threshold", dest="thresholds", type=int, action="append", metavar="VIEWS", help="milestone")
    labels = add("labels", "analyses:labels", "compare labels within accounts", filters, part, output)
    labels.add_argument("--by", metavar="GROUP", help="duration, weekday, hashtag, or a column such as song_name")
    labels.add_argument("--overlap", action="store_true", help="which labels go together instead")
    _add_choice(labels, "--outcome", Outcome, help="adjusted for age, or views at --at-age (adj)")
    labels.add_argument("--at-age", type=int, metavar="DAYS")
    labels.add_argument("--ref", metavar="ID", help="compare with this label instead of the rest")
    labels.add_argument("--fdr", type=float, metavar="SHARE", help="false discovery rate (0.05)")
    weekly = add("weekly", "analyses:weekly", "account for a week or another period", filters, part, output)
    _add_choice(weekly, "--period", PeriodKind, help="how long (week)")
    weekly.add_argument("--start", type=_day, metavar="DAY", help="first day of a custom period")
    weekly.add_argument("--end", type=_day, metavar="DAY", help="last day (default: the last complete one)")
    weekly.add_argument(
        "--compare", nargs=2, type=_day, metavar=("FIRST", "LAST"), help="days to compare with (the ones before)"
    )
    weekly.add_argument("--periods", type=int, metavar="N", help="periods in the series (9)")
    _add_choice(weekly, "--freq", Frequency, help="of tables views and uploads: day, week or month (W)")
    weekly.add_argument("--by", metavar="COLUMN", help="of tables views and uploads: one line each, e.g. platform")
    _add_choice(weekly, "--table", PeriodTable, default="totals")
    forecast = add("forecast", "analyses:forecast", "forecast views with intervals", filters, part, output)
    forecast.add_argument("--horizon", type=int, metavar="DAYS", help="age to forecast (30)")
    forecast.add_argument("--backtest", action="store_true", help="show how past forecasts did, beside simple rivals")
    for sub in (outliers, labels, weekly, forecast):
        sub.add_argument("--seed", type=int, help="seed of random draws (0)")


def _add_money(add: Callable[..., _Parser], output: _Parser) -> None:
    """Add what deals with money; with --demo a file left out is the demo's own."""
    costs = add("costs", "money:costs", "what views cost, at equal age", output)
    costs.add_argument("file", nargs="?", metavar="FILE", help="costs.csv, see docs/money.md")
    costs.add_argument("--terms", metavar="TOML", help="whose videos a creator's are")
    _add_choice(costs, "--by", CostGroup, help="one row per what (scope)")
    costs.add_argument("--age", type=int, metavar="DAYS", help="age at which videos are compared (30)")
    costs.add_argument("--level", type=float, metavar="SHARE", help="of the intervals (0.8)")
    costs.add_argument("--seed", type=int, help="seed of random draws (0)")
    costs.add_argument("--allow-partial", action="store_true", help="keep costs of nobody's in rows of their own")
    targets = add("targets", "money:targets", "where a month lands against its target", output)
    targets.add_argument("file", nargs="?", metavar="FILE", help="targets.csv, see docs/money.md")
    targets.add_argument("--backtest", action="store_true", help="show how past landings did, beside simple rivals")
    targets.add_argument("--as-of", type=_day, metavar="DAY", help="last day that is counted (the newest whole one)")
    targets.add_argument("--seed", type=int, help="seed of random draws (0)")
    kinds = add("payouts", None, "what creators are owed, and why").add_subparsers(required=True, metavar="ACTION")
    for name, text in (("show", "state a period"), ("close", "state a period for good, with what proves it")):
        kind = kinds.add_parser(name, help=text, description=text, epilog=_EPILOG, parents=[_common(), output])
        kind.set_defaults(run=f"money:payouts_{name}")
        kind.add_argument("terms", nargs="?", metavar="TERMS", help="terms.toml, see docs/money.md")
        kind.add_argument("--clips", metavar="FILE", help="posts of one clip")
        kind.add_argument("--decisions", metavar="FILE", help="what somebody decided")
        kind.add_argument("--end", type=_day, metavar="DAY", help="any day of the period (the last one that is over)")
        kind.add_argument("--closings", metavar="DIR", help="closed periods (closings, beside TERMS)")
        _add_choice(kind, "--table", PayoutTable, default="statement")
        kind.add_argument("--allow-partial", action="store_true", help="state what may still change, too, and say so")
        if name == "show":
            kind.add_argument("--creator", metavar="ID", help="only this creator")
        else:
            kind.add_argument("--yes", action="store_true", help="do not ask")
            kind.add_argument("--retroactive", action="store_true", help="although terms change closed periods")
    verify = kinds.add_parser("verify", help="prove closings from their folder alone", parents=[_common(), output])
    verify.set_defaults(run="money:payouts_verify")
    verify.add_argument("folder", metavar="DIR", help="the folder of closings")
    clips = kinds.add_parser("clips", help="posts that may be one clip", parents=[_common(), output])
    clips.set_defaults(run="money:payouts_clips")
    clips.add_argument("--days", type=int, metavar="N", help="days between the uploads (3)")


def _common() -> _Parser:
    common = _Parser(add_help=False)
    group = common.add_argument_group("common options")
    group.add_argument("--demo", action="store_true", help="use the built-in organisation: no key, no network")
    group.add_argument("--offline", action="store_true", help="send nothing, use what was loaded before")
    group.add_argument("--refresh", action="store_true", help="ask again for everything")
    _add_choice(group, "--tier", Tier, default="auto", help="whose pace to keep (auto)")
    group.add_argument("--base-url", metavar="URL", help="address of the API")
    group.add_argument("--data-dir", metavar="DIR", help="folder of cache and archive")
    group.add_argument("--quiet", action="store_true", help="no progress bars and no summary; warnings stay")
    group.add_argument("--debug", action="store_true", help="log, and show tracebacks")
    return common


def _loaded() -> _Parser:
    """Make the filters that the API applies."""
    filters = _Parser(add_help=False)
    group = filters.add_argument_group("what is loaded (levels and peers are those of the videos that are)")
    group.add_argument("--uploaded-start", type=_day, metavar="DAY", help="first day of upload, YYYY-MM-DD")
    group.add_argument("--uploaded-end", type=_day, metavar="DAY", help="last day of upload, inclusive")
    group.add_argument("--updated-start", type=_instant, metavar="INSTANT", help="measured since, UTC")
    group.add_argument("--updated-end", type=_instant, metavar="INSTANT", help="measured until; a day is all of it")
    group.add_argument("--shop", dest="ad_info_shop", action=argparse.BooleanOptionalAction, help="TikTok shop ads")
    group.add_argument("--shop-product", dest="ad_product_id_shop", action="store_true", default=None)
    group.add_argument(
        "--has-metrics", action=argparse.BooleanOptionalAction, default=None, help="measured at least once"
    )
    return filters


def _scope(what: str) -> _Parser:
    """Make the options that name a part of the videos, the same three for every command."""
    scope = _Parser(add_help=False)
    group = scope.add_argument_group(f"{what} (each may be repeated: any of them)")
    group.add_argument("--platform", action="append", metavar="NAME")
    group.add_argument(
        "--account", action="append", metavar="NAME|LINK|UUID", help="handle, platform/handle, link, UUID"
    )
    group.add_argument("--label", action="append", metavar="NAME|ID")
    return scope


def _output() -> _Parser:
    output = _Parser(add_help=False)
    output.add_argument("-o", "--output", metavar="FILE", help="parquet, csv, json or xlsx by its ending; else a table")
    return output


def _add_report(report: _Parser, common: _Parser) -> None:
    kinds = report.add_subparsers(required=True, metavar="KIND")
    part = _scope("report on")
    for name, period in (("weekly", "week"), ("monthly", "month"), ("quarterly", "quarter")):
        kind = kinds.add_parser(name, help=f"the {period} as a PDF", parents=[common, part], epilog=_EPILOG)
        kind.set_defaults(run="reports:report", period=period)
        kind.add_argument(
            "--end", type=_day, metavar="DAY", help=f"last day, or any day of it (the last complete {period})"
        )
        kind.add_argument(
            "--compare", nargs=2, type=_day, metavar=("FIRST", "LAST"), help="days to compare with (the ones before)"
        )
        _add_choice(kind, "--each", EachReport, help="one report (of creators: statement) each, into the folder -o")
        kind.add_argument("--costs", metavar="FILE", help="say what it cost: costs.csv")
        kind.add_argument("--targets", metavar="FILE", help="say where the month lands: targets.csv")
        kind.add_argument("--terms", metavar="TOML", help="creators' terms, for their costs and statements")
        kind.add_argument("--clips", metavar="FILE", help="with --each creator: posts of one clip")
        kind.add_argument("--decisions", metavar="FILE", help="with --each creator: what somebody decided")
        kind.add_argument("--closings", metavar="DIR", help="with --each creator: closed periods")
        kind.add_argument("--title", help="name shown above the headline")
        kind.add_argument(
            "--config", metavar="TOML", help="title, paper, locale, thumbnails, and a brand's name, logo and accent"
        )
        _add_choice(kind, "--paper", PaperSize)
        _add_choice(kind, "--edition", ReportEdition)
        kind.add_argument(
            "--thumbnails", metavar="DIR", help="pictures of videos, named after their id: ID.jpg, .png, …"
        )
        kind.add_argument("--locale", help="of numbers, dates and words, e.g. de_DE")
        kind.add_argument(
            "--also", type=_sidecars, default=(), metavar="KINDS", help="beside the PDF: any of xlsx,html,json"
        )
        kind.add_argument("--allow-partial", action="store_true", help="report incomplete data, too, and say so in it")
        kind.add_argument("--send", metavar="NAMES", help="deliver it over these channels, with commas between")
        kind.add_argument("--delivery", metavar="TOML", help="the channels (delivery.toml here or in the data folder)")
        kind.add_argument("--log", metavar="FILE", help="append what happened; kept below 1 MB")
        kind.add_argument("-o", "--output", metavar="FILE|DIR", help="report.pdf; with --each a folder")


def _add_watch(watch: _Parser) -> None:
    watch.add_argument("--send", metavar="NAMES", help="channels, with commas between (those of [watch] send)")
    watch.add_argument("--dry-run", action="store_true", help="print what would go, and remember nothing")
    watch.add_argument("--as-of", type=_day, metavar="DAY", help="evaluate up to this day (the last complete one)")
    watch.add_argument("--explain", action="store_true", help="print the rules and their expected false alarms, too")
    watch.add_argument("--delivery", metavar="TOML", help="the channels (delivery.toml here or in the data folder)")
    watch.add_argument("--log", metavar="FILE", help="append what happened; kept below 1 MB")


def _add_send(send: _Parser) -> None:
    what = send.add_mutually_exclusive_group(required=True)
    what.add_argument("--test", metavar="NAMES", help="send a marked test message with a PDF of one page")
    what.add_argument("--list", action="store_true", help="name the channels and what went there last")
    what.add_argument("--check", action="store_true", help="check the configuration and its secrets; nothing is sent")
    what.add_argument("--again", metavar="KEY", help="send a message once more; --list shows keys")
    send.add_argument("--delivery", metavar="TOML", help="the channels (delivery.toml here or in the data folder)")


def _add_writes(writes: _Parser, *, labels: bool) -> None:
    writes.add_argument("links", nargs="*", metavar="LINK", help="video URLs, or UUIDs to stop tracking")
    writes.add_argument("--file", metavar="FILE", help="more links, one per line; # starts a comment")
    writes.add_argument("--dry-run", action="store_true", help="show what would be sent")
    writes.add_argument("--yes", action="store_true", help="do not ask")
    if labels:
        help_text = "put them into this label (collection); may be repeated"
        writes.add_argument("--label", action="append", metavar="NAME|ID", help=help_text)


def _add_archive(archive: _Parser, common: _Parser) -> None:
    kinds = archive.add_subparsers(required=True, metavar="ACTION")
    info = kinds.add_parser("info", help="files, videos, days", parents=[common, _output()])
    info.set_defaults(run="manage:archive_info")
    kinds.add_parser("verify", help="find and name damage", parents=[common]).set_defaults(run="manage:archive_verify")
    move = kinds.add_parser("move", help="move an archive of an older version to the present layout", parents=[common])
    move.set_defaults(run="manage:archive_move")
    export = kinds.add_parser("export", help="write videos and history as files", parents=[common])
    export.add_argument("-o", "--output", required=True, metavar="DIR")
    _add_choice(export, "--format", FileFormat, default="parquet")
    export.set_defaults(run="manage:archive_export")


def _add_scale(scale: _Parser, output: _Parser) -> None:
    kinds, found = scale.add_subparsers(required=True, metavar="ACTION"), {}
    texts = {"digest": "boil the archive down to one row per video", "weekly": "account for the digest's period"}
    texts |= {"outliers": "rank videos", "growth": "growth curves", "forecast": "forecast young videos"}
    for name, text in texts.items():
        found[name] = kinds.add_parser(name, help=text, description=text, parents=[_common(), output], epilog=_EPILOG)
        found[name].set_defaults(run=f"scale:{name}")
        found[name].add_argument("digest", metavar="DIR|URL", help="the digest's folder, on a disk or as s3://…")
        found[name].add_argument("--videos", metavar="FILE", help="snapshot of the videos (the newest kept)")
    add = found["digest"].add_argument
    add("--archive", metavar="DIR|URL", help="folder of the archive (the profile's own)")
    where = found["digest"].add_mutually_exclusive_group()
    where.add_argument("--scheduler", metavar="tcp://…", help="Dask scheduler that maps over the parts")
    where.add_argument("--workers", type=int, metavar="N", help="processes of this machine that do (1)")
    add("--worker-wait", type=float, metavar="SECONDS", help="how long a scheduler may have no worker at all (300)")
    add("--end", type=_day, metavar="DAY", help="last day of the period and of scores (the last that is over)")
    add("--max-age", type=int, metavar="DAYS", help="last age of growth curves (90)")
    found["growth"].add_argument("--by", metavar="COLUMN", help="group curves by a column, e.g. platform")
    _add_choice(found["weekly"], "--table", WeekTable, default="totals")


def _add_cache(cache: _Parser, common: _Parser) -> None:
    kinds = cache.add_subparsers(required=True, metavar="ACTION")
    kinds.add_parser("info", help="what is kept, and its size", parents=[common]).set_defaults(run="manage:cache_info")
    clear = kinds.add_parser("clear", help="delete cached answers (--demo: its own only)", parents=[common])
    clear.set_defaults(run="manage:cache_clear")


def _add_simulate(simulate: _Parser) -> None:
    simulate.add_argument("--port", type=int, default=8765, help="on 127.0.0.1; 0 picks a free one")
    simulate.add_argument("--videos", metavar="PARQUET", help="serve these instead of the demo")
    simulate.add_argument("--history", metavar="PARQUET", help="daily history of those videos")
    _add_choice(simulate, "--serve-tier", Plan, default="premium", help="the tier it plays")
    simulate.add_argument("--no-limits", action="store_true", help="answer as fast as it can")
    simulate.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    simulate.add_argument("--drift", action="store_true", help="let videos be measured while pages are read")
    simulate.add_argument(
        "--fault", action="append", default=[], metavar="NAME[:OPTION=VALUE,…]", help="may be repeated"
    )


def _add_choice(group: argparse._ActionsContainer, option: str, choices: Any, **more: Any) -> None:
    """Add an option that takes one of a `Literal`'s values."""

    def one_of(text: str) -> str:
        return _checked(text, lambda value, name: check_choice(value, choices, name))

    group.add_argument(option, type=one_of, metavar=f"{{{','.join(get_args(choices))}}}", **more)


def _sidecars(text: str) -> list[str]:
    """Read kinds with commas between."""
    return [_checked(kind, lambda value, name: check_choice(value, Sidecar, name)) for kind in text.split(",") if kind]


def _day(text: str) -> str:
    """Refuse what is no day before anything is loaded."""
    return _checked(text, read_day)


def _instant(text: str) -> str:
    return _checked(text, read_instant)


def _checked(text: str, read: Callable[[str, str], object]) -> str:
    try:
        read(text, "")
    except InvalidParameterError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("=")) from None
    return text
