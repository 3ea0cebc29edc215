"""A folder of closings: one folder per closed period, each knowing the hash of the one before.

This module only reads, writes and hashes; what the files mean is `analysis.money`. A closing is written into a folder
of its own and renamed last, so that a killed run leaves a folder that nobody reads and that the next closing removes.
Its bytes hold no clock: the same files give the same closing.

Definitions
-----------
closing.json
    ``format``, ``period``, ``start`` and ``end`` (days), ``version`` (of the package), ``files`` (sha256 by name),
    ``previous`` (``period`` and ``sha256`` of the closing.json before, or null).
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from shortimize_analytics.errors import BusyError, ClosingError, LocalFileError

from .files import SCRAP_PREFIX

FORMAT = 1
MANIFEST = "closing.json"
REQUIRED = ("terms.toml", "lines.csv", "statement.csv", "exceptions.csv", "evidence.csv")


@dataclass(frozen=True, slots=True)
class Closing:
    """One closed period: its name, its first and last day (ISO), its files, and the hash of its closing.json."""

    period: str
    start: str
    end: str
    files: Mapping[str, bytes]
    sha256: str
    path: Path


def sha256(data: bytes) -> str:
    """Return the hash of bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def read_closings(folder: str | Path) -> list[Closing]:
    """Read every closing of a folder, oldest first, and check that each is whole and follows the one before.

    Parameters
    ----------
    folder
        Where the closings are; one that does not exist has none.

    Raises
    ------
    ClosingError
        When a file was edited, added or lost, or a closing of the chain is missing; it names the file.
    LocalFileError
        When a file cannot be read.
    """
    folder = Path(folder).expanduser()
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise LocalFileError(f"{folder} is no folder; name the one that holds the closings")
    paths = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    found = sorted((_read(path) for path in paths), key=lambda one: one[0].end)
    before: Closing | None = None
    for closing, previous in found:
        _check_link(closing, previous, before=before)
        before = closing
    return [closing for closing, _ in found]


def _read(path: Path) -> tuple[Closing, dict[str, str] | None]:
    """Read one closing and compare its files with their hashes."""
    manifest = path / MANIFEST
    if not manifest.is_file():
        raise ClosingError(f"{manifest} is missing: {path} is no closing; move it elsewhere, or restore the file")
    try:
        data = manifest.read_bytes()
        said = json.loads(data)
        period, start, end, hashes = said["period"], said["start"], said["end"], dict(said["files"])
        previous = said["previous"]
    except (ValueError, KeyError, TypeError) as error:
        raise ClosingError(f"{manifest} was edited: it cannot be read as a closing ({error})") from None
    except OSError as error:
        raise LocalFileError(f"{manifest} cannot be read ({error.strerror or error})") from error
    if said.get("format") != FORMAT:
        raise ClosingError(f"{manifest} has format {said.get('format')!r}; this version reads {FORMAT}")
    if period != path.name:
        raise ClosingError(f"{manifest} is of {period}, its folder is called {path.name}; rename the folder back")
    files = {name: _checked(path / name, wanted) for name, wanted in sorted(hashes.items())}
    lost = [name for name in REQUIRED if name not in files]
    if lost:
        raise ClosingError(f"{manifest} was edited: it lists no {', '.join(lost)}")
    extra = sorted(
        other.name
        for other in path.iterdir()
        if other.name not in {MANIFEST, *files} and not other.name.startswith(".")
    )
    if extra:
        raise ClosingError(f"{path / extra[0]} was added after the closing; move it elsewhere")
    return Closing(period, start, end, files, sha256(data), path), previous


def _checked(path: Path, wanted: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ClosingError(f"{path} is missing; restore it from a copy") from None
    except OSError as error:
        raise LocalFileError(f"{path} cannot be read ({error.strerror or error})") from error
    if sha256(data) != wanted:
        raise ClosingError(f"{path} was edited after the closing: its hash differs; restore it from a copy")
    return data


def _check_link(closing: Closing, previous: dict[str, str] | None, *, before: Closing | None) -> None:
    manifest = closing.path / MANIFEST
    if previous is None:
        if before is not None:
            raise ClosingError(f"{manifest} says that it is the first closing, but {before.period} lies before it")
        return
    if before is None or before.period != previous.get("period"):
        raise ClosingError(f"{manifest} follows {previous.get('period')}, which is missing; restore that folder")
    if before.sha256 != previous.get("sha256"):
        raise ClosingError(
            f"{before.path / MANIFEST} was edited after {closing.period} was closed: its hash differs; restore it"
        )


def write_closing(
    folder: str | Path,
    *,
    period: str,
    days: tuple[str, str],
    files: Mapping[str, bytes],
    version: str,
    follows: str | None,
) -> tuple[Path, bool]:
    """Write a closing whole, or find that the very same one is there.

    Parameters
    ----------
    folder
        Where the closings are; made when it does not exist.
    period
        Name of the period and of its folder.
    days
        Its first and last day, ISO.
    files
        Contents by name.
    version
        Of the package.
    follows
        sha256 of the closing that the figures were computed against; None for the first.

    Returns
    -------
    path, written
        The closing's folder, and whether it was not there before.

    Raises
    ------
    ClosingError
        When the period, or a later one, is closed with other contents, or another closing came in between.
    BusyError
        When another run is closing in the same folder.
    LocalFileError
        When the folder or the disk refuses; nothing half-written stays.
    """
    folder = Path(folder).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=0):
            _remove_scraps(folder)
            chain = read_closings(folder)
            before = _closed_before(chain, period=period, end=days[1], files=files, follows=follows)
            path = folder / period
            if any(closing.period == period for closing in chain):
                return path, False
            manifest = _manifest(period, days=days, files=files, version=version, before=before)
            _write(path, {**files, MANIFEST: manifest})
            return path, True
    except Timeout as error:
        raise BusyError(f"another run is closing in {folder}; this one changed nothing") from error
    except OSError as error:
        raise LocalFileError(f"{folder} cannot be written ({error.strerror or error}); nothing was closed") from error


def _closed_before(
    chain: Sequence[Closing], *, period: str, end: str, files: Mapping[str, bytes], follows: str | None
) -> Closing | None:
    """Return the closing that a new one follows, or refuse it."""
    before = [closing for closing in chain if closing.end < end]
    last = before[-1] if before else None
    for closing in chain[len(before) :]:
        if closing.period != period:
            raise ClosingError(f"{closing.period} is closed already, so that {period} before it can no longer be")
        changed = sorted(name for name in {*closing.files, *files} if closing.files.get(name) != files.get(name))
        if changed:
            raise ClosingError(
                f"{closing.path} is closed, and {', '.join(changed)} would differ now: nothing was changed. What "
                "changed since is stated as corrections when the next period is closed"
            )
        break
    if (last.sha256 if last else None) != follows:
        raise ClosingError(f"{last.period if last else 'a closing'} was closed or removed meanwhile; run it again")
    return last


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder whole: into one of another name, which is renamed last."""
    scrap = path.with_name(f"{SCRAP_PREFIX}{uuid.uuid4().hex}")
    try:
        scrap.mkdir()
        for name, data in files.items():
            with (scrap / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        scrap.rename(path)
    finally:
        shutil.rmtree(scrap, ignore_errors=True)


def _manifest(
    period: str, *, days: tuple[str, str], files: Mapping[str, bytes], version: str, before: Closing | None
) -> bytes:
    said: dict[str, Any] = {
        "format": FORMAT,
        "period": period,
        "start": days[0],
        "end": days[1],
        "version": version,
        "files": {name: sha256(data) for name, data in sorted(files.items())},
        "previous": None if before is None else {"period": before.period, "sha256": before.sha256},
    }
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()


def _remove_scraps(folder: Path) -> None:
    """Remove what a killed run left; the lock is held, so nobody is writing."""
    scraps: Sequence[Path] = [path for path in folder.glob(f"{SCRAP_PREFIX}*") if path.is_dir()]
    for path in scraps:
        shutil.rmtree(path, ignore_errors=True)
