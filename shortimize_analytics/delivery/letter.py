r"""The bytes of an e-mail.

Made with `email`'s older classes on purpose: `EmailMessage` loses or doubles blanks when it folds a subject of mixed
scripts (17 of 400 headlines came back changed on 3.11 and 3.12), `Header` with lines of 75 none.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr
from typing import Any

from shortimize_analytics.plots.texts import is_right_to_left
from shortimize_analytics.plots.theme import ACCENT, INK, MUTED, RULE, WARNING

from .channel import type_of
from .message import Attachment, Laid, Message
from .outside_text import FIRST_STRONG_ISOLATE, POP_ISOLATE, for_html

POLICY = compat32.clone(linesep="\r\n", max_line_length=75)
DOMAIN = "shortimize-analytics"
"""Right side of identifiers: a name, not an address."""


def compose(
    laid: Laid, message: Message, *, sender: str, recipient: str, ident: str, files: Sequence[Attachment]
) -> bytes:
    """Write a message as it goes to the server.

    Parameters
    ----------
    laid
        The message laid out.
    message
        The same, for its kind.
    sender, recipient
        Addresses, with or without a name.
    ident
        Left side of the Message-ID: the same however often the message is sent.
    files
        What is attached.

    Returns
    -------
    bytes
        RFC 5322, lines ending in CRLF.
    """
    letter = MIMEMultipart("mixed", policy=POLICY)
    letter["From"], letter["To"] = _address(sender), _address(recipient)
    subject: Any = Header(laid.subject, "utf-8", header_name="Subject", maxlinelen=75)
    letter["Subject"] = subject
    letter["Date"] = format_datetime(dt.datetime.now(dt.UTC))
    letter["Message-ID"] = f"<{ident}@{DOMAIN}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["List-Id"] = f"<{message.kind}.{DOMAIN}.invalid>"
    texts = MIMEMultipart("alternative", policy=POLICY)
    texts.attach(MIMEText(plain_text(laid), "plain", "utf-8", policy=POLICY))
    texts.attach(MIMEText(html_text(laid), "html", "utf-8", policy=POLICY))
    letter.attach(texts)
    for file in files:
        subtype = type_of(file).removeprefix("application/")
        part = MIMEApplication(file.read(), subtype, policy=POLICY)
        if file.name.isascii():
            part.add_header("Content-Disposition", "attachment", filename=file.name)
        else:
            part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name))
        letter.attach(part)
    return letter.as_bytes()


def envelope_address(address: str) -> str:
    """Return the bare address, its domain in ASCII (IDNA)."""
    bare = parseaddr(address)[1]
    local, _, domain = bare.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _address(address: str) -> str:
    """Write an address for a header: a name of other letters encoded, the address itself as UTF-8 (RFC 6532)."""
    name = parseaddr(address)[0]
    bare = envelope_address(address).encode().decode("ascii", "surrogateescape")
    if not name:
        return bare
    quoted = (
        Header(name, "utf-8", maxlinelen=75).encode()
        if not name.isascii()
        else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
    return f"{quoted} <{bare}>"


def plain_text(laid: Laid) -> str:
    """Write a message as plain text."""
    blocks = [
        list(laid.warnings),
        list(laid.lines),
        [f"{name}: {value}" for name, value in laid.figures],
        [f"{link.text}: {link.url}" for link in laid.links],
        list(laid.notes),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def html_text(laid: Laid) -> str:
    """Write a message as HTML that every mail program shows: styles inline, one column, nothing fetched."""
    return "\n".join(_html(laid)) + "\n"


def _html(laid: Laid) -> Iterator[str]:
    font = "font-family:Inter,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
    yield f'<!doctype html><html lang="{laid.language}"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{for_html(laid.subject)}</title></head>"
    yield f'<body style="margin:0;padding:16px;background:#ffffff;color:{INK};{font};font-size:16px;line-height:1.5">'
    yield '<div style="max-width:600px;margin:0 auto;overflow-wrap:anywhere">'
    yield f'<h1 style="font-size:20px;line-height:1.3;margin:0 0 12px">{_text(laid.subject)}</h1>'
    for text in laid.warnings:
        style = f"margin:0 0 12px;padding:2px 12px;border-left:3px solid {WARNING}"
        yield f'<p style="{style}"><strong>{_text(text)}</strong></p>'
    for text in laid.lines:
        yield f'<p style="margin:0 0 10px">{_text(text)}</p>'
    if laid.figures:
        style = f"border-collapse:collapse;width:100%;margin:16px 0;border-top:2px solid {INK}"
        yield f'<table role="table" style="{style}">'
        for name, value in laid.figures:
            cell = f"padding:6px 0;border-bottom:1px solid {RULE};vertical-align:top"
            right = f"{cell};text-align:right;font-weight:700;padding-left:12px;white-space:nowrap"
            yield f'<tr><th scope="row" style="{cell};text-align:left;font-weight:400;color:{MUTED}">{_text(name)}</th>'
            yield f'<td style="{right}">{_text(value)}</td></tr>'
        yield "</table>"
    for link in laid.links:
        url = for_html(link.url)
        yield f'<p style="margin:0 0 6px"><a href="{url}" style="color:{ACCENT}">{_text(link.text)}</a></p>'
    for text in laid.notes:
        yield f'<p style="margin:12px 0 0;font-size:14px;color:{MUTED}">{_text(text)}</p>'
    yield "</div></body></html>"


def _text(text: str) -> str:
    """Escape a text, its isolates as elements that mail programs know."""
    if is_right_to_left(text):
        text = f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return for_html(text).replace(FIRST_STRONG_ISOLATE, '<bdi dir="auto">').replace(POP_ISOLATE, "</bdi>")
