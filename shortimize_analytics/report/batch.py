"""One report per account or label, in one run: the data are loaded once, and one that fails does not stop the rest.

Each report is of a part of the same data: levels and peers are those of everyone, as in a report of one account alone.

Files are named after the handle or label in characters that every system takes (letters and digits of any script,
``.``, ``_`` and ``-``), so that they can be mailed, zipped and put on any disk. Names that would share a file get the
start of their id, which stays the same from week to week; names that Windows keeps for itself (``CON``, ``NUL``, …)
begin with ``at-``.

References
----------
Microsoft, "Naming Files, Paths, and Namespaces", https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""

import hashlib
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.filters.scope import select_videos
from shortimize_analytics.analysis.periods.reference import make_reference
from shortimize_analytics.errors import InvalidParameterError, ShortimizeError
from shortimize_analytics.schema import conform
from shortimize_analytics.schema.choices import Each, Sidecar, check_choice
from shortimize_analytics.schema.tables import REPORTS

from .compose import ReportOptions, compose_report
from .write import write_report

log = logging.getLogger(__name__)

MAX_NAME = 100
"""UTF-8 bytes of a file's name without its ending; most systems take 255 with it."""
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_ID_CHARS = 8


def report_each(
    videos: pd.DataFrame,
    history: pd.DataFrame,
    *,
    folder: str | Path,
    by: Each = "account",
    also: Sequence[Sidecar] = (),
    done: Callable[..., None] | None = None,
    **options: Unpack[ReportOptions],
) -> pd.DataFrame:
    """Write one report per account or label.

    Parameters
    ----------
    videos
        Frame of `load_videos`: all videos, since levels are those of everyone.
    history
        Frame of `load_history`.
    folder
        Where the files go; made where it is missing.
    by
        "account" (by linked account, which survives a rename) or "label" (by id).
    also
        As in `write_report`.
    done
        Called for each report that was written, with its key, its name, and as `report` and `paths` what it says and
        its files: to send it, for example. What it raises ends the run.
    **options
        As in `compose_report`; with `by="account"` not account, with `by="label"` not label. Of a platform, an account,
        a label or a filter, only the accounts or labels get a report that its videos have.

    Returns
    -------
    DataFrame
        One row per report (schema `REPORTS`), in order of names: ``key``, ``subject``, ``path``, ``headline``, and for
        one that failed ``exit_code`` and ``reason``. Files of earlier runs stay where a report fails.

    Raises
    ------
    InvalidParameterError
        For another `by`, or when the data name no account or label.

    Examples
    --------
    >>> import tempfile
    >>> from shortimize_analytics import report_each
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast, empty
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "username": "hook.lab", "linked_account_id": "a1"}],
    ...                  VIDEOS)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = report_each(videos, empty(HISTORY), folder=folder, end="2026-03-15", allow_partial=True)
    >>> done["subject"].tolist(), done["exit_code"].tolist()
    (['hook.lab'], [0])
    """
    check_choice(by, Each, "by")
    given: dict[str, Any] = dict(options)
    scope = {name: given.get(name) for name in ("platform", "account", "label", "only")}
    chosen = select_videos(videos, **scope)
    parts = list(_accounts(chosen) if by == "account" else _labels(chosen))
    if not parts:
        raise InvalidParameterError(f"the data name no {by} to report on")
    days = {name: given[name] for name in ("period", "start", "end", "compare") if name in given}
    everyone = make_reference(videos, history, **days)
    results = []
    for (key, name), file in zip(parts, file_names(parts), strict=True):
        path = Path(folder) / f"{file}.pdf"
        result: dict[str, Any] = {"key": key, "subject": name, "path": str(path), "exit_code": 0}
        part: dict[str, Any] = {by: key, "everyone": everyone, **given}
        try:
            report = compose_report(everyone.data, **part)
            paths = write_report(report, path, also=also)
            result["headline"] = report.content["headline"]
        except ShortimizeError as error:
            result |= {"exit_code": error.exit_code, "reason": str(error)}
        except Exception as error:  # what is odd in one creator's data must not cost the others theirs
            log.debug("the report of %s failed", name, exc_info=True)
            result |= {"exit_code": 1, "reason": f"unexpected {type(error).__name__}: {error}"}
        else:
            if done is not None:
                done(key, name, report=report, paths=paths)
        results.append(result)
    return conform(pd.DataFrame(results, columns=REPORTS.names), REPORTS)


def _accounts(videos: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """List accounts by id, each with its newest handle."""
    known = pd.DataFrame({"key": account_keys(videos), "name": videos["username"], "at": videos["latest_updated_at"]})
    known = known.dropna(subset="key").sort_values("at", kind="stable", na_position="first")
    newest = known.drop_duplicates("key", keep="last").sort_values(["name", "key"], kind="stable")
    for key, name in zip(newest["key"], newest["name"], strict=True):
        yield str(key), str(key) if pd.isna(name) else str(name)


def _labels(videos: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """List labels by id, each with its name: those that the videos carry."""
    pairs = videos[["label_ids", "label_names"]].dropna()
    found = {
        str(key): str(name or key)
        for ids, names in zip(pairs["label_ids"], pairs["label_names"], strict=True)
        for key, name in zip(ids, names, strict=False)
    }
    yield from sorted(found.items(), key=lambda item: (item[1], item[0]))


def file_names(parts: Sequence[tuple[str, str]]) -> list[str]:
    """Name a file after each (key, name), without its ending; no two share one on any system.

    Examples
    --------
    >>> from shortimize_analytics.report.batch import file_names
    >>> file_names([("7f3e", "hook.lab"), ("99aa", "Ünï 🔥/../clips"), ("c0de", "CON"), ("beef", "🔥")])
    ['hook.lab', 'Ünï-clips', 'at-CON', 'beef']
    """
    plain = [_portable(name) for _, name in parts]
    folded = [_folded(name) for name in plain]
    names = []
    for (key, _), name, fold in zip(parts, plain, folded, strict=True):
        alone = name and folded.count(fold) == 1
        names.append(name if alone else "-".join(filter(None, (name, _short(key)))))
    if len({_folded(name) for name in names}) == len(names):
        return names
    # ids that begin alike, or a name that looks like another's name and id: the whole of both, hashed
    digests = [hashlib.blake2b("\0".join(part).encode(), digest_size=8).hexdigest() for part in parts]
    return [f"{name}-{digest}" for name, digest in zip(names, digests, strict=True)]


def _portable(name: str) -> str:
    """Keep letters, marks and digits of any script, and ``._-``; everything else becomes one dash."""
    composed = unicodedata.normalize("NFC", name)
    kept = "".join(char if char in "._-" or unicodedata.category(char)[0] in "LMN" else " " for char in composed)
    parts = re.sub(r"\.{2,}", " ", kept).split()
    short = "-".join(parts).encode()[:MAX_NAME].decode("utf-8", "ignore").strip(".-")
    return f"at-{short}" if _RESERVED.fullmatch(short) else short


def _short(key: str) -> str:
    return _portable(key)[:_ID_CHARS] or hashlib.blake2b(key.encode(), digest_size=4).hexdigest()


def _folded(name: str) -> str:
    """Fold a name as systems do that ignore case and the way an accent is written."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
