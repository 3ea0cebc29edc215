"""Teams, Discord and Telegram: one request delivers text and file, or does not.

References
----------
https://docs.discord.com/developers/resources/webhook, https://core.telegram.org/bots/api#senddocument,
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from .attempts import Attempt
from .channel import MEGABYTE, Channel, Outgoing, type_of
from .message import Attachment, Message, fitted
from .outside_text import size
from .posting import Parcel, deliver_parcel, document_of, json_parcel, not_taken
from .secret import Secret
from .styles import DISCORD, TELEGRAM, adaptive_card


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams(Channel):
    """Teams through the address of a workflow: an Adaptive Card, no file."""

    kind: ClassVar[str] = "teams"
    card_limit: ClassVar[int] = 28_000
    url: Secret

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The address."""
        return (self.url,)

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare one POST."""

        def send(*, again: bool) -> None:
            laid = self.lay_out(outgoing.message, sent=(), too_large=(), again=again)
            card = adaptive_card(laid)
            # Teams may count the card in UTF-16, two bytes a character
            while 2 * size(json.dumps(card, ensure_ascii=False)) > self.card_limit:
                laid = laid.shorter() or laid.trimmed(200)
                card = adaptive_card(laid)
            answer = deliver_parcel(json_parcel(self.url, card), ca_file=self.ca_file)
            fine = (
                answer.status != HTTPStatus.OK or answer.cut or answer.text.strip() in {"", "1"} or document_of(answer)
            )
            if not fine:
                raise not_taken(answer, self.url)

        return send


@dataclass(frozen=True, slots=True, kw_only=True)
class Discord(Channel):
    """Discord through a webhook: text and file in one request."""

    kind: ClassVar[str] = "discord"
    file_limit: ClassVar[int] = 8 * MEGABYTE
    text_limit: ClassVar[int] = 2000
    url: Secret

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The address."""
        return (self.url,)

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare one POST."""
        url = self.url.reveal()
        waiting = Secret(f"{url}{'&' if '?' in url else '?'}wait=true")

        def put(files: list[Attachment], too_large: list[Attachment], *, again: bool) -> None:
            laid = self.lay_out(outgoing.message, sent=files, too_large=too_large, again=again)
            # flag 4 keeps links from unfolding into pictures
            document = {
                "content": fitted(laid, DISCORD, limit=self.text_limit),
                "allowed_mentions": {"parse": []},
                "flags": 4,
            }
            if not files:
                deliver_parcel(json_parcel(waiting, document), ca_file=self.ca_file, secrets=self.secrets)
                return
            parts = {f"files[{at}]": (file.name, file.read(), type_of(file)) for at, file in enumerate(files)}
            fields = {"payload_json": json.dumps(document, ensure_ascii=False)}
            parcel = Parcel(waiting, fields=fields, files=parts)
            deliver_parcel(parcel, ca_file=self.ca_file, secrets=self.secrets)

        return self.with_files(outgoing.message, put)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram(Channel):
    """Telegram through a bot: a document with its caption, in one request."""

    kind: ClassVar[str] = "telegram"
    file_limit: ClassVar[int] = 50 * MEGABYTE
    text_limit: ClassVar[int] = 4096
    caption_limit: ClassVar[int] = 1024
    token: Secret
    chat: str
    api: str = "https://api.telegram.org"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The token."""
        return (self.token,)

    def in_size(self, message: Message) -> tuple[list[Attachment], list[Attachment]]:
        """Take one file: a caption belongs to one document."""
        fit, too_large = Channel.in_size(self, message)
        return fit[:1], too_large

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare one POST."""

        def put(files: list[Attachment], too_large: list[Attachment], *, again: bool) -> None:
            laid = self.lay_out(outgoing.message, sent=files, too_large=too_large, again=again)
            method = "sendDocument" if files else "sendMessage"
            text = fitted(laid, TELEGRAM, limit=self.caption_limit if files else self.text_limit)
            fields = {"chat_id": self.chat, "parse_mode": "HTML", "caption" if files else "text": text}
            if not files:
                fields["link_preview_options"] = json.dumps({"is_disabled": True})
            parts = {f"document{at or ''}": (f.name, f.read(), type_of(f)) for at, f in enumerate(files)}
            url = Secret(f"{self.api}/bot{self.token.reveal()}/{method}")
            parcel = Parcel(url, fields=fields, files=parts)
            answer = deliver_parcel(parcel, ca_file=self.ca_file, secrets=self.secrets)
            if not answer.cut and document_of(answer).get("ok") is not True:
                raise not_taken(answer, url, secrets=self.secrets)

        return self.with_files(outgoing.message, put)
