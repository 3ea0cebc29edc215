"""Exceptions and warnings.

One base, `ShortimizeError`; each child carries the exit code that the command line returns for it. A message names the
offending value, the limit it broke and the next step. The API key never enters a message: messages are built from the
endpoint, the status and the server's own words, with anything that looks like the key cut out (see `client`).

Two warning categories: `DataQualityWarning` says that the data are not what they seem, `FreshnessWarning` that they are
older than they look. Both can be turned into errors with the standard `warnings` filters.

A thread that wants to keep its loads' warnings to itself uses `hearing`: `warnings.catch_warnings` changes the whole
process, and two threads that leave it in another order than they entered it silence every later warning.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple


class ShortimizeError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 1


class ConfigError(ShortimizeError):
    """A setting is missing or cannot be used."""

    exit_code = 2


class InvalidParameterError(ShortimizeError, ValueError):
    """A parameter was refused before anything was sent or computed."""

    exit_code = 2


class ApiError(ShortimizeError):
    """The API refused or failed a request.

    Parameters
    ----------
    detail
        What went wrong, in words.
    endpoint
        Method and path template, e.g. ``GET /videos``.
    status
        HTTP status, or None when there was no answer.
    tier
        The tier the client was pacing for.
    hint
        What to do next.

    Attributes
    ----------
    retry_after
        The wait in seconds that the server asked for, if it did.
    """

    exit_code = 3
    retry_after: float | None = None

    def __init__(
        self,
        detail: str,
        *,
        endpoint: str = "",
        status: int | None = None,
        tier: str = "",
        hint: str = "",
    ) -> None:
        self.detail = detail
        self.endpoint = endpoint
        self.status = status
        self.tier = tier
        self.hint = hint
        self.document: dict[str, Any] | None = None
        where = endpoint + (f" answered {status}" if status is not None else "")
        text = f"{where}: {detail}" if where else detail
        if tier:
            text += f" [tier {tier}]"
        super().__init__(f"{text}. {hint}" if hint else text)


class AuthenticationError(ApiError):
    """401 or 403: the key is wrong, revoked, or its plan does not allow the call."""


class NotFoundError(ApiError):
    """404: the organisation has no such video, account or path."""


class RateLimitError(ApiError):
    """429 after every allowed retry."""

    exit_code = 4


class ServerError(ApiError):
    """A 5xx answer after every allowed retry."""

    exit_code = 4


class ConnectionFailedError(ApiError):
    """No complete answer arrived: refused, reset, timed out, or cut short.

    `reached` tells whether the server may have received the request.
    """

    exit_code = 4
    reached: bool = True


class OfflineError(ApiError):
    """`offline=True` and the answer is not in the cache."""

    exit_code = 4


class ResponseShapeError(ApiError):
    """A 200 answer whose shape fits nothing this package knows."""

    exit_code = 5


class IncompleteDataError(ApiError):
    """The API announced more rows than it delivered."""

    exit_code = 5


class PartialWriteError(ApiError):
    """A list of writes broke off; `results` says of each link what became of it (schema `TRACKING`)."""

    exit_code = 5

    def __init__(self, detail: str, *, results: Any, **more: Any) -> None:
        super().__init__(detail, **more)
        self.results = results


class ArchiveError(ShortimizeError):
    """The local archive cannot be read or written."""

    exit_code = 6


class ReportError(ShortimizeError):
    """A report cannot be written."""

    exit_code = 6


class LocalFileError(ShortimizeError):
    """A file that was named on the command line cannot be read or written."""

    exit_code = 6


class Problem(NamedTuple):
    """One thing wrong in a file: where it stands, what stands there, and what to write instead."""

    line: int
    column: str
    value: str
    advice: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the file"
        what = f", {self.column} {self.value!r}" if self.value else f", {self.column}" if self.column else ""
        return f"{where}{what}: {self.advice}"


class MoneyFileError(InvalidParameterError):
    """A file of costs, terms, clips, decisions or targets says something that cannot be meant; `problems` has all."""

    SHOWN = 20

    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        self.path, self.problems = path, list(problems)
        count = len(self.problems)
        lines = [f"{path}: {count} problem{'s' * (count != 1)}, nothing was used of it"]
        lines += [f"  {problem}" for problem in self.problems[: self.SHOWN]]
        if count > self.SHOWN:
            lines.append(f"  and {count - self.SHOWN} more")
        super().__init__("\n".join(lines))


class ClosingError(ShortimizeError):
    """A closed period was edited, is missing, or cannot be closed (again)."""

    exit_code = 6


class UnsettledError(ShortimizeError):
    """Figures that may still change, or that lack data, were to be used as if they were final."""

    exit_code = 5


class BusyError(ShortimizeError):
    """Another run is writing the same file."""

    exit_code = 7


class DataQualityWarning(UserWarning):
    """Rows were dropped, repaired, masked or do not mean what they seem to."""


class FreshnessWarning(UserWarning):
    """The figures are older than a reader would expect."""


_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


def warn(text: str, category: type[Warning], *, stacklevel: int) -> None:
    """Warn as `warnings.warn` does, `stacklevel` counted from the caller, or tell whoever is `hearing`."""
    heard = _heard.get()
    if heard is None:
        warnings.warn(text, category, stacklevel=stacklevel + 1)
    else:
        heard.append(text)


@contextmanager
def hearing() -> Iterator[list[str]]:
    """Collect what loads of this thread, and the threads that they use, warn of, inside a ``with`` block.

    Examples
    --------
    >>> with hearing() as heard:
    ...     warn("2 days old", FreshnessWarning, stacklevel=1)
    >>> heard
    ['2 days old']
    """
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)
