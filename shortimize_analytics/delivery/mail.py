"""E-mail: plain and HTML text, the PDF as an attachment, one message per recipient.

The standard library alone, so that Message-ID, SIZE and each recipient's answer are ours to see. TLS is always verified
(`smtplib.starttls()` without a context takes any certificate on 3.11 to 3.13), and nobody logs in before it.

References
----------
RFC 5321 (SMTP), RFC 1870 (SIZE), RFC 6531 (SMTPUTF8), RFC 3834 (Auto-Submitted), RFC 2231 (file names).
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar

from .attempts import Attempt, SendingError, silent_libraries
from .channel import MEGABYTE, Channel, Outgoing, marks, without_files_if_too_large
from .letter import compose, envelope_address
from .message import Attachment, Message
from .posting import shown
from .secret import Secret

SECONDS = 60.0
IN_TRANSIT = 1.37
"""What base64 and its line ends make of a file's size."""
_TOO_LARGE = {552, 523}
_LOGIN = {530, 534, 535, 538}


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: `security` is starttls or tls, or none on this machine."""

    host: str
    port: int
    security: str
    user: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Channel):
    """A mail server, the sender, and the recipients; `max_mb` is the largest whole message in megabytes."""

    kind: ClassVar[str] = "mail"
    server: Server
    sender: str
    to: tuple[str, ...]
    max_mb: float = 20.0

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses."""
        return self.to

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The password."""
        return tuple(marks((self.server.password,)))

    def in_size(self, message: Message) -> tuple[list[Attachment], list[Attachment]]:
        """Part the files by what the whole message may have; the server's own limit is asked for when it is there."""
        return self._in_limit(message, self.max_mb * MEGABYTE)

    def _in_limit(self, message: Message, limit: float) -> tuple[list[Attachment], list[Attachment]]:
        fit: list[Attachment] = []
        too_large: list[Attachment] = []
        text = len(message.to_json())  # twice over, about: plain and HTML
        for file in self.wanted(message):
            whole = IN_TRANSIT * (sum(other.size for other in fit) + file.size) + 4 * text + 8_000
            (fit if whole <= limit else too_large).append(file)
        return fit, too_large

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare one message to one address."""

        def send(*, again: bool) -> None:
            with self._connected() as smtp:
                limit = self.max_mb * MEGABYTE
                announced = smtp.esmtp_features.get("size", "")
                if announced.isdigit() and int(announced):
                    limit = min(limit, int(announced))
                fit, over = self._in_limit(outgoing.message, limit)

                def put(files: list[Attachment], too_large: list[Attachment]) -> None:
                    laid = self.lay_out(outgoing.message, sent=files, too_large=too_large, again=again)
                    letter = compose(
                        laid,
                        outgoing.message,
                        sender=self.sender,
                        recipient=outgoing.recipient,
                        ident=outgoing.ident,
                        files=files,
                    )
                    self._hand_over(smtp, letter, recipient=outgoing.recipient)

                without_files_if_too_large(put, fit, over)

        return send

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Open a connection, encrypted and logged in, inside a ``with`` block."""
        server, smtp, failed = self.server, None, None
        try:
            with silent_libraries():
                smtp = self._open()
        except ssl.SSLCertVerificationError:
            failed = SendingError(
                f"{server.host}: its certificate was not accepted; if it is your own, name it with ca_file"
            )
        except ssl.SSLError:
            failed = SendingError(
                f"{server.host} port {server.port} speaks no TLS at once: is security = {server.security!r} right?"
            )
        except smtplib.SMTPAuthenticationError as error:
            failed = SendingError(f"the server refused the login ({error.smtp_code})", passing=error.smtp_code < 500)
        except smtplib.SMTPResponseException as error:
            failed = self._answered(error.smtp_code, error.smtp_error, "the server refused the connection")
        except (smtplib.SMTPServerDisconnected, OSError, UnicodeError) as error:
            # an SMTPException is an OSError, too; the bare one says that no way of logging in is known to both sides
            failed = SendingError(f"{server.host} port {server.port} could not be reached", passing=True)
            if type(error) is smtplib.SMTPException:
                failed = SendingError(f"{server.host} offers no login")
        if failed is not None or smtp is None:
            raise failed or SendingError(f"{server.host} could not be reached", passing=True)
        try:
            yield smtp
            with suppress(smtplib.SMTPException, OSError):  # the message is with the server already
                smtp.quit()
        finally:
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        server = self.server
        context = ssl.create_default_context(cafile=self.ca_file)
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                _require(smtp, "starttls", f"{server.host} offers no encryption (STARTTLS); nothing was sent in clear")
                smtp.starttls(context=context)
                smtp.ehlo()
            if server.user is not None and server.password is not None:
                _require(smtp, "auth", f"{server.host} offers no login")
                smtp.login(server.user, server.password.reveal())
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, letter: bytes, *, recipient: str) -> None:
        """Hand one message over; after the last byte only the server's answer tells whether it has it."""
        sender, to = envelope_address(self.sender), envelope_address(recipient)
        options = []
        if not (sender + to).isascii():
            if not smtp.has_extn("smtputf8"):
                odd = recipient if not to.isascii() else self.sender
                raise SendingError(f"the server takes no address with such letters before the @: {odd}")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        failed = None
        try:
            smtp.sendmail(sender, [to], letter, mail_options=options)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = error.recipients[to]
            failed = self._answered(code, said, f"{recipient} was refused")
        except smtplib.SMTPSenderRefused as error:
            failed = self._answered(error.smtp_code, error.smtp_error, f"the sender {self.sender} was refused")
        except smtplib.SMTPResponseException as error:
            failed = self._answered(error.smtp_code, error.smtp_error, f"the message to {recipient} was refused")
        except smtplib.SMTPNotSupportedError:
            failed = SendingError(f"the server takes no address with such letters before the @: {recipient}")
        except (smtplib.SMTPException, OSError):
            failed = SendingError("the connection broke off while the message was sent", passing=True, unclear=True)
        if failed is not None:
            raise failed

    def _answered(self, code: int, said: bytes | str, what: str) -> SendingError:
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        if code in _LOGIN:
            return SendingError(f"the server refused the login ({code})")
        words = f"{what} ({code} {shown(text, self.secrets)})"
        if code in _TOO_LARGE:
            return SendingError(words, too_large=True)
        return SendingError(words, passing=code < 500)


def _require(smtp: smtplib.SMTP, extension: str, words: str) -> None:
    if not smtp.has_extn(extension):
        raise SendingError(words)
