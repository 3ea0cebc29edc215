"""What the package keeps on disk, and how to clear it, without a key: sizes are no secret, contents are per key."""

from pathlib import Path

import pandas as pd

from .errors import ArchiveError
from .settings import find_data_dir


def storage_info(data_dir: str | Path | None = None) -> pd.DataFrame:
    """List what lies in the data folder.

    Returns
    -------
    DataFrame
        One row per profile (a key and address, or the demo) and kind (cache, archive, pace): ``profile``, ``kind``,
        ``files`` (count), ``bytes``.

    Examples
    --------
    >>> import shortimize_analytics.storage as storage
    >>> storage.storage_info("/nowhere").columns.tolist()
    ['profile', 'kind', 'files', 'bytes']
    """
    rows = []
    for folder in _profiles(find_data_dir(data_dir)):
        for kind, pattern in (("cache", "http_cache.sqlite*"), ("archive", "archive/**/*.parquet"), ("pace", "pace.*")):
            files = [path for path in folder.glob(pattern) if path.is_file()]
            rows.append((f"{folder.parent.name}/{folder.name}", kind, len(files), sum(p.stat().st_size for p in files)))
    return pd.DataFrame(rows, columns=["profile", "kind", "files", "bytes"])


def clear_cache(data_dir: str | Path | None = None) -> int:
    """Delete every profile's cached answers; the archives stay. Return the bytes freed.

    Raises
    ------
    ArchiveError
        When a file is in use or cannot be deleted.
    """
    freed = 0
    for folder in _profiles(find_data_dir(data_dir)):
        for path in folder.glob("http_cache.sqlite*"):
            size = path.stat().st_size
            try:
                path.unlink()
            except OSError as error:
                raise ArchiveError(
                    f"{path} cannot be deleted ({error.strerror}); close notebooks that use it"
                ) from error
            freed += size
    return freed


def _profiles(data_dir: Path) -> list[Path]:
    return sorted(folder for kind in ("profiles", "demo") for folder in (data_dir / kind).glob("*") if folder.is_dir())
