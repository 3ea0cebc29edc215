"""From a table of `delivery.toml` to a channel; of the channels only those in use are imported."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from .channel import Channel
from .reading import Reader, is_this_machine

SECURITY = ("starttls", "tls", "none")
ENDINGS = ("pdf", "xlsx", "html", "json")
PORTS = {"starttls": 587, "tls": 465, "none": 25}


def make_channel(name: str, reader: Reader, *, zone: ZoneInfo) -> Channel:
    """Make a channel from its table.

    Raises
    ------
    ConfigError
        For a key or a value that cannot be used.
    """
    kind = reader.choose("type", KEYS)
    reader.known(("type", *KEYS[kind]))
    common: dict[str, Any] = {"name": name, "zone": reader.zone("timezone") or zone}
    if "attach" in KEYS[kind]:
        common["attach"] = reader.names("attach", ("pdf",))
        for ending in common["attach"]:
            if ending not in ENDINGS:
                reader.refuse("attach", f"{ending!r} is unknown; choose from {', '.join(ENDINGS)}")
    if "ca_file" in KEYS[kind]:
        common["ca_file"] = reader.ca_file("ca_file")
    return _MAKERS[kind](reader, common)


def _mail(reader: Reader, common: dict[str, Any]) -> Channel:
    from .mail import Mail, Server

    smtp = reader.sub("smtp")
    smtp.known(("host", "port", "security", "user", "password", "ca_file"))
    host = smtp.text("host")
    security = smtp.choose("security", SECURITY, "starttls")
    if security == "none" and not is_this_machine(host):
        smtp.refuse("security", '"none" would send in clear; use "starttls" or "tls" (none is for this machine alone)')
    if (smtp.raw("user") is None) != (smtp.raw("password") is None):
        smtp.refuse("user", "user and password go together")
    server = Server(
        host=host,
        port=int(smtp.number("port", PORTS[security], low=1, high=65535)),
        security=security,
        user=None if smtp.raw("user") is None else smtp.text("user"),
        password=None if smtp.raw("password") is None else smtp.secret("password"),
    )
    common["ca_file"] = smtp.ca_file("ca_file")
    return Mail(
        server=server,
        sender=reader.address("from"),
        to=reader.addresses("to"),
        max_mb=reader.number("max_mb", 20.0, low=0.1, high=1000),
        **common,
    )


def _slack(reader: Reader, common: dict[str, Any]) -> Channel:
    from .slack import Slack, SlackWebhook

    if (reader.raw("url") is None) == (reader.raw("token") is None):
        reader.refuse("token", "give token and channel (text and file), or the url of a webhook (text alone)")
    if reader.raw("url") is not None:
        return SlackWebhook(url=reader.url("url"), **common)
    return Slack(
        token=reader.secret("token"),
        channel=reader.text("channel"),
        api=_address(reader, "api", "https://slack.com/api") + "/",
        **common,
    )


def _teams(reader: Reader, common: dict[str, Any]) -> Channel:
    from .chats import Teams

    return Teams(url=reader.url("url"), **common)


def _discord(reader: Reader, common: dict[str, Any]) -> Channel:
    from .chats import Discord

    return Discord(url=reader.url("url"), **common)


def _telegram(reader: Reader, common: dict[str, Any]) -> Channel:
    from .chats import Telegram

    api = _address(reader, "api", "https://api.telegram.org")
    chat = reader.raw("chat")
    chat = str(chat) if isinstance(chat, int) and not isinstance(chat, bool) else reader.text("chat")
    return Telegram(token=reader.secret("token"), chat=chat, api=api, **common)


def _webhook(reader: Reader, common: dict[str, Any]) -> Channel:
    from .webhook import Webhook

    secret = None if reader.raw("secret") is None else reader.secret("secret")
    file = reader.choose("file", ("base64", "none"), "base64")
    return Webhook(url=reader.url("url"), secret=secret, file=file, **common)


def _other(reader: Reader, common: dict[str, Any]) -> Channel:
    from .other_services import OtherService

    found = OtherService(url=reader.secret("url"), **common)
    if (reason := found.unusable()) and not reader.lenient:
        reader.refuse("url", reason)
    return found


def _address(reader: Reader, key: str, default: str) -> str:
    url = reader.text(key, default).rstrip("/")
    reader.check_url(key, url)
    return url


KEYS: Mapping[str, tuple[str, ...]] = {
    "mail": ("smtp", "from", "to", "max_mb", "attach", "timezone"),
    "slack": ("token", "channel", "url", "api", "attach", "ca_file", "timezone"),
    "teams": ("url", "ca_file", "timezone"),
    "discord": ("url", "attach", "ca_file", "timezone"),
    "telegram": ("token", "chat", "api", "attach", "ca_file", "timezone"),
    "webhook": ("url", "secret", "file", "attach", "ca_file", "timezone"),
    "apprise": ("url", "attach", "timezone"),
}
"""Keys of each type of channel, besides `type`."""
_MAKERS: Mapping[str, Callable[[Reader, dict[str, Any]], Channel]] = {
    "mail": _mail,
    "slack": _slack,
    "teams": _teams,
    "discord": _discord,
    "telegram": _telegram,
    "webhook": _webhook,
    "apprise": _other,
}
