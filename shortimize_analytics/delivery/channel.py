"""What every channel has: a name, a time zone, the files it takes along, and a way to send."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from .attempts import Attempt, SendingError
from .message import Attachment, Laid, Message, laid_out
from .secret import Secret

MEGABYTE = 1_000_000
_TYPES = {
    "pdf": "application/pdf",
    "html": "text/html",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Outgoing(NamedTuple):
    """A message on its way: to whom, and what names it however often it is tried."""

    message: Message
    recipient: str
    ident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(ABC):
    """Where messages go.

    Attributes
    ----------
    name
        As in the configuration.
    zone
        Of the times in its texts.
    attach
        Endings of the files that go along, where the channel takes files.
    ca_file
        Certificates to trust instead of the usual ones.
    """

    kind: ClassVar[str]
    file_limit: ClassVar[int] = 0
    """Largest file in bytes; 0 where it takes none."""

    name: str
    zone: ZoneInfo
    attach: tuple[str, ...] = ("pdf",)
    ca_file: str | None = None

    @property
    def recipients(self) -> tuple[str, ...]:
        """To whom messages go one by one; one empty name where the channel is one place."""
        return ("",)

    @property
    @abstractmethod
    def secrets(self) -> tuple[Secret, ...]:
        """What no text may hold."""

    @abstractmethod
    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare the sending of a message."""

    def with_files(self, message: Message, put: Callable[..., None]) -> Attempt:
        """Send by ``put(files, too_large, again=…)`` with the files that fit, and without where these are too much."""
        fit, over = self.in_size(message)

        def send(*, again: bool) -> None:
            without_files_if_too_large(partial(put, again=again), fit, over)

        return send

    def wanted(self, message: Message) -> tuple[Attachment, ...]:
        """Return the files that may go along."""
        return tuple(file for file in message.files if Path(file.name).suffix[1:].lower() in self.attach)

    def in_size(self, message: Message) -> tuple[list[Attachment], list[Attachment]]:
        """Part the wanted files into those that fit, in all, and those that do not; neither where none are taken."""
        fit: list[Attachment] = []
        too_large: list[Attachment] = []
        for file in self.wanted(message) if self.file_limit else ():
            small = sum(other.size for other in fit) + file.size <= self.file_limit
            (fit if small else too_large).append(file)
        return fit, too_large

    def lay_out(
        self, message: Message, *, sent: Sequence[Attachment], too_large: Sequence[Attachment], again: bool
    ) -> Laid:
        """Put a message into the order in which it is read, with times in the channel's zone."""
        return laid_out(message, zone=self.zone, sent=sent, too_large=too_large, again=again)


def without_files_if_too_large(
    send: Callable[[list[Attachment], list[Attachment]], None],
    files: list[Attachment],
    too_large: list[Attachment],
) -> None:
    """Send with files, and without them where the other side says that this is too much."""
    try:
        send(files, too_large)
    except SendingError as error:
        if not error.too_large or not files:
            raise
        refused = True
    else:
        refused = False
    if refused:
        send([], [*files, *too_large])


def marks(secrets: Sequence[Secret | None]) -> Iterator[Secret]:
    """Yield the secrets that there are."""
    yield from (secret for secret in secrets if secret is not None)


def type_of(file: Attachment) -> str:
    """Return the media type of a file by its ending."""
    return _TYPES.get(file.name.rpartition(".")[2].lower(), "application/octet-stream")
