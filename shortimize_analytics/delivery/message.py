"""What is sent, before any channel has given it a form: plain values, which the ledger keeps as JSON.

A message is page 1 in five lines: the report's own title and sentences, its key figures, links to the videos that these
sentences name, how fresh the data are, and where the files lie. It adds no claim.
"""

import datetime as dt
import hashlib
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shortimize_analytics.errors import LocalFileError
from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.plots.messages import gettext, later
from shortimize_analytics.plots.theme import day, marked

from .outside_text import cut, isolated, one_line, size

MAX_LINES = 5
MAX_LINKS = 3
SHORTENED = later("Shortened for this channel; the report says more.")
TEST = "test"
"""Kind of a message whose file lies nowhere afterwards."""
SENT_AGAIN = later("Sent again: the last run was cut off, so this may be a second copy.")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along: where it is, and what it held when it was written."""

    path: str
    sha256: str
    size: int

    @classmethod
    def of(cls, path: str | Path) -> "Attachment":
        """Take note of a file as it is now."""
        content = _read(Path(path))
        return cls(str(Path(path).absolute()), hashlib.sha256(content).hexdigest(), len(content))

    @property
    def name(self) -> str:
        """Name of the file."""
        return Path(self.path).name

    def read(self) -> bytes:
        """Return the content.

        Raises
        ------
        LocalFileError
            When the file is gone, or is no longer what was written.
        """
        content = _read(Path(self.path))
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise LocalFileError(f"{self.path} was changed after it was written: it is not sent; run the report again")
        return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
    raise LocalFileError(f"{path} cannot be read ({reason}): nothing is sent; run the report again")


@dataclass(frozen=True, slots=True)
class Link:
    """A text and the web address behind it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Attributes
    ----------
    key
        Names what is told, so that it is told once: ``weekly:2026-11-22:…``.
    kind
        What it is about, for headers: weekly, monthly, quarterly, custom, alerts, failure or test.
    subject
        One line.
    warnings
        What to know before reading on: why the data are partial, or that this is a test.
    lines
        Sentences, one per line; outside text in them is isolated.
    figures
        Name, value and change of each.
    links
        Videos that the lines name.
    as_of
        When the newest count was measured.
    files
        What goes along where it can; the first is the report.
    locale, language
        Of what the channel adds, see `plots.locales.written_for`.
    """

    key: str
    kind: str
    subject: str
    warnings: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    figures: tuple[tuple[str, str, str], ...] = ()
    links: tuple[Link, ...] = ()
    as_of: dt.datetime | None = None
    files: tuple[Attachment, ...] = ()
    locale: str | None = None
    language: str = "en"

    def to_json(self) -> str:
        """Write it as JSON."""
        values = asdict(self) | {"as_of": None if self.as_of is None else self.as_of.isoformat()}
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Message | None":
        """Read what `to_json` wrote; None where it is something else that the ledger keeps."""
        values: dict[str, Any] = json.loads(text)
        if "subject" not in values:
            return None
        values["as_of"] = None if values["as_of"] is None else dt.datetime.fromisoformat(values["as_of"])
        values["links"] = tuple(Link(**link) for link in values["links"])
        values["files"] = tuple(Attachment(**file) for file in values["files"])
        values["figures"] = tuple(tuple(figure) for figure in values["figures"])
        values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**values)


def report_message(
    content: dict[str, Any],
    *,
    period: str,
    last_day: dt.date,
    as_of: dt.datetime | None = None,
    problems: Sequence[str] = (),
    files: Sequence[str | Path] = (),
    options: dict[str, Any] | None = None,
) -> Message:
    """Make the message of a report.

    Parameters
    ----------
    content
        `Report.content`: title, sentences and figures of page 1.
    period
        "week", "month", "quarter" or "custom".
    last_day
        Of the period.
    as_of
        When the newest count was measured.
    problems
        Why the data are incomplete; the message begins with them.
    files
        The PDF, and what was written beside it.
    options
        What makes this report another one than that of the same days: its scope, title, comparison.

    Returns
    -------
    Message
        For `deliver`.

    Examples
    --------
    >>> import datetime as dt
    >>> from shortimize_analytics import compose_report, schema
    >>> from shortimize_analytics.delivery.message import report_message
    >>> found = compose_report(schema.empty(schema.VIDEOS), schema.empty(schema.HISTORY), end="2026-03-15")
    >>> message = report_message(found.content, period="week", last_day=dt.date(2026, 3, 15))
    >>> message.subject
    'Weekly report: No videos, 9–15 March 2026'
    >>> message.lines
    ('There is no video to report on.',)
    """
    kind = f"{period}ly" if period in {"week", "month", "quarter"} else "custom"
    digest = hashlib.sha256(json.dumps(options or {}, sort_keys=True, default=str).encode()).hexdigest()[:12]
    sentences = content["findings"]
    links = [
        Link(one_line(piece["text"]), piece["link"])
        for sentence in sentences[:MAX_LINES]
        for piece in sentence
        if piece["link"]
    ]
    return Message(
        key=f"{kind}:{last_day}:{digest}",
        kind=kind,
        subject=one_line(content["document_title"]),
        warnings=tuple(problems),
        lines=tuple(_line(sentence) for sentence in sentences[:MAX_LINES]),
        figures=tuple((figure["name"], figure["value"], figure["change"]) for figure in content["figures"]),
        links=tuple(links[:MAX_LINKS]),
        as_of=as_of,
        files=tuple(Attachment.of(path) for path in files),
        locale=content["locale"],
        language="-".join(filter(None, (content["lang"], content["region"]))),
    )


def _line(sentence: list[dict[str, Any]]) -> str:
    return "".join(isolated(piece["text"]) if piece["link"] or piece["rtl"] else piece["text"] for piece in sentence)


@dataclass(frozen=True, slots=True)
class Laid:
    """A message laid out for a channel: its parts in order, outside text in them still to be escaped."""

    subject: str
    warnings: tuple[str, ...]
    lines: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    notes: tuple[str, ...] = field(default=())
    language: str = "en"
    shortened: str = SHORTENED

    def shorter(self) -> "Laid | None":
        """Leave out what is missed least: links, then the last sentence, then the figures; None when all is gone."""
        if self.links:
            return replace(self, links=())
        if len(self.lines) > 1:
            notes = self.notes if self.shortened in self.notes else (self.shortened, *self.notes)
            return replace(self, lines=self.lines[:-1], notes=notes)
        return replace(self, figures=()) if self.figures else None

    def trimmed(self, longest: int) -> "Laid":
        """Cut every text to a size."""
        warnings, lines, notes = (
            tuple(cut(text, longest) for text in texts) for texts in (self.warnings, self.lines, self.notes)
        )
        return replace(self, subject=cut(self.subject, longest), warnings=warnings, lines=lines, notes=notes)


def fitted(laid: Laid, render: Callable[[Laid], str], *, limit: int) -> str:
    """Render a message in at most `limit` UTF-16 units: whole sentences go first, and only then are texts cut."""
    fits: Laid | None = laid
    while fits is not None:
        if size(text := render(fits)) <= limit:
            return text
        laid, fits = fits, fits.shorter()
    for longest in (400, 200, 100, 50, 20):
        if size(text := render(laid.trimmed(longest))) <= limit:
            return text
    return cut(laid.subject, limit)


def laid_out(
    message: Message,
    *,
    zone: ZoneInfo,
    sent: Sequence[Attachment],
    too_large: Sequence[Attachment] = (),
    again: bool = False,
) -> Laid:
    """Put a message into the order in which it is read.

    Parameters
    ----------
    message
        The message.
    zone
        Time zone of the times in it.
    sent
        The files that go along.
    too_large
        Files that do not, since the channel takes none of their size.
    again
        An earlier try may have arrived.
    """
    with written_for(message.locale, language=message.language):
        return Laid(
            subject=message.subject,
            warnings=((gettext(SENT_AGAIN),) if again else ()) + message.warnings,
            lines=message.lines,
            figures=tuple(
                (name, f"{value} ({change})" if change else value) for name, value, change in message.figures
            ),
            links=message.links,
            notes=tuple(_notes(message, zone=zone, sent=sent, too_large=too_large)),
            language=message.language,
            shortened=gettext(SHORTENED),
        )


def _notes(
    message: Message, *, zone: ZoneInfo, sent: Sequence[Attachment], too_large: Sequence[Attachment]
) -> Iterator[str]:
    if message.as_of is not None:
        local = message.as_of.astimezone(zone)
        yield gettext("Data as of {day}, {time} {zone}.", day=day(local), time=f"{local:%H:%M}", zone=zone.key)
    if message.files and message.kind == TEST:
        yield "A PDF of one page is attached." if sent else "No PDF comes along: see what this channel takes."
    elif message.files:
        yield _where(message, sent=sent, too_large=too_large)


def _where(message: Message, *, sent: Sequence[Attachment], too_large: Sequence[Attachment]) -> str:
    """Say where the files are, and why one does not come along."""
    first = message.files[0]
    values = {
        "kind": Path(first.name).suffix[1:].upper() or gettext("file"),
        "size": _megabytes(first.size),
        "path": first.path,
        "host": socket.gethostname(),
        "others": gettext(" and ").join(Path(file.name).suffix[1:].upper() for file in message.files[1:]),
    }
    if first in too_large:
        return gettext("The {kind} ({size}) is too large for this channel; it is at {path} on {host}.", **values)
    if first in sent and values["others"]:
        return gettext("The {kind} is attached; it is at {path} on {host}, with {others} beside it.", **values)
    if first in sent:
        return gettext("The {kind} is attached; it is at {path} on {host}.", **values)
    if values["others"]:
        return gettext("The {kind} is at {path} on {host}, with {others} beside it.", **values)
    return gettext("The {kind} is at {path} on {host}.", **values)


def _megabytes(size: int) -> str:
    return marked(f"{size / 1e6:.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB")
