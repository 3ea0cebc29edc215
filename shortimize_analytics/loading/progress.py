"""Progress bars for long work: on a terminal unless told otherwise, never elsewhere unless asked."""

from typing import Any


def progress_bar(*, total: int, unit: str, show: bool | None, waits: bool = False) -> Any:
    """Open a tqdm bar; ``show=None`` shows it only on a terminal, and not for a single step unless that may wait."""
    from tqdm.auto import tqdm

    disable = not show if show is not None else (True if total <= 1 and not waits else None)
    return tqdm(total=total, unit=unit, disable=disable, leave=False)
