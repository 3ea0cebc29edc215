"""Where the key, the address, the tier, the data folder and the clock come from.

Order: the argument, then the environment, then `.env` in the working directory. Nothing is read at import, and nothing
is written anywhere but in the data folder.

An address of `.env` counts only for a key of the same file, unless it is on this machine: the file lies in the folder
one happens to stand in, perhaps somebody else's, and would send the environment's key wherever it likes.

The clock is the package's only source of "now": the real one, or `SHORTIMIZE_NOW` (an ISO instant), which replays a
past day against a simulator or an archive.
"""

import codecs
import contextlib
import hashlib
import io
import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from shortimize_analytics.errors import ConfigError, InvalidParameterError
from shortimize_analytics.schema.choices import did_you_mean
from shortimize_analytics.schema.days import read_instant

from .contract import BASE_URL, KEY_PAGE, TIERS, UNPACED

APP_NAME = "shortimize-analytics"
_SOURCE = "source.json"
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a client needs to know; the key is left out of the representation.

    Attributes
    ----------
    organisation
        Name of where the data come from, for people; the address where it is empty.
    folder
        Folder of cache, pace and archive in place of the profile's own.
    """

    api_key: str = field(repr=False)
    base_url: str
    tier: str
    data_dir: Path
    offline: bool = False
    refresh: bool = False
    timeout_seconds: float = 120.0
    now: datetime | None = None
    organisation: str = ""
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.offline and self.refresh:
            raise ConfigError("offline and refresh exclude each other: offline never asks, refresh always does")

    @property
    def profile(self) -> str:
        """Name of this key's and address's own folder: one organisation never sees another's data.

        A keyed hash (BLAKE2b, RFC 7693), so that the folder's name does not help to guess a key.
        """
        text = f"{self.api_key}\0{self.base_url}".encode()
        return hashlib.blake2b(text, key=APP_NAME.encode(), digest_size=8).hexdigest()

    @property
    def profile_dir(self) -> Path:
        """Folder of this profile's cache, pace and archive, whether or not it exists or can be written."""
        return self.folder or self.data_dir / "profiles" / self.profile

    @property
    def source(self) -> str:
        """Name of where the data come from, for people."""
        return self.organisation or urlsplit(self.base_url).netloc


def resolve(
    api_key: str | None = None,
    *,
    base_url: str | None = None,
    tier: str = "auto",
    data_dir: str | Path | None = None,
    offline: bool = False,
    refresh: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Find each setting and check it.

    Raises
    ------
    ConfigError
        When there is no key, or a setting cannot be used. The message never contains the key.

    Examples
    --------
    >>> from shortimize_analytics.client import settings
    >>> settings.resolve("k", environ={"SHORTIMIZE_BASE_URL": "http://127.0.0.1:8765/"}).source
    '127.0.0.1:8765'
    >>> settings.resolve("k", tier="gold", environ={})
    Traceback (most recent call last):
    shortimize_analytics.errors.ConfigError: tier='gold' is unknown; choose one of auto, premium, basic, limited
    """
    values = _written() if environ is None else environ
    url = _check_url(base_url or values.get("SHORTIMIZE_BASE_URL") or BASE_URL)
    key = _check_key(api_key or values.get("SHORTIMIZE_API_KEY") or "")
    if environ is None and not base_url:
        _check_origin(url, key_given=bool(api_key))
    return Settings(
        api_key=key,
        base_url=url,
        tier=_check_tier(tier if tier != "auto" else values.get("SHORTIMIZE_TIER") or "auto", url),
        data_dir=find_data_dir(data_dir, values),
        offline=offline,
        refresh=refresh,
        timeout_seconds=_timeout(values.get("SHORTIMIZE_TIMEOUT", "")),
        now=_instant(values.get("SHORTIMIZE_NOW", "")),
    )


def has_key() -> bool:
    """Tell whether the environment or ``.env`` holds a key, so that a notebook can show the demo otherwise."""
    return bool(_written().get("SHORTIMIZE_API_KEY", "").strip())


def written(name: str) -> str | None:
    """Return a variable of the environment, or of ``.env`` in the working folder; None where neither has it."""
    return _written().get(name)


def clock_now() -> datetime:
    """Return the instant of ``SHORTIMIZE_NOW``, or of the real clock: that of a run that has no client yet."""
    return _instant(_written().get("SHORTIMIZE_NOW", "")) or real_clock()


def setting_sources() -> tuple[Path | None, dict[str, str]]:
    """Tell which ``.env`` is read (None: there is none), and whether each setting came from it or the environment.

    Returns
    -------
    path, places
        The file; and "the environment" or ".env" by the variable's name. Values are left out: one of them is the key.
    """
    path = Path.cwd() / ".env"
    written = dict.fromkeys(_dotenv(), ".env") | dict.fromkeys(_environment(), "the environment")
    ours = {name: place for name, place in sorted(written.items()) if name.startswith("SHORTIMIZE_")}
    return (path if path.is_file() else None), ours


def find_data_dir(data_dir: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of caches and archives: the argument, ``SHORTIMIZE_DATA_DIR``, or the user's data folder."""
    values = _written() if environ is None else environ
    if not (chosen := data_dir or values.get("SHORTIMIZE_DATA_DIR")):
        from platformdirs import user_data_path

        chosen = user_data_path(APP_NAME, appauthor=False)
    return Path(chosen).expanduser().absolute()


def make_private_dir(path: Path) -> None:
    """Create a folder that only the user can enter (on Windows, the profile folder already is)."""
    path.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        path.chmod(0o700)


def note_source(folder: Path, source: str) -> None:
    """Write into a profile's folder whose answers it holds: its own name is a hash, so that it gives no key away.

    A disk that refuses is met, and told, by what matters more.
    """
    if source_of(folder) == source:
        return
    with contextlib.suppress(OSError):
        (folder / _SOURCE).write_text(json.dumps({"source": source}), encoding="utf-8")


def source_of(folder: Path) -> str | None:
    """Read whose answers a profile's folder holds; None where nobody noted it."""
    try:
        source = json.loads((folder / _SOURCE).read_text(encoding="utf-8"))["source"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return source if isinstance(source, str) else None


def real_clock() -> datetime:
    """Return the current instant, UTC-aware."""
    return datetime.now(UTC)


def is_loopback(url: str) -> bool:
    """Tell whether a URL points to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _written() -> dict[str, str]:
    return _dotenv() | _environment()


def _environment() -> dict[str, str]:
    """Return the environment; a variable that is set to nothing (a missing secret in CI) does not hide `.env`."""
    return {name: value for name, value in os.environ.items() if value}


def _dotenv() -> dict[str, str]:
    """Read `.env`: UTF-8, or the UTF-16 that PowerShell 5 writes."""
    from dotenv import dotenv_values

    path = Path.cwd() / ".env"
    if not path.exists() or path.is_dir():
        return {}
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); save it as UTF-8 text") from None
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value is not None}


def _check_key(key: str) -> str:
    key = key.strip()
    if not key:
        raise ConfigError(
            f"no API key: create one in your Shortimize account ({KEY_PAGE}, API settings) and set SHORTIMIZE_API_KEY "
            "in the environment or in .env; to look around without one, use connect(demo=True) or --demo"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("the API key holds a space, a line break or a non-ASCII character; copy it again")
    return key


def _check_tier(tier: str, url: str) -> str:
    if tier == UNPACED and is_loopback(url):
        return tier
    known = ("auto", *reversed(TIERS))
    if tier not in known:
        also = " (unlimited is for simulators on this machine only)" if tier == UNPACED else ""
        raise ConfigError(
            f"tier={tier!r} is unknown{also}{did_you_mean(tier, known)}; choose one of {', '.join(known)}"
        )
    return tier


def _check_url(url: str) -> str:
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port, or half an IPv6 address
        raise ConfigError(f"base URL cannot be used: its host or port is wrong; it must look like {BASE_URL}") from None
    # other characters are encoded on their way, and then it is another address than the one that was checked
    plain = url.isascii() and url.isprintable() and not set(url) & set(' <>"{}|\\^`')
    if not good or not plain or "@" in parts.netloc or "?" in url or "#" in url:
        # a password that is not encoded may itself hold the characters that end a host
        scheme, _, rest = url.rpartition("//")
        shown = f"{scheme}//" * bool(scheme) + re.split(r"[?#]", rest.rpartition("@")[2])[0]
        raise ConfigError(f"base URL {shown!r} cannot be used; it must look like {BASE_URL}, without user or query")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(f"base URL {url!r} would send the key unencrypted; use https://")
    # one spelling of one address: else the same key would have a second, empty archive
    usual = ":443" if parts.scheme == "https" else ":80"
    return parts._replace(netloc=parts.netloc.lower().removesuffix(usual)).geturl()


def _check_origin(url: str, *, key_given: bool) -> None:
    """Refuse an address of `.env` for a key that comes from elsewhere."""
    ours = _environment()
    key_elsewhere = key_given or "SHORTIMIZE_API_KEY" in ours
    if key_elsewhere and "SHORTIMIZE_BASE_URL" not in ours and url != BASE_URL and not is_loopback(url):
        raise ConfigError(
            f"{Path.cwd() / '.env'} names the address {url!r}, but the key does not come from that file: it would be "
            "sent wherever the file says. Set SHORTIMIZE_BASE_URL where the key is set, or move the file away"
        )


def _timeout(text: str) -> float:
    try:
        seconds = float(text or 120.0)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ConfigError(f"SHORTIMIZE_TIMEOUT={text!r} must be a number of seconds from above 0 to 3600")
    return seconds


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return read_instant(text, "SHORTIMIZE_NOW")
    except InvalidParameterError as error:
        raise ConfigError(str(error)) from None
