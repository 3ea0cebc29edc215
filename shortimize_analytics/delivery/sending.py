"""Sending a message over a channel: claimed before, marked afterwards, tried again where that makes sense."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shortimize_analytics.client.settings import real_clock
from shortimize_analytics.errors import DeliveryError, LocalFileError

from .attempts import SendingError, keep_trying
from .channel import Channel, Outgoing
from .ledger import Claim, Ledger, ident_of
from .message import Message

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message to one recipient.

    Attributes
    ----------
    channel, recipient
        Where it went; the recipient is empty where the channel is one place.
    state
        sent; already sent (by an earlier run); busy (another run is sending it); failed or unclear.
    at
        When that was.
    words
        Why it failed.
    again
        It was marked as possibly a second copy.
    """

    channel: str
    recipient: str
    state: str
    at: dt.datetime
    words: str = ""
    again: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether the recipient may not have it."""
        return self.state in {"failed", "unclear"}

    def __str__(self) -> str:
        if self.is_bad:
            return f"channel {self.channel}: {self.words}"
        when = f"{self.at:%Y-%m-%d %H:%M} UTC"
        said = {
            "sent": "sent",
            "already sent": f"was sent {when}; nothing is sent twice",
            "busy": "another run sends it",
        }
        return f"channel {self.channel}: {said[self.state]}"


def deliver(message: Message, channel: Channel, *, ledger: Ledger | None = None, repeat: bool = False) -> list[Outcome]:
    """Send a message over a channel, once to each recipient.

    Parameters
    ----------
    message
        What `report_message` made, or a `Message` of your own.
    channel
        Of `Delivery.channel`.
    ledger
        The record of what was sent, open; None keeps none, and sends however often it is called.
    repeat
        Send it although it was sent.

    Returns
    -------
    list of Outcome
        One per recipient. Nothing is raised for a message that did not arrive: see `check_outcomes`.

    Raises
    ------
    LocalFileError
        When a file is gone or was changed since it was written: nothing was sent.
    ArchiveError
        When the ledger cannot be written: nothing was sent.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> from shortimize_analytics.delivery.chats import Discord
    >>> from shortimize_analytics.delivery.message import Message
    >>> from shortimize_analytics.delivery.secret import Secret
    >>> from shortimize_analytics.delivery.sending import deliver
    >>> nowhere = Discord(name="team", zone=ZoneInfo("UTC"), url=Secret("http://127.0.0.1:1/hook"))
    >>> deliver.__module__, nowhere
    ('shortimize_analytics.delivery.sending', Discord(name='team', ..., url='***'))
    """
    for file in channel.wanted(message):
        file.read()  # refuse a changed file before anything is claimed
    if ledger is None:
        claims = [
            Claim(channel.name, who, (message.key,), ident_of([message.key], channel.name, who), again=False)
            for who in channel.recipients
        ]
        return [_send(claim, message, channel=channel, ledger=None) for claim in claims]
    outcomes = []
    for recipient in channel.recipients:
        claims = ledger.claim(
            [message.key],
            channel=channel.name,
            recipient=recipient,
            at=real_clock(),
            body=message.to_json(),
            repeat=repeat,
        )
        outcomes += [_send(claim, message, channel=channel, ledger=ledger) for claim in claims]
        if not claims:
            outcomes.append(_earlier(ledger, message.key, channel=channel.name, recipient=recipient))
    return outcomes


def deliver_waiting(
    compose: Callable[[tuple[str, ...]], Message], channel: Channel, *, ledger: Ledger
) -> list[Outcome]:
    """Send what waits for a channel, as one message per recipient; `compose` makes it from the keys."""
    return [
        _send(claim, compose(claim.keys), channel=channel, ledger=ledger)
        for recipient in channel.recipients
        for claim in ledger.claim(None, channel=channel.name, recipient=recipient, at=real_clock())
    ]


def _send(claim: Claim, message: Message, *, channel: Channel, ledger: Ledger | None) -> Outcome:
    """Send what is claimed and mark it; an interrupt leaves the claim, which the next run sends again."""
    state, words = "sent", ""
    try:
        keep_trying(channel.attempt(Outgoing(message, claim.recipient, claim.ident)), again=claim.again)
    except SendingError as error:
        state, words = ("unclear" if error.unclear else "failed"), error.words
    except LocalFileError:
        if ledger is not None:
            ledger.mark(claim, "unclear" if claim.again else "failed", at=real_clock())
        raise
    at = real_clock()
    if ledger is not None:
        ledger.mark(claim, state, at=at)
    return Outcome(channel.name, claim.recipient, state, at, words, again=claim.again)


def _earlier(ledger: Ledger, key: str, *, channel: str, recipient: str) -> Outcome:
    state, at = ledger.state(key, channel=channel, recipient=recipient)
    return Outcome(channel, recipient, "already sent" if state == "sent" else "busy", at)


def check_outcomes(outcomes: Iterable[Outcome]) -> None:
    """Raise the error of what did not arrive, if anything.

    Raises
    ------
    DeliveryError
        Naming each channel, and what to do.
    """
    bad = list(dict.fromkeys(str(outcome) for outcome in outcomes if outcome.is_bad))
    if bad:
        raise DeliveryError(f"{'; '.join(bad)}. The next run sends what is missing")
