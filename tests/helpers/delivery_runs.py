"""Runs in processes of their own that deliver numbered messages, for tests that kill them."""

import os
import time
from pathlib import Path
from zoneinfo import ZoneInfo

from shortimize_analytics.delivery import attempts
from shortimize_analytics.delivery.ledger import Ledger
from shortimize_analytics.delivery.message import Message
from shortimize_analytics.delivery.secret import Secret
from shortimize_analytics.delivery.sending import deliver
from shortimize_analytics.delivery.webhook import Webhook


def message(number):
    return Message(
        key=f"weekly:{number:04d}:aa", kind="weekly", subject=f"Message {number}", lines=("It is told once.",)
    )


def run(folder, url, numbers):
    """Deliver messages in order; the address names the process, so that the server knows whom to kill."""
    attempts.FIRST_PAUSE_SECONDS = 0.001
    channel = Webhook(name="team", zone=ZoneInfo("UTC"), url=Secret(f"{url}/{os.getpid()}"))
    for number in numbers:
        with Ledger(Path(folder)) as ledger:
            deliver(message(number), channel, ledger=ledger)


def hold(folder, numbers, ready, until):
    """Claim messages and live on until a file appears."""
    with Ledger(Path(folder)) as ledger:
        for number in numbers:
            now = __import__("datetime").datetime.now(tz=__import__("datetime").UTC)
            ledger.claim([message(number).key], channel="team", recipient="", at=now)
        Path(ready).touch()
        while not Path(until).exists():
            time.sleep(0.01)
