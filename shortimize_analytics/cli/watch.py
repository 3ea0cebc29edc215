"""The command that says what happened since the last day: one evaluation, one message, and then it ends."""

import argparse
import datetime as dt
import sys
from pathlib import Path

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.settings import clock_now
from shortimize_analytics.delivery.channel import Channel
from shortimize_analytics.delivery.configuration import Delivery, find_delivery, read_delivery
from shortimize_analytics.delivery.failures import Job
from shortimize_analytics.delivery.false_alarms import expected
from shortimize_analytics.delivery.heartbeat import beat
from shortimize_analytics.delivery.ledger import Ledger
from shortimize_analytics.delivery.news_message import line_of
from shortimize_analytics.delivery.outside_text import one_line
from shortimize_analytics.delivery.rule_options import RuleOptions, check_rules
from shortimize_analytics.delivery.sending import Outcome, check_outcomes
from shortimize_analytics.delivery.watching import Watched, due_day, evaluate, send_news, watched_days
from shortimize_analytics.errors import ConfigError, InvalidParameterError
from shortimize_analytics.schema.days import read_day

from .commands import connect
from .deliveries import say, split_names, tell_outcomes, telling_failures
from .unattended import run_logger, stoppable

WEEKS = 8
"""Weeks whose uploads say how many there are usually."""
BACKLOG = {
    "took_off": "far above what their account usually gets",
    "stalled": "nearly stopped",
    "silent": "silent accounts",
    "not_counted": "accounts whose videos are not counted",
    "implausible": "doubts about the data",
    "revived": "older videos with new speed",
}


def watch(options: argparse.Namespace) -> None:
    """Evaluate the new days, if there are any, and send what is new."""
    delivery = _delivery(options)
    names = split_names(options.send, "--send") if options.send else delivery.watching.send if delivery else ()
    channels = delivery.channels(names) if delivery else []
    told = delivery.channels(delivery.watching.failures) if delivery else []
    heartbeat = delivery.heartbeat() if delivery else None
    job = Job("Watch", str(Path.cwd() if delivery is None else delivery.path), str(clock_now().date()))
    outcomes: list[Outcome] = []
    with stoppable(), telling_failures(job, told, options=options), connect(options) as client:
        outcomes = _watch(client, options, delivery=delivery, channels=channels)
    check_outcomes(outcomes)
    if heartbeat is not None and not options.dry_run and (trouble := beat(heartbeat)):
        say(f"the heartbeat was not heard: {trouble}", quiet=False)


def _delivery(options: argparse.Namespace) -> Delivery | None:
    """Read the configuration; without one the news are printed and go nowhere."""
    try:
        path = find_delivery(options.delivery, data_dir=options.data_dir)
    except ConfigError:
        if options.delivery or options.send:
            raise
        return None
    return read_delivery(path)


def _watch(
    client: Client, options: argparse.Namespace, *, delivery: Delivery | None, channels: list[Channel]
) -> list[Outcome]:
    videos = sa.load_videos(client, progress=False if options.quiet else None)
    rules = delivery.watching.rules if delivery else {}
    if options.explain:
        _explain(videos, rules=rules, delivery=delivery)
    day = _day(client, options, videos)
    with Ledger(client.settings.profile_dir) as ledger:
        _, last = watched_days(ledger)
        if day is None:
            _tell(options, "no video was counted yet: nothing to watch")
            return []
        if last is not None and day <= last:
            _tell(options, f"nothing new: {last} was evaluated, the next day of counts is not complete")
        else:
            history = sa.load_history(client, videos, progress=False if options.quiet else None)
            found = evaluate(
                videos, history, day=day, ledger=ledger, channels=channels, rules=rules, keep=not options.dry_run
            )
            _tell_found(options, found, channels=channels)
        if options.dry_run or delivery is None:
            return []
        outcomes, until = send_news(
            ledger, channels, source=client.source, now=client.now(), quiet=delivery.quiet, zone=delivery.zone
        )
        if until is not None:
            local = until.astimezone(delivery.zone)
            _tell(options, f"alerts wait until {local:%H:%M} {delivery.zone.key}: these are quiet hours")
        tell_outcomes(outcomes, quiet=options.quiet)
        return outcomes


def _day(client: Client, options: argparse.Namespace, videos: pd.DataFrame) -> dt.date | None:
    if options.as_of is None:
        return due_day(videos, client.now())
    day = read_day(options.as_of, "as_of")
    if day > client.today():
        raise InvalidParameterError(f"--as-of {options.as_of} lies after today ({client.today()})")
    return day


def _tell_found(options: argparse.Namespace, found: Watched, *, channels: list[Channel]) -> None:
    """Say what an evaluation found; news are printed however quiet the run is."""
    if found.skipped:
        say(f"{found.skipped} more days were missed than are looked at: they are left out", quiet=False)
    for rule, reason in found.not_judged.items():
        say(f"not judged: {rule} ({reason})", quiet=options.quiet)
    if found.first:
        already = "; ".join(f"{size} {BACKLOG[rule]}" for rule, size in found.backlog.items())
        _tell(options, f"watching from {found.since}" + (f"; already so, and not told: {already}" if already else ""))
        return
    span = str(found.days[0]) if len(found.days) == 1 else f"{found.days[0]} to {found.days[-1]}"
    _tell(options, f"{len(found.news)} alerts of {span}; watching since {found.since}")
    for day, news in found.news:
        line = f"{day}  {news.rule}  {one_line(line_of(news))}"
        run_logger.info("%s", line)
        print(line)
    if options.dry_run and found.news:
        where = ", ".join(channel.name for channel in channels) or "no channel"
        print(f"dry run: nothing was sent or remembered; it would go to {where}")


def _explain(videos: pd.DataFrame, *, rules: RuleOptions, delivery: Delivery | None) -> None:
    """Say which rules are in force, and how many false alarms they make in an organisation of this size."""
    newest = videos["uploaded_at"].max()
    recent = videos["uploaded_at"] > newest - pd.Timedelta(weeks=WEEKS)
    uploads, accounts = float(recent.sum()) / WEEKS, int(videos.loc[recent, "username"].nunique())
    options = check_rules(rules)
    rates = expected(options, uploads=uploads, accounts=accounts)
    print(f"{uploads:.0f} uploads a week, {accounts} accounts; expected false alarms a week, with 90 % intervals:")
    for name, rate in rates.items():
        said = f"about {rate.value:.2f} ({rate.low:.2f}-{rate.high:.2f})" if rate.value else f"below {rate.high:.2f}"
        print(f"  {name:<12} {said}{'  ' + str(options[name]) if options[name] else ''}")
    total = sum(rate.value for rate in rates.values())
    print(f"  {'all rules':<12} about {total:.2f}; docs/delivery.md says how that was found")
    if delivery is not None and delivery.quiet is not None:
        first, last = delivery.quiet
        print(f"  quiet from {first:%H:%M} to {last:%H:%M} {delivery.zone.key}")


def _tell(options: argparse.Namespace, text: str) -> None:
    run_logger.info("%s", text)
    if not options.quiet:
        print(text, file=sys.stdout)
