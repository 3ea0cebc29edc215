"""A server of one's own: our JSON document in one request."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, ClassVar

from .attempts import Attempt
from .channel import MEGABYTE, Channel, Outgoing, marks
from .message import Attachment, Laid, Message
from .posting import Parcel, deliver_parcel, json_parcel
from .secret import Secret

SCHEMA, SCHEMA_VERSION = "shortimize-analytics/message", 1
"""The version is raised when a field is renamed, removed or changes its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(Channel):
    """A server of one's own: a JSON document, signed where it has a secret."""

    kind: ClassVar[str] = "webhook"
    file_limit: ClassVar[int] = 8 * MEGABYTE
    url: Secret
    secret: Secret | None = None
    file: str = "base64"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The address, and what signs."""
        return tuple(marks((self.url, self.secret)))

    def in_size(self, message: Message) -> tuple[list[Attachment], list[Attachment]]:
        """Take no file with ``file = "none"``."""
        return ([], []) if self.file == "none" else Channel.in_size(self, message)

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare one POST."""

        def put(files: list[Attachment], too_large: list[Attachment], *, again: bool) -> None:
            laid = self.lay_out(outgoing.message, sent=files, too_large=too_large, again=again)
            document = self._document(outgoing.message, laid, again=again, files=files)
            parcel = json_parcel(self.url, document, headers={"Idempotency-Key": outgoing.ident})
            if self.secret is not None:
                signature = hmac.new(self.secret.reveal().encode(), parcel.body, hashlib.sha256).hexdigest()
                parcel = Parcel(self.url, parcel.body, {**parcel.headers, "X-Signature": f"sha256={signature}"})
            deliver_parcel(parcel, ca_file=self.ca_file, secrets=self.secrets)

        return self.with_files(outgoing.message, put)

    def _document(self, message: Message, laid: Laid, *, again: bool, files: list[Attachment]) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "key": message.key,
            "kind": message.kind,
            "sent_again": again,
            "subject": laid.subject,
            "warnings": list(laid.warnings),
            "lines": list(laid.lines),
            "figures": [{"name": name, "value": value, "change": change} for name, value, change in message.figures],
            "links": [{"text": link.text, "url": link.url} for link in laid.links],
            "notes": list(laid.notes),
            "as_of": None if message.as_of is None else message.as_of.isoformat(),
            "files": [
                {
                    "name": file.name,
                    "path": file.path,
                    "bytes": file.size,
                    "sha256": file.sha256,
                    "content": base64.b64encode(file.read()).decode() if file in files else None,
                }
                for file in message.files
            ],
        }
