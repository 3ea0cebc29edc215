"""`delivery.toml`: which channels there are, when alerts wait, who gets what. Everything wrong is said before any load.

Secrets stand in the environment or in ``.env`` (``{ env = "NAME" }``), or in the file itself, which then must be
readable by its owner alone. They are looked up when a channel is used, so that a machine needs only its own.
"""

import datetime as dt
import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shortimize_analytics.client.settings import find_data_dir, written
from shortimize_analytics.errors import ConfigError, InvalidParameterError

from .channel import Channel
from .channel_tables import make_channel
from .reading import Reader, nearest
from .rule_options import check_rules
from .secret import Secret

FILE = "delivery.toml"
_PAGE = "docs/delivery.md shows how to write one"


@dataclass(frozen=True, slots=True)
class Watching:
    """What `watch` does: the channels of alerts and of failures, an address to call after a good run, and rules."""

    send: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    heartbeat: Any = field(default=None, repr=False)
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A configuration that was read and checked, but for the values of its secrets.

    Attributes
    ----------
    path
        The file.
    zone
        Of quiet hours, and of times in texts where a channel names no other.
    quiet
        First and last moment of the hours in which alerts wait, or None.
    tables
        The table of each channel.
    parts
        For reports of one account or label each: channels by its id or name.
    watching
        The table ``[watch]``.
    """

    path: Path
    zone: ZoneInfo
    quiet: tuple[dt.time, dt.time] | None
    tables: Mapping[str, Mapping[str, Any]] = field(repr=False)
    parts: Mapping[str, tuple[str, ...]]
    watching: Watching

    def channel(self, name: str) -> Channel:
        """Return a channel with its secrets.

        Raises
        ------
        ConfigError
            When there is no such channel, or a secret of it is not set.
        """
        if name not in self.tables:
            known = ", ".join(self.tables) or "none"
            Reader(self.path, {}, "channels").refuse(
                name, f"no such channel{nearest(name, self.tables)}; known: {known}"
            )
        return make_channel(name, Reader(self.path, self.tables[name], f"channels.{name}"), zone=self.zone)

    def channels(self, names: Iterable[str]) -> list[Channel]:
        """Return channels, each once."""
        return [self.channel(name) for name in dict.fromkeys(names)]

    def heartbeat(self) -> Secret | None:
        """Return the address to call after a good run of `watch`."""
        if self.watching.heartbeat is None:
            return None
        return Reader(self.path, {"heartbeat": self.watching.heartbeat}, "watch").url("heartbeat")

    def check(self) -> list[Channel]:
        """Return all channels and look up every secret; nothing is sent."""
        self.heartbeat()
        return self.channels(self.tables)


def find_delivery(path: str | Path | None = None, *, data_dir: str | Path | None = None) -> Path:
    """Find the configuration: the one named, ``SHORTIMIZE_DELIVERY``, the working folder's, or the data folder's.

    Raises
    ------
    ConfigError
        When there is none.
    """
    named = path or written("SHORTIMIZE_DELIVERY")
    places = [Path(named).expanduser()] if named else [Path.cwd() / FILE, find_data_dir(data_dir) / FILE]
    for place in places:
        if place.is_file():
            return place
    raise ConfigError(f"no configuration of deliveries at {' or '.join(map(str, places))}; {_PAGE}")


def read_delivery(path: str | Path | None = None, *, data_dir: str | Path | None = None) -> Delivery:
    r"""Read and check the configuration of deliveries.

    Parameters
    ----------
    path
        The file; None looks for ``SHORTIMIZE_DELIVERY``, then ``delivery.toml`` in the working folder, then in the
        data folder.
    data_dir
        The data folder; None takes the usual one.

    Returns
    -------
    Delivery
        `Delivery.channel` gives a channel for `deliver`.

    Raises
    ------
    ConfigError
        For a key that is unknown (the nearest known one is named), a value that cannot be used, a name of no channel,
        or secrets in a file that others can read. No message holds a value that is secret.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from shortimize_analytics.delivery.configuration import read_delivery
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "delivery.toml"
    ...     _ = file.write_text('[channels.ops]\ntype = "slack"\nurl = { env = "HOOK" }\n')
    ...     list(read_delivery(file).tables)
    ['ops']
    """
    place = find_delivery(path, data_dir=data_dir)
    try:
        document = tomllib.loads(place.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        document = None
    if document is None:
        raise ConfigError(f"{place} cannot be read ({reason})")
    reader = Reader(place, document, "")
    reader.known(("timezone", "quiet", "channels", "parts", "watch"))
    tables = reader.table("channels")
    for name in tables:
        Reader(place, tables, "channels").table(name)
    watch = reader.sub("watch")
    watch.known(("send", "failures", "heartbeat", "rules"))
    found = Delivery(
        path=place,
        zone=reader.zone("timezone") or ZoneInfo("UTC"),
        quiet=_quiet(reader),
        tables=tables,
        parts={name: reader.sub("parts").names(name) for name in reader.table("parts")},
        watching=Watching(watch.names("send"), watch.names("failures"), watch.raw("heartbeat"), watch.table("rules")),
    )
    _check(found)
    return found


def _check(found: Delivery) -> None:
    """Refuse names of no channel, rules of no name, and secrets that others can read."""
    used = {"watch.send": found.watching.send, "watch.failures": found.watching.failures}
    used |= {f"parts.{name!r}": names for name, names in found.parts.items()}
    for where, names in used.items():
        for name in names:
            if name not in found.tables:
                raise ConfigError(
                    f"{found.path}: {where} names {name!r}, which is no channel{nearest(name, found.tables)}"
                )
    try:
        check_rules(found.watching.rules)
    except InvalidParameterError as error:
        reason = str(error)
    else:
        reason = ""
    if reason:
        raise ConfigError(f"{found.path}: watch.rules: {reason}")
    for name, table in found.tables.items():
        # with stand-ins for what is not set: everything else is checked now
        make_channel(name, Reader(found.path, table, f"channels.{name}", lenient=True), zone=found.zone)
    if found.watching.heartbeat is not None:
        Reader(found.path, {"heartbeat": found.watching.heartbeat}, "watch", lenient=True).url("heartbeat")
    literal = sorted(_literal_secrets(found))
    if literal and os.name == "posix":
        about = found.path.stat()
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(
                f"{found.path} holds secrets ({', '.join(literal)}) and others can read it; run: chmod 600 {found.path}"
            )
        if about.st_uid != os.getuid():
            raise ConfigError(f"{found.path} holds secrets ({', '.join(literal)}) and belongs to another user")


def _literal_secrets(found: Delivery) -> Iterator[str]:
    """Name the secrets that stand in the file itself."""
    for name, table in found.tables.items():
        for key in ("url", "token", "secret"):
            if isinstance(table.get(key), str):
                yield f"channels.{name}.{key}"
        smtp = table.get("smtp")
        if isinstance(smtp, dict) and isinstance(smtp.get("password"), str):
            yield f"channels.{name}.smtp.password"
    if isinstance(found.watching.heartbeat, str):
        yield "watch.heartbeat"


def _quiet(reader: Reader) -> tuple[dt.time, dt.time] | None:
    value = reader.raw("quiet")
    if value is None:
        return None
    start, end = map(_time, value) if isinstance(value, list) and len(value) == 2 else (None, None)
    if start is None or end is None or start == end:
        reader.refuse("quiet", f'{value!r} must be two times, as in quiet = ["22:00", "07:00"]')
    return start, end


def _time(text: Any) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text) if isinstance(text, str) and len(text) == 5 else None
    except ValueError:
        return None
