"""Keep every thread and process of one key together under the API's requests per minute.

A caller reserves the next free slot in a small SQLite file and sleeps until then: a sliding log of the last `limit`
slots, so a burst goes out at once and the rest follows at the exact pace. pyrate-limiter (the companion of
requests-cache) was read first: its SQLite bucket takes either many threads or many processes, not both, and neither its
rate nor a pause asked for by the server can be changed for all of them while they run.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shortimize_analytics.errors import ArchiveError

from .contract import TIERS, UNPACED, WINDOW_SECONDS, Family
from .parallel import pause
from .wal import PATIENCE_SECONDS, use_wal

MARGIN_SECONDS = 1.0
"""The server counts arrivals, we count departures: a slow call followed by a quick one must still be a window apart."""
LEARNED_SECONDS = 86_400.0
"""How long a pace that the server named (`tier="auto"`) is trusted before the premium pace is tried again."""
GUESSED_SECONDS = 3_600.0
"""The same after a refusal that named none, which another program with the key may have brought about: a wrong guess
slows one hour down, a right one costs a refusal an hour."""
_HORIZON_SECONDS = 600.0

log = logging.getLogger(__name__)


class Limiter:
    """Pace for one key.

    Parameters
    ----------
    path
        SQLite file shared by all processes of the key.
    tier
        Name of a tier, "auto" (starts as premium, follows the server down) or "unlimited".
    """

    def __init__(self, path: Path, *, tier: str) -> None:
        self.tier = tier
        self._path = path
        self._lock = threading.Lock()
        use_wal(path)
        self._db = sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA synchronous=OFF;"
            "CREATE TABLE IF NOT EXISTS slots (family TEXT, at REAL);"
            "CREATE INDEX IF NOT EXISTS slots_by_family ON slots (family, at);"
            "CREATE TABLE IF NOT EXISTS pauses (family TEXT PRIMARY KEY, until REAL);"
            "CREATE TABLE IF NOT EXISTS paces "
            "(family TEXT, per_minute INTEGER, at REAL, named INTEGER, PRIMARY KEY (family, named));"
        )

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()

    def per_minute(self, family: Family) -> int | None:
        """Return the pace of a family in requests per minute; None means unpaced."""
        with self._lock, self._told():
            return self._pace(family)

    def acquire(self, family: Family) -> float:
        """Sleep until the next request of a family may leave; return the seconds waited.

        Raises
        ------
        StoppedError
            In a thread of `side_by_side` whose work was given up, however short the wait.
        """
        if self.tier == UNPACED:
            pause(0.0)
            return 0.0
        with self._lock, self._transaction():
            slot = self._reserve(family, time.time())
        wait = max(0.0, slot - time.time())
        pause(wait)
        return wait

    def pause(self, family: Family, seconds: float) -> None:
        """Hold every caller of a family back, as the server asked."""
        until = time.time() + seconds
        with self._lock, self._transaction():
            self._db.execute(
                "INSERT INTO pauses VALUES (?, ?) "
                "ON CONFLICT (family) DO UPDATE SET until = max(until, excluded.until)",
                (family, until),
            )

    def learn(self, family: Family, per_minute: int) -> bool:
        """Take the pace of a family that the server named; return whether that changed it.

        Only `tier="auto"` follows, and down; a tier set by the caller stays. A plan belongs to the key: the families
        that the server has not named yet take the same plan's pace at once. It is told once.
        """
        return self._follow(family, per_minute, named=True)

    def slower(self, family: Family) -> bool:
        """Step a family down to the next tier, after a refusal that named no limit.

        Requests that were under way together are refused together: within a window that is one step.
        """
        with self._lock, self._told():
            current = self._pace(family) or 0
            since = time.time() - WINDOW_SECONDS
            if any(name == family and at > since for name, _, at, _ in self._learned()):
                return False
        lower = [limits[family] for limits in TIERS.values() if limits[family] < current]
        return bool(lower) and self._follow(family, max(lower), named=False)

    def _follow(self, family: Family, per_minute: int, *, named: bool) -> bool:
        if self.tier != "auto" or per_minute < 1:
            return False
        with self._lock, self._transaction():
            before = self._pace(family)
            stored = [pace for name, pace, _, how in self._learned() if name == family and how == named]
            if per_minute >= min(stored) if stored else per_minute == before:
                return False
            told = min((_tier_of(name, self._pace(name) or 0) for name in TIERS["premium"]), key=[*TIERS].index)
            row = (family, per_minute, time.time(), named)
            self._db.execute("INSERT OR REPLACE INTO paces VALUES (?, ?, ?, ?)", row)
            if self._pace(family) == before:
                return False
        log.log(
            logging.INFO if told != "premium" and per_minute >= TIERS[told][family] else logging.WARNING,
            "the API allows %d %s requests a minute; pacing for that (%s plan) instead of %d",
            per_minute,
            family,
            _tier_of(family, per_minute),
            before,
        )
        return True

    def tier_in_force(self) -> str:
        """Name the tier whose pace is kept now."""
        if self.tier != "auto":
            return self.tier
        return _tier_of("read", self.per_minute("read") or 0)

    def _pace(self, family: Family) -> int | None:
        if self.tier == UNPACED:
            return None
        if self.tier != "auto":
            return TIERS[self.tier][family]
        learned = self._learned()
        own = [pace for name, pace, *_ in learned if name == family]
        plan = [TIERS[_tier_of(name, pace)][family] for name, pace, _, named in learned if named]
        if any(named for name, *_, named in learned if name == family):
            plan = []
        return min([TIERS["premium"][family], *own, *plan])

    def _learned(self) -> list[tuple[Family, int, float, bool]]:
        """Return family, pace, instant, and whether the server named it, of what is still trusted."""
        now = time.time()
        rows = self._db.execute("SELECT family, per_minute, at, named FROM paces")
        return [row for row in rows if now - row[2] < (LEARNED_SECONDS if row[3] else GUESSED_SECONDS)]

    def _reserve(self, family: Family, now: float) -> float:
        pace = self._pace(family) or 1
        period = WINDOW_SECONDS + MARGIN_SECONDS
        # a slot or pause far ahead means that the machine's clock was set back: forget it instead of sleeping for hours
        horizon = now + _HORIZON_SECONDS
        self._db.execute("DELETE FROM slots WHERE family = ? AND (at < ? OR at > ?)", (family, now - period, horizon))
        self._db.execute("DELETE FROM pauses WHERE family = ? AND until > ?", (family, horizon))
        row = self._db.execute(
            "SELECT at FROM slots WHERE family = ? ORDER BY at DESC LIMIT 1 OFFSET ?", (family, pace - 1)
        ).fetchone()
        paused = self._db.execute("SELECT until FROM pauses WHERE family = ?", (family,)).fetchone()
        slot = max(now, row[0] + period if row else now, paused[0] if paused else now)
        self._db.execute("INSERT INTO slots VALUES (?, ?)", (family, slot))
        return float(slot)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ArchiveError(
                f"{self._path} cannot be used ({error}): free space on its disk, or delete it, and try again"
            ) from error


def _tier_of(family: Family, pace: int) -> str:
    return next((name for name, limits in TIERS.items() if pace <= limits[family]), "premium")
