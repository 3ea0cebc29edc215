"""Slack: through a bot's token with the file, or through a webhook with text alone.

With a token it takes three calls: a place for the file is asked for, the file is put there, and the last call shows
text and file together; what was done is not repeated. `slack_sdk` makes the same three (a test compares them); it is
not used since it follows a redirect with the token, cannot read a Retry-After that is a date, and sleeps as long as it
is told to.

References
----------
https://docs.slack.dev/messaging/working-with-files,
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from shortimize_analytics.client.settings import is_loopback

from .attempts import Attempt, SendingError
from .channel import MEGABYTE, Channel, Outgoing
from .message import Attachment, fitted
from .posting import Parcel, deliver_parcel, document_of, json_parcel, not_taken, shown
from .secret import Secret
from .styles import SLACK

TEXT_LIMIT = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackWebhook(Channel):
    """Slack through an incoming webhook: text alone."""

    kind: ClassVar[str] = "slack"
    url: Secret

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The address."""
        return (self.url,)

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare one POST."""

        def send(*, again: bool) -> None:
            laid = self.lay_out(outgoing.message, sent=(), too_large=(), again=again)
            text = fitted(laid, SLACK, limit=TEXT_LIMIT)
            document = {"text": text, "unfurl_links": False, "unfurl_media": False}
            answer = deliver_parcel(json_parcel(self.url, document), ca_file=self.ca_file)
            if not answer.cut and answer.text.strip() != "ok":
                raise not_taken(answer, self.url)

        return send


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack(Channel):
    """Slack through a bot's token: text and file appear together."""

    kind: ClassVar[str] = "slack"
    file_limit: ClassVar[int] = 50 * MEGABYTE
    token: Secret
    channel: str
    api: str = "https://slack.com/api/"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The token."""
        return (self.token,)

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare the calls; what was uploaded is not uploaded again."""
        uploaded: dict[str, str] = {}

        def put(files: list[Attachment], too_large: list[Attachment], *, again: bool) -> None:
            for file in files:
                if file.path not in uploaded:
                    uploaded[file.path] = self._upload(file)
            laid = self.lay_out(outgoing.message, sent=files, too_large=too_large, again=again)
            text = fitted(laid, SLACK, limit=TEXT_LIMIT)
            if not files:
                self._call("chat.postMessage", channel=self.channel, text=text, unfurl_links=False, unfurl_media=False)
                return
            shared = [{"id": uploaded[file.path], "title": file.name} for file in files]
            self._call("files.completeUploadExternal", files=shared, channel_id=self.channel, initial_comment=text)

        return self.with_files(outgoing.message, put)

    def _upload(self, file: Attachment) -> str:
        content = file.read()
        place = self._form("files.getUploadURLExternal", filename=file.name, length=str(len(content)))
        url, file_id = place.get("upload_url"), place.get("file_id")
        if not isinstance(url, str) or not isinstance(file_id, str) or not _is_safe(url):
            raise SendingError("Slack gave no place for the file")
        parcel = Parcel(Secret(url), content, {"Content-Type": "application/octet-stream"})
        deliver_parcel(parcel, ca_file=self.ca_file, secrets=self.secrets)
        return file_id

    def _form(self, method: str, **fields: str) -> dict[str, Any]:
        return self._answer(method, Parcel(Secret(self.api + method), None, self._headers(), fields))

    def _call(self, method: str, **document: Any) -> dict[str, Any]:
        return self._answer(method, json_parcel(Secret(self.api + method), document, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def _answer(self, method: str, parcel: Parcel) -> dict[str, Any]:
        answer = deliver_parcel(parcel, ca_file=self.ca_file, secrets=self.secrets)
        document = document_of(answer)
        if answer.cut:
            raise SendingError(
                "Slack: the answer broke off", passing=True, unclear=method != "files.getUploadURLExternal"
            )
        if document.get("ok") is True:
            return document
        error = shown(str(document.get("error") or answer.text), self.secrets)
        if error in _SLACK_KEYS:
            raise SendingError(f"Slack refused the token ({error})")
        if error == "not_in_channel" or error == "channel_not_found":
            raise SendingError(f"Slack: {error}; invite the bot to channel {self.channel}, and name it by its id")
        raise SendingError(f"Slack did not take the message ({error})", passing=error in _SLACK_PASSING)


_SLACK_KEYS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
_SLACK_PASSING = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


def _is_safe(url: str) -> bool:
    return url.startswith("https://") or (url.startswith("http://") and is_loopback(url))
