"""SQLite files that threads and processes use side by side.

They write ahead (WAL), except on a network disk: the index of a WAL is memory that processes share, which those of two
machines cannot (https://www.sqlite.org/wal.html). There the slower rollback journal is used.
"""

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.01
MOUNTS = Path("/proc/mounts")
"""Which disk is where, on Linux: https://man7.org/linux/man-pages/man5/proc_pid_mounts.5.html."""
NETWORK_DISKS = frozenset(
    ("9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs",
     "nfs4", "ocfs2", "orangefs", "smb3", "smbfs")
)  # fmt: skip
"""Types of file systems that other machines may write, also behind FUSE."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


def network_disk(path: Path) -> str:
    """Return the type of the network disk that a path lies on; an empty text for a local one, or where none can tell.

    A path that does not exist lies where its nearest parent that does will put it.
    """
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return ""
    place, kind, depth = Path(path).resolve(), "", -1
    for line in lines:
        _, point, disk, *_ = line.split(" ")
        mounted = Path(_ESCAPED.sub(lambda found: chr(int(found.group(1), 8)), point))
        # of two mounts at one place, the later hides the earlier
        if place.is_relative_to(mounted) and len(mounted.parts) >= depth:
            kind, depth = disk, len(mounted.parts)
    plain = kind.removeprefix("fuse.")
    return kind if plain in NETWORK_DISKS or plain in {"sshfs", "s3fs", "rclone", "davfs2"} else ""


def file_at(path: Path) -> tuple[int, int] | None:
    """Tell the file at a path from one that was deleted there, which whoever has it open reads and writes on."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def use_wal(path: Path) -> bool:
    """Make a file write ahead (WAL) where its disk allows, whoever else begins with it at the same moment.

    Of two connections that switch a new file together, SQLite refuses one at once, whatever its timeout: waiting might
    be a deadlock (https://www.sqlite.org/c3ref/busy_handler.html). The mode stays in the file, so a connection made
    afterwards has nothing to switch.

    Returns
    -------
    bool
        Whether it writes ahead; else it has a rollback journal.

    Raises
    ------
    sqlite3.Error
        When the file is none of SQLite's or cannot be written, or is in use for longer than 30 seconds.
    """
    wal = not network_disk(path)
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as db:
            try:
                db.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            else:
                return wal
        time.sleep(_PAUSE_SECONDS)
