"""What may go wrong in a sending, in own words, and how often it is tried again.

Errors of libraries never pass through: their texts hold whole addresses and tokens, and so do the objects that hang on
them. A `SendingError` is therefore raised outside the ``except`` block that met the library's, so that nothing hangs on
it.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from shortimize_analytics.client.parallel import backoff

TRIES = 5
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0
PATIENCE_SECONDS = 600.0
"""For all tries of a message together."""
LIBRARIES = ("urllib3", "requests", "apprise", "charset_normalizer")
"""They write whole addresses, tokens included, to their debug logs."""

log = logging.getLogger(__name__)


class SendingError(Exception):
    """A message was not delivered, or nobody knows.

    Parameters
    ----------
    words
        What happened, without any secret.
    passing
        It may go well later.
    unclear
        The message may have arrived.
    too_large
        The channel takes no message of this size.
    wait
        Seconds that the other side asked to wait.
    """

    def __init__(
        self,
        words: str,
        *,
        passing: bool = False,
        unclear: bool = False,
        too_large: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(words)
        self.words = words
        self.passing = passing
        self.unclear = unclear
        self.too_large = too_large
        self.wait = wait


class Attempt(Protocol):
    """Sends once."""

    def __call__(self, *, again: bool) -> None:
        """Send; `again` tells whether an earlier try may have arrived."""


def keep_trying(send: Attempt, *, again: bool) -> None:
    """Send until it is done, or until trying makes no sense any more.

    Parameters
    ----------
    send
        Sends once; it is told whether an earlier try may have arrived.
    again
        Whether one of an earlier run may have.

    Raises
    ------
    SendingError
        The last one; `unclear` where any try may have arrived.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    for attempt in range(1, TRIES + 1):
        try:
            send(again=again)
        except SendingError as error:
            failed = error
        else:
            return
        again = failed.unclear = again or failed.unclear
        pause = max(backoff(FIRST_PAUSE_SECONDS, attempt), failed.wait or 0.0)
        if not failed.passing or attempt == TRIES or pause > LONGEST_PAUSE_SECONDS or time.monotonic() + pause > end:
            raise failed
        log.info("%s; trying again in %.1f s (%d of %d)", failed.words, pause, attempt, TRIES)
        time.sleep(pause)


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Keep the libraries that send from logging what they send, inside a ``with`` block, whatever ``--debug`` says."""
    named = [
        logger
        for name, logger in list(logging.root.manager.loggerDict.items())
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in LIBRARIES
    ]
    loggers = {logger.name: logger for logger in [*named, *map(logging.getLogger, LIBRARIES)]}
    before = {name: (logger.disabled, logger.level) for name, logger in loggers.items()}
    for logger in loggers.values():
        logger.disabled = True
        logger.setLevel(logging.CRITICAL + 1)  # loggers that are made while sending take it from here
    try:
        yield
    finally:
        for name, logger in loggers.items():
            logger.disabled, level = before[name]
            logger.setLevel(level)
