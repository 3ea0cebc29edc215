"""Any of the services that apprise knows: text always, files where that was tried.

Apprise is an extra. It calls a message sent although the file stayed behind, so files go along only with the classes of
`TAKES_FILES`, which a test sends to; elsewhere the text says where the file is. Text and file may be several requests,
so a second copy of the text is more likely here than elsewhere. Redirects, apprise's own retries, its log and its
storage on disk are off; how often a message is tried is our rule, as everywhere.

References
----------
https://github.com/caronc/apprise/wiki
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar

from shortimize_analytics.errors import ConfigError

from .attempts import Attempt, SendingError, silent_libraries
from .channel import MEGABYTE, Channel, Outgoing, type_of
from .letter import plain_text
from .message import Attachment, Laid, fitted
from .posting import shown
from .secret import Secret

TAKES_FILES = ("NotifyJSON", "NotifyForm")
TEXT_LIMIT = 2000
INSTALL = 'this type needs apprise; run: pip install "shortimize-analytics[apprise]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherService(Channel):
    """A service by its apprise address."""

    kind: ClassVar[str] = "apprise"
    file_limit: ClassVar[int] = 8 * MEGABYTE
    url: Secret

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The address."""
        return (self.url,)

    def unusable(self) -> str:
        """Say why the address cannot be used, or nothing.

        Raises
        ------
        ConfigError
            When apprise is not installed.
        """
        if find_spec("apprise") is None:
            raise ConfigError(INSTALL)
        service = self._service()
        if service is None:
            return "apprise knows no service of this address; copy it again"
        return "" if service.verify_certificate else "verify=no would trust any server; leave it out"

    def _service(self) -> Any:
        import apprise

        asset = apprise.AppriseAsset(http_redirects=False, default_service_retry=0, storage_mode="memory")
        with silent_libraries():
            service = apprise.Apprise.instantiate(self.url.reveal(), asset=asset, suppress_exceptions=True)
        if service is not None:  # whatever the address says
            service.redirects, service.retry = False, 0
        return service

    def attempt(self, outgoing: Outgoing) -> Attempt:
        """Prepare one notification."""
        service = self._service()
        fit, over = self.in_size(outgoing.message)
        if type(service).__name__ not in TAKES_FILES:
            fit, over = [], []

        def send(*, again: bool) -> None:
            laid = self.lay_out(outgoing.message, sent=fit, too_large=over, again=again)
            text = fitted(laid, _body, limit=TEXT_LIMIT)
            self._notify(service, title=laid.subject, text=text, files=fit)

        return send

    def _notify(self, service: Any, *, title: str, text: str, files: list[Attachment]) -> None:
        import apprise
        from apprise.attachment.memory import AttachMemory

        memory: Any = AttachMemory
        parts = [memory(content=file.read(), name=file.name, mimetype=type_of(file)) for file in files]
        everything = apprise.Apprise(asset=service.asset)
        everything.add(service)
        result, broken = None, ""
        try:
            with silent_libraries():
                result = everything.notify(body=text, title=title, body_format="text", attach=parts or None)
        except Exception as error:  # noqa: BLE001 187 plugins may raise anything, and none of it may be shown
            broken = type(error).__name__
        if result:
            return
        said = shown(" ".join(str(getattr(line, "message", line)) for line in _logs(result)), self.secrets)
        reason = broken or said or "no reason given"
        raise SendingError(f"the service did not take the message ({reason})", passing=True, unclear=bool(files))


def _logs(result: Any) -> list[Any]:
    return [] if result is None else list(result.logs())


def _body(laid: Laid) -> str:
    return plain_text(laid).strip()
