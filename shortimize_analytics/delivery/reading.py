"""Reading one table of a TOML file, so that every error names the file, the key and what was probably meant."""

import difflib
import ipaddress
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shortimize_analytics.client.settings import is_loopback, written
from shortimize_analytics.errors import ConfigError

from .secret import Secret

STAND_IN = "https://unset.invalid/"
"""Takes the place of secrets that are not looked up yet."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Name what was probably meant, as the end of a sentence.

    Examples
    --------
    >>> from shortimize_analytics.delivery.reading import nearest
    >>> nearest("tema", ["team", "ops"])
    "; did you mean 'team'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A table, and where it stands.

    Attributes
    ----------
    path
        The file.
    values
        The table.
    where
        Its name, for errors: "channels.team".
    lenient
        Secrets that are not set get a stand-in: the rest is checked now, they are when they are used.
    """

    path: Path
    values: Mapping[str, Any]
    where: str = ""
    lenient: bool = False

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise the error of a key."""
        name = ".".join(filter(None, (self.where, key)))
        raise ConfigError(f"{self.path}: {name}: {reason}")

    def known(self, keys: Iterable[str]) -> None:
        """Refuse keys that nobody reads."""
        for key in self.values:
            if key not in keys:
                self.refuse(key, "unknown" + (nearest(key, keys) or "; known: " + ", ".join(keys)))

    def raw(self, key: str) -> Any:
        """Return a value as it stands, or None."""
        return self.values.get(key)

    def table(self, key: str) -> Mapping[str, Any]:
        """Return a table; an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, "must be a table")
        return value

    def sub(self, key: str) -> "Reader":
        """Return the reader of a table in this one."""
        return Reader(self.path, self.table(key), ".".join(filter(None, (self.where, key))), self.lenient)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text on one line; without a default it must be there."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            self.refuse(key, "is missing" if value is None else "must be a text on one line")
        return value

    def choose(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        """Return one of some words."""
        value = self.text(key, default)
        if value not in choices:
            self.refuse(key, f"{value!r} is unknown{nearest(value, choices)}; choose from {', '.join(choices)}")
        return value

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """Return a number between two others."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.refuse(key, f"{value!r} must be a number from {low:g} to {high:g}")
        return float(value)

    def names(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts, each once."""
        value = self.values.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            self.refuse(key, "must be a list of texts")
        return tuple(dict.fromkeys(value))

    def addresses(self, key: str) -> tuple[str, ...]:
        """Return e-mail addresses, at least one."""
        found = self.names(key)
        if not found:
            self.refuse(key, "names no recipient")
        for address in found:
            self._check_address(key, address)
        return found

    def address(self, key: str) -> str:
        """Return one e-mail address."""
        value = self.text(key)
        self._check_address(key, value)
        return value

    def _check_address(self, key: str, value: str) -> None:
        bare = parseaddr(value)[1]
        local, _, domain = bare.rpartition("@")
        good = bool(local) and value.isprintable() and not re.search(r"[\s,;<>@\"]", local + domain)
        try:
            good = good and bool(domain.encode("idna"))
        except UnicodeError:
            good = False
        if not good:
            self.refuse(key, f"{value!r} is no e-mail address")

    def zone(self, key: str) -> ZoneInfo | None:
        """Return a time zone, or None where none is named."""
        name = self.values.get(key)
        if name is None:
            return None
        try:
            found = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            found = None
        return found or self.refuse(key, f"{name!r} is no time zone; write it as Europe/Berlin")

    def ca_file(self, key: str) -> str | None:
        """Return a file of certificates that can be read, or None."""
        if self.values.get(key) is None:
            return None
        path = Path(self.text(key)).expanduser()
        path = path if path.is_absolute() else self.path.parent / path
        try:
            ssl.create_default_context(cafile=str(path))
        except (OSError, ValueError):
            good = False
        else:
            good = True
        return str(path) if good else self.refuse(key, f"{path} cannot be read as certificates (PEM)")

    def secret(self, key: str) -> Secret:
        """Return a secret: the text itself, or ``{ env = "NAME" }``."""
        value = self.values.get(key)
        if isinstance(value, dict):
            name = self.sub(key).text("env")
            self.sub(key).known(("env",))
            found = (written(name) or "").strip()
            if not found and self.lenient:
                return Secret(STAND_IN)
            if not found:
                self.refuse(key, f"{name} is not set; set it in the environment or in .env")
            return Secret(found)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            self.refuse(key, "is missing" if value is None else 'must be a text, or { env = "NAME" }')
        return Secret(value.strip())

    def url(self, key: str) -> Secret:
        """Return a secret that is an https:// address; http:// on this machine alone."""
        found = self.secret(key)
        self.check_url(key, found.reveal())
        return found

    def check_url(self, key: str, url: str) -> None:
        """Refuse an address that is none, or that would send in clear; it is not shown, since it may be a secret."""
        try:
            parts = urlsplit(url)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or not url.isascii() or not url.isprintable() or " " in url:
            self.refuse(key, "is no address; copy it again, it begins with https://")
        if parts.scheme == "http" and not is_loopback(url):
            self.refuse(key, "would be sent unencrypted; use https://")
        if "@" in parts.netloc:
            self.refuse(key, "holds a user or password before its host; no channel of this kind needs one")


def is_this_machine(host: str) -> bool:
    """Tell whether a mail server is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
