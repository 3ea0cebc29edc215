"""What a report with ``--send`` does besides writing: it delivers, and tells of failures and of their end."""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shortimize_analytics.analysis.base.calendar import day_of, last_full
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.settings import clock_now, find_data_dir
from shortimize_analytics.delivery.channel import Channel
from shortimize_analytics.delivery.configuration import Delivery, read_delivery
from shortimize_analytics.delivery.failures import Job, tell_failure, tell_mended
from shortimize_analytics.delivery.ledger import Ledger
from shortimize_analytics.delivery.message import Message, report_message
from shortimize_analytics.delivery.sending import Outcome, check_outcomes, deliver
from shortimize_analytics.errors import DeliveryError, InvalidParameterError, ShortimizeError
from shortimize_analytics.report.compose import Report
from shortimize_analytics.schema.days import read_day

from .run import code_of
from .unattended import run_logger

_OWN = ("platform", "account", "label", "title", "compare", "locale")
"""Options that make a report another one than that of the same days."""
UNKNOWN = "no record of earlier deliveries was found: whether this was sent before cannot be known"


@dataclass
class Sending:
    """The deliveries of one run.

    Attributes
    ----------
    delivery
        The configuration.
    names
        The channels that were asked for.
    options
        Of the command.
    messages
        What is to be sent when all files are in place, with the names of its channels.
    outcomes
        What became of it.
    """

    delivery: Delivery
    names: tuple[str, ...]
    options: argparse.Namespace
    messages: list[tuple[Message, tuple[str, ...]]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def note(self, report: Report, paths: Sequence[Path]) -> None:
        """Take note of a report that was written."""
        self.messages.append((self._message(report, paths, part=""), self.names))

    def note_part(self, key: str, name: str, *, report: Report, paths: Sequence[Path]) -> None:
        """Take note of the report of one account or label; it goes to the channels that ``[parts]`` gives it."""
        parts = self.delivery.parts
        given = {*parts.get(key, ()), *parts.get(name, ())}
        names = tuple(channel for channel in self.names if channel in given)
        if not names:
            say(f"{name}: [parts] gives it no channel of {', '.join(self.names)}; it is not sent", quiet=False)
            return
        self.messages.append((self._message(report, paths, part=key), names))

    def _message(self, report: Report, paths: Sequence[Path], *, part: str) -> Message:
        summary = report.summary
        scope = {name: getattr(self.options, name) for name in _OWN}
        return report_message(
            report.content,
            period=summary.period,
            last_day=summary.last_day,
            as_of=report.made_at,
            problems=report.problems,
            files=paths,
            # a partial report never keeps the whole one from being sent
            options={**scope, "part": part, "partial": bool(report.problems)},
        )

    def deliver(self, client: Client) -> None:
        """Send what was noted; what does not arrive is no error yet."""
        if not self.messages:
            return
        with Ledger(client.settings.profile_dir) as ledger:
            if ledger.is_new:
                say(UNKNOWN, quiet=self.options.quiet)
            for message, names in self.messages:
                for channel in self.delivery.channels(names):
                    outcomes = deliver(message, channel, ledger=ledger)
                    self.outcomes += outcomes
                    tell_outcomes(outcomes, quiet=self.options.quiet)


@contextmanager
def delivering(options: argparse.Namespace, *, target: Path) -> Iterator[Sending]:
    """Read the configuration, then run the block and tell of its failure, or of its end, whoever asked for that.

    Raises
    ------
    ConfigError
        When the configuration cannot be used; nothing was loaded.
    DeliveryError
        When something was not delivered; what was written stays.
    """
    names = split_names(options.send, "--send")
    delivery = read_delivery(options.delivery, data_dir=options.data_dir)
    delivery.channels(names)  # secrets are looked up before anything is loaded
    told = delivery.channels(delivery.watching.failures)
    sending = Sending(delivery, names, options)
    job = Job(f"{options.period.title()}ly report", str(target.absolute()), _period(options))
    with telling_failures(job, told, options=options):
        yield sending
    check_outcomes(sending.outcomes)


@contextmanager
def telling_failures(job: Job, channels: Sequence[Channel], *, options: argparse.Namespace) -> Iterator[None]:
    """Tell of a failure of the block, and of its mending; trouble with that is a line and no failure of its own."""
    if not channels:
        yield
        return
    try:
        yield
    except (KeyboardInterrupt, DeliveryError):
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, ShortimizeError) else f"unexpected {type(error).__name__}: {error}"
        with _its_own_trouble(), _failures(options) as ledger:
            outcomes = tell_failure(job, code_of(error), reason, channels=channels, ledger=ledger, now=clock_now())
            tell_outcomes(outcomes, quiet=options.quiet)
        raise
    with _its_own_trouble(), _failures(options) as ledger:
        tell_outcomes(tell_mended(job, channels=channels, ledger=ledger), quiet=options.quiet)


def _failures(options: argparse.Namespace) -> Ledger:
    """Open the record of failures: that of the data folder, since a run without a key has no profile."""
    return Ledger(find_data_dir(options.data_dir), private=False)


@contextmanager
def _its_own_trouble() -> Iterator[None]:
    try:
        yield
    except ShortimizeError as error:
        say(f"nobody could be told: {error}", quiet=False)


def _period(options: argparse.Namespace) -> str:
    """Return the last day of the period that a run is of, as far as options and clock tell it."""
    if options.end is not None:
        return str(read_day(options.end, "end"))
    return str(day_of(last_full(clock_now().date(), options.period)[1]))


def split_names(text: str, option: str) -> tuple[str, ...]:
    """Read names with commas between."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise InvalidParameterError(f"{option} {text!r} names no channel")
    return names


def tell_outcomes(outcomes: Sequence[Outcome], *, quiet: bool) -> None:
    """Say what became of messages: on standard error and in the log what did not arrive, else on standard output."""
    for outcome in outcomes:
        if outcome.is_bad:
            run_logger.error("%s", outcome)
            print(f"shortimize: {outcome}", file=sys.stderr)
        else:
            run_logger.log(logging.INFO, "%s", outcome)
            if not quiet:
                print(outcome)


def say(text: str, *, quiet: bool) -> None:
    """Say something on standard error and in the log."""
    run_logger.info("%s", text)
    if not quiet:
        print(text, file=sys.stderr)
