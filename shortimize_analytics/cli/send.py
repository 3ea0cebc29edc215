"""The command that looks after deliveries: a test message, what there is, whether it can be used, and once more."""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shortimize_analytics.client.settings import clock_now, find_data_dir
from shortimize_analytics.delivery.configuration import Delivery, read_delivery
from shortimize_analytics.delivery.ledger import FILE, Entry, Ledger
from shortimize_analytics.delivery.message import Message
from shortimize_analytics.delivery.sending import check_outcomes, deliver
from shortimize_analytics.delivery.trial import trial_message
from shortimize_analytics.errors import InvalidParameterError

from .deliveries import split_names, tell_outcomes


def send(options: argparse.Namespace) -> None:
    """Do the one thing that was asked for."""
    delivery = read_delivery(options.delivery, data_dir=options.data_dir)
    if options.check:
        _check(delivery)
    elif options.list:
        _list(delivery, options)
    elif options.test is not None:
        _test(delivery, options)
    else:
        _again(delivery, options)


def _check(delivery: Delivery) -> None:
    """Read everything and look up every secret, without any network."""
    channels = delivery.check()
    print(f"{delivery.path}: {len(channels)} channels, every secret is set")
    for channel in channels:
        print(f"{channel.name}  {channel.kind}")


def _list(delivery: Delivery, options: argparse.Namespace) -> None:
    """Say of each channel what it is and what went there last, never an address."""
    newest: dict[str, Entry] = {}
    for folder in _folders(options):
        with Ledger(folder, private=False) as ledger:
            for entry in ledger.entries():
                if entry.channel not in newest or newest[entry.channel].at < entry.at:
                    newest[entry.channel] = entry
    for name, table in delivery.tables.items():
        last = newest.get(name)
        said = "nothing yet" if last is None else f"{last.state} {last.at:%Y-%m-%d %H:%M} UTC  {last.key}"
        print(f"{name}  {table['type']}  {said}")


def _folders(options: argparse.Namespace) -> Iterator[Path]:
    """List the folders that hold a record: the data folder's own, and those of its profiles."""
    home = find_data_dir(options.data_dir)
    for path in sorted([home / FILE, *home.glob(f"profiles/*/{FILE}"), *home.glob(f"demo/*/{FILE}")]):
        if path.is_file():
            yield path.parent


def _test(delivery: Delivery, options: argparse.Namespace) -> None:
    channels = delivery.channels(split_names(options.test, "--test"))
    with tempfile.TemporaryDirectory(prefix="shortimize-test-") as folder:
        message = trial_message(Path(folder), now=clock_now())
        outcomes = [outcome for channel in channels for outcome in deliver(message, channel)]
    tell_outcomes(outcomes, quiet=options.quiet)
    check_outcomes(outcomes)


def _again(delivery: Delivery, options: argparse.Namespace) -> None:
    """Send a message once more to the channels that it went to, as the files are now that were written for it."""
    for folder in _folders(options):
        with Ledger(folder, private=False) as ledger:
            kept = ledger.kept(options.again)
            message = None if kept is None else Message.from_json(kept)
            if message is None:
                continue
            names = list(dict.fromkeys(entry.channel for entry in ledger.entries(message.key)))
            there = [name for name in names if name in delivery.tables]
            outcomes = [
                outcome
                for channel in delivery.channels(there)
                for outcome in deliver(message, channel, ledger=ledger, repeat=True)
            ]
            tell_outcomes(outcomes, quiet=options.quiet)
            check_outcomes(outcomes)
            return
    raise InvalidParameterError(f"--again {options.again!r}: no such message; shortimize send --list shows keys")
