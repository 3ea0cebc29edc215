"""The connection to one organisation: cache, then pace, then retries, then network.

`connect` makes a `Client`; hand it to the loaders. A cached answer costs no request. An answer younger than the
vendor's own refresh interval (4 hours) is used as it is; an older one is asked for again, and serves only offline or
while the server is down, with a `FreshnessWarning` that states its age.
"""

import logging
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from shortimize_analytics.errors import (
    ConfigError,
    ConnectionFailedError,
    FreshnessWarning,
    OfflineError,
    ServerError,
    warn,
)

from . import contract
from .answers import LISTS, Answer, Call
from .entries import cache_key
from .kept_columns import KeptColumns
from .limiter import Limiter
from .parallel import side_by_side
from .settings import Clock, Settings, make_private_dir, note_source, real_clock
from .transport import SENT_AT, PacedAdapter, http_date
from .wal import file_at, network_disk

LIFETIME = timedelta(hours=contract.REFRESH_HOURS)
LEEWAY = timedelta(minutes=5)
"""How far ahead of now an answer may have been sent, as clocks go; one further ahead was sent by a wrong clock."""
WORKERS = 24
"""At 0.8 s latency the first 120 requests of a minute leave within 4 s; with 8 threads it was 12, a fifth of it."""

log = logging.getLogger(__name__)


class Client:
    """A connection to one organisation's data. Made by `connect`; closes with `close` or a `with` block.

    Safe to share between threads: each gets its own session on the same cache file.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        session: requests.Session | None = None,
        network: Callable[[], BaseAdapter] | None = None,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._caller_session = session
        self._make_network = network
        self._local = threading.local()
        self._sessions: list[Any] = []
        self._lock = threading.Lock()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.requests_sent = 0
        self.cache_hits = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.source}, tier {self.tier}{', offline' if self.settings.offline else ''}>"

    def refreshing(self) -> "Client":
        """Return a client of the same organisation that asks again for everything, however fresh the cache is."""
        settings = replace(self.settings, refresh=True, offline=False)
        return Client(settings, clock=self._clock, session=self._caller_session, network=self._make_network)

    def close(self) -> None:
        """Close connections and files; the cache and the archive stay."""
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()
            self._local = threading.local()
        if "_columns" in self.__dict__:
            self._columns.close()
            del self.__dict__["_columns"]
        if "limiter" in self.__dict__:
            self.limiter.close()
            del self.__dict__["limiter"]
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None
            self.__dict__.pop("storage", None)

    @property
    def source(self) -> str:
        """Name of where the data come from, for people."""
        return self.settings.source

    @property
    def tier(self) -> str:
        """The tier whose pace is kept now."""
        return self.limiter.tier_in_force()

    def now(self) -> datetime:
        """Return the client's instant, UTC: the only source of "today" in the package."""
        if self._clock is not None:
            return self._clock()
        return self.settings.now or real_clock()

    def today(self) -> date:
        """Return the client's day, UTC."""
        return self.now().date()

    @cached_property
    def storage(self) -> Path:
        """Folder for cache, pace and archive; a temporary one, after one warning, where it cannot be written."""
        folder = self.settings.profile_dir
        try:
            make_private_dir(folder)
            with tempfile.TemporaryFile(dir=folder):
                for path in folder.glob("*.sqlite*"):
                    path.open("ab").close()  # SQLite would wait for ever for a file that it may not write
                note_source(folder, self.source)
                self._warn_of_network(folder)
                return folder
        except OSError as error:
            self._temporary = tempfile.TemporaryDirectory(prefix="shortimize-")
            warn(
                f"the data folder {folder} cannot be written ({error.strerror or error}): nothing is kept for the next "
                "run, and the cache there is not read; set SHORTIMIZE_DATA_DIR or --data-dir to a folder of yours",
                FreshnessWarning,
                stacklevel=3,
            )
            return Path(self._temporary.name)

    def _warn_of_network(self, folder: Path) -> None:
        if disk := network_disk(folder):
            warn(
                f"the data folder {folder} lies on a network disk ({disk}): use it from one machine at a time, since "
                "locks over a network are not safe; SHORTIMIZE_DATA_DIR or --data-dir names a folder of this machine",
                UserWarning,
                stacklevel=4,
            )

    @cached_property
    def limiter(self) -> Limiter:
        """The pace shared by every thread and process of this key."""
        try:
            return Limiter(self.storage / "pace.sqlite", tier=self.settings.tier)
        except sqlite3.Error as error:
            raise ConfigError(
                f"{self.storage / 'pace.sqlite'} cannot be used ({error}); delete it and try again"
            ) from error

    def get(self, call: Call, *, refresh: bool = False) -> Answer:
        """Make one read, from the cache when it is fresh and `refresh` does not ask for better.

        Raises
        ------
        OfflineError
            Offline, and the answer is not cached.
        ApiError
            When the API refuses or fails after the allowed retries and no older answer is at hand.
        """
        cached = self._cached(call)
        now = self.now()
        refresh = (refresh or self.settings.refresh) and not self.settings.offline
        fresh = cached is not None and -LEEWAY < now - cached.sent_at < LIFETIME
        if cached is not None and fresh and not refresh and not self._overtaken(call, cached):
            return self._hit(cached)
        if self.settings.offline:
            if cached is None:
                raise OfflineError(
                    "offline, and this was never loaded",
                    endpoint=str(call.endpoint),
                    hint="Run the same load once without offline",
                )
            self._warn_age(cached, now, "offline")
            return self._hit(cached)
        try:
            return self._fetch(self._prepare(call))
        except (ConnectionFailedError, ServerError) as error:
            if cached is None or refresh:
                raise
            self._warn_age(cached, now, error.detail)
            return self._hit(cached)

    def send(self, call: Call, body: Mapping[str, Any]) -> Answer:
        """Make one write. It is never cached, and from now on reads made before it are no longer fresh.

        Raises
        ------
        OfflineError
            Offline.
        ApiError
            When the API refuses, or the outcome is not known.
        """
        if self.settings.offline:
            raise OfflineError(
                "offline: nothing can be changed", endpoint=str(call.endpoint), hint="Run without offline"
            )
        url = self.settings.base_url + call.endpoint.url_path(**call.parts)
        session = self._session()
        request = session.prepare_request(requests.Request(call.endpoint.method, url, json=dict(body)))
        request.endpoint = call.endpoint
        try:
            return self._fetch(request)
        finally:
            self._note_write()

    def get_many(self, calls: Sequence[Call]) -> Generator[tuple[int, Answer | Exception]]:
        """Make many reads side by side, yielding (position, answer or error) as each arrives.

        An error does not stop the others: the caller decides, with what arrived in hand. Close the generator to stop
        early (`contextlib.closing`): then nothing more is sent.
        """
        return side_by_side(self.get, calls, workers=WORKERS)

    def _note_write(self) -> None:
        try:
            (self.storage / "last_write").write_text(self.now().isoformat(), encoding="utf-8")
        except OSError as error:  # the write itself went through, or its own error is on its way
            warn(
                f"the time of this change could not be noted ({error.strerror or error}): load with refresh=True",
                FreshnessWarning,
                stacklevel=4,
            )

    def _overtaken(self, call: Call, cached: Answer) -> bool:
        """Tell whether something was tracked or stopped since an answer that lists videos."""
        if call.endpoint.family != "read":
            return False
        try:
            text = (self.storage / "last_write").read_text(encoding="utf-8")
            return cached.sent_at <= datetime.fromisoformat(text)
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            return True

    def _request(self, call: Call) -> requests.Request:
        url = self.settings.base_url + call.endpoint.url_path(**call.parts)
        return requests.Request(call.endpoint.method, url, params=sorted(call.params.items()))

    def _prepare(self, call: Call) -> requests.PreparedRequest:
        request = self._session().prepare_request(self._request(call))
        request.endpoint = call.endpoint  # read by PacedAdapter
        return request

    def _fetch(self, request: requests.PreparedRequest) -> Answer:
        session = self._session()
        # requests lets REQUESTS_CA_BUNDLE win over a session's own certificates; a caller's session knows better
        verify = None if session.verify is True else session.verify
        options = session.merge_environment_settings(request.url, {}, None, verify, None)
        response = session.send(request, force_refresh=True, allow_redirects=False, **options)
        with self._lock:
            self.requests_sent += 1
        sent_at = datetime.fromisoformat(response.headers[SENT_AT])
        return Answer(
            response.content,
            sent_at,
            from_cache=False,
            server_time=http_date(response.headers.get("Date")),
            content=getattr(request, "content", None),
        )

    def _cached(self, call: Call) -> Answer | None:
        key = cache_key(self._request(call).prepare())
        if call.endpoint in LISTS and (found := self._columns.find(key)) is not None:
            return found
        response = self._session().cache.get_response(key)
        if response is None:
            return None
        try:
            sent_at = datetime.fromisoformat(response.headers[SENT_AT])
        except (KeyError, ValueError):
            return None
        if sent_at.tzinfo is None:
            return None
        return Answer(response.content, sent_at, from_cache=True, server_time=http_date(response.headers.get("Date")))

    @cached_property
    def _columns(self) -> KeptColumns:
        return KeptColumns(self._cache_file)

    @property
    def _cache_file(self) -> Path:
        return self.storage / "http_cache.sqlite"

    def _hit(self, answer: Answer) -> Answer:
        with self._lock:
            self.cache_hits += 1
        return answer

    def _warn_age(self, cached: Answer, now: datetime, reason: str) -> None:
        age = now - cached.sent_at
        if -LEEWAY < age < LIFETIME:
            return
        hours = abs(age) / timedelta(hours=1)
        said = f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
        how = f"are {said} old" if age > timedelta(0) else f"bear a date {said} ahead of this machine's clock"
        warn(f"{reason}: using answers that {how}", FreshnessWarning, stacklevel=4)

    def _session(self) -> Any:
        """Return this thread's session on the cache file, a new one when that was deleted meanwhile."""
        session = getattr(self._local, "session", None)
        if session is None or self._local.file != file_at(self._cache_file):
            session = self._local.session = self._open_session()
            self._local.file = file_at(self._cache_file)
            with self._lock:
                self._sessions.append(session)
        return session

    def _open_session(self) -> Any:
        from .cache import open_session, tidy

        with self._lock:
            if not self._sessions:
                tidy(self._cache_file)
        session = open_session(self._cache_file)
        session.auth = _no_netrc
        session.headers["Accept"] = "application/json"
        session.headers["User-Agent"] = "shortimize-analytics"
        if (caller := self._caller_session) is not None:
            for name in ("proxies", "verify", "cert", "trust_env"):
                setattr(session, name, getattr(caller, name))
        adapter = PacedAdapter(self._network, limiter=self.limiter, settings=self.settings, clock=self.now)
        session.mount(self.settings.base_url, adapter)
        return session

    @cached_property
    def _network(self) -> BaseAdapter:
        if self._make_network is not None:
            return self._make_network()
        if self._caller_session is not None:
            return self._caller_session.get_adapter(self.settings.base_url)
        return HTTPAdapter(pool_maxsize=WORKERS)


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from adding a password of ~/.netrc; the key is added below the cache."""
    return request
