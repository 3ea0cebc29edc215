"""Who asked for failures hears of one: once, with the reason and the next step, and again when it is mended.

Failures lie in the ledger of the data folder, not of a profile: a run without a key has none.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .channel import Channel
from .ledger import Ledger
from .news_message import failure_message, mended_message
from .sending import Outcome, deliver

PASSING, LASTING = 4, dt.timedelta(hours=1)
"""A network that is out of reach is news when it stays so for an hour: a timer tries again meanwhile."""
NEXT_STEPS: Mapping[int, str] = {
    1: "This is a bug: run it again with --debug and report what it shows.",
    2: "Correct the option or setting; nothing was written.",
    3: "Check key and plan: shortimize check.",
    4: "The next run tries again; if it goes on, check the network and the API's status.",
    5: "Run it again later in the day, or with --allow-partial for a report that says what is missing.",
    6: "Check folder and disk of this machine.",
}
"""What to do, by exit code; of other codes nobody is told here."""


@dataclass(frozen=True, slots=True)
class Job:
    """What runs again and again.

    Attributes
    ----------
    name
        For people: "Weekly report".
    place
        What tells it from others of the same name: the file it writes.
    period
        The last day that this run is of.
    """

    name: str
    place: str
    period: str

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return hashlib.sha256(f"{self.name}\0{self.place}".encode()).hexdigest()[:12]


def tell_failure(
    job: Job, code: int, reason: str, *, channels: Sequence[Channel], ledger: Ledger, now: dt.datetime
) -> list[Outcome]:
    """Note a failure, and tell of it unless that was done for this period, or it may pass."""
    if code not in NEXT_STEPS:
        return []
    key = (job.key, code, job.period)
    with ledger.transaction() as db:
        db.execute("INSERT OR IGNORE INTO failures VALUES (?, ?, ?, ?, 0, ?)", (*key, now.timestamp(), reason))
        query = "SELECT first, told FROM failures WHERE job = ? AND code = ? AND period = ?"
        first, told = db.execute(query, key).fetchone()
    # a clock that was set back must not silence it
    if told or (code == PASSING and 0 <= now.timestamp() - first < LASTING.total_seconds()):
        return []
    name = f"failure:{job.key}:{code}:{job.period}"
    message = failure_message(name, what=job.name, code=code, reason=reason, next_step=NEXT_STEPS[code])
    outcomes = [outcome for channel in channels for outcome in deliver(message, channel, ledger=ledger)]
    if any(outcome.is_bad for outcome in outcomes):
        return outcomes  # the next run tells those who have not heard
    with ledger.transaction() as db:
        db.execute("UPDATE failures SET told = 1 WHERE job = ? AND code = ? AND period = ?", key)
    return outcomes


def tell_mended(job: Job, *, channels: Sequence[Channel], ledger: Ledger) -> list[Outcome]:
    """Say that it went well after all, if anybody was told otherwise, and forget the failures."""
    rows = ledger.rows("SELECT code, period, told FROM failures WHERE job = ? ORDER BY first", job.key)
    told = sorted({(str(period), int(str(code))) for code, period, was_told in rows if was_told})
    outcomes: list[Outcome] = []
    if told:
        digest = hashlib.sha256(repr(told).encode()).hexdigest()[:12]
        codes = list(dict.fromkeys(code for _, code in told))
        message = mended_message(f"mended:{job.key}:{digest}", what=job.name, codes=codes)
        outcomes = [outcome for channel in channels for outcome in deliver(message, channel, ledger=ledger)]
    if rows:
        with ledger.transaction() as db:
            db.execute("DELETE FROM failures WHERE job = ?", (job.key,))
            db.execute("DELETE FROM deliveries WHERE key LIKE ?", (f"failure:{job.key}:%",))
    return outcomes
